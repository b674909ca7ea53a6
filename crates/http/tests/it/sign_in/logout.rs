//! Signing out, here and at the IdP.

use muster_simulator::sso::SamlApplication;

use super::{ADA, HERE, IDP, Site};

/// A site whose IdP knows our logout address and certificates.
async fn site() -> Site {
    let site = Site::new();
    let metadata = site.browser().get(&format!("{HERE}/sso/saml/{}/metadata", site.connection)).await;
    let ours = SamlApplication::from_metadata(&metadata.text).unwrap();
    assert!(ours.logout_url.is_some());
    site.idp.register_saml(SamlApplication { signs_requests: false, ..ours });
    site
}

#[tokio::test]
async fn ses_3_signing_out_ends_the_session_here_and_at_the_idp() {
    let site = site().await;
    let mut browser = site.browser();
    let account = site.sign_in(&mut browser).await;
    let cookie = browser.cookie(HERE, "muster").unwrap();
    let out = browser.submit(&account, &account.form("signout")).await;
    assert_eq!(out.url.path(), "/signin", "{}", out.words());
    assert!(browser.cookie(HERE, "muster").is_none());
    assert!(!browser.get(IDP).await.words().contains("Signed in as"), "also at the IdP");
    let mut thief = site.browser();
    thief.set_cookie(HERE, &format!("muster={cookie}; Path=/"));
    let page = thief.get(&format!("{HERE}/account")).await;
    assert!(page.words().contains("Your session has ended: signed out"), "{}", page.words());
}

#[tokio::test]
async fn ses_3_signing_out_at_the_idp_ends_the_session_here() {
    let site = site().await;
    let mut browser = site.browser();
    site.sign_in(&mut browser).await;
    let home = browser.get(IDP).await;
    browser.submit(&home, &home.form("sign-out")).await;
    let page = browser.get(&format!("{HERE}/account")).await;
    assert!(page.words().contains("signed out at the identity provider"), "{}", page.words());
}

#[tokio::test]
async fn ses_3_nobody_else_signs_somebody_out() {
    let site = site().await;
    let mut browser = site.browser();
    site.sign_in(&mut browser).await;
    let slo = format!("{HERE}/sso/saml/{}/slo", site.connection);
    for fields in [&[("SAMLRequest", "PHg+")][..], &[("SAMLResponse", "x")], &[]] {
        let page = browser.post_from(IDP, &slo, fields).await;
        assert_eq!(page.status, 403, "{}", page.words());
        let row = site.logged(&page);
        assert_eq!((row.connection, row.outcome.as_str()), (Some(site.connection), "refused"), "SSO-13");
    }
    assert_eq!(browser.get(&format!("{slo}?SAMLRequest=abc")).await.status, 403);
    assert!(browser.get(&format!("{HERE}/account")).await.words().contains(ADA));
}
