//! Signing out, here and at the provider (RP-Initiated Logout 1.0, Back-Channel Logout 1.0).

use muster_engine::Surroundings;
use muster_model::{
    ConnectionId,
    connection::{Oidc, SingleSignOn},
};
use muster_simulator::sso::OidcApplication;
use muster_testkit::browser::Browser;
use serde_json::{Value, json};

use super::{ADA, CLIENT_ID, HERE, Here, Site, application, idp, set, steps};
use crate::support::Answer;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A site whose provider knows where people come back that have signed out.
async fn site() -> Site {
    let site = Site::new().await;
    let back = format!("{HERE}/sso/oidc/signed-out");
    site.provider().register_oidc(OidcApplication { logout_redirect_uris: vec![back], ..application() });
    site
}

/// Posts a logout token to a connection.
async fn post(site: &Site, connection: ConnectionId, token: &str) -> Answer {
    let form: String = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token).finish();
    let path = format!("/sso/oidc/{connection}/backchannel-logout");
    let sending = site.server.to("POST", &path).header("content-type", "application/x-www-form-urlencoded");
    sending.bytes(form).send().await
}

async fn is_signed_in(browser: &mut Browser<Here>) -> bool {
    browser.get(&format!("{HERE}/account")).await.url.path() == "/account"
}

/// The claims that an honest provider ends Ada's sessions with.
fn honest(site: &Site) -> Value {
    let now = site.server.world.clock.now().seconds();
    json!({
        "iss": site.provider().issuer(), "aud": CLIENT_ID, "iat": now, "exp": now + 120, "jti": "l1", "sub": "ada",
        "events": { EVENT: {} },
    })
}

#[tokio::test]
async fn ses_3_signing_out_ends_the_session_here_and_at_the_provider() {
    let site = site().await;
    let mut browser = site.browser();
    let account = site.sign_in(&mut browser).await;
    let cookie = browser.cookie(HERE, "muster").unwrap();
    browser.follow_redirects(false);
    let out = browser.submit(&account, &account.form("signout")).await;
    let there = out.location().unwrap();
    assert!(
        there.starts_with(&format!("{}/oidc/end-session?id_token_hint=eyJ", site.provider().base_url())),
        "{there}"
    );
    assert!(browser.cookie(HERE, "muster").is_none(), "over before the provider is asked");
    browser.follow_redirects(true);
    let back = browser.get(&there).await;
    assert_eq!((back.status.as_u16(), back.url.path()), (200, "/signin"), "{}", back.words());
    let home = browser.get(site.provider().base_url()).await;
    assert!(!home.words().contains("Signed in as"), "also at the provider");
    let mut thief = site.browser();
    thief.set_cookie(HERE, &format!("muster={cookie}; Path=/"));
    let page = thief.get(&format!("{HERE}/account")).await;
    assert!(page.words().contains("Your session has ended: signed out"), "{}", page.words());
}

