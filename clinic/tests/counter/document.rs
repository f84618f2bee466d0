//! Holds every answer of every test against the OpenAPI document.
use std::cell::RefCell;
use std::collections::HashMap;

use boon::{Compiler, SchemaIndex, Schemas};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::Answered;

const ADDRESS: &str = "https://document.invalid/openapi.json";

pub fn document() -> Value {
    serde_json::from_str(include_str!("../../src/desk/openapi.json")).unwrap()
}

/// Compiled schemas; one set a thread is enough.
struct Checked {
    document: Value,
    schemas: Schemas,
    compiler: Compiler,
    held: HashMap<String, SchemaIndex>,
}

thread_local! {
    static CHECKED: RefCell<Checked> = RefCell::new(Checked::new());
}

impl Checked {
    fn new() -> Self {
        let mut compiler = Compiler::new();
        compiler.add_resource(ADDRESS, document()).unwrap();
        compiler.enable_format_assertions();
        Self { document: document(), schemas: Schemas::new(), compiler, held: HashMap::new() }
    }

    /// The described address that this path is an instance of.
    fn address(&self, path: &str) -> Option<String> {
        let fits = |described: &str| {
            let (mut ours, mut theirs) = (described.split('/'), path.split('/'));
            let all =
                ours.by_ref().zip(theirs.by_ref()).all(|(our, their)| our == their || our.starts_with('{'));
            all && described.split('/').count() == path.split('/').count()
        };
        let paths = self.document["paths"].as_object().unwrap();
        // A plain address before one with a name in it.
        let mut fitting: Vec<&String> = paths.keys().filter(|described| fits(described)).collect();
        fitting.sort_by_key(|described| described.contains('{'));
        fitting.first().map(|described| (*described).clone())
    }

    fn expect(&mut self, method: &Method, path: &str, answered: &Answered) {
        let Some(address) = self.address(path) else {
            assert_eq!(answered.status, StatusCode::NOT_FOUND, "{path} is not described");
            return;
        };
        let call = &self.document["paths"][&address][method.as_str().to_lowercase()];
        if call.is_null() {
            assert_eq!(
                answered.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {address} is not described"
            );
            return;
        }
        let code = answered.status.as_str();
        let code = if call["responses"].get(code).is_some() { code } else { "default" };
        assert!(
            code != "default" || !answered.status.is_success(),
            "{method} {address}: {code} is not described"
        );
        let content = &call["responses"][code]["content"];
        let Some(content) = content.as_object() else {
            assert!(answered.body.is_empty(), "{method} {address}: {code} has no body");
            return;
        };
        let said = answered.headers["content-type"].to_str().unwrap().split(';').next().unwrap();
        assert!(content.contains_key(said), "{method} {address}: {said} is not described");
        if said != "application/json" {
            return;
        }
        let at =
            |part: &str| part.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D");
        let pointer = format!(
            "{ADDRESS}#/paths/{}/{}/responses/{code}/content/application~1json/schema",
            at(&address),
            method.as_str().to_lowercase()
        );
        let held = self.held.get(&pointer).copied();
        let schema = held.unwrap_or_else(|| self.compiler.compile(&pointer, &mut self.schemas).unwrap());
        self.held.insert(pointer, schema);
        if let Err(error) = self.schemas.validate(&answered.json(), schema) {
            unreachable!("{method} {address} {code}: {error:#}");
        }
    }
}

/// The answer is of the described form.
pub fn expect(method: &Method, path: &str, answered: &Answered) {
    if path.starts_with("/api/") {
        CHECKED.with(|checked| checked.borrow_mut().expect(method, path, answered));
    }
}
