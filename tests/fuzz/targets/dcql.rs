//! A verifier's query: any JSON, matched against a credential and against itself.
#![no_main]
use credential::jose::parse_json;
use presentation::dcql::{Candidate, Format, Query};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    sen_fuzz::bounded("query", input, |text| {
        let Ok(value) = parse_json(text) else { return };
        let Ok(query) = Query::parse(&value) else { return };
        let candidate = |format, types| Candidate {
            format,
            types,
            claims: &value,
            authority_key_ids: &[],
            holder_bound: true,
        };
        let asked =
            query.credentials().iter().map(|asked| candidate(asked.format().clone(), asked.types().to_vec()));
        let mut held: Vec<_> = asked.take(8).collect();
        held.push(candidate(Format::MsoMdoc, Vec::new()));
        let Ok(answers) = query.select(&held) else { return };
        // What was selected is there, and is complete.
        let answered: Vec<&str> = answers.iter().map(|answer| answer.query.as_str()).collect();
        assert!(query.is_complete(&answered));
        for found in answers.iter().flat_map(|answer| &answer.matches) {
            assert!(found.claims.iter().all(|claim| !claim.steps().is_empty()));
        }
    });
});
