//! Who may call: tokens, and switching SCIM off.

use std::{sync::Arc, time::Duration};

use muster_engine::{connections, tokens};
use muster_model::ConnectionState;
use serde_json::json;

use crate::support::{SCIM, Server, person};

#[tokio::test]
async fn scim_1_only_a_live_scim_token_opens_scim() {
    let server = Server::new();
    let token = server.token.expose();
    let users = format!("{SCIM}/Users");
    let missing = server.to("GET", &users).send().await.refused(401, None, "Authorization: Bearer");
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"scim\"");
    let last = if token.ends_with('x') { 'y' } else { 'x' };
    let mistyped = format!("Bearer {}{last}", &token[..token.len() - 1]);
    let unknown = muster_crypto::TokenText::generate(muster_crypto::TokenPrefix::Scim).unwrap();
    for value in ["Bearer hunter2", &mistyped, &format!("Bearer {}", unknown.expose())] {
        let answer = server.to("GET", &users).header("authorization", value).send().await.refused(401, None, "token");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"scim\", error=\"invalid_token\"");
        assert_eq!(server.logged(&answer), None, "strangers cannot fill the log");
    }
    for path in ["/Nothing", "/ServiceProviderConfig", "/Me"] {
        server.to("GET", &format!("{SCIM}{path}")).send().await.refused(401, None, "");
    }
    let basic = format!("basic {token}");
    server.to("GET", &users).header("authorization", &basic).send().await.refused(401, None, "");
    let lower = format!("bearer  {token}");
    server.to("GET", &users).header("authorization", &lower).send().await.due(200);
}

#[tokio::test]
async fn scim_1_a_revoked_token_stops_working_within_a_second() {
    let server = Server::new();
    let other = server.world.scim_token(server.connection);
    server.get("/Users").await.due(200);
    let (connection, hash) = (server.connection, server.token.hash());
    let revoked = server.world.by_hand(move |tx, env| {
        let connection = tx.connection(connection)?.unwrap();
        let id = tx.token_by_hash(muster_model::token::TokenKind::Scim, hash.as_bytes())?.unwrap().id;
        tokens::revoke(tx, env, &connection, id)
    });
    revoked.unwrap();
    server.eventually(async || server.get("/Users").await.status == 401).await;
    let bearer = format!("Bearer {}", other.expose());
    server.to("GET", &format!("{SCIM}/Users")).header("authorization", &bearer).send().await.due(200);
}

#[tokio::test]
async fn scim_1_a_change_by_this_process_counts_at_once() {
    let server = Server::new();
    // The cache is in use once it was looked whether it may be.
    tokio::time::sleep(Duration::from_millis(50)).await;
    for _ in 0..3 {
        server.get("/Users").await.due(200);
    }
    switch(&server, false);
    server.app.forget_connections();
    server.get("/Users").await.due(403);
}

#[tokio::test]
async fn scim_1_an_expired_token_stops_working_although_it_is_cached() {
    let server = Server::new();
    let connection = server.connection;
    let lives = Some(Duration::from_secs(60));
    let token = Arc::new(muster_crypto::TokenText::generate(muster_crypto::TokenPrefix::Scim).unwrap());
    let hash = token.hash();
    let made = server.world.by_hand(move |tx, env| {
        let connection = tx.connection(connection)?.unwrap();
        tokens::create(tx, env, &connection, &hash, "short", lives)
    });
    made.unwrap();
    let bearer = format!("Bearer {}", token.expose());
    let users = format!("{SCIM}/Users");
    server.to("GET", &users).header("authorization", &bearer).send().await.due(200);
    server.world.advance(Duration::from_secs(61));
    server.to("GET", &users).header("authorization", &bearer).send().await.refused(401, None, "expired");
}

