//! What an administrator finds of an answer that was not accepted (SSO-13), and what is not kept of any (SEC-4).

use muster_simulator::sso::{Due, Fault, OidcApplication, Protocol};
use serde_json::{Value, json};

use super::{ADA, CLIENT_SECRET, HERE, Site, application, steps};

/// What was kept of the last answer.
fn kept(site: &Site) -> Value {
    let body = muster_http::logged_body(&site.server.sealer, &site.newest()).unwrap().unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn sso_13_a_refused_answer_is_kept_with_its_claims_and_without_what_is_worth_anything() {
    for fault in Fault::of(Protocol::Oidc).filter(|fault| fault.due() == Due::Refused && *fault != Fault::WrongState) {
        let site = Site::new().await;
        let mut browser = site.browser();
        browser.follow_redirects(false);
        let page = browser.get(&format!("{HERE}/signin")).await;
        let sent = browser.submit(&page, &page.only_form().with("email", ADA)).await.location().unwrap();
        browser.follow_redirects(true);
        let people = browser.get(&sent).await;
        let edit = browser.follow(&people, &people.link("Edit")).await;
        let refused = browser.submit(&edit, &edit.only_form().with("fault", fault.key())).await;
        let kept = kept(&site);
        assert_eq!(kept["callback"]["iss"], site.provider().issuer(), "{}: {kept}", fault.key());
        if fault == Fault::Denied {
            let told = json!("the person is not assigned to this application");
            assert_eq!(kept["callback"]["error_description"], told, "{kept}");
        } else {
            assert!(kept["id_token"]["header"]["alg"].is_string(), "{}: {kept}", fault.key());
            let claims = &kept["id_token"]["claims"];
            assert_eq!(claims["name"], "Ada Lindqvist", "{}: {kept}", fault.key());
            let audience = if fault == Fault::WrongAudience { "another-client" } else { "muster" };
            assert_eq!((&claims["aud"], &claims["nonce"]), (&json!(audience), &json!("redacted")), "{}", fault.key());
        }
        // Neither what bound the sign-in to the browser, nor what could be redeemed, nor what was signed.
        let (row, kept) = (site.newest(), kept.to_string());
        let parameter = |address: &str, name: &str| {
            let query = address.split_once('?').map_or("", |(_, query)| query);
            form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).map(|(_, it)| it.into_owned())
        };
        let secrets = ["state", "nonce", "code_challenge"].map(|name| parameter(&sent, name));
        let code = parameter(&refused.url.to_string(), "code");
        let all = secrets.into_iter().chain([code, Some(CLIENT_SECRET.to_owned())]).flatten();
        for secret in all.filter(|secret| fault != Fault::WrongNonce || !secret.contains("nobody")) {
            let everything = format!("{kept} {} {}", steps(&row), row.target);
            assert!(!everything.contains(&secret), "{}: {secret} in {everything}", fault.key());
        }
        assert!(!kept.contains("eyJ"), "{kept}");
    }
}

#[tokio::test]
async fn sso_13_userinfo_is_kept_as_it_came() {
    let site = Site::new().await;
    site.sign_in(&mut site.browser()).await;
    let accepted = kept(&site);
    assert_eq!((&accepted["userinfo"]["email"], &accepted["read"]["overage"]), (&json!(ADA), &json!(false)));
    site.sign_in_wrongly(&mut site.browser(), Fault::UnverifiedEmail).await;
    assert_eq!(kept(&site)["userinfo"]["email_verified"], false);
}

#[tokio::test]
async fn sso_13_what_the_token_endpoint_answers_is_told_and_kept() {
    let site = Site::new().await;
    site.provider().register_oidc(OidcApplication { client_secret: Some("another".to_owned()), ..application() });
    let page = site.sign_in_with(&mut site.browser(), &[]).await;
    assert!(page.status.is_client_error() && !page.words().contains("invalid_client"), "{}", page.words());
    let told = "SSO-1 refused: the provider does not redeem the code: `invalid_client`: the secret is another; check client id, \
                secret and `http://127.0.0.1:8080/sso/oidc/callback` there";
    assert!(steps(&site.newest()).contains(told), "{}", steps(&site.newest()));
    assert_eq!(kept(&site)["token_endpoint"]["error"], "invalid_client");
}

#[tokio::test]
async fn sso_13_a_refusal_says_what_to_change_at_the_identity_provider() {
    for (fault, advice) in [
        (Fault::WrongAudience, "set `client_id` to the client's id at the provider"),
        (Fault::Denied, "assign the person to the application there"),
        (Fault::UnknownSigner, "it must be among the keys at its `jwks_uri`"),
        (Fault::NoAlgorithm, "choose RS256, PS256, ES256 or EdDSA for this client"),
        (Fault::SkewedClock, "check the clocks of the provider and of this server"),
        (Fault::UnverifiedEmail, "verify it there"),
    ] {
        let site = Site::new().await;
        site.sign_in_wrongly(&mut site.browser(), fault).await;
        assert!(steps(&site.newest()).contains(advice), "{}: {}", fault.key(), steps(&site.newest()));
    }
}
