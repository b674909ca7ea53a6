//! Every route, tried by everyone (ORG-1, TEN-3, SEC-1).

use muster_engine::{authority::Action, tokens::access::Holder};
use muster_model::{
    Role,
    token::{Scope, Scopes},
};
use serde_json::{Value, json};

use super::{Client, DOCUMENT};
use crate::support::Server;

/// Who is invited.
const INVITES: &str = "/v2/orgs/moby/invites";

/// Inviting the people of a domain.
const AUDIT_INVITE: &str = "/v2/orgs/moby/domains/example.com/audit/invite";

/// A request to each route of an organization that there is: method, template, path, body, and what it does.
fn routes() -> Vec<(&'static str, &'static str, &'static str, Option<Value>, Action)> {
    let token = json!({"label": "x", "scopes": ["tokens:read"]});
    let nobody = "/v2/orgs/moby/access-tokens/01900000-0000-7000-8000-000000000000";
    let no_session = "/v2/orgs/moby/members/~ada/sessions/01900000-0000-7000-8000-000000000000";
    let no_connection = "/v2/orgs/moby/connections/01900000-0000-7000-8000-000000000000";
    vec![
        ("GET", "/v2/orgs/{org}", "/v2/orgs/moby", None, Action::ReadOrganization),
        ("GET", "/v2/orgs/{org}/members", "/v2/orgs/moby/members", None, Action::ReadMembers),
        ("GET", "/v2/orgs/{org}/members", "/v2/orgs/moby/members?invites=true", None, Action::ReadInvitations),
        ("GET", "/v2/orgs/{org}/members/export", "/v2/orgs/moby/members/export", None, Action::ExportMembers),
        ("GET", "/v2/orgs/{org}/invites", INVITES, None, Action::ReadInvitations),
        ("GET", "/v2/orgs/{org}/members/{username}", "/v2/orgs/moby/members/~eve", None, Action::ReadMembers),
        (
            "PUT",
            "/v2/orgs/{org}/members/{username}",
            "/v2/orgs/moby/members/~eve",
            Some(json!({"role": "editor"})),
            Action::ChangeMembers,
        ),
        ("DELETE", "/v2/orgs/{org}/members/{username}", "/v2/orgs/moby/members/~eve", None, Action::ChangeMembers),
        (
            "GET",
            "/v2/orgs/{org}/members/{username}/explain",
            "/v2/orgs/moby/members/~ada/explain",
            None,
            Action::ReadMembersInFull,
        ),
        ("GET", "/v2/orgs/{org}/sessions", "/v2/orgs/moby/sessions", None, Action::ReadSessions),
        ("DELETE", "/v2/orgs/{org}/sessions", "/v2/orgs/moby/sessions", None, Action::EndSessions),
        (
            "GET",
            "/v2/orgs/{org}/members/{username}/sessions",
            "/v2/orgs/moby/members/~ada/sessions",
            None,
            Action::ReadSessions,
        ),
        (
            "DELETE",
            "/v2/orgs/{org}/members/{username}/sessions",
            "/v2/orgs/moby/members/~ada/sessions",
            None,
            Action::EndSessions,
        ),
        ("DELETE", "/v2/orgs/{org}/members/{username}/sessions/{id}", no_session, None, Action::EndSessions),
        ("PATCH", "/v2/orgs/{org}", "/v2/orgs/moby", Some(json!({})), Action::ChangeSettings),
        ("GET", "/v2/orgs/{org}/blocks", "/v2/orgs/moby/blocks", None, Action::ReadMembersInFull),
        ("DELETE", "/v2/orgs/{org}/blocks/{username}", "/v2/orgs/moby/blocks/~eve", None, Action::ChangeMembers),
        ("GET", "/v2/orgs/{org}/groups", "/v2/orgs/moby/groups", None, Action::ReadTeams),
        ("POST", "/v2/orgs/{org}/groups", "/v2/orgs/moby/groups", Some(json!({"name": "new"})), Action::ChangeTeams),
        ("GET", "/v2/orgs/{org}/groups/{group}", "/v2/orgs/moby/groups/devs", None, Action::ReadTeams),
        (
            "PUT",
            "/v2/orgs/{org}/groups/{group}",
            "/v2/orgs/moby/groups/devs",
            Some(json!({"name": "devs"})),
            Action::ChangeTeams,
        ),
        ("PATCH", "/v2/orgs/{org}/groups/{group}", "/v2/orgs/moby/groups/devs", Some(json!({})), Action::ChangeTeams),
        ("DELETE", "/v2/orgs/{org}/groups/{group}", "/v2/orgs/moby/groups/devs", None, Action::ChangeTeams),
        ("GET", "/v2/orgs/{org}/groups/{group}/members", "/v2/orgs/moby/groups/devs/members", None, Action::ReadTeams),
        (
            "POST",
            "/v2/orgs/{org}/groups/{group}/members",
            "/v2/orgs/moby/groups/devs/members",
            Some(json!({"member": "~eve"})),
            Action::ChangeTeams,
        ),
        (
            "DELETE",
            "/v2/orgs/{org}/groups/{group}/members/{username}",
            "/v2/orgs/moby/groups/devs/members/~eve",
            None,
            Action::ChangeTeams,
        ),
        ("GET", "/v2/orgs/{org}/domains", "/v2/orgs/moby/domains", None, Action::ReadDomains),
        (
            "POST",
            "/v2/orgs/{org}/domains",
            "/v2/orgs/moby/domains",
            Some(json!({"domain": "new.example"})),
            Action::ChangeDomains,
        ),
        ("GET", "/v2/orgs/{org}/domains/{domain}", "/v2/orgs/moby/domains/example.com", None, Action::ReadDomains),
        (
            "PATCH",
            "/v2/orgs/{org}/domains/{domain}",
            "/v2/orgs/moby/domains/example.com",
            Some(json!({})),
            Action::ChangeDomains,
        ),
        (
            "POST",
            "/v2/orgs/{org}/domains/{domain}/verify",
            "/v2/orgs/moby/domains/example.com/verify",
            None,
            Action::ChangeDomains,
        ),
        (
            "GET",
            "/v2/orgs/{org}/domains/{domain}/audit",
            "/v2/orgs/moby/domains/example.com/audit",
            None,
            Action::ReadDomains,
        ),
        (
            "GET",
            "/v2/orgs/{org}/domains/{domain}/audit/export",
            "/v2/orgs/moby/domains/example.com/audit/export",
            None,
            Action::ReadDomains,
        ),
        (
            "POST",
            "/v2/orgs/{org}/domains/{domain}/audit/invite",
            AUDIT_INVITE,
            Some(json!({"dry_run": true})),
            Action::Invite,
        ),
        ("DELETE", "/v2/orgs/{org}/domains/{domain}", "/v2/orgs/moby/domains/example.com", None, Action::ChangeDomains),
        ("GET", "/v2/auditlogs/{account}", "/v2/auditlogs/moby", None, Action::ReadActivity),
        ("GET", "/v2/auditlogs/{account}/export", "/v2/auditlogs/moby/export?format=json", None, Action::ReadActivity),
        ("GET", "/v2/auditlogs/{account}/actions", "/v2/auditlogs/moby/actions", None, Action::ReadActivity),
        ("GET", "/v2/orgs/{org}/connections", "/v2/orgs/moby/connections", None, Action::ReadConnections),
        ("GET", "/v2/orgs/{org}/access-tokens", "/v2/orgs/moby/access-tokens", None, Action::ReadTokens),
        ("POST", "/v2/orgs/{org}/access-tokens", "/v2/orgs/moby/access-tokens", Some(token), Action::ChangeTokens),
        ("GET", "/v2/orgs/{org}/access-tokens/{id}", nobody, None, Action::ReadTokens),
        ("PATCH", "/v2/orgs/{org}/access-tokens/{id}", nobody, Some(json!({})), Action::ChangeTokens),
        ("DELETE", "/v2/orgs/{org}/access-tokens/{id}", nobody, None, Action::ChangeTokens),
        ("PUT", "/v2/orgs/{org}/connections/{id}", no_connection, None, Action::ChangeConnections),
        ("DELETE", "/v2/orgs/{org}/connections/{id}", no_connection, None, Action::ChangeConnections),
    ]
}

