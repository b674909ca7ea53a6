//! Ways across the borders between tenants and between tokens, each of which is closed (TEN-3, SEC-1, ORG-4).

use std::time::Duration;

use muster_engine::{Surroundings as _, tokens::access::Holder as TokenHolder};
use muster_model::{
    Account, Role, Timestamp,
    domain::Holder,
    session::ClientKind,
    token::{Scope, Scopes},
};
use serde_json::{Value, json};

use super::Client;
use crate::support::Server;

/// `ada` owns moby, `wil` owns whale; each has a client with everything.
async fn site(server: &Server) -> (Account, Client<'_>, Account, Client<'_>) {
    let ada = server.member(&server.organizations[0], "ada@example.com", Role::Owner);
    let wil = server.member(&server.organizations[1], "wil@whale.org", Role::Owner);
    let (here, there) = (server.client(&ada).await, server.client(&wil).await);
    (ada, here, wil, there)
}

#[tokio::test]
async fn ten_3_an_id_that_somebody_states_is_nowhere_told_with_its_name() {
    let server = Server::new();
    let (_, here, wil, _) = site(&server).await;
    let (person, whale) = (wil.id.to_string(), server.organizations[1].id.to_string());
    let secret = json!({"name": "probe", "description": person.clone()});
    here.post("/v2/orgs/moby/groups", secret).await.due(201);
    let log = here.get("/v2/auditlogs/moby?action=team").await.due(200);
    assert!(log.text.contains(&person) && !log.text.contains("wil@whale.org"), "{}", log.text);
    let names = json!({"organization": [{"name": "moby", "teams": [person, whale]}]});
    let planned = here.post("/v2/apply", json!({"declaration": names, "plan": true})).await.due(200);
    for name in ["wil@whale.org", "\"whale\""] {
        assert!(!planned.text.contains(name), "{}", planned.text);
    }
}

#[tokio::test]
async fn ten_3_the_log_does_not_tell_the_address_of_whom_one_invited_by_username() {
    let server = Server::new();
    let (_, here, wil, _) = site(&server).await;
    here.post("/v2/invites/bulk", json!({"org": "moby", "invitees": [wil.username]})).await.due(202);
    let log = here.get("/v2/auditlogs/moby?action=org.invite").await.due(200);
    assert!(log.text.contains(&wil.username) && !log.text.contains("whale.org"), "{}", log.text);
}

#[tokio::test]
async fn sec_1_an_answer_is_given_again_to_the_same_token_and_only_while_it_may_know_it() {
    let server = Server::new();
    let (ada, here, ..) = site(&server).await;
    server.member(&server.organizations[0], "zoe@example.com", Role::Owner);
    let path = "/v2/orgs/moby/access-tokens";
    let body = Some(json!({"label": "x", "scopes": ["members:read"]}));
    let key = [("idempotency-key", "1")];
    here.call_with("POST", path, body.clone(), &key).await.due(201);
    let few = server.access_token(TokenHolder::Account(ada.id), [Scope::MembersRead].into_iter().collect());
    let few = server.client_with(&ada.username, &few).await;
    few.call_with("POST", path, body.clone(), &key).await.denied(403, "tokens:write");
    here.call_with("POST", path, body.clone(), &key).await.due(201);
    server.world.set_member(&server.organizations[0], &ada, Role::Member).unwrap();
    here.call_with("POST", path, body.clone(), &key).await.denied(404, "organization");
    server.world.remove_member(&server.organizations[0], &ada, false).unwrap();
    here.call_with("POST", path, body, &key).await.denied(404, "organization");
}

