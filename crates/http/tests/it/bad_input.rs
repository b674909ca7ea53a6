//! Bad input gets the RFC's error, with a detail that says what to change.

use axum::body::Body;
use muster_http::Limits;
use serde_json::{Value, json};

use crate::support::{DOCKER, PATCH, Server, encoded, person, team};

/// Sends a body as it is.
async fn raw(server: &Server, method: &str, path: &str, body: &'static [u8]) -> crate::support::Answer {
    server.scim(method, path).header("content-type", "application/scim+json").bytes(body).send().await
}

#[tokio::test]
async fn scim_2_bodies_that_are_no_json_are_invalid_syntax() {
    let server = Server::new();
    for (body, detail) in [
        (&b""[..], "empty"),
        (b"{", "not JSON"),
        (b"{\"userName\":\"\xff\"}", "not UTF-8"),
        (br#"{"userName":"\ud800"}"#, "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (&[b'['; 5_000], "nested deeper"),
    ] {
        raw(&server, "POST", "/Users", body).await.refused(400, Some("invalidSyntax"), detail);
    }
}

#[tokio::test]
async fn scim_2_values_of_wrong_types_are_invalid() {
    let server = Server::new();
    let cases = [
        (json!({"active": true}), "`userName` is required"),
        (json!({"userName": ""}), "`userName`"),
        (json!({"userName": 7}), "must be a string"),
        (json!({"userName": "a\u{0}@example.com"}), "U+0000"),
        (json!({"userName": "a@example.com", "active": "maybe"}), "must be a boolean"),
        (json!({"userName": "a@example.com", "emails": "a@example.com"}), "must be an array"),
        (json!({"userName": "a@example.com", DOCKER: {"dockerRole": "admin"}}), "member, editor, owner"),
        (json!({"userName": "a@example.com", DOCKER: {"dockerSessionMinutes": 0}}), "above 0"),
        (json!({"userName": "a@example.com", DOCKER: {"dockerOrg": "acme"}}), "dockerOrg `acme`"),
        (json!({"userName": "a@example.com", DOCKER: {"dockerTeam": "@"}}), "dockerTeam"),
        (json!({"userName": "ada"}), "not an email address"),
        (json!({"userName": "ada@elsewhere.test"}), "`elsewhere.test` is not a verified domain"),
    ];
    for (body, detail) in cases {
        let answer = server.post("/Users", body).await.refused(400, Some("invalidValue"), detail);
        assert!(server.logged(&answer).is_some(), "{detail}");
    }
    assert_eq!(server.get("/Users").await.value()["totalResults"], json!(0));
}

#[tokio::test]
async fn scim_2_unknown_and_read_only_attributes_are_ignored() {
    let server = Server::new();
    let mut body = person("ada@example.com");
    for (name, value) in [
        ("colour", json!({"deep": [1]})),
        ("id", json!("mine")),
        ("groups", json!([{"value": "x"}])),
        ("meta", json!(7)),
    ] {
        body[name] = value;
    }
    let user = server.post("/Users", body).await.due(201).value();
    assert_eq!((user.get("colour"), user.get("groups")), (None, None));
    assert_ne!(user["id"], json!("mine"));
    let path = format!("/Users/{}", user["id"].as_str().unwrap());
    let refused = server.patch(&path, json!([{"op": "replace", "path": "id", "value": "mine"}])).await;
    refused.refused(400, Some("mutability"), "`id`");
}

#[tokio::test]
async fn scim_2_patches_that_cannot_be_read_name_the_operation() {
    let server = Server::new();
    let path = format!("/Users/{}", server.user("ada@example.com").await);
    let before = server.get(&path).await.text;
    let cases = [
        (json!([{"op": "replace", "path": "colour", "value": 1}]), "invalidPath", "operation 1"),
        (json!([{"op": "replace", "path": "emails[", "value": 1}]), "invalidPath", "operation 1"),
        (json!([{"op": "replace", "path": "emails[type eq work].value", "value": 1}]), "invalidFilter", "operation 1"),
        (json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "remove"}]), "noTarget", "operation 2"),
        (
            json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "replace", "path": "emails[type eq \"x\" and primary eq false]", "value": {"display": "y"}}]),
            "noTarget",
            "matches no value",
        ),
        (json!([{"op": "remove", "path": "userName"}]), "mutability", "`userName`"),
        (json!([{"op": "replace", "path": "active", "value": 1}]), "invalidValue", "boolean"),
        (json!([{"op": "move", "path": "title"}]), "invalidSyntax", "`op`"),
        (json!([]), "invalidSyntax", "`Operations`"),
    ];
    for (operations, scim_type, detail) in cases {
        server.patch(&path, operations).await.refused(400, Some(scim_type), detail);
    }
    server.scim("PATCH", &path).json(json!({"Operations": []})).send().await.refused(400, Some("invalidSyntax"), PATCH);
    let many: Vec<Value> = (0..1_001).map(|_| json!({"op": "replace", "path": "title", "value": "x"})).collect();
    server.patch(&path, json!(many)).await.refused(413, None, "several requests");
    assert_eq!(server.get(&path).await.text, before, "a PATCH that fails leaves everything as it was");
}