/// An installation whose organization `moby` has a team and somebody whom requests are about.
fn server() -> Server {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let eve = server.member(&moby, "eve@example.com", Role::Member);
    server
        .world
        .by_hand(move |tx, env| muster_engine::organizations::add_to_team(tx, env, &moby, &eve, "devs").map(drop))
        .unwrap();
    server
}

async fn try_all(client: &Client<'_>, expected: impl Fn(Action, &str) -> u16) {
    for (method, _, path, body, action) in routes() {
        let answer = client.call(method, path, body).await;
        let status = answer.status.as_u16();
        match expected(action, path) {
            // Whoever may is told the truth: done, or that there is no such token.
            200 => assert!([200, 201, 202, 204, 404].contains(&status), "{method} {path}: {status} {}", answer.text),
            refused => assert_eq!(status, refused, "{method} {path}: {}", answer.text),
        }
        if status == 404 && expected(action, path) == 404 {
            answer.denied(404, "organization moby not found");
        }
    }
}

#[test]
fn every_route_of_an_organization_is_tried() {
    let tried: Vec<(String, &str)> = routes().into_iter().map(|route| (route.0.to_lowercase(), route.1)).collect();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|_| path.starts_with("/v2/orgs/{org}")) {
            assert!(tried.contains(&(method.clone(), path.as_str())), "{method} {path} is tried by nobody");
        }
    }
}