#[tokio::test]
async fn sec_1_a_token_makes_and_revives_none_that_outlives_it_or_may_do_more() {
    let server = Server::new();
    let (ada, here, ..) = site(&server).await;
    let ends = |after: u64| server.world.clock.now().after(Duration::from_hours(24 * after)).to_string();
    let scopes = json!(["tokens:write", "members:read"]);
    let few = json!({"label": "few", "scopes": scopes, "expires_at": ends(1)});
    let few = here.post("/v2/access-tokens", few).await.due(201).value()["token"].as_str().unwrap().to_owned();
    let bearer = server.exchange(&ada.username, &few).await.due(200).value()["access_token"].clone();
    let few = Client { server: &server, bearer: bearer.as_str().unwrap().to_owned() };
    for path in ["/v2/access-tokens", "/v2/orgs/moby/access-tokens"] {
        let wanted = json!({"label": "x", "scopes": ["members:read"]});
        let made = few.post(path, wanted).await.due(201).value();
        assert!(made["expires_at"].as_str().unwrap() <= ends(1).as_str(), "{made}");
        let longer = json!({"label": "x", "scopes": ["members:read"], "expires_at": ends(2)});
        few.post(path, longer).await.denied(400, "name a time until then");
    }
    let wide = here.post("/v2/access-tokens", json!({"label": "w", "scopes": ["teams:write"]})).await.due(201).value();
    let long = here.post("/v2/access-tokens", json!({"label": "l", "scopes": ["members:read"]})).await.due(201).value();
    for (token, why) in [(&wide, "teams:write"), (&long, "ends before")] {
        let one = format!("/v2/access-tokens/{}", token["id"].as_str().unwrap());
        few.patch(&one, json!({"is_active": false})).await.due(200);
        let status = if why == "teams:write" { 403 } else { 400 };
        few.patch(&one, json!({"is_active": true})).await.denied(status, why);
        here.patch(&one, json!({"is_active": true})).await.due(200);
    }
}

#[tokio::test]
async fn ten_3_a_plan_tells_of_others_organizations_only_what_it_does_there() {
    let server = Server::new();
    let (_, here, wil, _) = site(&server).await;
    server.user("bo@example.com").await;
    let bo = server.world.account_of("bo@example.com").unwrap();
    let (whale, person) = (server.organizations[1].clone(), bo.clone());
    server
        .world
        .by_hand(move |tx, env| {
            muster_engine::organizations::set_member(tx, env, &whale, &person, Role::Member)?;
            muster_engine::organizations::add_to_team(tx, env, &whale, &person, "secret").map(drop)
        })
        .unwrap();
    let path = format!("/v2/connections/{}/plan", server.connection);
    let table = json!([{"pattern": "engineers", "organization": "whale", "team": "crew", "role": "editor"}]);
    let bo = server.world.read(move |conn| Ok(conn.directory_users_of(bo.id)?)).remove(0).id.to_string();
    server.group("engineers", &[&bo]).await;
    let plan = here.post(&path, json!({"settings": {"mapping": table}})).await.due(201);
    assert!(!plan.text.contains("secret"), "{}", plan.text);
    let plan = plan.value();
    assert_eq!(plan["people"][0]["after"]["teams"], json!(["crew"]));
    let figures = &plan["organizations"][0];
    assert_eq!(
        (&figures["name"], &figures["taken_before"], &figures["seats"]),
        (&json!("whale"), &Value::Null, &Value::Null)
    );
    // To who owns both, all of it is told.
    server.world.set_member(&server.organizations[0], &wil, Role::Owner).unwrap();
    let both = server.client(&wil).await;
    let one = format!("{path}/{}", plan["id"].as_str().unwrap());
    assert!(both.get(&one).await.due(200).text.contains("secret"));
}

