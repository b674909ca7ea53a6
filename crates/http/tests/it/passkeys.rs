//! Passkeys, with an authenticator in software: ceremonies, and attacks on them (SSO-10, SSO-11, SEC-4, SEC-5).

use std::time::Duration;

use muster_engine::{credentials::ceremonies::LIVES, mail};
use muster_testkit::{
    authenticator::{Manner, SoftPasskey},
    browser::{Browser, Page, Transport},
};
use serde_json::Value;

use crate::{
    factors::{set_up, with_password},
    passwords::{ADA, PASSWORD, browser, mistake, sign_in, url},
    support::{BASE_URL, Server},
};

const TO_SIGN_IN: &str = "/signin/passkey";
const TO_ADD: &str = "/account/security/passkeys";

/// As our script posts.
async fn post(browser: &mut Browser<impl Transport>, path: &str, fields: &[(&str, &str)]) -> Page {
    browser.post_from(&url("/signin"), &url(path), fields).await
}

/// What our script is told: the ceremony's key, and what the browser is to ask for.
async fn options(browser: &mut Browser<impl Transport>, path: &str) -> (String, Value) {
    let page = post(browser, &format!("{path}/options"), &[]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let mut said: Value = serde_json::from_str(&page.text).unwrap();
    (said["passkey"].as_str().unwrap().to_owned(), said["options"]["publicKey"].take())
}

fn honest() -> Manner {
    Manner::at(BASE_URL)
}

/// Adds a passkey in a browser that is signed in.
async fn add(browser: &mut Browser<impl Transport>, manner: &Manner, name: &str) -> (SoftPasskey, Page) {
    let (key, options) = options(browser, TO_ADD).await;
    let (passkey, credential) = SoftPasskey::create(&options, manner);
    let fields = [("passkey", key.as_str()), ("credential", &credential.to_string()), ("name", name)];
    let page = post(browser, TO_ADD, &fields).await;
    (passkey, page)
}

/// Signs in with a passkey.
async fn enter(browser: &mut Browser<impl Transport>, passkey: &mut SoftPasskey, manner: &Manner) -> Page {
    let (key, options) = options(browser, TO_SIGN_IN).await;
    let credential = passkey.answer(&options, manner).to_string();
    post(browser, TO_SIGN_IN, &[("passkey", &key), ("credential", &credential)]).await
}

fn is_in(page: &Page) -> bool {
    page.status == 200 && page.url.path() == "/account"
}

#[track_caller]
fn assert_refused(browser: &Browser<impl Transport>, page: &Page, why: &str) {
    assert_eq!(page.status, 422, "{why}: {}", page.words());
    assert!(mistake(page).contains("passkey was not accepted"), "{why}: {}", page.words());
    assert!(browser.cookie(BASE_URL, "__Host-muster").is_none(), "{why}");
}

fn subjects(server: &Server) -> Vec<String> {
    let sealer = std::sync::Arc::clone(&server.sealer);
    let taken = server.world.by_hand(move |tx, env| {
        let mut subjects = Vec::new();
        while let Some((id, letter)) = mail::take(tx, env, &sealer)? {
            mail::sent(tx, id)?;
            subjects.push(letter.subject);
        }
        Ok(subjects)
    });
    taken.unwrap()
}

#[tokio::test]
async fn sec_5_a_passkey_is_added_signs_in_without_a_code_and_is_removed() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    sign_in(&mut here, ADA, PASSWORD).await;
    set_up(&server, &mut here).await;
    let (mut phone, page) = add(&mut here, &honest(), " Pocket phone ").await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/account/security"), "{}", page.words());
    let (_, page) = add(&mut here, &honest(), "").await;
    assert!(page.words().contains("Pocket phone") && page.words().contains("Passkey"), "{}", page.words());
    assert_eq!(subjects(&server)[1..], ["A passkey was added", "A passkey was added"]);

    let mut there = browser(&server);
    let page = enter(&mut there, &mut phone, &honest()).await;
    assert!(is_in(&page), "no code is asked for: {}", page.words());
    let page = there.get(&url("/account/security")).await;
    assert_eq!(page.words().matches(" never").count(), 1, "the other passkey: {}", page.words());

    let row = page.forms().into_iter().filter(|form| form.action.ends_with("/remove")).collect::<Vec<_>>();
    assert_eq!(row.len(), 2);
    let page = there.submit(&page, &row[0]).await;
    assert!(!page.words().contains("Pocket phone"), "{}", page.words());
    assert_eq!(subjects(&server), ["A passkey was removed"]);
    let mut third = browser(&server);
    let page = enter(&mut third, &mut phone, &honest()).await;
    assert_refused(&third, &page, "removed");
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn sso_10_wrong_passwords_do_not_lock_a_passkey() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    sign_in(&mut here, ADA, PASSWORD).await;
    let (mut phone, _) = add(&mut here, &honest(), "phone").await;
    let mut there = browser(&server);
    for _ in 0..10 {
        sign_in(&mut there, ADA, "guess").await;
    }
    assert_eq!(sign_in(&mut there, ADA, PASSWORD).await.status, 429);
    assert!(is_in(&enter(&mut there, &mut phone, &honest()).await));
}

