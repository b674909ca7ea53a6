//! Whatever somebody may try at the pages and addresses of signing in. None succeeds, each leaves a line.

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_simulator::sso::{IdentityProvider, Options, SamlApplication, saml::Answer};

use super::{ADA, HERE, IDP, Site, steps};

#[tokio::test]
async fn sso_7_an_answer_that_was_accepted_is_refused_from_then_on() {
    let site = Site::new();
    let mut browser = site.browser();
    let people = site.begin(&mut browser, ADA).await;
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let form = leaving.only_form();
    assert!(browser.submit(&leaving, &form).await.words().contains("Ada Lindqvist"));
    // The same form again, as with the back button, and in a new sign-in's name.
    let again = browser.submit(&leaving, &form).await;
    assert!(again.words().contains("We couldn't find your session."), "{}", again.words());
    assert_eq!(site.logged(&again).outcome, "refused");
}

#[tokio::test]
async fn sso_7_another_browser_cannot_end_a_sign_in() {
    let site = Site::new();
    let mut attacker = site.browser();
    let people = site.begin(&mut attacker, ADA).await;
    let leaving = site.pick(&mut attacker, &people, &[]).await;
    // The victim's browser is made to post the attacker's answer (login CSRF).
    let mut victim = site.browser();
    let page = victim.submit(&leaving, &leaving.only_form()).await;
    assert!(page.words().contains("We couldn't find your session."), "{}", page.words());
    assert!(victim.cookie(HERE, "muster").is_none());
    // Also when it has a sign-in of its own on the way.
    site.begin(&mut victim, ADA).await;
    let page = victim.submit(&leaving, &leaving.only_form()).await;
    assert!(page.words().contains("We couldn't find your session."), "{}", page.words());
    assert!(!site.is_known(ADA));
}

#[tokio::test]
async fn sso_7_a_sign_in_is_over_after_its_time() {
    let site = Site::new();
    let mut browser = site.browser();
    let people = site.begin(&mut browser, ADA).await;
    site.server.world.advance(std::time::Duration::from_secs(901));
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let page = browser.submit(&leaving, &leaving.only_form()).await;
    assert!(page.words().contains("We couldn't find your session."), "{}", page.words());
}

#[tokio::test]
async fn an_answer_for_one_connection_is_nothing_to_another() {
    let site = Site::new();
    let moby = site.server.organizations[0].clone();
    let entra = site.server.world.connection("entra", &[&moby]).build();
    let saml = muster_administration::metadata::settings(&site.idp.metadata(), 0).unwrap();
    site.server.world.settings(entra, move |settings| {
        settings.sso = Some(muster_model::connection::SingleSignOn::Saml(Box::new(saml.clone())));
    });
    let mut browser = site.browser();
    let people = browser.get(&format!("{HERE}/sso/saml/{}/login", site.connection)).await;
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let mut form = leaving.only_form();
    form.action = form.action.replace(&site.connection.to_string(), &entra.to_string());
    browser.follow_redirects(false);
    let acs = form.action.clone();
    let fields: Vec<(&str, &str)> = form.fields().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = browser.post_from(IDP, &acs, &fields).await;
    assert_eq!(page.status, 403, "{}", page.words());
    assert!(!site.is_known(ADA));
}

#[tokio::test]
async fn another_idp_with_the_same_name_signs_nobody_in() {
    let site = Site::new();
    let mut browser = site.browser();
    let people = site.begin(&mut browser, ADA).await;
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let form = leaving.only_form();
    // Its own keys, the same entity ID, the right request.
    let impostor = IdentityProvider::new(IDP, Options::default()).unwrap();
    let acs = form.action.clone();
    let application = SamlApplication::new(&acs, &acs.replace("/acs", "/metadata"));
    let answer = Answer {
        application: &application,
        request: Some("_unknown"),
        acs_url: &acs,
        profile: &site.ada(),
        fault: None,
        session_index: "_s",
        authn_context: None,
    };
    let forged = STANDARD.encode(impostor.saml_response(&answer).unwrap());
    let relay_state = form.value("RelayState").unwrap().to_owned();
    let page = browser.post_from(IDP, &acs, &[("SAMLResponse", &forged), ("RelayState", &relay_state)]).await;
    assert_eq!(page.status, 403);
    assert!(steps(&site.logged(&page)).contains("SSO-8 refused: the signature does not hold"));
    // The honest answer is still good: the forged one used nothing up.
    assert!(browser.submit(&leaving, &form).await.words().contains("Ada Lindqvist"));
}

