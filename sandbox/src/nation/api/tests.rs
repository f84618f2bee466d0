use std::collections::BTreeSet;

use super::meanings::MEANINGS;
use super::*;

/// The routes as the router's own text has them.
fn routes() -> Vec<String> {
    let source = include_str!("../../nation.rs");
    source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let mut routes = routes();
    assert!(routes.len() > 30);
    let mut described: Vec<_> = calls().map(|(_, path, ..)| (*path).to_owned()).collect();
    described.dedup();
    routes.sort();
    described.sort();
    assert_eq!(routes, described);
}

/// All members as they are written, those inside others included.
fn written() -> Vec<&'static str> {
    let mut all: Vec<&str> = [MESSAGE, REFUSAL].concat();
    for (_, path, _, takes, gives) in calls() {
        all.extend(in_path(path).filter_map(|member| member.meaning.map(|(word, ..)| *word)));
        all.extend_from_slice(takes);
        if let Gives::Record(members) | Gives::PageOrRecord(members) = gives {
            all.extend_from_slice(members);
        }
    }
    all.extend(MEANINGS.iter().flat_map(|(_, shape, ..)| shape.members()));
    all
}

#[test]
fn every_member_has_a_meaning_and_every_meaning_a_member() {
    let unknown: Vec<_> = written().into_iter().filter(|text| Member::of(text).meaning.is_none()).collect();
    assert_eq!(unknown, Vec::<&str>::new());
    let used: BTreeSet<_> =
        written().iter().filter_map(|text| Member::of(text).meaning.map(|(word, ..)| *word)).collect();
    let words: Vec<_> = MEANINGS.iter().map(|(word, ..)| *word).collect();
    assert_eq!(words.iter().filter(|word| !used.contains(*word)).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len(), "no word twice");
}

#[test]
fn every_example_is_one_of_its_member() {
    for meaning @ (word, _, example, sentence) in MEANINGS {
        assert!(serde_json::from_str::<Value>(example).is_ok() && !sentence.is_empty(), "{word}: {example}");
        let schema = Member { name: word, required: true, meaning: Some(meaning) }.schema();
        let (mut compiler, mut schemas) = (boon::Compiler::new(), boon::Schemas::new());
        compiler.enable_format_assertions();
        compiler.add_resource("https://document.invalid/member", schema.clone()).unwrap();
        let compiled = compiler.compile("https://document.invalid/member", &mut schemas).unwrap();
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert!(schemas.validate(example, compiled).is_ok(), "{word}: {example}");
        }
    }
}