#[tokio::test]
async fn sec_4_what_a_passkey_did_not_say_to_us_now_signs_nobody_in() {
    let server = Server::new();
    let ada = with_password(&server);
    let mut here = browser(&server);
    sign_in(&mut here, ADA, PASSWORD).await;
    let (mut phone, _) = add(&mut here, &honest(), "phone").await;
    let mut there = browser(&server);
    let (_, earlier) = options(&mut there, TO_SIGN_IN).await;
    let nobody = server.world.account("eve@example.com", true);
    assert_ne!(nobody.id, ada.id);
    for (why, manner) in [
        ("another origin", Manner { origin: "https://muster.test.evil.example".into(), ..honest() }),
        ("plain http", Manner { origin: "http://muster.test".into(), ..honest() }),
        ("another port", Manner { origin: "https://muster.test:8443".into(), ..honest() }),
        ("a sub-domain", Manner { origin: "https://evil.muster.test".into(), ..honest() }),
        ("another name", Manner { rp_id: "evil.example".into(), ..honest() }),
        ("nobody was verified", Manner { verified: false, ..honest() }),
        ("within another site's page", Manner { cross_origin: true, ..honest() }),
        ("another signature", Manner { tampered: true, ..honest() }),
        ("another account's", Manner { user_handle: Some(nobody.id.0.as_bytes().to_vec()), ..honest() }),
        ("nobody's", Manner { user_handle: Some(b"?".to_vec()), ..honest() }),
        ("another challenge", Manner { challenge: earlier["challenge"].as_str().map(str::to_owned), ..honest() }),
    ] {
        let page = enter(&mut there, &mut phone, &manner).await;
        assert_refused(&there, &page, why);
    }
    assert!(is_in(&enter(&mut there, &mut phone, &honest()).await));

    let mut third = browser(&server);
    phone.counter -= 1;
    let page = enter(&mut third, &mut phone, &honest()).await;
    assert_refused(&third, &page, "its counter stands still: there are two of it");
    let backed_up = Manner { backed_up: true, ..honest() };
    assert!(is_in(&enter(&mut third, &mut phone, &backed_up).await), "it is on another device since");
}

