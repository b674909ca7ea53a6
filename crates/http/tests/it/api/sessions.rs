//! Where members are signed in, and signing them out (SES-3, SES-4, TEN-3).

use muster_engine::{Surroundings as _, sessions, tokens::access::Holder as TokenHolder};
use muster_model::{Account, ConnectionId, Role, Session, domain::Holder, session::ClientKind, token::Scopes};
use serde_json::{Value, json};

use crate::support::Server;

impl Server {
    /// A session of somebody, begun through a connection or without one.
    fn session(&self, account: &Account, connection: Option<ConnectionId>, number: u8) -> Session {
        let id = account.id;
        let begin = move || sessions::Begin {
            hash: [number; 32],
            kind: ClientKind::Web,
            device: format!("Browser {number}"),
            idp: None,
            not_after: None,
            replaces: None,
        };
        let begun = self.world.by_hand(move |tx, env| {
            let connection = connection.map(|id| tx.connection(id)).transpose()?.flatten();
            sessions::begin(tx, env, id, connection.as_ref(), begin())
        });
        begun.unwrap()
    }

    /// Why a session is over; `None` while it is live.
    fn over(&self, session: &Session) -> Option<String> {
        let id = session.id;
        self.world.read(move |conn| Ok(conn.session(id)?)).unwrap().ended.map(|(_, reason)| reason)
    }
}

fn devices(list: &Value) -> Vec<&str> {
    list["results"].as_array().unwrap().iter().map(|one| one["device"].as_str().unwrap()).collect()
}

/// `ada` owns moby, which holds `example.com`; `wil` owns whale, which the same connection covers; `eve` is in both and signed in
/// through the connection (1), with a password (2) and through a connection of whale's alone (3); `gus` is a guest of moby.
struct People {
    server: Server,
    ada: Account,
    wil: Account,
    sessions: Vec<Session>,
    of_guest: Session,
}

fn people() -> People {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let wil = server.member(&whale, "wil@whale.org", Role::Owner);
    let eve = server.member(&moby, "eve@example.com", Role::Member);
    server.world.set_member(&whale, &eve, Role::Member).unwrap();
    let gus = server.member(&moby, "gus@elsewhere.org", Role::Member);
    let theirs = server.world.connection("theirs", &[&whale]).domains(&["whale.org"]).build();
    let begun = [Some(server.connection), None, Some(theirs)].into_iter().zip(1..);
    let sessions = begun.map(|(connection, number)| server.session(&eve, connection, number)).collect();
    let of_guest = server.session(&gus, Some(server.connection), 4);
    People { server, ada, wil, sessions, of_guest }
}

#[tokio::test]
async fn ses_4_owners_of_the_domain_see_and_end_all_of_a_persons_sessions() {
    let People { server, ada, sessions, .. } = people();
    let owner = server.client(&ada).await;
    let path = "/v2/orgs/moby/members/~eve/sessions";
    let list = owner.get(path).await.due(200).value();
    assert_eq!(devices(&list), ["Browser 3", "Browser 2", "Browser 1"]);
    // That another's connection is one is nobody's business (TEN-3).
    let through: Vec<&Value> = list["results"].as_array().unwrap().iter().map(|one| &one["connection"]).collect();
    assert_eq!(through, [&Value::Null, &Value::Null, &json!("okta")]);
    owner.delete(&format!("{path}/{}", sessions[0].id)).await.due(204);
    owner.delete(&format!("{path}/{}", sessions[0].id)).await.denied(404, "session");
    assert_eq!(server.over(&sessions[0]).as_deref(), Some("ended by an owner"));
    assert_eq!(owner.delete(path).await.due(200).value(), json!({"ended": 2, "left": 0, "after": null}));
    assert!(sessions.iter().all(|session| server.over(session).as_deref() == Some("ended by an owner")));
    assert_eq!(owner.get(path).await.value()["results"], json!([]));
}

