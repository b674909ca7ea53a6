//! Local accounts in a browser: passwords, links, and what nobody learns (SSO-10, SEC-4, SEC-5).

use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::mail;
use muster_model::{Account, Role};
use muster_testkit::browser::{Browser, Page, Transport};
use tower::ServiceExt;

use crate::support::{BASE_URL, Server};

pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A browser in front of a server in memory.
pub(crate) fn browser(server: &Server) -> Browser<impl Transport> {
    let router = server.router.clone();
    Browser::new(async move |request: Request<Vec<u8>>| {
        let response = router.clone().oneshot(request.map(Body::from)).await.unwrap();
        let (parts, body) = response.into_parts();
        Response::from_parts(parts, body.collect().await.unwrap().to_bytes().to_vec())
    })
}

pub(crate) fn url(path: &str) -> String {
    format!("{BASE_URL}{path}")
}

pub(crate) fn owner(server: &Server) -> Account {
    let ada = server.world.account(ADA, true);
    server.world.set_member(&server.organizations[0], &ada, Role::Owner).unwrap();
    ada
}

/// The links in all mail that is to be sent.
pub(crate) fn mailed(server: &Server) -> Vec<String> {
    let sealer = Arc::clone(&server.sealer);
    let letters = server.world.by_hand(move |tx, env| {
        let mut letters = Vec::new();
        while let Some((id, letter)) = mail::take(tx, env, &sealer)? {
            mail::sent(tx, id)?;
            letters.push(letter);
        }
        Ok(letters)
    });
    let is_link = |word: &&str| word.starts_with("https://") || word.starts_with("http://");
    let link = |letter: &mail::Letter| letter.text.split_whitespace().find(is_link).unwrap().to_owned();
    letters.unwrap().iter().map(link).collect()
}

pub(crate) fn mistake(page: &Page) -> String {
    page.elements("p").into_iter().find(|p| p.attribute("role") == Some("alert")).map(|p| p.text).unwrap_or_default()
}

pub(crate) async fn sign_in(browser: &mut Browser<impl Transport>, name: &str, password: &str) -> Page {
    let page = browser.get(&url("/signin/password")).await;
    let form = page.only_form().with("name", name).with("password", password);
    browser.submit(&page, &form).await
}

async fn ask_for_link(browser: &mut Browser<impl Transport>, email: &str) -> Page {
    let page = browser.get(&url("/signin/reset")).await;
    let form = page.only_form().with("email", email);
    browser.submit(&page, &form).await
}

