#![allow(clippy::needless_pass_by_value, reason = "JSON literals read best as they stand")]
use serde_json::{Value, json};

use super::*;

fn person() -> Value {
    json!({
        "name": "Nguyễn Thị Mẫu", "birth_year": 1999, "height": 1.5, "of_age": true,
        "address": {"locality": "Huế", "lines": ["12", "3"]},
        "nationalities": ["VN", "LA"],
        "degrees": [{"type": "BSc", "year": 2020}, {"type": "MSc"}],
        "null": "the word",
    })
}

fn held(claims: &Value) -> Candidate<'_> {
    Candidate {
        format: Format::SdJwtVc,
        types: vec!["urn:example:person".to_owned(), "urn:example:being".to_owned()],
        claims,
        authority_key_ids: &[],
        holder_bound: true,
    }
}

fn mdoc(claims: &Value) -> Candidate<'_> {
    Candidate { format: Format::MsoMdoc, types: vec!["org.iso.18013.5.1.mDL".to_owned()], ..held(claims) }
}

/// A query for one SD-JWT VC, with these members besides.
fn query(members: Value) -> Query {
    Query::parse(&json!({"credentials": [credential("person", members)]})).unwrap()
}

fn credential(id: &str, members: Value) -> Value {
    let mut query = json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:example:person"]}});
    query.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    query
}

fn refused(value: Value) -> DcqlError {
    Query::parse(&value).unwrap_err()
}

fn refused_credential(members: Value) -> DcqlError {
    refused(json!({"credentials": [credential("person", members)]}))
}

/// The places that would be shown, in words; `None` where the credential does not match.
fn shown(members: Value) -> Option<Vec<String>> {
    let claims = person();
    let answers = query(members).select(&[held(&claims)]).ok()?;
    Some(answers[0].matches[0].claims.iter().map(ToString::to_string).collect())
}

fn shown_of(path: Value) -> Option<Vec<String>> {
    shown(json!({"claims": [{"path": path}]}))
}