#[tokio::test]
async fn org_1_owners_and_company_owners_may_what_the_table_says() {
    for role in Role::ALL {
        let server = server();
        let moby = server.organizations[0].clone();
        server.member(&moby, "zoe@example.com", Role::Owner);
        let ada = server.member(&moby, "ada@example.com", role);
        let client = server.client(&ada).await;
        try_all(&client, |action, _| if role >= action.role() { 200 } else { 403 }).await;
        assert_eq!(server.world.is_member(&moby, "eve@example.com"), role < Role::Owner);
    }
    let server = server();
    let moby = server.organizations[0].clone();
    server.member(&moby, "zoe@example.com", Role::Owner);
    let ada = server.world.account("ada@example.com", true);
    server.world.company_owner("docks", &moby, &ada);
    try_all(&server.client(&ada).await, |_, _| 200).await;
}

#[tokio::test]
async fn ten_3_strangers_and_owners_of_other_organizations_learn_nothing() {
    let server = server();
    let whale = server.organizations[1].clone();
    let stranger = server.world.account("ada@example.com", true);
    try_all(&server.client(&stranger).await, |_, _| 404).await;
    let other = server.member(&whale, "bo@example.com", Role::Owner);
    try_all(&server.client(&other).await, |_, _| 404).await;
    let theirs = server.access_token(Holder::Organization(whale.id), Scopes::all());
    try_all(&server.client_with("whale", &theirs).await, |_, _| 404).await;
    let nobody = server.client(&stranger).await;
    let (ours, none) = (nobody.get("/v2/orgs/moby").await, nobody.get("/v2/orgs/mob1").await);
    assert_eq!(
        ours.value()["detail"].as_str().unwrap().replace("moby", "mob1"),
        none.value()["detail"].as_str().unwrap()
    );
    let listed = nobody.get("/v2/orgs").await.due(200).value();
    assert_eq!((&listed["count"], &listed["results"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn sec_1_a_token_does_what_its_scopes_name_and_nothing_else() {
    for scope in Scope::ALL {
        let only: Scopes = [scope].into_iter().collect();
        let allowed = only.clone();
        let expected = move |action: Action, path: &str| {
            // A list with those who are invited wants both.
            let is_both = action != Action::ReadInvitations || path == INVITES || allowed.allow(Scope::MembersRead);
            // Inviting those of a domain shows who has an address there.
            let may_see = path != AUDIT_INVITE || allowed.allow(Scope::DomainsRead);
            if allowed.allow(action.scope()) && is_both && may_see { 200 } else { 403 }
        };
        for is_personal in [true, false] {
            let server = server();
            let moby = server.organizations[0].clone();
            let ada = server.member(&moby, "ada@example.com", Role::Owner);
            let (identifier, holder) = match is_personal {
                true => ("~ada", Holder::Account(ada.id)),
                false => ("moby", Holder::Organization(moby.id)),
            };
            let text = server.access_token(holder, only.clone());
            try_all(&server.client_with(identifier, &text).await, &expected).await;
        }
    }
}

#[tokio::test]
async fn sec_1_what_ends_while_a_bearer_token_lives_ends_what_it_may() {
    let server = server();
    let moby = server.organizations[0].clone();
    server.member(&moby, "zoe@example.com", Role::Owner);
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    client.get("/v2/orgs/moby/access-tokens").await.due(200);
    server.world.set_member(&moby, &ada, Role::Member).unwrap();
    client.get("/v2/orgs/moby/access-tokens").await.denied(403, "only an owner");
    server.world.remove_member(&moby, &ada, false).unwrap();
    client.get("/v2/orgs/moby").await.denied(404, "not found");
}