#[tokio::test]
async fn scim_2_bad_queries_say_why() {
    let server = Server::new();
    let deep = format!("{}title pr{}", "(".repeat(50), ")".repeat(50));
    let long = format!("title eq \"{}\"", "x".repeat(20_000));
    let cases = [
        ("filter", "userName eq jyoung", "invalidFilter"),
        ("filter", "userName eq 'x'", "invalidFilter"),
        ("filter", "colour eq \"x\"", "invalidFilter"),
        ("filter", "active gt true", "invalidFilter"),
        ("filter", "password eq \"x\"", "invalidFilter"),
        ("filter", "userName", "invalidFilter"),
        ("filter", "", "invalidFilter"),
        ("filter", &deep, "invalidFilter"),
        ("filter", &long, "invalidFilter"),
        ("sortBy", "colour", "invalidValue"),
        ("sortBy", "name", "invalidValue"),
        ("startIndex", "one", "invalidValue"),
        ("count", "1.5", "invalidValue"),
        ("attributes", "userName&excludedAttributes=emails", "invalidValue"),
    ];
    for (name, value, scim_type) in cases {
        let value = if name == "attributes" { value.to_owned() } else { encoded(value) };
        let answer = server.get(&format!("/Users?{name}={value}")).await.refused(400, Some(scim_type), "");
        assert!(server.logged(&answer).is_some(), "{name}={value}");
    }
    let id = server.user("ada@example.com").await;
    let both = format!("/Users/{id}?attributes=userName&excludedAttributes=emails");
    server.get(&both).await.refused(400, Some("invalidValue"), "exclude each other");
    server.put(&both, person("bo@example.com")).await.refused(400, Some("invalidValue"), "exclude each other");
    assert_eq!(server.get(&format!("/Users/{id}")).await.value()["userName"], json!("ada@example.com"));
    let tag = server.scim("GET", &format!("/Users/{id}")).header("if-match", "3").send().await;
    tag.refused(400, Some("invalidSyntax"), "entity tag");
}

#[tokio::test]
async fn scim_2_a_filter_with_u_0000_is_no_failure_of_the_database() {
    let server = Server::new();
    let answer = server.get(&format!("/Users?filter={}", encoded("userName eq \"a\\u0000\""))).await;
    assert!(matches!(answer.status.as_u16(), 200 | 400), "{}", answer.text);
}

#[tokio::test]
async fn scim_5_a_taken_name_is_409_whatever_its_case() {
    let server = Server::new();
    let ada = server.user("ada@example.com").await;
    let bo = server.user("bo@example.com").await;
    server.post("/Users", person("ADA@example.com")).await.refused(409, Some("uniqueness"), "userName");
    let renamed = server.put(&format!("/Users/{bo}"), person("Ada@Example.com")).await;
    renamed.refused(409, Some("uniqueness"), "userName");
    server.group("moby:devs", &[&ada]).await;
    server.post("/Groups", team("MOBY:devs", &[])).await.refused(409, Some("uniqueness"), "displayName");
}

#[tokio::test]
async fn scim_9_no_seat_is_403_and_nothing_is_stored() {
    let server = Server::new();
    server.world.seats(&server.organizations[0], 1);
    server.user("ada@example.com").await;
    let refused = server.post("/Users", person("bo@example.com")).await;
    let detail = "Not enough seats in organization 'moby'. Add more seats or contact your administrator.";
    let refused = refused.refused(403, None, detail);
    assert_eq!(server.get("/Users").await.value()["totalResults"], json!(1));
    let row = server.logged(&refused).unwrap();
    assert_eq!((row.outcome.as_str(), row.status), ("refused", 403));
}

#[tokio::test]
async fn org_1_the_last_owner_is_answered_2xx_and_stays() {
    let server = Server::new();
    let mut body = person("ada@example.com");
    body[DOCKER] = json!({"dockerRole": "owner"});
    let id = server.post("/Users", body).await.due(201).id();
    let answer =
        server.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await;
    assert_eq!(answer.due(200).value()["active"], json!(false));
    assert!(
        server.world.membership(&server.organizations[0], "ada@example.com").unwrap().role == muster_model::Role::Owner
    );
}

