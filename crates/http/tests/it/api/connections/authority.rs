//! Every route of a connection, tried by everyone (TEN-1, TEN-3, SEC-1).

use muster_engine::{authority::Action, declare, tokens::access::Holder};
use muster_model::{
    Role,
    token::{Scope, Scopes},
};
use serde_json::{Value, json};

use crate::{
    api::{Client, DOCUMENT},
    support::Server,
};

const NOTHING: &str = "01900000-0000-7000-8000-000000000000";

/// A request to each route of a connection that there is: method, what follows its id, body, and what it does.
fn routes() -> Vec<(&'static str, String, Option<Value>, Action)> {
    let (read, change) = (Action::ReadConnections, Action::ChangeConnections);
    let route = |method, below: &str, body, action| (method, below.replace("{}", NOTHING), body, action);
    vec![
        route("GET", "", None, read),
        route("GET", "/conflicts", None, read),
        route("GET", "/affected", None, read),
        route("GET", "/settings", None, read),
        route("PATCH", "/settings", Some(json!({"default_team": "people"})), change),
        route("GET", "/mappings", None, read),
        route("PUT", "/mappings", Some(json!({"mappings": []})), change),
        route("GET", "/scim", None, read),
        route("POST", "/scim/tokens", Some(json!({})), change),
        route("POST", "/scim/rotate", Some(json!({})), change),
        route("DELETE", "/scim/tokens/{}", None, change),
        route("GET", "/setup-links", None, read),
        route("POST", "/setup-links", Some(json!({"label": "Whale"})), change),
        route("DELETE", "/setup-links/{}", None, change),
        route("GET", "/plan", None, read),
        route("POST", "/plan", Some(json!({"settings": {"jit": false}})), change),
        route("GET", "/plan/{}", None, read),
        route("POST", "/plan/{}/apply", None, change),
        route("DELETE", "/plan/{}", None, change),
        route("GET", "/adopt", None, read),
        route("POST", "/adopt", Some(json!({"emails": ["eve@example.com"]})), change),
        route("GET", "/drift", None, read),
        route("POST", "/drift", None, change),
        route("GET", "/held", None, read),
        route("GET", "/held/{}", None, read),
        route("POST", "/held/approve", Some(json!({"ids": [NOTHING]})), change),
        route("POST", "/held/reject", Some(json!({"ids": [NOTHING]})), change),
        route("GET", "/traces", None, read),
        route("GET", "/errors", None, read),
        route("GET", "/traces/{}", None, read),
        route("POST", "/traces/replay", Some(json!({"trace_ids": [NOTHING]})), change),
        route("POST", "/people/{}", Some(json!({"decision": "re-link"})), change),
        route("POST", "/test", None, change),
        route("POST", "/refresh", None, change),
        route("POST", "/keys", Some(json!({"purpose": "signing"})), change),
        route("DELETE", "/keys/00", None, change),
        route("DELETE", "", None, change),
    ]
}

async fn try_all(server: &Server, client: &Client<'_>, expected: impl Fn(Action) -> u16) {
    let stated = server.world.read(declare::export);
    let mut denied = true;
    for (method, below, body, action) in routes() {
        let path = format!("/v2/connections/{}{below}", server.connection);
        let answer = client.call(method, &path, body).await;
        let status = answer.status.as_u16();
        match expected(action) {
            // Whoever may is told the truth: done, or that there is no such plan, or nobody to adopt.
            200 => {
                denied = false;
                assert!([200, 201, 204, 400, 404].contains(&status), "{method} {path}: {status} {}", answer.text);
                assert!(!answer.text.contains("connection not found"), "{method} {path}: {}", answer.text);
            }
            404 => {
                let says = format!("connection {} not found", server.connection);
                answer.denied(404, &says);
            }
            refused => assert_eq!(status, refused, "{method} {path}: {}", answer.text),
        }
    }
    if denied {
        assert_eq!(server.world.read(declare::export), stated, "what is refused changes nothing");
    }
}

/// Somebody who may do nothing here, whoever they are.
fn server() -> Server {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    server.member(&moby, "zoe@example.com", Role::Owner);
    server
}

#[test]
fn every_route_of_a_connection_is_tried() {
    let shape = |path: &str| {
        path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect::<Vec<_>>().join("/")
    };
    let own = |below: &str| shape(&below.replace(NOTHING, "{}").replace("/keys/00", "/keys/{}"));
    let tried: Vec<_> = routes().iter().map(|route| (route.0.to_lowercase(), own(&route.1))).collect();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        let Some(below) = path.strip_prefix("/v2/connections/{id}") else { continue };
        for method in item.as_object().unwrap().keys() {
            assert!(tried.contains(&(method.clone(), shape(below))), "{method} {path} is tried by nobody");
        }
    }
}

#[tokio::test]
async fn ten_1_owners_of_the_holder_may_and_nobody_else_does() {
    for role in Role::ALL {
        let server = server();
        let moby = server.organizations[0].clone();
        let ada = server.member(&moby, "ada@example.com", role);
        let client = server.client(&ada).await;
        try_all(&server, &client, |_| if role == Role::Owner { 200 } else { 403 }).await;
    }
    let server = server();
    let stranger = server.world.account("ada@example.com", true);
    try_all(&server, &server.client(&stranger).await, |_| 404).await;
    // An owner of an organization that it covers, but does not hold it.
    let whale = server.organizations[1].clone();
    let other = server.member(&whale, "bo@example.com", Role::Owner);
    try_all(&server, &server.client(&other).await, |_| 404).await;
    let theirs = server.access_token(Holder::Organization(whale.id), Scopes::all());
    try_all(&server, &server.client_with("whale", &theirs).await, |_| 404).await;
}

#[tokio::test]
async fn sec_1_reading_and_changing_take_their_scopes() {
    for scope in [Scope::ConnectionsRead, Scope::ConnectionsWrite, Scope::MembersWrite] {
        let only: Scopes = [scope].into_iter().collect();
        let server = server();
        let moby = server.organizations[0].clone();
        let token = server.access_token(Holder::Organization(moby.id), only.clone());
        let client = server.client_with("moby", &token).await;
        try_all(&server, &client, |action| if only.allow(action.scope()) { 200 } else { 403 }).await;
    }
}
