//! Authenticator apps and recovery codes in a browser, which runs no scripts (SSO-10, SSO-11, SEC-4, SEC-5).

use std::time::Duration;

use muster_crypto::TotpSecret;
use muster_engine::{Surroundings, credentials};
use muster_model::Account;
use muster_testkit::{
    authenticator::typed_secret,
    browser::{Browser, Page, Transport},
};

use crate::{
    passwords::{ADA, PASSWORD, browser, mistake, owner, sign_in, url},
    support::{BASE_URL, Server},
};

const STEP: Duration = Duration::from_secs(30);

/// Ada, an owner, with her password.
pub(crate) fn with_password(server: &Server) -> Account {
    let ada = owner(server);
    let password = muster_crypto::Passwords::new(std::num::NonZeroUsize::MIN).unwrap();
    let hash = password.hash(&muster_crypto::Secret::new(PASSWORD)).unwrap();
    let id = ada.id;
    server.world.by_hand(move |tx, env| credentials::set(tx, env, id, &hash, None)).unwrap();
    ada
}

/// What an app shows now.
pub(crate) fn code(server: &Server, secret: &TotpSecret) -> String {
    secret.code(server.world.clock.now().millis() / 1_000)
}

/// The secret that a page shows to be typed.
fn secret_on(page: &Page) -> TotpSecret {
    typed_secret(&page.elements("code").remove(0).text)
}

/// Sets up an app in a browser that is signed in: its secret, and the recovery codes.
pub(crate) async fn set_up(server: &Server, browser: &mut Browser<impl Transport>) -> (TotpSecret, Vec<String>) {
    let page = browser.get(&url("/account/security")).await;
    let page = browser.submit(&page, &page.form("authenticator")).await;
    let secret = secret_on(&page);
    assert!(page.text.contains("<svg") && !page.text.contains("<?xml"), "{}", page.text);
    let wrong = browser.submit(&page, &page.form("code").with("code", "000000")).await;
    assert_eq!((wrong.status.as_u16(), secret_on(&wrong) == secret), (422, true));
    assert!(mistake(&wrong).contains("wrong"));
    let form = wrong.form("code").with("code", &code(server, &secret));
    let page = browser.submit(&wrong, &form).await;
    let codes: Vec<String> = page.elements("code").into_iter().map(|code| code.text).collect();
    assert_eq!((page.status.as_u16(), codes.len()), (200, 10));
    assert_eq!(browser.submit(&wrong, &form).await.status, 404, "a set-up ends once");
    server.world.advance(2 * STEP);
    (secret, codes)
}