fn answered(query: &Query, candidates: &[Candidate<'_>]) -> Option<Vec<String>> {
    Some(query.select(candidates).ok()?.into_iter().map(|answer| answer.query).collect())
}

#[test]
fn without_claims_nothing_is_shown_that_need_not_be() {
    assert_eq!(shown(json!({})), Some(vec![]));
}

#[test]
fn a_path_leads_to_members_elements_and_whole_objects() {
    assert_eq!(shown_of(json!(["name"])).unwrap(), ["name"]);
    assert_eq!(shown_of(json!(["address"])).unwrap(), ["address"]);
    assert_eq!(shown_of(json!(["address", "lines", 1])).unwrap(), ["address.lines[1]"]);
}

#[test]
fn a_null_is_all_elements_and_never_the_word() {
    assert_eq!(shown_of(json!(["nationalities", null])).unwrap(), ["nationalities[0]", "nationalities[1]"]);
    assert_eq!(shown_of(json!([null])), None);
    assert_eq!(shown_of(json!(["null"])).unwrap(), ["null"]);
    assert_eq!(shown_of(json!(["degrees", null, "type"])).unwrap(), ["degrees[0].type", "degrees[1].type"]);
}

#[test]
fn a_missing_member_drops_its_branch_and_a_missing_claim_the_credential() {
    assert_eq!(shown_of(json!(["degrees", null, "year"])).unwrap(), ["degrees[0].year"]);
    assert_eq!(shown_of(json!(["degrees", null, "place"])), None);
    assert_eq!(shown_of(json!(["nationalities", 2])), None);
}

#[test]
fn a_path_through_a_value_of_another_kind_leads_nowhere() {
    for path in [json!(["name", "first"]), json!(["address", null]), json!(["address", 0])] {
        assert_eq!(shown_of(path.clone()), None, "{path}");
    }
    assert_eq!(shown_of(json!(["nationalities", "0"])), None);
}

#[test]
fn one_element_of_another_kind_ends_the_whole_path() {
    let claims = json!({"mixed": [{"type": "a"}, "b"]});
    let query = query(json!({"claims": [{"path": ["mixed", null, "type"]}]}));
    assert_eq!(answered(&query, &[held(&claims)]), None);
}

#[test]
fn an_element_that_is_not_disclosed_keeps_its_place_and_is_no_claim() {
    let claims = json!({"nationalities": [{"...": "digest"}, "LA"]});
    let shown = |path: Value| {
        let asked = query(json!({"claims": [{"path": path}]}));
        let found = asked.credentials()[0].claims_in(&held(&claims))?;
        Some(found.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(shown(json!(["nationalities", 1])).unwrap(), ["nationalities[1]"]);
    assert_eq!(shown(json!(["nationalities", null])).unwrap(), ["nationalities[1]"]);
    assert_eq!(shown(json!(["nationalities", 0])), None);
    assert_eq!(shown(json!(["nationalities", 0, "..."])), None);
}

#[test]
fn values_are_compared_with_their_type() {
    let of = |path: Value, values: Value| shown(json!({"claims": [{"path": path, "values": values}]}));
    assert!(of(json!(["birth_year"]), json!([1999])).is_some());
    assert_eq!(of(json!(["birth_year"]), json!(["1999"])), None);
    assert!(of(json!(["of_age"]), json!([false, true])).is_some());
    assert_eq!(of(json!(["of_age"]), json!(["true", 1])), None);
    assert_eq!(of(json!(["name"]), json!(["nguyễn thị mẫu"])), None);
    assert_eq!(of(json!(["height"]), json!([1])), None);
}

#[test]
fn of_several_elements_only_those_with_a_wanted_value_are_shown() {
    let members = json!({"claims": [{"path": ["nationalities", null], "values": ["LA", "KH"]}]});
    assert_eq!(shown(members).unwrap(), ["nationalities[1]"]);
}

#[test]
fn the_first_claim_set_that_can_be_satisfied_counts() {
    let claims = json!([
        {"id": "wrong", "path": ["of_age"], "values": [false]},
        {"id": "year", "path": ["birth_year"]},
        {"id": "name", "path": ["name"]},
    ]);
    let with = |sets: Value| shown(json!({"claims": claims, "claim_sets": sets}));
    assert_eq!(with(json!([["wrong"], ["year"], ["name"]])).unwrap(), ["birth_year"]);
    assert_eq!(with(json!([["name", "year"], ["year"]])).unwrap(), ["name", "birth_year"]);
    assert_eq!(with(json!([["wrong"], ["name", "wrong"]])), None);
}

#[test]
fn a_claim_asked_for_twice_is_shown_once() {
    let members = json!({"claims": [{"path": ["name"]}, {"path": ["name"]}, {"path": ["nationalities", null]},
        {"path": ["nationalities", 0]}]});
    assert_eq!(shown(members).unwrap(), ["name", "nationalities[0]", "nationalities[1]"]);
}

#[test]
fn format_type_and_holder_binding_have_to_fit() {
    let claims = person();
    let asked = query(json!({}));
    assert!(asked.select(&[held(&claims)]).is_ok());
    assert!(asked.select(&[Candidate { format: Format::MsoMdoc, ..held(&claims) }]).is_err());
    assert!(
        asked.select(&[Candidate { types: vec!["urn:example:being".to_owned()], ..held(&claims) }]).is_err()
    );
    let unbound = || Candidate { holder_bound: false, ..held(&claims) };
    assert!(asked.select(&[unbound()]).is_err());
    assert!(query(json!({"require_cryptographic_holder_binding": false})).select(&[unbound()]).is_ok());
}

#[test]
fn a_type_that_the_credential_stands_for_as_well_fits_and_an_empty_meta_asks_for_none() {
    let claims = person();
    assert!(
        query(json!({"meta": {"vct_values": ["urn:other", "urn:example:being"]}}))
            .select(&[held(&claims)])
            .is_ok()
    );
    assert!(query(json!({"meta": {}})).select(&[held(&claims)]).is_ok());
    assert!(query(json!({"meta": {"vct_values": ["urn:other"]}})).select(&[held(&claims)]).is_err());
}

#[test]
fn an_unknown_format_matches_nothing() {
    let claims = person();
    let asked = query(json!({"format": "jwt_vc_json", "meta": {"type_values": [["Person"]]}}));
    assert_eq!(asked.credentials()[0].format().as_str(), "jwt_vc_json");
    assert!(asked.select(&[held(&claims), mdoc(&claims)]).is_err());
}

#[test]
fn the_issuer_has_to_be_under_one_of_the_trusted_authorities() {
    let claims = person();
    let chain = [vec![1, 2, 3], vec![0xb3, 0xdb]];
    let ours = Candidate { authority_key_ids: &chain, ..held(&claims) };
    let with = |authorities: Value| {
        query(json!({"trusted_authorities": authorities})).select(std::slice::from_ref(&ours))
    };
    assert!(with(json!([{"type": "aki", "values": ["AAAA", "s9s"]}])).is_ok());
    assert!(with(json!([{"type": "aki", "values": ["AAAA"]}])).is_err());
    assert!(with(json!([{"type": "etsi_tl", "values": ["s9s"]}])).is_err());
    assert!(with(json!([{"type": "etsi_tl", "values": ["x"]}, {"type": "aki", "values": ["AQID"]}])).is_ok());
}

#[test]
fn an_mdoc_path_is_a_namespace_and_an_element() {
    let claims = json!({"org.iso.18013.5.1": {"family_name": "Nguyễn", "portraits": ["a"]}});
    let with = |path: Value| {
        let asked = query(json!({"format": "mso_mdoc", "meta": {"doctype_value": "org.iso.18013.5.1.mDL"},
            "claims": [{"path": path, "intent_to_retain": true}]}));
        assert!(asked.credentials()[0].claims()[0].intent_to_retain());
        asked.select(&[mdoc(&claims)]).ok()
    };
    let found = with(json!(["org.iso.18013.5.1", "family_name"])).unwrap();
    let place = |name: &str| Step::Key(name.into());
    assert_eq!(
        found[0].matches[0].claims,
        [Pointer::new(vec![place("org.iso.18013.5.1"), place("family_name")])]
    );
    assert_eq!(with(json!(["org.iso.18013.5.1"])), None);
    assert_eq!(with(json!(["org.iso.18013.5.1", "portraits", 0])), None);
    assert_eq!(with(json!(["org.iso.18013.5.1", null])), None);
    assert_eq!(with(json!(["other", "family_name"])), None);
}

#[test]
fn one_credential_that_does_not_match_hides_no_other() {
    let (poor, rich) = (json!({"name": 7}), person());
    let asked = query(json!({"claims": [{"path": ["address", "locality"]}]}));
    let answers = asked.select(&[held(&poor), mdoc(&rich), held(&rich)]).unwrap();
    assert_eq!(answers[0].matches.iter().map(|found| found.candidate).collect::<Vec<_>>(), [2]);
}

#[test]
fn without_sets_every_query_has_to_be_answered() {
    let claims = person();
    let both = Query::parse(&json!({"credentials": [
        credential("a", json!({"multiple": true})), credential("b", json!({"meta": {"vct_values": ["urn:example:being"]}})),
    ]}))
    .unwrap();
    let answers = both.select(&[held(&claims), held(&claims)]).unwrap();
    assert_eq!((answers[0].multiple, answers[1].multiple), (true, false));
    assert_eq!(answers[0].matches.len(), 2);
    assert!(
        both.select(&[Candidate { types: vec!["urn:example:person".to_owned()], ..held(&claims) }]).is_err()
    );
    assert!(both.is_complete(&["b", "a"]));
    assert!(!both.is_complete(&["a"]));
}

fn with_sets(sets: Value) -> Query {
    let other = |id| credential(id, json!({"meta": {"vct_values": ["urn:other"]}}));
    Query::parse(
        &json!({"credentials": [credential("here", json!({})), credential("too", json!({})), other("gone")],
        "credential_sets": sets}),
    )
    .unwrap()
}

#[test]
fn of_each_set_the_first_option_that_can_be_satisfied_is_answered() {
    let claims = person();
    let of = |sets| answered(&with_sets(sets), &[held(&claims)]);
    assert_eq!(of(json!([{"options": [["gone"], ["here", "gone"], ["too"], ["here"]]}])).unwrap(), ["too"]);
    assert_eq!(of(json!([{"options": [["here", "too"]]}])).unwrap(), ["here", "too"]);
}

#[test]
fn a_required_set_that_fails_returns_nothing_and_an_optional_one_is_left_out() {
    let claims = person();
    let sets =
        |required: bool| json!([{"options": [["here"]]}, {"options": [["gone"]], "required": required}]);
    assert_eq!(answered(&with_sets(sets(true)), &[held(&claims)]), None);
    assert_eq!(answered(&with_sets(sets(false)), &[held(&claims)]).unwrap(), ["here"]);
    let nothing = json!([{"options": [["gone"]], "required": false}]);
    assert_eq!(answered(&with_sets(nothing), &[held(&claims)]), None);
    assert!(with_sets(sets(false)).is_complete(&["here"]));
    assert!(!with_sets(sets(true)).is_complete(&["here"]));
}

#[test]
fn what_only_an_optional_set_wants_is_said_to_be_optional() {
    let claims = person();
    let sets = json!([{"options": [["too"]], "required": false}, {"options": [["here"]]},
        {"options": [["here"]], "required": false}]);
    let answers = with_sets(sets).select(&[held(&claims)]).unwrap();
    let optional: Vec<_> = answers.iter().map(|answer| (answer.query.as_str(), answer.optional)).collect();
    assert_eq!(optional, [("here", false), ("too", true)]);
}

#[test]
fn unknown_members_are_ignored_everywhere() {
    let asked = json!({"new": 1, "credentials": [{"id": "a", "format": "dc+sd-jwt", "new": 1,
        "meta": {"vct_values": ["urn:example:person"], "new": 1}, "claims": [{"path": ["name"], "new": 1}],
        "trusted_authorities": [{"type": "aki", "values": ["AQID"], "new": 1}]}],
        "credential_sets": [{"options": [["a"]], "new": 1}]});
    assert!(Query::parse(&asked).is_ok());
}

#[test]
fn refuses_members_that_are_missing_empty_or_of_the_wrong_type() {
    use DcqlError::Member;
    assert_eq!(refused(json!([])), Member("dcql_query"));
    assert_eq!(refused(json!({})), Member("credentials"));
    assert_eq!(refused(json!({"credentials": []})), Member("credentials"));
    assert_eq!(
        refused(json!({"credentials": [credential("a", json!({}))], "credential_sets": []})),
        Member("credential_sets")
    );
    for (members, member) in [
        (json!({"format": null}), "format"),
        (json!({"meta": null}), "meta"),
        (json!({"meta": {"vct_values": []}}), "vct_values"),
        (json!({"meta": {"doctype_value": "x"}}), "vct_values"),
        (json!({"format": "mso_mdoc"}), "doctype_value"),
        (json!({"id": ""}), "id"),
        (json!({"multiple": "true"}), "multiple"),
        (json!({"require_cryptographic_holder_binding": 0}), "require_cryptographic_holder_binding"),
        (json!({"claims": []}), "claims"),
        (json!({"claims": {}}), "claims"),
        (json!({"trusted_authorities": []}), "trusted_authorities"),
        (json!({"trusted_authorities": [{"type": "aki", "values": []}]}), "values"),
        (json!({"trusted_authorities": [{"type": "aki", "values": ["%"]}]}), "values"),
        (json!({"trusted_authorities": [{"values": ["AQID"]}]}), "type"),
        (json!({"claims": [{"path": ["name"], "values": []}]}), "values"),
        (json!({"claims": [{"path": ["name"], "values": [1.5]}]}), "values"),
        (json!({"claims": [{"path": ["name"], "values": [null]}]}), "values"),
        (json!({"claims": [{"path": ["name"]}], "claim_sets": [["a"]]}), "id"),
        (json!({"claims": [{"path": ["name"], "id": "a"}], "claim_sets": []}), "claim_sets"),
    ] {
        assert_eq!(refused_credential(members.clone()), Member(member), "{members}");
    }
    for path in [
        json!([]),
        json!("name"),
        json!(["a", -1]),
        json!(["a", 1.5]),
        json!(["a", true]),
        json!([["a"]]),
        json!(null),
    ] {
        assert_eq!(refused_credential(json!({"claims": [{"path": path}]})), Member("path"), "{path}");
    }
}

#[test]
fn refuses_identifiers_that_are_malformed_twice_there_or_of_nothing() {
    assert_eq!(refused_credential(json!({"id": "a b"})), DcqlError::Identifier);
    assert_eq!(refused_credential(json!({"id": "giấy"})), DcqlError::Identifier);
    let twice = json!({"credentials": [credential("a", json!({})), credential("a", json!({}))]});
    assert_eq!(refused(twice), DcqlError::IdentifierTwice);
    let claims = json!([{"id": "a", "path": ["name"]}, {"id": "a", "path": ["of_age"]}]);
    assert_eq!(refused_credential(json!({"claims": claims})), DcqlError::IdentifierTwice);
    let claims = json!([{"id": "a", "path": ["name"]}]);
    let sets = json!({"claims": claims, "claim_sets": [["b"]]});
    assert_eq!(refused_credential(sets), DcqlError::UnknownIdentifier);
    let sets =
        json!({"credentials": [credential("a", json!({}))], "credential_sets": [{"options": [["b"]]}]});
    assert_eq!(refused(sets), DcqlError::UnknownIdentifier);
}

#[test]
fn refuses_claim_sets_without_claims() {
    assert_eq!(refused_credential(json!({"claim_sets": [["a"]]})), DcqlError::ClaimSetsWithoutClaims);
}

#[test]
fn refuses_credential_sets_without_options() {
    for options in [json!([]), json!([[]]), json!(["a"]), json!(null)] {
        let set =
            json!({"credentials": [credential("a", json!({}))], "credential_sets": [{"options": options}]});
        assert_eq!(refused(set), DcqlError::Member("options"), "{options}");
    }
}

#[test]
fn refuses_what_no_honest_query_holds() {
    let many: Vec<Value> = (0..257).map(|id| credential(&format!("q{id}"), json!({}))).collect();
    assert_eq!(refused(json!({"credentials": many})), DcqlError::TooLarge);
    assert_eq!(refused_credential(json!({"claims": [{"path": vec!["a"; 33]}]})), DcqlError::TooLarge);
    let sets = json!({"claims": [{"id": "a", "path": ["name"]}], "claim_sets": [vec!["a"; 257]]});
    assert_eq!(refused_credential(sets), DcqlError::TooLarge);
}

#[test]
fn a_list_of_what_may_be_asked_holds_its_claims_and_those_inside_them() {
    let claims = person();
    let allowed = query(
        json!({"claims": [{"path": ["address"]}, {"path": ["degrees", null, "type"]}, {"path": ["nationalities", 0]}]}),
    );
    let place = |path: &[Step]| Pointer::new(path.to_vec());
    let key = |key: &str| Step::Key(key.into());
    for (claim, held_in_it) in [
        (place(&[key("address")]), true),
        (place(&[key("address"), key("locality")]), true),
        (place(&[key("degrees"), Step::Index(1), key("type")]), true),
        (place(&[key("degrees"), Step::Index(1)]), false),
        (place(&[key("degrees"), Step::Index(1), key("year")]), false),
        (place(&[key("nationalities"), Step::Index(0)]), true),
        (place(&[key("nationalities"), Step::Index(1)]), false),
        (place(&[key("nationalities")]), false),
        (place(&[key("name")]), false),
    ] {
        assert_eq!(allowed.allows(&held(&claims), &claim), held_in_it, "{claim}");
    }
    let name = place(&[key("address")]);
    assert!(!allowed.allows(&mdoc(&claims), &name));
    assert!(!allowed.allows(&Candidate { types: vec!["urn:other".to_owned()], ..held(&claims) }, &name));
}
