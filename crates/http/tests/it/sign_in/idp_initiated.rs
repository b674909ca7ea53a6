//! The IdP begins (SSO-3).

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_simulator::sso::{Profile, saml::Answer};
use muster_testkit::browser::{Browser, Page};

use super::{ADA, HERE, IDP, Memory, Site, steps};

/// What the IdP would post for somebody, without being asked.
fn unasked(site: &Site, profile: &Profile) -> String {
    let acs = site.application.acs_urls[0].clone();
    let answer = Answer {
        application: &site.application,
        request: None,
        acs_url: &acs,
        profile,
        fault: None,
        session_index: "_s",
        authn_context: None,
    };
    STANDARD.encode(site.idp.saml_response(&answer).unwrap())
}

async fn post(site: &Site, browser: &mut Browser<Memory>, message: &str) -> Page {
    let fields = [("SAMLResponse", message), ("RelayState", "https://evil.example/")];
    browser.post_from(IDP, &site.application.acs_urls[0], &fields).await
}

#[tokio::test]
async fn sso_3_is_refused_unless_it_is_switched_on() {
    let site = Site::new();
    let page = post(&site, &mut site.browser(), &unasked(&site, &site.ada())).await;
    let expected = "IdP-Initiated sign in is not enabled for connection 'okta'.";
    assert!(page.words().contains(expected), "{}", page.words());
    assert!(steps(&site.logged(&page)).contains(&format!("SSO-3 refused: {expected}")));
    assert!(!site.is_known(ADA));
}

#[tokio::test]
async fn sso_3_lands_on_the_account_page_and_ignores_where_it_was_to_lead() {
    let site = Site::with(|saml| saml.idp_initiated = true);
    let mut browser = site.browser();
    let message = unasked(&site, &site.ada());
    let page = post(&site, &mut browser, &message).await;
    assert_eq!(page.url.to_string(), format!("{HERE}/account"), "{}", page.words());
    assert!(page.words().contains("Ada Lindqvist"));
    assert!(steps(&site.newest()).contains("SSO-3 checked: the identity provider began"));
    // SSO-7: once, and in no other browser.
    for browser in [&mut browser, &mut site.browser()] {
        let page = post(&site, browser, &message).await;
        assert_eq!(page.status, 403, "{}", page.words());
    }
}

#[tokio::test]
async fn sso_3_asks_first_when_another_account_is_signed_in() {
    let site = Site::with(|saml| saml.idp_initiated = true);
    let mut browser = site.browser();
    let ada = site.ada();
    let other =
        Profile { email: "bo@example.com".into(), subject: "bo".into(), given_name: "Bo".into(), ..ada.clone() };
    post(&site, &mut browser, &unasked(&site, &ada)).await;
    let question = post(&site, &mut browser, &unasked(&site, &other)).await;
    assert!(question.words().contains(&format!("You are signed in as {ADA}")), "{}", question.words());
    assert!(!site.is_known("bo@example.com"), "nothing is provisioned before the answer");
    let page = browser.get(&format!("{HERE}/account")).await;
    assert!(page.words().contains("Ada"), "still Ada");
    let page = browser.submit(&question, &question.only_form()).await;
    assert!(page.words().contains("bo@example.com"), "{}", page.words());
    // The question can be answered once.
    assert_eq!(browser.submit(&question, &question.only_form()).await.status, 403);
}

#[tokio::test]
async fn sso_3_the_question_is_this_browser_s() {
    let site = Site::with(|saml| saml.idp_initiated = true);
    let mut browser = site.browser();
    browser.follow_redirects(false);
    let parked = post(&site, &mut browser, &unasked(&site, &site.ada())).await;
    let place = parked.location().unwrap();
    let mut victim = site.browser();
    assert_eq!(victim.get(&place).await.status, 403);
    assert!(!site.is_known(ADA));
}