#[tokio::test]
async fn ses_4_other_owners_see_what_began_through_connections_of_theirs_and_end_nothing() {
    let People { server, ada, wil, sessions, of_guest } = people();
    let other = server.client(&wil).await;
    let path = "/v2/orgs/whale/members/~eve/sessions";
    let list = other.get(path).await.due(200).value();
    assert_eq!(devices(&list), ["Browser 3", "Browser 1"]);
    other.delete(path).await.denied(403, "remove the member");
    other.delete(&format!("{path}/{}", sessions[2].id)).await.denied(403, "remove the member");
    assert_eq!(other.delete("/v2/orgs/whale/sessions").await.due(200).value()["left"], 2);
    // A guest is somebody else's to sign out, also for who holds a domain.
    let owner = server.client(&ada).await;
    let guests = "/v2/orgs/moby/members/gus/sessions"
        .replace("gus", &server.world.account_of("gus@elsewhere.org").unwrap().username);
    assert_eq!(devices(&owner.get(&guests).await.due(200).value()), ["Browser 4"]);
    owner.delete(&guests).await.denied(403, "remove the member");
    assert!(sessions.iter().chain([&of_guest]).all(|session| server.over(session).is_none()));
    // Nor is anybody found through an organization where they are not.
    owner.get("/v2/orgs/moby/members/~wil/sessions").await.denied(404, "member");
    owner.delete(&format!("/v2/orgs/moby/members/~ada/sessions/{}", sessions[0].id)).await.denied(404, "session");
}

#[tokio::test]
async fn ses_4_a_companys_domain_is_its_owners_and_a_passed_ones_accounts_are_nobodys() {
    let People { server, ada, sessions, .. } = people();
    let moby = server.organizations[0].clone();
    let bo = server.world.account("bo@example.com", true);
    // The organization's domains pass to the company that it joins.
    server.world.company_owner("docks", &moby, &bo);
    let path = "/v2/orgs/moby/members/~eve/sessions";
    let owner = server.client(&ada).await;
    assert_eq!(devices(&owner.get(path).await.due(200).value()), ["Browser 1"]);
    owner.delete(path).await.denied(403, "remove the member");
    let company = server.client(&bo).await;
    assert_eq!(devices(&company.get(path).await.due(200).value()).len(), 3);
    company.delete(&format!("{path}/{}", sessions[1].id)).await.due(204);
    // A token of the organization owns it, not the company.
    let token = server.access_token(TokenHolder::Organization(moby.id), Scopes::all());
    server.client_with("moby", &token).await.delete(path).await.denied(403, "remove the member");
    // Whoever gets the domain afterwards gets nobody's account with it (ORG-4).
    let later = server.world.organization("later");
    let (holder, now) = (Holder::Organization(later.id), server.world.clock.now());
    server.world.by_hand(move |tx, _| Ok(tx.hold_domain("example.com", holder, Some(now))?)).unwrap();
    company.delete(path).await.denied(403, "remove the member");
}

#[tokio::test]
async fn ses_4_sessions_of_an_organization_are_paged_and_ended_in_slices() {
    let People { server, ada, sessions, of_guest, .. } = people();
    let owner = server.client(&ada).await;
    let (mut next, mut seen) = (Some("/v2/orgs/moby/sessions?page_size=1".to_owned()), Vec::new());
    while let Some(path) = next {
        let page = owner.get(&path).await.due(200).value();
        seen.extend(devices(&page).into_iter().map(str::to_owned));
        next = page["next"].as_str().map(|next| next.strip_prefix("https://muster.test").unwrap().to_owned());
    }
    seen.sort();
    assert_eq!(seen, ["Browser 1", "Browser 2", "Browser 3", "Browser 4"]);
    owner.get("/v2/orgs/moby/sessions?after=here").await.denied(400, "the page before");
    assert_eq!(
        owner.delete("/v2/orgs/moby/sessions").await.due(200).value(),
        json!({"ended": 3, "left": 1, "after": null})
    );
    assert!(sessions.iter().all(|session| server.over(session).is_some()) && server.over(&of_guest).is_none());
}

#[tokio::test]
async fn ses_3_people_see_and_end_their_own_sessions_and_nobody_elses() {
    let People { server, sessions, of_guest, .. } = people();
    let eve = server.world.account_of("eve@example.com").unwrap();
    let client = server.client(&eve).await;
    let list = client.get("/v2/sessions").await.due(200).value();
    assert_eq!((devices(&list).len(), &list["results"][0]["connection"]), (3, &json!("theirs")));
    client.delete(&format!("/v2/sessions/{}", of_guest.id)).await.denied(404, "session");
    client.delete(&format!("/v2/sessions/{}", sessions[0].id)).await.due(204);
    assert_eq!(server.over(&sessions[0]).as_deref(), Some("ended by the person from another session"));
    assert_eq!(client.delete("/v2/sessions").await.due(200).value()["ended"], 2);
    client.get("/v2/orgs/moby/sessions").await.denied(403, "only an owner");
    let whale = server.organizations[1].clone();
    let token = server.access_token(TokenHolder::Organization(whale.id), Scopes::all());
    server.client_with("whale", &token).await.get("/v2/sessions").await.denied(404, "account");
}