#[tokio::test]
async fn scim_3_unknown_members_are_refused_and_nothing_is_applied() {
    let server = Server::new();
    let ada = server.user("ada@example.com").await;
    let group = server.group("moby:devs", &[]).await;
    for unknown in ["0190f5fe-7c2a-7000-8000-0123456789ab", "nobody", "ünknown"] {
        let add = json!([{"op": "add", "path": "members", "value": [{"value": ada}, {"value": unknown}]}]);
        let answer = server.patch(&format!("/Groups/{group}"), add).await;
        answer.refused(400, Some("invalidValue"), unknown);
        let answer = server.post("/Groups", team("moby:others", &[unknown])).await;
        answer.refused(400, Some("invalidValue"), unknown);
    }
    assert_eq!(server.get(&format!("/Groups/{group}")).await.value().get("members"), None);
}

#[tokio::test]
async fn scim_2_what_is_not_there_is_404() {
    let server = Server::new();
    let unknown = "0190f5fe-7c2a-7000-8000-0123456789ab";
    for kind in ["/Users", "/Groups"] {
        for id in [unknown, "7", "null", "%00", "%ff", "a%2Fb", "0190f5fe7c2a700080000123456789ab"] {
            let path = format!("{kind}/{id}");
            server.get(&path).await.refused(404, None, "not found");
            server.delete(&path).await.refused(404, None, "not found");
            let body = if kind == "/Users" { person("ada@example.com") } else { team("a:b", &[]) };
            server.put(&path, body).await.refused(404, None, "not found");
            let patch = json!([{"op": "replace", "path": "displayName", "value": "x"}]);
            server.patch(&path, patch).await.refused(404, None, "not found");
        }
    }
    for path in ["/Robots", "/Users/a/b", "/users", "//Users"] {
        server.get(path).await.refused(404, None, "no resource at this path");
    }
}

#[tokio::test]
async fn scim_2_methods_that_a_resource_lacks_are_405() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    for (method, path, allow) in [
        ("DELETE", "/Users".to_owned(), "GET,HEAD,POST"),
        ("PUT", "/Groups".to_owned(), "GET,HEAD,POST"),
        ("POST", format!("/Users/{id}"), "GET,HEAD,PUT,PATCH,DELETE"),
        ("OPTIONS", "/Users".to_owned(), "GET,HEAD,POST"),
    ] {
        let answer = server.scim(method, &path).json(json!({})).send().await.refused(405, None, "Allow");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
    }
}

#[tokio::test]
async fn scim_2_other_media_types_are_415() {
    let server = Server::new();
    for media_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded"] {
        let sending = server.scim("POST", "/Users").header("content-type", media_type).bytes("{}");
        sending.send().await.refused(415, None, "application/scim+json");
    }
    let packed = server.scim("POST", "/Users").header("content-encoding", "gzip").json(person("ada@example.com"));
    packed.send().await.refused(415, None, "content encoding");
    for media_type in ["Application/JSON;charset=UTF-8", "application/scim+json; charset=utf-8"] {
        let sending = server.scim("POST", "/Users").header("content-type", media_type);
        sending.bytes(person(&format!("{}@example.com", media_type.len())).to_string()).send().await.due(201);
    }
    let untyped = server.scim("POST", "/Users").bytes(person("ada@example.com").to_string());
    untyped.send().await.due(201);
}

#[tokio::test]
async fn scim_2_bodies_over_the_limit_are_413() {
    let server = Server::with(Limits { user_body: 1_000, group_body: 2_000, ..Limits::default() });
    let mut body = person("ada@example.com");
    body["title"] = json!("x".repeat(1_000));
    server.post("/Users", body.clone()).await.refused(413, None, "1000 bytes");
    let expecting = server.scim("POST", "/Users").header("expect", "100-continue").header("content-length", "5000");
    expecting.json(body).send().await.refused(413, None, "1000 bytes");
    let mut group = team("moby:devs", &[]);
    group["externalId"] = json!("x".repeat(1_000));
    server.post("/Groups", group.clone()).await.due(201);
    group["externalId"] = json!("x".repeat(2_000));
    server.post("/Groups", group).await.refused(413, None, "2000 bytes");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_408() {
    let server = Server::new();
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<bytes::Bytes, std::io::Error>>(1);
    let body = Body::from_stream(futures_util::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|item| (item, receiver))
    }));
    let answer = server.scim("POST", "/Users").bytes(body).send().await;
    answer.refused(408, None, "in time");
    drop(sender);
}

#[tokio::test]
async fn more_requests_than_are_taken_at_a_time_are_503() {
    let server = Server::with(Limits { in_flight: 0, ..Limits::default() });
    let answer = server.get("/Users").await.refused(503, None, "busy");
    assert_eq!(answer.header("retry-after"), "1");
    let server = Server::with(Limits { bodies: 2_048, ..Limits::default() });
    let body = person("ada@example.com").to_string();
    let length = body.len().to_string();
    server.scim("POST", "/Users").bytes(body.clone()).send().await.refused(503, None, "busy");
    server.scim("POST", "/Users").header("content-length", &length).bytes(body).send().await.due(201);
}