#[tokio::test]
async fn ses_3_signing_out_works_while_the_provider_is_away() {
    let mut site = site().await;
    let mut browser = site.browser();
    let account = site.sign_in(&mut browser).await;
    // Gone, and no longer remembered.
    site.idp = idp(&site.server).await;
    site.server.world.advance(std::time::Duration::from_secs(7_200));
    browser.follow_redirects(false);
    let out = browser.submit(&account, &account.form("signout")).await;
    assert_eq!(out.status, 303, "{}", out.words());
    browser.follow_redirects(true);
    assert!(!is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn sec_4_the_id_token_is_kept_sealed() {
    let site = site().await;
    site.sign_in(&mut site.browser()).await;
    let account = site.server.world.account_of(ADA).unwrap().id;
    let session = site.server.world.read(move |conn| Ok(conn.sessions_of(account)?)).remove(0);
    let kept = session.idp.unwrap().id_token.unwrap();
    assert!(!kept.contains("eyJ") && !kept.contains('.'), "{kept}");
}

#[tokio::test]
async fn ses_3_the_provider_ends_one_session_or_all_of_a_person() {
    let site = site().await;
    let [mut phone, mut laptop, mut desk] = [site.browser(), site.browser(), site.browser()];
    for browser in [&mut phone, &mut laptop, &mut desk] {
        site.sign_in(browser).await;
    }
    // The provider's name of the session on the phone, which is its cookie there.
    let name = phone.cookie(site.provider().base_url(), "simulated_idp_session").unwrap();
    let mut of_session = honest(&site);
    of_session.as_object_mut().unwrap().remove("sub");
    of_session["sid"] = json!(name);
    let token = site.provider().token_of(CLIENT_ID, &of_session).unwrap();
    let ended = post(&site, site.connection, &token).await.due(200);
    assert_eq!((ended.header("cache-control"), ended.text.as_str()), ("no-store", ""));
    assert!(!is_signed_in(&mut phone).await && is_signed_in(&mut laptop).await);
    let page = phone.get(&format!("{HERE}/signin")).await;
    assert!(page.words().contains("signed out at the identity provider"), "{}", page.words());
    // The person and the session of another browser: that one alone.
    let name = laptop.cookie(site.provider().base_url(), "simulated_idp_session").unwrap();
    let token = site.provider().logout_token(CLIENT_ID, "ada", Some(&name)).unwrap();
    post(&site, site.connection, &token).await.due(200);
    assert!(!is_signed_in(&mut laptop).await && is_signed_in(&mut desk).await);
    let token = site.provider().logout_token(CLIENT_ID, "ada", None).unwrap();
    post(&site, site.connection, &token).await.due(200);
    assert!(!is_signed_in(&mut desk).await);
    let row = site.newest();
    assert!(
        steps(&row).contains("SES-3 checked: sessions that end because they are over at the provider: 1"),
        "{}",
        steps(&row)
    );
    assert_eq!((row.outcome.as_str(), row.status), ("changed", 200));
}

#[tokio::test]
async fn ses_4_what_one_node_is_told_ends_the_session_on_every_node() {
    let site = site().await;
    let mut browser = site.browser();
    site.sign_in(&mut browser).await;
    let cookie = format!("muster={}", browser.cookie(HERE, "muster").unwrap());
    let other = muster_http::router(&site.server.another_node());
    let ask = || {
        let request = http::Request::get("/account").header("cookie", &cookie).header("accept", "application/json");
        tower::ServiceExt::oneshot(other.clone(), request.body(axum::body::Body::empty()).unwrap())
    };
    assert_eq!(ask().await.unwrap().status(), 200);
    let token = site.provider().logout_token(CLIENT_ID, "ada", None).unwrap();
    post(&site, site.connection, &token).await.due(200);
    assert_eq!(ask().await.unwrap().status(), 401);
}

#[tokio::test]
async fn ses_3_a_logout_token_that_is_wrong_in_any_way_ends_nothing_and_is_on_the_log() {
    let site = site().await;
    let mut browser = site.browser();
    site.sign_in(&mut browser).await;
    let stranger = idp(&site.server).await.provider.clone();
    stranger.register_oidc(application());
    let signed = |claims: &Value| site.provider().token_of(CLIENT_ID, claims).unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = honest(&site);
        claims[name] = value;
        claims
    };
    let now = site.server.world.clock.now().seconds();
    let encoded = |text: &str| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(text)
    };
    let claims = encoded(&honest(&site).to_string());
    let tokens = [
        ("forged by another provider", stranger.token_of(CLIENT_ID, &honest(&site)).unwrap(), "SSO-8"),
        ("alg none", format!("{}.{claims}.", encoded(r#"{"alg":"none"}"#)), "`none`"),
        ("HS256", format!("{}.{claims}.c2ln", encoded(r#"{"alg":"HS256"}"#)), "`HS256`"),
        ("expired", signed(&with("exp", json!(now - 61))), "`exp`"),
        ("old", signed(&with("iat", json!(now - 361))), "`iat`"),
        ("for another client", signed(&with("aud", json!("another-client"))), "must be for `muster` alone"),
        ("of another issuer", signed(&with("iss", json!("https://evil.example"))), "issued by `https://evil.example`"),
        ("an ID token", signed(&with("nonce", json!("n"))), "`nonce`"),
        ("without its event", signed(&with("events", json!({}))), "`events`"),
        ("nonsense", "nonsense".to_owned(), "cannot be read"),
    ];
    for (what, token, told) in tokens {
        let refused = post(&site, site.connection, &token).await.due(400);
        assert_eq!(refused.value()["error"], "invalid_request", "{what}");
        assert_eq!(refused.header("cache-control"), "no-store", "{what}");
        let row = site.newest();
        assert!(steps(&row).contains("refused") && steps(&row).contains(told), "{what}: {}", steps(&row));
        assert!(refused.text.contains(&row.id.to_string()) && !refused.text.contains(told), "{what}: {}", refused.text);
        assert!(is_signed_in(&mut browser).await, "{what}");
    }
    let path = format!("/sso/oidc/{}/backchannel-logout", site.connection);
    let form = site.server.to("POST", &path).header("content-type", "application/x-www-form-urlencoded");
    form.bytes("token=x").send().await.due(400);
    site.server.to("POST", &path).header("content-type", "application/json").bytes("{}").send().await.due(400);
    site.server.to("GET", &path).send().await.due(405);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn ses_3_a_logout_token_is_accepted_once_and_by_its_own_connection_alone() {
    let site = site().await;
    let mut browser = site.browser();
    site.sign_in(&mut browser).await;
    // Another connection to the same provider, as another client; and one to another provider.
    let moby = site.server.organizations[0].clone();
    let other = site.server.world.connection("other", &[&moby]).build();
    set(&site.server, other, site.provider(), |oidc: &mut Oidc| "other-client".clone_into(&mut oidc.client_id)).await;
    let elsewhere = idp(&site.server).await;
    let strange = site.server.world.connection("strange", &[&moby]).build();
    set(&site.server, strange, &elsewhere.provider, |_| {}).await;
    let token = site.provider().logout_token(CLIENT_ID, "ada", None).unwrap();
    for connection in [other, strange] {
        post(&site, connection, &token).await.due(400);
    }
    // One that is no OpenID connection at all, and one that is not there.
    site.server.world.settings(strange, |settings| settings.sso = Some(SingleSignOn::Saml(Box::default())));
    post(&site, strange, &token).await.due(400);
    post(&site, "0190f5fe-7c2a-7000-8000-0123456789ab".parse().unwrap(), &token).await.due(404);
    assert!(is_signed_in(&mut browser).await);
    post(&site, site.connection, &token).await.due(200);
    assert!(!is_signed_in(&mut browser).await);
    // Whoever kept it cannot end what begins later.
    site.sign_in(&mut browser).await;
    post(&site, site.connection, &token).await.due(400);
    assert!(steps(&site.newest()).contains("accepted before"), "{}", steps(&site.newest()));
    site.server.world.advance(std::time::Duration::from_secs(600));
    post(&site, site.connection, &token).await.due(400);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn sec_4_signing_out_leads_nowhere_but_to_the_provider_and_back() {
    let site = site().await;
    let mut browser = site.browser();
    site.sign_in(&mut browser).await;
    // Another site's form signs nobody out.
    let page = browser.post_from("https://evil.example/page", &format!("{HERE}/signout"), &[]).await;
    assert_eq!(page.status, 403);
    assert!(is_signed_in(&mut browser).await);
    // Where people come back takes no address from anybody, and ends nothing.
    for query in ["", "?state=x", "?post_logout_redirect_uri=https://evil.example", "?to=//evil.example"] {
        let back = site.server.to("GET", &format!("/sso/oidc/signed-out{query}")).send().await.due(303);
        assert_eq!(back.header("location"), format!("{HERE}/signin?ended"));
        assert_eq!(back.header("set-cookie"), "");
    }
    assert!(is_signed_in(&mut browser).await);
}