#[tokio::test]
async fn sec_5_an_app_is_set_up_asked_for_after_the_password_and_turned_off() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    assert_eq!(sign_in(&mut here, ADA, PASSWORD).await.url.path(), "/account");
    let (secret, codes) = set_up(&server, &mut here).await;

    let mut there = browser(&server);
    let page = sign_in(&mut there, ADA, PASSWORD).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/signin/password"));
    assert!(there.cookie(BASE_URL, "__Host-muster").is_none(), "no session before the second step");
    assert_eq!(there.get(&url("/account")).await.url.path(), "/signin");
    let field = page.elements("input").into_iter().find(|input| input.attribute("id") == Some("code")).unwrap();
    assert_eq!(
        (field.attribute("autocomplete"), field.attribute("inputmode")),
        (Some("one-time-code"), Some("numeric"))
    );
    let asked = page.forms().remove(0);
    let page = there.submit(&page, &asked.clone().with("code", "123")).await;
    assert_eq!((page.status.as_u16(), mistake(&page).contains("wrong")), (422, true));

    let mut elsewhere = browser(&server);
    let form = asked.clone().with("code", &code(&server, &secret));
    let stolen = elsewhere.submit(&page, &form).await;
    assert_eq!(stolen.status, 403, "another browser goes on with nothing");
    let page = there.submit(&page, &form).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account"));

    // With a recovery code, in a third one.
    let mut third = browser(&server);
    let page = sign_in(&mut third, ADA, PASSWORD).await;
    let page = third.submit(&page, &page.forms().remove(1).with("code", &codes[0])).await;
    assert_eq!(page.url.path(), "/account");
    let page = third.get(&url("/account/security")).await;
    assert!(page.words().contains("Recovery codes left 9"), "{}", page.words());

    // Off again, with a code or the password, and not without.
    let page = third.submit(&page, &page.form("proof").with("proof", "guess guess guess")).await;
    assert_eq!(page.status, 422);
    let page = third.submit(&page, &page.form("proof").with("proof", PASSWORD)).await;
    assert!(page.words().contains("Set up an authenticator app"), "{}", page.words());
    assert_eq!(sign_in(&mut browser(&server), ADA, PASSWORD).await.url.path(), "/account");
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn sec_4_after_ten_minutes_one_shows_again_who_one_is() {
    let server = Server::new();
    with_password(&server);
    let mut browser = browser(&server);
    sign_in(&mut browser, ADA, PASSWORD).await;
    let before = browser.get(&url("/account/security")).await;
    server.world.advance(Duration::from_mins(10));
    let page = browser.get(&url("/account/security")).await;
    assert!(page.forms().is_empty() && page.words().contains("Confirm that it is you"), "{}", page.words());
    let page = browser.submit(&before, &before.form("authenticator")).await;
    assert_eq!(page.url.path(), "/account/confirm", "an old page changes nothing");
    let wrong = browser.submit(&page, &page.only_form().with("proof", "guess guess guess")).await;
    assert_eq!(wrong.status, 422);
    let page = browser.submit(&wrong, &wrong.only_form().with("proof", PASSWORD)).await;
    assert_eq!(page.url.path(), "/account/security");
    let (secret, _) = set_up(&server, &mut browser).await;
    server.world.advance(Duration::from_mins(10));
    let page = browser.get(&url("/account/confirm")).await;
    let page = browser.submit(&page, &page.only_form().with("proof", &code(&server, &secret))).await;
    assert_eq!(page.url.path(), "/account/security");
}

#[tokio::test]
async fn sec_4_forms_of_another_site_change_nothing() {
    let server = Server::new();
    with_password(&server);
    let mut browser = browser(&server);
    sign_in(&mut browser, ADA, PASSWORD).await;
    for path in [
        "/account/confirm",
        "/account/security/authenticator",
        "/account/security/authenticator/confirm",
        "/account/security/authenticator/off",
        "/account/security/recovery",
        "/account/security/passkeys",
        "/account/security/passkeys/options",
        "/account/security/passkeys/remove",
        "/signin/passkey",
        "/signin/passkey/options",
        "/signin/second-factor",
    ] {
        let page = browser.post_from("https://evil.example/", &url(path), &[("proof", PASSWORD)]).await;
        assert_eq!(page.status, 403, "{path}");
    }
}

#[tokio::test]
async fn nobody_signed_in_is_sent_to_sign_in() {
    let server = Server::new();
    let mut browser = browser(&server);
    for path in ["/account/security", "/account/confirm"] {
        assert_eq!(browser.get(&url(path)).await.url.path(), "/signin", "{path}");
    }
}

#[tokio::test]
async fn sso_11_a_break_glass_code_alone_opens_nothing_where_there_is_a_second_factor() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    sign_in(&mut here, ADA, PASSWORD).await;
    let (secret, _) = set_up(&server, &mut here).await;
    let page = here.get(&url("/account/break-glass")).await;
    let page = here.submit(&page, &page.forms().remove(0)).await;
    let glass = page.elements("code").remove(0).text;

    let mut there = browser(&server);
    let page = there.get(&url("/signin/break-glass")).await;
    let page = there.submit(&page, &page.only_form().with("email", ADA).with("code", &glass)).await;
    assert!(there.cookie(BASE_URL, "__Host-muster").is_none());
    let page = there.submit(&page, &page.forms().remove(0).with("code", &code(&server, &secret))).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account/break-glass"));
}
