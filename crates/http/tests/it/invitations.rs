//! Invitations: they end when their time is over, whether anybody touches them or not (ORG-3, SCIM-9), and the pages that their
//! links lead to.

use std::time::Duration;

use muster_engine::{Origin, invitations::Person};
use muster_model::{Actor, Role, Source};
use muster_testkit::browser::{Browser, Page, Transport};

use crate::{
    factors::with_password,
    passwords::{ADA, PASSWORD, browser, mailed, mistake, sign_in, url},
    support::{Server, person},
};

#[tokio::test]
async fn org_3_expired_invitations_end_in_the_background_and_their_seats_are_free() {
    let server = Server::new();
    let moby = &server.organizations[0];
    server.world.settings(server.connection, |settings| settings.scim.other_domains = true);
    server.app.forget_connections();
    server.world.seats(moby, 1);
    server.post("/Users", person("eve@elsewhere.org")).await.due(201);
    server.post("/Users", person("ada@example.com")).await.refused(403, None, "Not enough seats");
    server.world.advance(Duration::from_hours(24 * 14));
    let _nodes = [server.another_node(), server.another_node()];
    let id = moby.id;
    server.eventually(async || server.world.read(move |conn| Ok(conn.pending_invitations(id)?)).is_empty()).await;
    server.post("/Users", person("ada@example.com")).await.due(201);
    server.world.assert_ledger_tells_the_state();
}

const EVE: &str = "eve@elsewhere.org";

fn people(to: &[&str]) -> Vec<Person> {
    let person = |to: &&str| Person { to: (*to).to_owned(), role: Role::Editor, team: Some("writers".into()) };
    to.iter().map(person).collect()
}

/// Invites as an owner does: the links that are in the mail.
async fn invite(server: &Server, to: &[&str]) -> Vec<String> {
    let owner = server.world.account("olga@example.com", true);
    server.world.set_member(&server.organizations[0], &owner, Role::Owner).unwrap();
    let actor = Actor::Account(owner.id.0);
    let origin = Origin { source: Source::Manual, actor, connection: None, request: None };
    let sent = server.app.invite(origin, server.organizations[0].clone(), people(to)).await.unwrap();
    assert!(sent.iter().all(|sent| sent.invitation.is_some() && sent.link.is_none()), "{sent:?}");
    mailed(server)
}

/// The page, and that looking at it changed nothing.
async fn look(server: &Server, browser: &mut Browser<impl Transport>, link: &str) -> Page {
    // Everything stored, without what background work writes at its own times.
    let stored = || {
        let all = server.stored().into_iter();
        all.filter(|(place, _)| !["jobs.", "requests."].iter().any(|table| place.starts_with(table)))
            .collect::<Vec<_>>()
    };
    let before = stored();
    let page = browser.get(link).await;
    assert!(stored() == before, "SEC-4: looking changes nothing");
    page
}

fn is_member(server: &Server, email: &str) -> bool {
    server.world.is_member(&server.organizations[0], email)
}

