//! Access tokens and bearer tokens (SEC-1, SSO-9, SSO-10).

use std::time::Duration;

use muster_engine::tokens::access::Holder;
use muster_model::{
    Role,
    connection::SingleSignOn,
    token::{Scope, Scopes},
};
use serde_json::json;

use super::{checked, scopes};
use crate::{
    factors::{self, with_password},
    passwords::PASSWORD,
    support::Server,
};

const TEN_MINUTES: Duration = Duration::from_mins(10);

#[tokio::test]
async fn sec_1_a_bearer_token_lives_ten_minutes_and_no_longer_than_what_it_was_exchanged_for() {
    let server = Server::new();
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    let made = client.post("/v2/access-tokens", json!({"label": "report", "scopes": ["organizations:read"]})).await;
    let made = made.due(201).value();
    let text = made["token"].as_str().unwrap().to_owned();
    let answer = server.exchange("ADA@example.com", &text).await.due(200).value();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("bearer"), &json!(600)));
    let report = server.client_with("~ada", &muster_crypto::TokenText::parse(&text).unwrap()).await;
    report.get("/v2/orgs/moby").await.due(200);
    report.get("/v2/orgs/moby/members").await.denied(403, "`members:read`");
    report
        .post("/v2/access-tokens", json!({"label": "x", "scopes": ["organizations:read"]}))
        .await
        .denied(403, "tokens:write");
    let path = format!("/v2/access-tokens/{}", made["id"].as_str().unwrap());
    assert!(client.get(&path).await.due(200).value().get("token").is_none(), "the secret is shown once");
    client.patch(&path, json!({"is_active": false})).await.due(200);
    report.get("/v2/orgs/moby").await.denied(401, "get a new one");
    server.exchange("~ada", &text).await.denied(401, "identifier or the secret");
    server.exchange_alone(&text).await.denied(401, "identifier or the secret");
    client.patch(&path, json!({"is_active": true, "label": "again"})).await.due(200);
    // An access token says whose it is; a password does not.
    server.exchange_alone(&text).await.due(200);
    server.exchange_alone(PASSWORD).await.denied(400, "say whose password it is");
    report.get("/v2/orgs/moby").await.due(200);
    let listed = client.get("/v2/access-tokens").await.due(200).value();
    assert_eq!((&listed["total"], &listed["results"][1]["label"]), (&json!(2), &json!("again")));
    assert!(listed["results"][1]["last_used_at"].is_string());
    client.delete(&path).await.due(204);
    client.get(&path).await.denied(404, "not found");
    report.get("/v2/orgs/moby").await.denied(401, "get a new one");
    server.world.advance(TEN_MINUTES);
    client.get("/v2/orgs/moby").await.denied(401, "get a new one");
}

#[tokio::test]
async fn sec_1_each_kind_of_token_opens_its_own_surface_alone() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let personal = server.access_token(Holder::Account(ada.id), Scopes::all());
    let of_moby = server.access_token(Holder::Organization(moby.id), Scopes::all());
    let bearer = server.exchange("~ada", personal.expose()).await.due(200).value()["access_token"].clone();
    for wrong in [personal.expose(), of_moby.expose(), server.token.expose(), "x.y.z", ""] {
        let answer = server.to("GET", "/v2/orgs").header("authorization", &format!("Bearer {wrong}")).send().await;
        let answer = checked("GET", "/v2/orgs", answer).denied(401, "");
        assert!(answer.header("www-authenticate").starts_with("Bearer realm=\"api\""));
    }
    server.to("GET", "/v2/orgs").send().await.denied(401, "no bearer token");
    for other in [bearer.as_str().unwrap(), personal.expose(), of_moby.expose()] {
        let answer =
            server.to("GET", "/scim/v2/Users").header("authorization", &format!("Bearer {other}")).send().await;
        answer.refused(401, None, "not a SCIM token");
    }
    for (identifier, secret) in [
        ("~bo", personal.expose()),
        ("moby", personal.expose()),
        ("whale", of_moby.expose()),
        ("~ada", of_moby.expose()),
        ("~ada", server.token.expose()),
        ("", personal.expose()),
    ] {
        server.exchange(identifier, secret).await.denied(401, "the identifier or the secret is wrong");
    }
    server.exchange("moby", of_moby.expose()).await.due(200);
}