#[tokio::test]
async fn sec_4_a_ceremony_ends_once_in_its_browser_and_soon() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    sign_in(&mut here, ADA, PASSWORD).await;
    let (mut phone, _) = add(&mut here, &honest(), "phone").await;
    // Of one that counts, the counter alone would tell what is replayed.
    phone.counts = false;

    let mut there = browser(&server);
    let (key, options_there) = options(&mut there, TO_SIGN_IN).await;
    let credential = phone.answer(&options_there, &honest()).to_string();
    let fields = [("passkey", key.as_str()), ("credential", credential.as_str())];
    let mut elsewhere = browser(&server);
    options(&mut elsewhere, TO_SIGN_IN).await;
    let page = post(&mut elsewhere, TO_SIGN_IN, &fields).await;
    assert_refused(&elsewhere, &page, "another browser's");
    assert!(is_in(&post(&mut there, TO_SIGN_IN, &fields).await));
    assert!(!is_in(&post(&mut there, TO_SIGN_IN, &fields).await), "replayed in its own browser");
    there.forget_cookies();
    let page = post(&mut there, TO_SIGN_IN, &fields).await;
    assert_refused(&there, &page, "replayed");

    let (key, options_late) = options(&mut there, TO_SIGN_IN).await;
    let late = phone.answer(&options_late, &honest()).to_string();
    server.world.advance(LIVES);
    let page = post(&mut there, TO_SIGN_IN, &[("passkey", &key), ("credential", &late)]).await;
    assert_refused(&there, &page, "too late");

    // Nonsense is refused and ends nothing: nobody writes without a passkey.
    let (key, asked) = options(&mut there, TO_SIGN_IN).await;
    let page = post(&mut there, TO_SIGN_IN, &[("passkey", &key), ("credential", "nonsense")]).await;
    assert_refused(&there, &page, "nonsense");
    let credential = phone.answer(&asked, &honest()).to_string();
    assert!(is_in(&post(&mut there, TO_SIGN_IN, &[("passkey", &key), ("credential", &credential)]).await));
}

#[tokio::test]
async fn sec_4_what_was_not_made_for_us_now_is_not_added() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    sign_in(&mut here, ADA, PASSWORD).await;
    let (_, earlier) = options(&mut here, TO_ADD).await;
    for (why, manner) in [
        ("another origin", Manner { origin: "https://evil.example".into(), ..honest() }),
        ("nobody was verified", Manner { verified: false, ..honest() }),
        ("within another site's page", Manner { cross_origin: true, ..honest() }),
        ("another challenge", Manner { challenge: earlier["challenge"].as_str().map(str::to_owned), ..honest() }),
    ] {
        let (_, page) = add(&mut here, &manner, "phone").await;
        assert_eq!((page.status.as_u16(), page.words().contains("No passkey was added")), (422, true), "{why}");
    }
    let (key, options_here) = options(&mut here, TO_ADD).await;
    let mut elsewhere = Manner { rp_id: "muster.test".into(), ..honest() };
    let (_, credential) = SoftPasskey::create(&options_here, &elsewhere);
    // The passkey is bound to another name than the options say.
    elsewhere.rp_id = "evil.example".into();
    let mut other_name = options_here.clone();
    other_name["rp"]["id"] = "evil.example".into();
    let (_, foreign) = SoftPasskey::create(&other_name, &elsewhere);
    let page = post(&mut here, TO_ADD, &[("passkey", &key), ("credential", &foreign.to_string())]).await;
    assert_eq!(page.status, 422, "another name");
    let page = post(&mut here, TO_ADD, &[("passkey", &key), ("credential", &credential.to_string())]).await;
    assert_eq!(page.status, 422, "the ceremony is over");

    // What one has made is nobody else's.
    let (key, options_here) = options(&mut here, TO_ADD).await;
    let (_, credential) = SoftPasskey::create(&options_here, &honest());
    let mut bob = browser(&server);
    let fields = [("passkey", key.as_str()), ("credential", &credential.to_string())];
    assert_eq!(post(&mut bob, TO_ADD, &fields).await.url.path(), "/signin", "nobody is signed in");
    assert!(post(&mut here, TO_ADD, &fields).await.status == 200);
    server.world.advance(Duration::from_mins(10));
    let page = post(&mut here, &format!("{TO_ADD}/options"), &[]).await;
    assert_eq!(page.status, 403, "it is a while since");
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn sec_5_what_is_asked_for_names_no_passkey() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    let (_, before) = options(&mut here, TO_SIGN_IN).await;
    sign_in(&mut here, ADA, PASSWORD).await;
    add(&mut here, &honest(), "phone").await;
    let (_, options_to_add) = options(&mut here, TO_ADD).await;
    assert_eq!(options_to_add["excludeCredentials"].as_array().map(Vec::len), Some(1), "one device, one passkey");
    let (_, mut after) = options(&mut here, TO_SIGN_IN).await;
    assert_eq!(after["allowCredentials"], serde_json::json!([]));
    assert_ne!(after["challenge"], before["challenge"]);
    after["challenge"] = before["challenge"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn sec_4_a_passkey_shows_again_who_one_is_and_nobody_elses_does() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    sign_in(&mut here, ADA, PASSWORD).await;
    let (mut phone, _) = add(&mut here, &honest(), "phone").await;
    server.world.advance(Duration::from_mins(10));
    let page = here.get(&url("/account/confirm")).await;
    assert!(page.text.contains("data-passkey") && page.words().contains("Use a passkey"), "{}", page.words());
    let (key, asked) = options(&mut here, TO_SIGN_IN).await;
    let credential = phone.answer(&asked, &honest()).to_string();
    let page = post(&mut here, "/account/confirm", &[("passkey", &key), ("credential", &credential)]).await;
    assert_eq!(page.url.path(), "/account/security");
    assert!(page.text.contains("data-passkey=\"create\""));
}