#[tokio::test]
async fn sec_4_a_sign_in_makes_a_new_session_and_ends_the_one_before() {
    let site = Site::new();
    let mut browser = site.browser();
    // A session cookie that somebody planted is worth nothing, before and after.
    browser.set_cookie(HERE, "muster=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; Path=/");
    site.sign_in(&mut browser).await;
    let first = browser.cookie(HERE, "muster").unwrap();
    assert!(!first.starts_with("AAAA"));
    site.sign_in(&mut browser).await;
    let second = browser.cookie(HERE, "muster").unwrap();
    assert_ne!(first, second);
    let mut thief = site.browser();
    thief.set_cookie(HERE, &format!("muster={first}; Path=/"));
    let page = thief.get(&format!("{HERE}/account")).await;
    assert!(page.words().contains("replaced by a new sign-in in the same browser"), "{}", page.words());
}

#[tokio::test]
async fn forms_from_other_sites_are_refused() {
    let site = Site::new();
    let mut browser = site.browser();
    site.sign_in(&mut browser).await;
    for (path, fields) in [
        ("/signout", &[][..]),
        ("/signin", &[("email", ADA)]),
        ("/account/sessions/end", &[("session", "0190f5fe-7c2a-7000-8000-0123456789ab")]),
        ("/signin/continue", &[("key", "x"), ("connection", "y")]),
    ] {
        let page = browser.post_from("https://evil.example/page", &format!("{HERE}{path}"), fields).await;
        assert_eq!(page.status, 403, "{path}: {}", page.words());
    }
    assert!(browser.get(&format!("{HERE}/account")).await.words().contains("Ada Lindqvist"), "still signed in");
}

#[tokio::test]
async fn bad_forms_are_refused_with_words() {
    let site = Site::new();
    let mut browser = site.browser();
    let acs = format!("{HERE}/sso/saml/{}/acs", site.connection);
    for (fields, status) in [
        (&[("SAMLResponse", "x"), ("SAMLResponse", "y")][..], 400),
        (&[("SAMLResponse", "%%%")], 403),
        (&[("SAMLResponse", "PHg+")], 403),
        (&[("RelayState", "only")], 403),
        (&[], 403),
    ] {
        let page = browser.post_from(IDP, &acs, fields).await;
        assert_eq!(page.status, status, "{fields:?}: {}", page.words());
    }
    let huge = "A".repeat(800 * 1_024);
    assert_eq!(browser.post_from(IDP, &acs, &[("SAMLResponse", &huge)]).await.status, 413);
    for path in ["/sso/saml/nothing/acs", "/sso/saml/0190f5fe-7c2a-7000-8000-0123456789ab/acs"] {
        let page = browser.post_from(IDP, &format!("{HERE}{path}"), &[("SAMLResponse", "x")]).await;
        assert_eq!(page.status, 404, "{path}");
    }
}

#[tokio::test]
async fn sec_4_the_log_holds_no_signature_and_no_secret() {
    let site = Site::new();
    let mut browser = site.browser();
    site.sign_in(&mut browser).await;
    let row = site.newest();
    let body = muster_http::logged_body(&site.server.sealer, &row).unwrap().unwrap();
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains(ADA) && body.contains("\"attributes\""), "{body}");
    let secret = browser.cookie(HERE, "muster").unwrap();
    for secret in ["SignatureValue", "X509", &secret] {
        assert!(!body.contains(secret) && !steps(&row).contains(secret) && !row.target.contains(secret));
    }
}

#[tokio::test]
async fn pages_run_nothing_of_others_and_are_framed_by_nobody() {
    let site = Site::new();
    let mut browser = site.browser();
    let account = site.sign_in(&mut browser).await;
    let sign_in = browser.get(&format!("{HERE}/signin")).await;
    let missing = browser.get(&format!("{HERE}/nowhere")).await;
    for page in [&account, &sign_in, &missing] {
        let policy = page.header("content-security-policy");
        // A passkey needs a script of ours.
        let script =
            if page.url == sign_in.url { "script-src 'self'; connect-src 'self';" } else { "script-src 'none';" };
        for expected in ["default-src 'none'", script, "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(expected), "{}: {policy}", page.url);
        }
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("cache-control"), "no-store");
        let scripts = page.elements("script");
        let is_ours =
            |script: &muster_testkit::browser::Element| script.text.is_empty() && script.attribute("src").is_some();
        assert!(scripts.len() <= usize::from(page.url == sign_in.url) && scripts.iter().all(is_ours), "{}", page.url);
        assert!(!page.text.contains("style="), "{}", page.url);
    }
}

#[tokio::test]
async fn what_is_asserted_is_text_on_every_page() {
    let site = Site::new();
    let name = "<script>alert(1)</script>";
    let page = site.sign_in_with(&mut site.browser(), &[("given_name", name), ("groups", "moby:<b>x</b>")]).await;
    assert!(page.words().contains("<script>alert(1)</script>"), "{}", page.words());
    assert!(page.elements("script").is_empty() && page.elements("b").is_empty(), "{}", page.text);
}
