//! The shapes that Docker Hub's public API publishes for the paths that are here as well: clients written for it find every
//! field, of the same type. What differs on purpose is in `docs/hub-api.md`.

use serde_json::{Value, json};

use super::DOCUMENT;

/// What Hub publishes: path, method, status, and the fields of an answer with their types; `[]` for one of a list.
fn published() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let member = json!({
        "id": "string", "username": "string", "full_name": "string", "email": "string", "role": "string",
        "groups": "array", "is_guest": "boolean", "date_joined": "string", "last_logged_in_at": "string",
        "last_seen_at": "string", "last_desktop_version": "string", "company": "string", "location": "string",
        "profile_url": "string", "gravatar_url": "string", "gravatar_email": "string", "type": "string",
    });
    let group = json!({
        "id": "integer", "uuid": "string", "name": "string", "description": "string", "member_count": "integer",
    });
    let in_group = json!({
        "id": "string", "username": "string", "full_name": "string", "email": "string", "date_joined": "string",
        "type": "string",
    });
    let token = json!({
        "id": "string", "label": "string", "created_by": "string", "is_active": "boolean", "created_at": "string",
        "expires_at": "string", "last_used_at": "string",
    });
    let personal = json!({
        "uuid": "string", "token_label": "string", "scopes": "array", "expires_at": "string", "is_active": "boolean",
    });
    let page = |of: &Value| json!({"count": "integer", "next": "string", "previous": "string", "results": [of]});
    let invite = json!({
        "id": "string", "inviter_username": "string", "invitee": "string", "org": "string", "team": "string",
        "created_at": "string",
    });
    let invited = json!({"invitees": [{"invitee": "string", "status": "string"}]});
    vec![
        ("/v2/orgs/{org}/invites", "get", "200", json!({"data": [invite]})),
        ("/v2/invites/bulk", "post", "202", invited),
        ("/v2/invites/{id}", "delete", "204", Value::Null),
        ("/v2/invites/{id}/resend", "patch", "204", Value::Null),
        ("/v2/auth/token", "post", "200", json!({"access_token": "string"})),
        ("/v2/orgs/{org}/members", "get", "200", page(&member)),
        ("/v2/orgs/{org}/members/{username}", "put", "200", member),
        ("/v2/orgs/{org}/members/{username}", "delete", "204", Value::Null),
        ("/v2/orgs/{org}/groups", "get", "200", page(&group)),
        ("/v2/orgs/{org}/groups", "post", "201", group.clone()),
        ("/v2/orgs/{org}/groups/{group}", "get", "200", group.clone()),
        ("/v2/orgs/{org}/groups/{group}", "put", "200", group.clone()),
        ("/v2/orgs/{org}/groups/{group}", "patch", "200", group),
        ("/v2/orgs/{org}/groups/{group}", "delete", "204", Value::Null),
        ("/v2/orgs/{org}/groups/{group}/members", "get", "200", page(&in_group)),
        ("/v2/orgs/{org}/groups/{group}/members", "post", "200", in_group),
        ("/v2/orgs/{org}/groups/{group}/members/{username}", "delete", "204", Value::Null),
        ("/v2/orgs/{org}/access-tokens", "get", "200", json!({"total": "integer", "results": [token.clone()]})),
        ("/v2/orgs/{org}/access-tokens/{id}", "get", "200", token.clone()),
        ("/v2/orgs/{org}/access-tokens/{id}", "patch", "200", token),
        ("/v2/orgs/{org}/access-tokens/{id}", "delete", "204", Value::Null),
        ("/v2/access-tokens", "get", "200", json!({"results": [personal.clone()]})),
        ("/v2/access-tokens", "post", "201", personal.clone()),
        ("/v2/access-tokens/{id}", "get", "200", personal),
        ("/v2/access-tokens/{id}", "delete", "204", Value::Null),
    ]
}

#[test]
fn every_published_field_is_described_with_its_type() {
    for (path, method, status, shape) in published() {
        let answer = &DOCUMENT["paths"][path][method]["responses"][status];
        assert!(answer.is_object(), "{method} {path} does not answer {status}");
        let schema = answer.pointer("/content/application~1json/schema");
        match (shape, schema) {
            (Value::Null, schema) => assert!(schema.is_none(), "{method} {path}"),
            (shape, Some(schema)) => compare(&shape, schema, &format!("{method} {path}")),
            (_, None) => panic!("{method} {path} has no body"),
        }
    }
}

fn compare(shape: &Value, schema: &Value, place: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match shape {
        Value::Object(fields) => {
            for (name, shape) in fields {
                let known = &schema["properties"][name];
                assert!(known.is_object(), "{place}: `{name}` is missing");
                compare(shape, known, &format!("{place}.{name}"));
            }
        }
        Value::Array(of) => compare(&of[0], &schema["items"], place),
        Value::String(kind) => {
            let kinds = match &schema["type"] {
                Value::Array(kinds) => kinds.clone(),
                one => vec![one.clone()],
            };
            assert!(kinds.contains(&json!(kind)), "{place} is {kinds:?} and should be {kind}");
        }
        _ => {}
    }
}
