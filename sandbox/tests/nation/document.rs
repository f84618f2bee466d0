//! Holds every call of every test against the OpenAPI document: what was asked where it worked, and what came of it. In answers nothing
//! may stand that is not described.
use std::cell::RefCell;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Map, Value, json};

use crate::world::{Answer, World, clock};

const ADDRESS: &str = "https://document.invalid/openapi.json";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What a test asked.
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) media_type: String,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn of(request: &reqwest::Request) -> Self {
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default().to_vec();
        let named = request.headers().get("content-type").and_then(|named| named.to_str().ok());
        Self {
            method: request.method().as_str().to_lowercase(),
            path: request.url().path().to_owned(),
            query: request.url().query().map(str::to_owned),
            media_type: named.unwrap_or_default().to_owned(),
            body,
        }
    }

    /// What was sent, as a value; the payload of a signed message.
    fn value(&self) -> Value {
        if self.media_type == FORM {
            let fields = url::form_urlencoded::parse(&self.body).into_owned();
            return Value::Object(fields.map(|(name, value)| (name, value.into())).collect());
        }
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The document, and the schemas of it that were compiled.
pub(crate) struct Document {
    document: Value,
    compiled: RefCell<(Compiler, Schemas, HashMap<String, SchemaIndex>)>,
}

impl Document {
    pub(crate) fn of(document: Value) -> Self {
        let mut strict = document.clone();
        for methods in strict["paths"].as_object_mut().unwrap().values_mut() {
            for operation in methods.as_object_mut().unwrap().values_mut() {
                close(&mut operation["responses"]);
            }
        }
        close(&mut strict["components"]["schemas"]);
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource(ADDRESS, strict).unwrap();
        Self { document, compiled: RefCell::new((compiler, Schemas::new(), HashMap::new())) }
    }

    /// That the call is as described.
    ///
    /// # Panics
    /// Where it is not.
    pub(crate) fn hold(&self, call: &Call, answer: &Answer) {
        if let Err(why) = self.judge(call, answer) {
            panic!("{} {} answered {}: {why}", call.method, call.path, answer.status);
        }
    }

    fn judge(&self, call: &Call, answer: &Answer) -> Result<(), String> {
        let Some(path) = self.described(&call.path) else {
            return if answer.status == 404 { Ok(()) } else { Err("no such path is described".to_owned()) };
        };
        let operation = &self.document["paths"][&path][&call.method];
        if operation.is_null() {
            return if answer.status == 405 { Ok(()) } else { Err("no such method is described".to_owned()) };
        }
        let at = format!("#/paths/{}/{}", escaped(&path), call.method);
        let group = match answer.status {
            200..300 => "2XX",
            400..500 => "4XX",
            // Sent on, not modified, or broken on purpose.
            _ => return Ok(()),
        };
        if group == "2XX" {
            self.judge_asked(call, operation, &at)?;
        }
        let content = operation["responses"][group]["content"].as_object().unwrap();
        let said = answer.headers.get("content-type").and_then(|said| said.to_str().ok()).unwrap_or_default();
        let said = said.split(';').next().unwrap();
        if answer.body.is_empty() {
            return if answer.status == 204 { Ok(()) } else { Err("an empty body".to_owned()) };
        }
        // What the fault bad_json gives.
        if said == "text/plain" && call.path.starts_with("/api/") {
            return Ok(());
        }
        if !content.contains_key(said) {
            return Err(format!("{said:?} is not described"));
        }
        if said != JSON {
            return Ok(());
        }
        self.validate(&format!("{at}/responses/{group}/content/application~1json/schema"), &answer.json())
    }

    /// What worked was asked as it is described.
    fn judge_asked(&self, call: &Call, operation: &Value, at: &str) -> Result<(), String> {
        let query = call.query.clone().unwrap_or_default();
        let given: Vec<String> =
            url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let needed = parameter["in"] == "query" && parameter["required"] == true;
            if needed && !given.iter().any(|name| parameter["name"] == name.as_str()) {
                return Err(format!("{} is missing in the query and was not missed", parameter["name"]));
            }
        }
        let Some(described) = operation["requestBody"]["content"].as_object() else { return Ok(()) };
        let Some(media_type) = described.keys().find(|described| **described == call.media_type) else {
            return Ok(());
        };
        let (sent, at) = (call.value(), format!("{at}/requestBody/content/{}/schema", escaped(media_type)));
        self.validate(&at, &sent)?;
        match described[media_type]["schema"]["properties"]["jws"].get("x-sen-payload") {
            Some(_) => {
                let jws = sent["jws"].as_str().unwrap();
                let payload = URL_SAFE_NO_PAD.decode(jws.split('.').nth(1).unwrap()).unwrap();
                let payload = serde_json::from_slice(&payload).unwrap();
                self.validate(&format!("{at}/properties/jws/x-sen-payload"), &payload)
            }
            None => Ok(()),
        }
    }

    fn validate(&self, at: &str, value: &Value) -> Result<(), String> {
        let (compiler, schemas, known) = &mut *self.compiled.borrow_mut();
        let schema = match known.get(at) {
            Some(schema) => *schema,
            None => compiler
                .compile(&format!("{ADDRESS}{at}"), schemas)
                .map_err(|error| format!("{at}: {error:#}"))?,
        };
        known.insert(at.to_owned(), schema);
        schemas.validate(value, schema).map_err(|error| format!("{at}: {error:#}"))
    }

    /// The described path that this one is an instance of; a plain one before one with a name in it.
    fn described(&self, path: &str) -> Option<String> {
        let fits = |described: &str| {
            let (ours, theirs): (Vec<_>, Vec<_>) =
                (described.split('/').collect(), path.split('/').collect());
            ours.len() == theirs.len()
                && ours.iter().zip(theirs).all(|(our, their)| *our == their || our.starts_with('{'))
        };
        let mut fitting: Vec<&String> =
            self.document["paths"].as_object().unwrap().keys().filter(|described| fits(described)).collect();
        fitting.sort_by_key(|described| described.contains('{'));
        fitting.first().map(|described| (*described).clone())
    }
}