#[tokio::test]
async fn sso_11_a_break_glass_code_asks_for_a_passkey_where_that_is_the_second_factor() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    sign_in(&mut here, ADA, PASSWORD).await;
    let (mut phone, _) = add(&mut here, &honest(), "phone").await;
    let page = here.get(&url("/account/break-glass")).await;
    let page = here.submit(&page, &page.forms().remove(0)).await;
    let glass = page.elements("code").remove(0).text;

    let mut there = browser(&server);
    let page = there.get(&url("/signin/break-glass")).await;
    let page = there.submit(&page, &page.only_form().with("email", ADA).with("code", &glass)).await;
    let inputs = page.elements("input");
    let step = inputs.iter().find(|input| input.attribute("name") == Some("step")).unwrap();
    let step = step.attribute("value").unwrap();
    assert!(page.forms().is_empty() && page.words().contains("Use a passkey"), "{}", page.words());
    for (why, manner) in [("unverified", Manner { verified: false, ..honest() }), ("honest", honest())] {
        let (key, asked) = options(&mut there, TO_SIGN_IN).await;
        let credential = phone.answer(&asked, &manner).to_string();
        let fields = [("step", step), ("passkey", key.as_str()), ("credential", credential.as_str())];
        let page = post(&mut there, "/signin/second-factor", &fields).await;
        let expected = if why == "honest" { "/account/break-glass" } else { "/signin/second-factor" };
        assert_eq!(page.url.path(), expected, "{}", page.words());
    }
}

#[tokio::test]
async fn where_browsers_have_no_passkeys_the_page_says_so() {
    let server = Server::at("http://127.0.0.1:8080");
    with_password(&server);
    let mut browser = browser(&server);
    let page = browser.get("http://127.0.0.1:8080/signin/password").await;
    assert!(!page.text.contains("data-passkey"));
    let form = page.only_form().with("name", ADA).with("password", PASSWORD);
    let page = browser.submit(&page, &form).await;
    assert_eq!(page.status, 200, "{}", page.words());
    let page = browser.get("http://127.0.0.1:8080/account/security").await;
    assert!(page.words().contains("reached under a name and https"), "{}", page.words());
    assert!(!page.text.contains("data-passkey"));
    let options =
        browser.post_from("http://127.0.0.1:8080/signin", "http://127.0.0.1:8080/signin/passkey/options", &[]).await;
    assert_eq!(options.status, 404);
}

#[tokio::test]
async fn scripts_run_where_passkeys_are_used_and_are_our_own() {
    let server = Server::new();
    with_password(&server);
    let mut here = browser(&server);
    let page = here.get(&url("/signin")).await;
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("script-src 'self'; connect-src 'self'; form-action 'self' https:"), "{policy}");
    let script = page.elements("script").remove(0).attribute("src").unwrap().to_owned();
    let script = here.get(&url(&script)).await;
    assert_eq!((script.status.as_u16(), script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    let page = sign_in(&mut here, ADA, PASSWORD).await;
    assert!(page.header("content-security-policy").contains("script-src 'none'"), "the account page needs none");
}