#[tokio::test]
async fn org_3_a_newcomer_makes_an_account_by_the_link_and_is_in() {
    let server = Server::new();
    let link = invite(&server, &[EVE]).await.remove(0);
    let mut browser = browser(&server);
    let page = look(&server, &mut browser, &link).await;
    let words = page.words();
    for said in ["Join moby", "olga", "editor", "writers", "Valid until"] {
        assert!(words.contains(said), "{said}: {words}");
    }
    assert!(!page.text.contains(EVE), "whoever the link was passed on to does not learn the address");
    let form = page.form("/account").with("full_name", "Eve <b>").with("password", "short");
    let page = browser.submit(&page, &form).await;
    assert!(page.status == 422 && mistake(&page).contains("at least 12 characters"), "{}", mistake(&page));
    assert_eq!(page.form("/account").value("full_name"), Some("Eve <b>"));
    assert!(!is_member(&server, EVE));
    let page = browser.submit(&page, &page.form("/account").with("password", PASSWORD)).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account"), "{}", page.words());
    assert!(page.words().contains("moby editor") && page.words().contains("writers"), "{}", page.words());
    assert_eq!(browser.get(&link).await.url.path(), "/account", "it has done its work");
    let mut other = crate::passwords::browser(&server);
    let page = other.get(&link).await;
    assert!(page.status == 410 && page.words().contains("TraceID"), "{}", page.words());
    assert_eq!(sign_in(&mut other, EVE, PASSWORD).await.url.path(), "/account", "the address is confirmed");
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn org_3_who_has_an_account_signs_in_and_comes_back_to_answer() {
    let server = Server::new();
    with_password(&server);
    let whale = server.organizations[1].clone();
    let sent = server.app.invite(Origin::OPERATOR, whale.clone(), people(&[ADA])).await.unwrap();
    assert!(sent[0].invitation.is_some());
    let link = mailed(&server).remove(0);
    let mut browser = browser(&server);
    let page = look(&server, &mut browser, &link).await;
    assert!(page.forms().iter().all(|form| !form.action.ends_with("/decline")), "nobody declines for somebody else");
    let page = browser.submit(&page, &page.form("/continue")).await;
    assert_eq!(page.url.path(), "/signin");
    let page = browser.submit(&page, &page.only_form().with("email", ADA)).await;
    let page = browser.submit(&page, &page.only_form().with("password", PASSWORD)).await;
    assert_eq!(page.url.to_string(), link, "{}", page.words());
    let page = browser.submit(&page, &page.form("/accept")).await;
    assert_eq!(page.url.path(), "/account");
    assert!(page.words().contains("whale editor"), "{}", page.words());
    assert!(server.world.is_member(&whale, ADA));
    assert_eq!(browser.get(&url("/account")).await.url.path(), "/account", "it leads back once");
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn org_3_somebody_else_is_told_what_to_do_without_the_address() {
    let server = Server::new();
    let link = invite(&server, &[EVE]).await.remove(0);
    with_password(&server);
    let mut browser = browser(&server);
    sign_in(&mut browser, ADA, PASSWORD).await;
    let page = look(&server, &mut browser, &link).await;
    assert!(page.words().contains("is for another account") && !page.text.contains(EVE), "{}", page.words());
    let mut accept = page.form("/switch");
    accept.action = accept.action.replace("/switch", "/accept");
    let refused = browser.submit(&page, &accept).await;
    assert!(refused.status == 422 && mistake(&refused).contains("somebody else"), "{}", refused.words());
    let page = browser.submit(&page, &page.form("/switch")).await;
    assert_eq!(page.url.to_string(), link);
    let page = browser.submit(&page, &page.form("/decline")).await;
    assert!(page.status == 410 && page.words().contains("was declined"), "{}", page.words());
    assert!(!is_member(&server, EVE) && !is_member(&server, "nobody@example.com"));
    assert_eq!(browser.get(&url("/account")).await.url.path(), "/signin", "the session has ended");
}

#[tokio::test]
async fn org_3_links_that_are_over_say_so_kindly() {
    let server = Server::new();
    let links = invite(&server, &[EVE, "eva@elsewhere.org"]).await;
    let mut browser = browser(&server);
    let moby = server.organizations[0].clone();
    let id = server.world.read({
        let id = moby.id;
        move |conn| Ok(conn.pending_invitations(id)?)
    })[0]
        .id;
    server.world.by_hand(move |tx, env| muster_engine::invitations::cancel(tx, env, &moby, id)).unwrap();
    let page = look(&server, &mut browser, &links[0]).await;
    assert!(page.status == 410 && page.words().contains("taken back"), "{}", page.words());
    assert!(page.words().contains(page.header("x-request-id")), "{}", page.words());
    server.world.advance(Duration::from_hours(24 * 14));
    let page = browser.get(&links[1]).await;
    assert!(page.status == 410 && page.words().contains("has expired"), "{}", page.words());
    for token in ["x", "mst_link_x", "%FF", &"a".repeat(300)] {
        let page = browser.get(&url(&format!("/invitations/{token}"))).await;
        assert!(page.status == 404 && page.words().contains("leads to no invitation"), "{}", page.words());
    }
}

#[tokio::test]
async fn scim_10_a_guest_whom_a_directory_invited_gets_mail_and_is_in_by_its_link() {
    let server = Server::new();
    server.world.settings(server.connection, |settings| settings.scim.other_domains = true);
    server.app.forget_connections();
    server.post("/Users", person(EVE)).await.due(201);
    let letters = std::cell::RefCell::new(Vec::new());
    server
        .eventually(async || {
            letters.borrow_mut().extend(mailed(&server));
            !letters.borrow().is_empty()
        })
        .await;
    let link = letters.borrow_mut().remove(0);
    let mut browser = browser(&server);
    let page = look(&server, &mut browser, &link).await;
    let page = browser.submit(&page, &page.form("/account").with("password", PASSWORD)).await;
    assert_eq!(page.url.path(), "/account", "{}", page.words());
    assert!(is_member(&server, EVE));
    assert!(mailed(&server).is_empty(), "once");
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn sec_4_answers_come_from_our_own_pages_alone() {
    let server = Server::new();
    let link = invite(&server, &[EVE]).await.remove(0);
    let path = link.strip_prefix(crate::support::BASE_URL).unwrap();
    for answer in ["accept", "decline", "account", "continue", "switch"] {
        let request = server.to("POST", &format!("{path}/{answer}"));
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").header("sec-fetch-site", "cross-site");
        request.bytes("password=correct+horse+battery").send().await.due(403);
    }
    assert!(!is_member(&server, EVE));
}

#[tokio::test]
async fn org_3_without_a_mail_server_who_invites_is_given_the_link() {
    let server = Server::new();
    let app = server.node_without_mail();
    let moby = server.organizations[0].clone();
    let sent = app.invite(Origin::OPERATOR, moby.clone(), people(&[EVE, "not an address@"])).await.unwrap();
    assert_eq!((sent[0].link.is_some(), sent[1].link.as_deref()), (true, None));
    let id = sent[0].invitation.as_ref().unwrap().id;
    let (_, link) = app.resend_invitation(Origin::OPERATOR, moby, id).await.unwrap();
    assert_ne!(link, sent[0].link, "a new one");
    let mut browser = browser(&server);
    assert_eq!(browser.get(sent[0].link.as_ref().unwrap()).await.status, 404);
    assert_eq!(browser.get(&link.unwrap()).await.status, 200);
}