/// As part of a JSON pointer in an address.
fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
}

/// Lets no member stand that is not described.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.contains_key("properties") && members.get("type") == Some(&json!("object")) {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn answered(content: &Value) -> Answer {
    let headers = [("content-type", "application/json")].map(|(name, value)| {
        (reqwest::header::HeaderName::from_static(name), reqwest::header::HeaderValue::from_static(value))
    });
    Answer { status: 200, headers: headers.into_iter().collect(), body: serde_json::to_vec(content).unwrap() }
}

#[test]
fn what_is_missing_of_another_type_or_not_described_does_not_pass() {
    let world = World::start(clock!());
    let document = Document::of(world.get("/openapi.json").done());
    let call = |body: &Value| Call {
        method: "post".to_owned(),
        path: "/bank/evidence".to_owned(),
        query: None,
        media_type: JSON.to_owned(),
        body: serde_json::to_vec(body).unwrap(),
    };
    let asked = json!({"nonce": "AAAA", "record": "AAAA", "face_compared": true});
    let good =
        json!({"name": "Mẫu", "number": "000204067891", "proven_by": "chip", "is_new": true, "balance": 1});
    let judge = |asked: &Value, given: &Value| document.judge(&call(asked), &answered(given));
    assert_eq!(judge(&asked, &good), Ok(()));
    let changed = |value: &Value, name: &str, to: Option<Value>| {
        let mut changed: Map<String, Value> = value.as_object().unwrap().clone();
        match to {
            Some(to) => changed.insert(name.to_owned(), to),
            None => changed.remove(name),
        };
        Value::Object(changed)
    };
    for (name, to) in [
        ("balance", None),
        ("balance", Some(json!("1"))),
        ("proven_by", Some(json!("word"))),
        ("number", Some(json!("123"))),
        ("age", Some(json!(7))),
    ] {
        assert!(judge(&asked, &changed(&good, name, to.clone())).is_err(), "{name} {to:?}");
    }
    for (name, to) in [("nonce", None), ("face_compared", Some(json!("yes")))] {
        assert!(judge(&changed(&asked, name, to.clone()), &good).is_err(), "{name} {to:?}");
    }
}