#[tokio::test]
async fn scim_1_the_last_use_is_noted_to_the_hour() {
    let server = Server::new();
    server.get("/Users").await.due(200);
    server.app.close().await;
    let connection = server.connection;
    let token = server.world.read(move |conn| {
        let connection = conn.connection(connection)?.unwrap();
        Ok(tokens::list(conn, &connection)?.remove(0))
    });
    assert!(token.last_used.is_some());
}

#[tokio::test]
async fn sec_1_a_write_is_never_decided_on_what_the_connection_was() {
    let server = Server::new();
    server.get("/Users").await.due(200);
    // Nobody tells this process: what it has cached still says that SCIM is enabled.
    switch(&server, false);
    let answer = server.scim("POST", "/Users").json(person("ada@example.com")).send().await;
    assert!([403, 503].contains(&answer.status.as_u16()), "{}", answer.status);
    let answer = server.scim("POST", "/Users").json(person("ada@example.com")).send().await;
    answer.refused(403, None, "SCIM is disabled");
}

fn switch(server: &Server, enabled: bool) {
    let connection = server.connection;
    let switched = server.world.by_hand(move |tx, _| {
        let mut connection = tx.connection(connection)?.unwrap();
        connection.settings.scim.enabled = enabled;
        connection.version += 1;
        tx.update_connection(&connection)?;
        connections::changed(tx)
    });
    switched.unwrap();
}

#[tokio::test]
async fn scim_7_disabled_scim_answers_403_to_everything_and_goes_on_when_enabled() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    switch(&server, false);
    server.app.forget_connections();
    for (method, path) in [
        ("GET", "/Users".to_owned()),
        ("GET", format!("/Users/{id}")),
        ("GET", "/Schemas".to_owned()),
        ("POST", "/Users".to_owned()),
        ("PUT", format!("/Users/{id}")),
        ("DELETE", format!("/Users/{id}")),
        ("PATCH", format!("/Users/{id}")),
        ("POST", "/Groups".to_owned()),
        ("GET", "/Groups?filter=displayName%20pr".to_owned()),
        ("POST", "/.search".to_owned()),
        ("POST", "/Users/.search".to_owned()),
        ("POST", "/Bulk".to_owned()),
        ("GET", "/ServiceProviderConfig".to_owned()),
        ("GET", "/Me".to_owned()),
    ] {
        let answer = server.scim(method, &path).json(person("bo@example.com")).send().await;
        let answer = answer.refused(403, None, "SCIM is disabled on connection `okta`");
        let row = server.logged(&answer).unwrap();
        assert_eq!((row.status, row.outcome.as_str()), (403, "refused"), "{method} {path}");
    }
    let moby = &server.organizations[0];
    assert!(server.world.is_member(moby, "ada@example.com"), "members that it provisioned stay");
    let ada = server.world.account_of("ada@example.com").unwrap();
    server.world.remove_member(moby, &ada, false).unwrap();
    assert!(!server.world.is_member(moby, "ada@example.com"), "removal is by hand");

    switch(&server, true);
    server.app.forget_connections();
    // The same token, the same id, and the next push that leaves the user active brings her back (ORG-2).
    assert_eq!(server.get(&format!("/Users/{id}")).await.due(200).value()["active"], json!(true));
    server.put(&format!("/Users/{id}"), person("ada@example.com")).await.due(200);
    assert!(server.world.is_member(moby, "ada@example.com"), "it goes on where it left off");
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    server.patch(&format!("/Users/{id}"), off).await.due(200);
    assert!(!server.world.is_member(moby, "ada@example.com"));
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn sso_12_a_connection_that_is_not_active_answers_403() {
    let server = Server::new();
    let connection = server.connection;
    let paused = server.world.by_hand(move |tx, _| {
        let mut connection = tx.connection(connection)?.unwrap();
        connection.state = ConnectionState::Pilot;
        connection.version += 1;
        tx.update_connection(&connection)?;
        connections::changed(tx)
    });
    paused.unwrap();
    server.app.forget_connections();
    server.get("/Users").await.refused(403, None, "`okta` is not active");
}