#[tokio::test]
async fn ten_3_where_a_page_of_sessions_ends_tells_of_no_other_session() {
    let server = Server::new();
    let (_, _, _, there) = site(&server).await;
    let whale = server.organizations[1].clone();
    for number in 1..=4_u8 {
        let member = server.member(&whale, &format!("m{number}@example.com"), Role::Member);
        // The second and fourth came through a connection that covers it.
        let through = (number % 2 == 0).then_some(server.connection);
        server
            .world
            .by_hand(move |tx, env| {
                let connection = through.map(|id| tx.connection(id)).transpose()?.flatten();
                let begin = muster_engine::sessions::Begin {
                    hash: [number; 32],
                    kind: ClientKind::Web,
                    device: format!("Browser {number}"),
                    idp: None,
                    not_after: None,
                    replaces: None,
                };
                muster_engine::sessions::begin(tx, env, member.id, connection.as_ref(), begin)
            })
            .unwrap();
    }
    let first = there.get("/v2/orgs/whale/sessions?page_size=1").await.due(200).value();
    let next = first["next"].as_str().unwrap().strip_prefix("https://muster.test").unwrap();
    let shown = first["results"][0]["id"].as_str().unwrap();
    assert!(next.ends_with(shown), "{next} is the place of {shown}");
    let second = there.get(next).await.due(200).value();
    assert_eq!((second["results"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
}

#[tokio::test]
async fn ten_3_what_others_connections_did_to_a_member_and_what_was_before_is_not_told() {
    let server = Server::new();
    let (_, _, _, there) = site(&server).await;
    let id = server.user("bo@example.com").await;
    let whale = server.organizations[1].clone();
    let alone = server.world.connection("alone", &[&server.organizations[0]]).domains(&["alone.org"]).build();
    let eve = server.world.create_user(alone, muster_testkit::person("eve@alone.org")).unwrap();
    let account = server.world.account_of("eve@alone.org").unwrap();
    server.world.advance(Duration::from_mins(1));
    server.world.set_member(&whale, &account, Role::Member).unwrap();
    server.world.advance(Duration::from_mins(1));
    let renamed = muster_model::UserStatement {
        full_name: Some("Eve Married".into()),
        ..muster_testkit::person("eve@alone.org")
    };
    server.world.put_user(alone, eve.id, renamed).unwrap();
    let told = there.get(&format!("/v2/orgs/whale/members/{}/explain", account.username)).await.due(200).value();
    let events: Vec<&str> = told["history"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row["changes"].as_array().unwrap())
        .map(|change| change["event"].as_str().unwrap())
        .collect();
    assert_eq!(events, ["grant.given", "member.added"], "{told}");
    let log = there.get("/v2/auditlogs/whale?action=account").await.due(200);
    assert!(!log.text.contains("alone.org") && !log.text.contains("Married"), "{}", log.text);
    drop(id);
}

#[tokio::test]
async fn org_4_accounts_of_a_domains_former_holder_are_not_told_to_the_present_one() {
    let server = Server::new();
    let (_, here, ..) = site(&server).await;
    let _old = server.world.account("old@example.com", true);
    server.world.advance(Duration::from_mins(1));
    let (holder, now) = (Holder::Organization(server.organizations[0].id), server.world.clock.now());
    let passed: Timestamp = now;
    server.world.by_hand(move |tx, _| Ok(tx.hold_domain("example.com", holder, Some(passed))?)).unwrap();
    let _new = server.world.account("new@example.com", true);
    let affected = here.get(&format!("/v2/connections/{}/affected", server.connection)).await.due(200);
    assert!(
        affected.text.contains("new@example.com") && !affected.text.contains("old@example.com"),
        "{}",
        affected.text
    );
    assert_eq!(affected.value()["accounts"], 1);
}

#[tokio::test]
async fn sec_1_addresses_of_members_take_the_scope_of_members() {
    let server = Server::new();
    let (ada, here, ..) = site(&server).await;
    here.post("/v2/orgs/moby/groups", json!({"name": "devs"})).await.due(201);
    here.post("/v2/orgs/moby/groups/devs/members", json!({"member": "~ada"})).await.due(200);
    let all: Scopes =
        Scope::ALL.into_iter().filter(|scope| !matches!(scope, Scope::MembersRead | Scope::MembersWrite)).collect();
    let text = server.access_token(TokenHolder::Account(ada.id), all);
    let few = server.client_with(&ada.username, &text).await;
    assert_eq!(few.get("/v2/orgs/moby/groups/devs/members").await.due(200).value()["results"][0]["email"], "");
    few.get("/v2/export").await.denied(403, "members:read");
    let seen = here.get("/v2/orgs/moby/groups/devs/members").await.due(200).value();
    assert_eq!(seen["results"][0]["email"], "ada@example.com");
}

#[tokio::test]
async fn acc_3_an_organization_that_was_renamed_and_back_ends_and_one_in_a_company_is_declared_as_it_is() {
    let server = Server::new();
    let (_, here, ..) = site(&server).await;
    let boss = server.world.account("boss@example.com", true);
    server.world.company_owner("docks", &server.organizations[0], &boss);
    // Whoever owns the organization and not its company sends back what is exported.
    let exported = here.get("/v2/export").await.due(200).value();
    assert_eq!(exported["organization"][0]["company"], "docks");
    let again = here.post("/v2/apply", json!({"declaration": exported})).await.due(200).value();
    assert_eq!(again["changes"], json!([]));
    let company = server.client(&boss).await;
    company.post("/v2/companies/docks/organizations", json!({"name": "pier"})).await.due(201);
    for name in ["jetty", "pier"] {
        let path = if name == "jetty" { "/v2/orgs/pier" } else { "/v2/orgs/jetty" };
        company.patch(path, json!({"name": name})).await.due(200);
    }
    let mut kept = company.get("/v2/export").await.due(200).value();
    kept["organization"].as_array_mut().unwrap().retain(|organization| organization["name"] != "pier");
    company.post("/v2/apply", json!({"declaration": kept, "prune": true})).await.due(200);
    company.get("/v2/orgs/pier").await.denied(404, "not found");
}

#[tokio::test]
async fn org_9_tokens_and_what_companies_do_are_on_a_log_that_their_owners_read() {
    let server = Server::new();
    let (ada, here, _, there) = site(&server).await;
    let boss = server.world.account("boss@example.com", true);
    server.world.company_owner("docks", &server.organizations[0], &boss);
    let token = json!({"label": "ci token", "scopes": ["members:read"]});
    here.post("/v2/orgs/moby/access-tokens", token.clone()).await.due(201);
    here.post("/v2/access-tokens", token).await.due(201);
    for log in ["moby", &ada.username] {
        let log = here.get(&format!("/v2/auditlogs/{log}?action=token")).await.due(200).value();
        assert_eq!(log["logs"][0]["name"], "ci token", "{log}");
    }
    let company = server.client(&boss).await;
    company.post("/v2/companies/docks/owners", json!({"username": "~ada"})).await.due(200);
    let log = company.get("/v2/auditlogs/docks?action=company.owner").await.due(200).value();
    assert_eq!(log["logs"][0]["action"], "company.owner.add", "{log}");
    let claimed = company.get("/v2/auditlogs/docks?action=domain").await.due(200).value();
    assert!(!claimed["logs"].as_array().unwrap().is_empty(), "the organization's domains passed to it: {claimed}");
    assert!(!company.get("/v2/auditlogs/docks").await.due(200).text.contains("ci token"));
    there.get("/v2/auditlogs/docks").await.denied(404, "organization docks not found");
}

#[tokio::test]
async fn what_takes_several_transactions_is_done_once_under_its_key_too() {
    let server = Server::new();
    let (_, here, ..) = site(&server).await;
    let connection = format!("/v2/connections/{}", server.connection);
    let key = |key| [("idempotency-key", key)];
    let wanted = Some(json!({"settings": {"default_team": "crew"}}));
    let plan = format!("{connection}/plan");
    let first = here.call_with("POST", &plan, wanted.clone(), &key("p")).await.due(201);
    let second = here.call_with("POST", &plan, wanted, &key("p")).await.due(201);
    assert_eq!(first.value()["id"], second.value()["id"]);
    let keys = format!("{connection}/keys");
    for _ in 0..2 {
        let made = here.call_with("POST", &keys, Some(json!({"purpose": "signing"})), &key("k")).await.due(201).value();
        assert_eq!(made["keys"].as_array().unwrap().len(), 1);
    }
    let declared = |seats: i64| Some(json!({"declaration": {"organization": [{"name": "moby", "seats": seats}]}}));
    let first = here.call_with("POST", "/v2/apply", declared(70), &key("a")).await.due(200);
    assert_eq!(here.call_with("POST", "/v2/apply", declared(70), &key("a")).await.due(200).text, first.text);
    here.call_with("POST", "/v2/apply", declared(71), &key("a")).await.denied(422, "a key of its own");
    server.member(&server.organizations[0], "zoe@example.com", Role::Owner);
    let ada = server.world.account_of("ada@example.com").unwrap();
    server.world.set_member(&server.organizations[0], &ada, Role::Member).unwrap();
    here.call_with("POST", "/v2/apply", declared(70), &key("a")).await.denied(404, "organization");
}