#[tokio::test]
async fn sec_4_a_mailed_link_sets_the_password_that_signs_in_from_then_on() {
    let server = Server::new();
    owner(&server);
    let mut browser = browser(&server);
    // The address leads to no identity provider: a password is asked for.
    let page = browser.get(&url("/signin")).await;
    let page = browser.submit(&page, &page.only_form().with("email", ADA)).await;
    assert_eq!((page.status.as_u16(), page.only_form().value("name")), (200, Some(ADA)));

    assert_eq!(ask_for_link(&mut browser, ADA).await.status, 200);
    let link = mailed(&server).remove(0);
    let page = browser.get(&link).await;
    let page = browser.submit(&page, &page.only_form().with("password", "short")).await;
    assert_eq!(page.status, 422);
    assert!(mistake(&page).contains("at least 12 characters"), "{}", mistake(&page));
    let page = browser.submit(&page, &page.only_form().with("password", PASSWORD)).await;
    assert!(page.url.path().ends_with("/signin/password"), "{}", page.url);
    assert_eq!(browser.get(&link).await.status, 404, "it worked once");

    assert_eq!(sign_in(&mut browser, ADA, "correct horse").await.status, 422);
    let page = sign_in(&mut browser, "ADA@example.com", PASSWORD).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account"));
    assert!(page.words().contains("moby"), "{}", page.words());
    assert!(browser.cookie(BASE_URL, "__Host-muster-device").is_some());

    // Whoever has a password must know it to change it.
    let new = "another horse battery";
    let page = browser.get(&url("/account/password")).await;
    let wrong = page.only_form().with("current", "correct horse").with("password", new);
    let page = browser.submit(&page, &wrong).await;
    assert_eq!(page.status, 422);
    let page = browser.submit(&page, &page.only_form().with("current", PASSWORD).with("password", new)).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account"), "this session goes on");
    assert_eq!(sign_in(&mut browser, ADA, PASSWORD).await.status, 422);
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn sec_5_an_address_that_is_nobodys_is_answered_as_anybodys() {
    let server = Server::new();
    owner(&server);
    let mut seen = Vec::new();
    for email in [ADA, "nobody@example.com"] {
        let mut browser = browser(&server);
        let mut answers = vec![ask_for_link(&mut browser, email).await];
        for _ in 0..11 {
            answers.push(sign_in(&mut browser, email, "guess").await);
        }
        let statuses: Vec<u16> = answers.iter().map(|page| page.status.as_u16()).collect();
        assert_eq!(statuses, [&[200][..], &[422; 10], &[429]].concat(), "SSO-10");
        seen.push(answers.iter().map(Page::words).collect::<Vec<_>>());
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(mailed(&server).len(), 1);
}

#[tokio::test]
async fn sec_1_an_owners_link_signs_in_once_and_asks_for_a_password() {
    let server = Server::new();
    let ada = owner(&server);
    let text = TokenText::generate(TokenPrefix::Link).unwrap();
    server.world.sign_in_link(ada.id, text.hash());
    let mut browser = browser(&server);
    let link = url(&format!("/signin/link?token={}", text.expose()));
    browser.get(&link).await;
    let page = browser.get(&link).await;
    let used = browser.submit(&page, &page.only_form()).await;
    assert_eq!((used.status.as_u16(), used.url.path()), (200, "/account/password"), "looking uses nothing up");
    assert!(!used.only_form().has("current"), "there is none yet");
    let set = browser.submit(&used, &used.only_form().with("password", PASSWORD)).await;
    assert_eq!((set.status.as_u16(), set.url.path()), (200, "/account"));
    assert_eq!(browser.submit(&page, &page.only_form()).await.status, 404);
    assert_eq!(browser.get(&url("/signin/link?token=mst_link_x")).await.status, 404);
}

#[tokio::test]
async fn sso_11_an_owner_makes_a_code_and_comes_in_with_it_once() {
    let server = Server::new();
    let ada = owner(&server);
    let hash = muster_crypto::Passwords::new(std::num::NonZeroUsize::MIN)
        .and_then(|passwords| passwords.hash(&muster_crypto::Secret::new(PASSWORD)))
        .unwrap();
    let id = ada.id;
    server.world.by_hand(move |tx, env| muster_engine::credentials::set(tx, env, id, &hash, None)).unwrap();
    let mut signed_in = browser(&server);
    sign_in(&mut signed_in, ADA, PASSWORD).await;
    let page = signed_in.get(&url("/account/break-glass")).await;
    assert!(page.words().contains("moby") && !page.words().contains("whale"), "{}", page.words());
    let page = signed_in.submit(&page, &page.only_form()).await;
    let code = page.elements("code").remove(0).text;
    assert!(!signed_in.get(&url("/account/break-glass")).await.text.contains(&code), "shown once");

    let mut stranger = browser(&server);
    let page = stranger.get(&url("/signin/break-glass")).await;
    let wrong = stranger.submit(&page, &page.only_form().with("email", ADA).with("code", "mst_glass_x")).await;
    assert_eq!(wrong.status, 422);
    let form = page.only_form().with("email", ADA).with("code", &code);
    let page = stranger.submit(&page, &form).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account/break-glass"));
    assert_eq!(stranger.submit(&wrong, &form).await.status, 422, "it works once");
    let mut nobody = browser(&server);
    assert_eq!(nobody.get(&url("/account/break-glass")).await.url.path(), "/signin");
}

#[tokio::test]
async fn sso_10_and_sec_4_how_somebody_tried_to_sign_in_is_on_the_log_without_what_was_typed() {
    let server = Server::new();
    let account = crate::factors::with_password(&server);
    let mut browser = browser(&server);
    let kept = |page: &Page| {
        let id: muster_model::RequestId = page.header("x-request-id").parse().unwrap();
        server.world.read(move |conn| Ok(conn.request(id)?)).unwrap()
    };
    let wrong = sign_in(&mut browser, ADA, "not the password").await;
    let row = kept(&wrong);
    assert_eq!((row.kind.as_str(), row.outcome.as_str(), row.status), ("local", "refused", 422));
    assert_eq!((row.connection, row.resource, row.dialect.as_deref()), (None, Some(account.id.0), Some("password")));
    assert!(row.body.is_none() && row.steps.iter().any(|step| step.note.to_string().contains("a wrong password")));
    // An address that nobody has is logged alike; it tells nothing of whose it is.
    let unknown = sign_in(&mut browser, "nobody@example.com", "not the password").await;
    assert_eq!((kept(&unknown).outcome.as_str(), kept(&unknown).resource), ("refused", None));
    let id = account.id;
    sign_in(&mut browser, ADA, PASSWORD).await;
    let tries = server.world.read(move |conn| Ok(conn.local_sign_ins(id, 10)?));
    let outcomes: Vec<_> = tries.iter().map(|row| row.outcome.as_str()).collect();
    assert_eq!(outcomes, ["changed", "refused"]);
    let session = server.world.read(move |conn| Ok(conn.sessions_of(id)?)).remove(0);
    assert_eq!(session.trace, Some(tries[0].id), "the session names its trace");
}