#[tokio::test]
async fn sec_1_a_bearer_token_that_was_changed_or_is_of_another_installation_opens_nothing() {
    let (server, other) = (Server::new(), Server::new());
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let bo = other.member(&other.organizations[0], "ada@example.com", Role::Owner);
    let theirs = other.client(&bo).await.bearer;
    let ours = server.client(&ada).await.bearer;
    let parts: Vec<&str> = ours.split('.').collect();
    let forged = [
        theirs,
        format!("{}.{}.", parts[0], parts[1]),
        format!("eyJhbGciOiJub25lIn0.{}.", parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], parts[2].chars().rev().collect::<String>()),
    ];
    for text in forged {
        let sent = server.to("GET", "/v2/orgs").header("authorization", &format!("Bearer {text}"));
        sent.send().await.denied(401, "get a new one");
    }
}

#[tokio::test]
async fn sec_1_a_token_makes_none_that_may_do_more() {
    let server = Server::new();
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let few = server.access_token(Holder::Account(ada.id), scopes(&[Scope::TokensWrite, Scope::MembersRead]));
    let client = server.client_with("~ada", &few).await;
    for path in ["/v2/access-tokens", "/v2/orgs/moby/access-tokens"] {
        let wider = json!({"label": "x", "scopes": ["members:read", "members:write"]});
        client.post(path, wider).await.denied(403, "`members:write`");
        client.post(path, json!({"label": "x", "scopes": ["members:read"]})).await.due(201);
    }
}

#[tokio::test]
async fn sec_1_an_organizations_token_opens_that_organization_alone_and_outlives_who_made_it() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let bo = server.member(&moby, "bo@example.com", Role::Owner);
    let made = server.client(&ada).await;
    let made = made.post("/v2/orgs/moby/access-tokens", json!({"label": "ci", "scopes": ["members:write"]})).await;
    let made = made.due(201).value();
    assert_eq!(made["created_by"], ada.id.to_string());
    let text = muster_crypto::TokenText::parse(made["token"].as_str().unwrap()).unwrap();
    server.world.remove_member(&moby, &ada, false).unwrap();
    let client = server.client_with("moby", &text).await;
    assert_eq!(client.get("/v2/orgs/moby/members").await.due(200).value()["count"], 1);
    client.get("/v2/orgs/whale/members").await.denied(404, "organization whale not found");
    client.get("/v2/access-tokens").await.denied(403, "tokens:read");
    client
        .put(&format!("/v2/orgs/moby/members/{}", bo.username), json!({"role": "member"}))
        .await
        .denied(409, "last owner");
}

#[tokio::test]
async fn sso_9_a_password_opens_the_api_until_single_sign_on_is_enforced_and_a_personal_token_still_does() {
    let server = Server::new();
    let ada = with_password(&server);
    server.exchange("ada@example.com", "wrong wrong wrong").await.denied(401, "identifier or the secret");
    server.exchange("nobody@example.com", PASSWORD).await.denied(401, "identifier or the secret");
    let answer = server.exchange("ada@example.com", PASSWORD).await.due(200);
    let client = super::Client { server: &server, bearer: answer.value()["access_token"].as_str().unwrap().to_owned() };
    client.get("/v2/orgs/moby").await.due(200);
    let personal = server.access_token(Holder::Account(ada.id), Scopes::all());
    server.world.settings(server.connection, |settings| {
        settings.enforced = true;
        settings.sso = Some(SingleSignOn::Saml(Box::default()));
    });
    client.get("/v2/orgs/moby").await.denied(401, "get a new one");
    server.exchange("ada@example.com", PASSWORD).await.denied(403, "single sign-on");
    server.exchange("ada@example.com", personal.expose()).await.due(200);
}

#[tokio::test]
async fn sso_10_wrong_passwords_lock_here_as_on_the_page() {
    let server = Server::new();
    with_password(&server);
    for identifier in ["ada@example.com", "nobody@example.com"] {
        let mut statuses = Vec::new();
        for _ in 0..12 {
            statuses.push(server.exchange(identifier, "wrong wrong wrong").await.status.as_u16());
        }
        assert!(statuses.ends_with(&[429]) && statuses.starts_with(&[401, 401]), "{identifier}: {statuses:?}");
    }
    let locked = server.exchange("ada@example.com", PASSWORD).await.denied(429, "wait five minutes");
    assert_eq!(locked.header("retry-after"), "300");
}

#[tokio::test]
async fn sso_10_a_password_alone_opens_nothing_where_there_is_a_second_factor() {
    let server = Server::new();
    let ada = with_password(&server);
    let mut browser = crate::passwords::browser(&server);
    crate::passwords::sign_in(&mut browser, "ada@example.com", PASSWORD).await;
    factors::set_up(&server, &mut browser).await;
    server.exchange("~ada", PASSWORD).await.denied(401, "use a personal access token");
    server.exchange("~ada", "wrong wrong wrong").await.denied(401, "the identifier or the secret is wrong");
    server.client(&ada).await.get("/v2/orgs").await.due(200);
}
