//! What is wrong with a request is said, by field; and there is an end to how many may come.

use muster_http::Limits;
use muster_model::Role;
use serde_json::json;

use super::checked;
use crate::support::Server;

#[tokio::test]
async fn each_mistake_is_told_with_its_field() {
    let server = Server::new();
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    let path = "/v2/access-tokens";
    for (body, field, detail) in [
        (json!({"scopes": []}), "body", "missing field `label`"),
        (json!({"label": 1, "scopes": []}), "label", "invalid type"),
        (json!({"label": "x", "scopes": ["teams:read", "x"]}), "scopes[1]", "unknown variant `x`"),
        (json!({"label": "x", "scopes": [], "expires_at": "soon"}), "expires_at", "is not a date and time"),
        (json!({"label": "x", "scopes": [], "lable": "y"}), "lable", "unknown field `lable`"),
        (json!([]), "body", "invalid"),
        (json!("x"), "body", "invalid type"),
    ] {
        let answer = client.post(path, body.clone()).await.denied(400, detail).value();
        assert!(answer["errinfo"][field].as_str().unwrap_or_default().contains(detail), "{body}: {answer}");
    }
    for (body, detail) in [
        (json!({"label": "", "scopes": ["teams:read"]}), "1 to 100 characters"),
        (json!({"label": "x", "scopes": []}), "name what it is for"),
        (json!({"label": "x", "scopes": ["teams:read"], "expires_at": "2001-01-01T00:00:00Z"}), "within ten years"),
    ] {
        client.post(path, body).await.denied(400, detail);
    }
    for (query, detail) in [
        ("page=0", "`page`: use 1 to"),
        ("page=99999", "`page`: use 1 to"),
        ("page=x", "invalid digit"),
        ("page_size=101", "`page_size`: use 1 to 100"),
        ("after=x", "`after`: is no place"),
        ("role=boss", "unknown variant `boss`"),
    ] {
        client.get(&format!("/v2/orgs/moby/members?{query}")).await.denied(400, detail);
    }
}

#[tokio::test]
async fn what_is_no_request_of_the_api_is_answered_in_its_form() {
    let server = Server::new();
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    server.to("GET", "/v2/nothing").send().await.denied(404, "no resource at this path");
    client.call("POST", "/v2/orgs/moby/members", None).await.denied(405, "Allow");
    client.get("/v2/access-tokens/x").await.denied(404, "");
    client.get("/v2/orgs/%00").await.denied(400, "U+0000");
    let send = |kind: &str, body: &'static str| {
        let sending = server.to("POST", "/v2/auth/token").header("content-type", kind);
        let sending = sending.bytes(body);
        async { checked("POST", "/v2/auth/token", sending.send().await) }
    };
    send("text/plain", "{}").await.denied(415, "application/json");
    send("application/json", "{").await.denied(400, "EOF");
    send("application/json", "{\"identifier\": \"a\", \"secret\": \"b\"} x").await.denied(400, "trailing");
    let deep: &'static str = Box::leak("[".repeat(100_000).into_boxed_str());
    send("application/json", deep).await.denied(400, "");
    let large: &'static str = Box::leak(" ".repeat(2_000_000).into_boxed_str());
    send("application/json", large).await.denied(413, "larger than");
}

#[tokio::test]
async fn a_caller_has_so_many_requests_a_minute_and_is_told() {
    let server = Server::with(Limits { api_requests: 2, ..Limits::default() });
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    for left in ["1", "0"] {
        let answer = client.get("/v2/orgs").await.due(200);
        assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("2", left));
    }
    let refused = client.get("/v2/orgs").await.denied(429, "too many requests");
    assert_eq!(refused.value()["error"], "Too Many Requests");
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(refused.header("x-retry-after"), refused.header("x-ratelimit-reset"));
    server.world.advance(std::time::Duration::from_mins(1));
    client.get("/v2/orgs").await.due(200);
}
