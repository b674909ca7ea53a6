//! Those without a browser (RFC 8628), and desktop clients (SES-1).

use std::time::Duration;

use muster_model::session::ClientKind;

use super::{World, claims, text};
use crate::console::HERE;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

#[tokio::test]
async fn ses_1_a_command_line_is_signed_in_by_a_code_that_is_typed_elsewhere() {
    let world = World::new();
    let tool = world.public(ClientKind::Desktop);
    let begun = world.ask(&tool, "/oauth2/device", &[("scope", "openid email")]).await.due(200).value();
    let poll = [("grant_type", GRANT), ("device_code", text(&begun, "device_code"))];
    let error = async || text(&world.ask(&tool, "/oauth2/token", &poll).await.due(400).value(), "error").to_owned();
    assert_eq!(error().await, "authorization_pending");
    assert_eq!(error().await, "slow_down");
    world.site.server.world.advance(Duration::from_secs(6));
    assert_eq!(error().await, "authorization_pending");
    // Typed by somebody who has to sign in first.
    let mut browser = world.site.browser();
    browser.follow_redirects(false);
    let page = browser.get(text(&begun, "verification_uri_complete")).await;
    assert_eq!(page.location().unwrap(), format!("{HERE}/signin"));
    browser.set_cookie(HERE, &crate::console::session_of(&world.site.server, &world.ada));
    let back = super::onward(&browser.get(&format!("{HERE}/account")).await);
    let page = browser.get(&back).await;
    let typed = page.form("/oauth2/device/confirm");
    assert_eq!(typed.value("user_code"), Some(text(&begun, "user_code")));
    let wrong = browser.submit(&page, &typed.clone().with("user_code", "BBBB-BBBB")).await;
    assert_eq!(wrong.status, 422, "{}", wrong.words());
    let asked = browser.submit(&page, &typed).await;
    assert!(asked.words().contains("tool waits for you"), "{}", asked.words());
    let done = browser.submit(&asked, &asked.form("/oauth2/device/confirm").by("answer", "yes")).await;
    assert!(done.words().contains("You are signed in there"), "{}", done.words());
    // Once.
    let again = browser.submit(&asked, &asked.form("/oauth2/device/confirm").by("answer", "yes")).await;
    assert_eq!(again.status, 422, "{}", again.words());
    let tokens = world.ask(&tool, "/oauth2/token", &poll).await.due(200).value();
    assert_eq!(error().await, "invalid_grant");
    let id = claims(&tokens["id_token"]);
    assert_eq!((text(&id, "email"), text(&tokens, "scope")), ("ada@example.com", "openid email"));
    // It outlives the browser: 90 days, or 30 without use.
    let days = |days: u64| Duration::from_hours(24 * days);
    let mut token = text(&tokens, "refresh_token").to_owned();
    for _ in 0..3 {
        world.site.server.world.advance(days(29));
        let next = world.refresh(&tool, &token).await.due(200).value();
        token = text(&next, "refresh_token").to_owned();
    }
    world.site.server.world.advance(days(3));
    world.refresh(&tool, &token).await.due(400);
}

#[tokio::test]
async fn a_device_is_told_that_the_person_said_no_or_nobody_came() {
    let world = World::new();
    let tool = world.public(ClientKind::Desktop);
    let mut browser = world.browser();
    let begun = world.ask(&tool, "/oauth2/device", &[]).await.due(200).value();
    let page = browser.get(text(&begun, "verification_uri_complete")).await;
    let asked = browser.submit(&page, &page.form("/oauth2/device/confirm")).await;
    let done = browser.submit(&asked, &asked.form("/oauth2/device/confirm").by("answer", "no")).await;
    assert!(done.words().contains("Nobody is signed in there"), "{}", done.words());
    let poll = [("grant_type", GRANT), ("device_code", text(&begun, "device_code"))];
    assert_eq!(text(&world.ask(&tool, "/oauth2/token", &poll).await.due(400).value(), "error"), "access_denied");
    let begun = world.ask(&tool, "/oauth2/device", &[]).await.due(200).value();
    world.site.server.world.advance(Duration::from_mins(15));
    let poll = [("grant_type", GRANT), ("device_code", text(&begun, "device_code"))];
    assert_eq!(text(&world.ask(&tool, "/oauth2/token", &poll).await.due(400).value(), "error"), "expired_token");
    // Another client's device.
    let begun = world.ask(&tool, "/oauth2/device", &[]).await.due(200).value();
    let poll = [("grant_type", GRANT), ("device_code", text(&begun, "device_code"))];
    assert_eq!(
        text(&world.ask(&world.product(), "/oauth2/token", &poll).await.due(400).value(), "error"),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_desktop_session_ends_when_it_is_given_back_or_ended_by_the_person() {
    let world = World::new();
    let tool = world.public(ClientKind::Desktop);
    let mut browser = world.browser();
    let tokens = world.tokens(&mut browser, &tool).await;
    let account = browser.get(&format!("{HERE}/account")).await;
    assert!(account.words().contains("tool"), "the session is listed by the product's name: {}", account.words());
    world.ask(&tool, "/oauth2/revoke", &[("token", text(&tokens, "refresh_token"))]).await.due(200);
    world.refresh(&tool, text(&tokens, "refresh_token")).await.due(400);
    let account = browser.get(&format!("{HERE}/account")).await;
    assert!(account.words().contains("signed out in the application"), "SES-3: {}", account.words());
    // Ended from the account's page.
    let tokens = world.tokens(&mut browser, &tool).await;
    let account = browser.get(&format!("{HERE}/account")).await;
    let forms = account.forms();
    let end = forms.iter().find(|form| form.action.ends_with("/account/sessions/end")).unwrap();
    browser.submit(&account, end).await;
    world.refresh(&tool, text(&tokens, "refresh_token")).await.due(400);
}

#[tokio::test]
async fn whoever_knows_the_name_of_a_client_does_not_fill_the_database() {
    let world = World::new();
    let (tool, other) = (world.public(ClientKind::Desktop), world.product());
    let begin = async |product| world.ask(product, "/oauth2/device", &[("scope", "openid")]).await;
    for _ in 0..muster_http::Limits::default().begun_by_client {
        begin(&tool).await.due(200);
    }
    let refused = begin(&tool).await.due(429);
    assert_eq!(refused.header("retry-after"), "60");
    // It is no other client's fault, and over with the minute.
    begin(&other).await.due(200);
    world.site.server.world.advance(Duration::from_mins(1));
    begin(&tool).await.due(200);
}
