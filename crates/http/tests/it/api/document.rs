//! The description of the API: complete, valid, and readable.

use serde_json::Value;

use super::DOCUMENT;
use crate::support::Server;

#[test]
fn the_document_is_openapi_3_1_and_says_something_of_everything() {
    assert!(DOCUMENT["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(DOCUMENT["servers"][0]["url"], "https://muster.test");
    let mut ids = Vec::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            ids.push(operation["operationId"].as_str().unwrap().to_owned());
            assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{place} has no summary");
            let is_open = path == "/v2/auth/token";
            assert_eq!(operation["security"].is_null(), is_open, "{place}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let is_said = !parameter["description"].as_str().unwrap_or_default().is_empty();
                assert!(is_said, "{place}: `{}` is not described", parameter["name"]);
            }
            for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let named =
                    operation["parameters"].as_array().unwrap().iter().any(|parameter| parameter["name"] == name);
                assert!(named, "{place}: `{name}` is missing");
            }
        }
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "each operation has an id of its own");
    every_reference(&DOCUMENT, &mut |reference| {
        assert!(DOCUMENT.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    });
}

fn every_reference(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                look(reference);
            }
            fields.values().for_each(|value| every_reference(value, look));
        }
        Value::Array(values) => values.iter().for_each(|value| every_reference(value, look)),
        _ => {}
    }
}

#[tokio::test]
async fn people_read_the_same_on_a_page() {
    let server = Server::new();
    let page = server.to("GET", "/docs/api").send().await.due(200);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(page.text.contains(&format!("id=\"{}\"", operation["operationId"].as_str().unwrap())), "{path}");
        }
    }
    for name in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.text.contains(&format!("id=\"{name}\"")), "{name}");
    }
}
