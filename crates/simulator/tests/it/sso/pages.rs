//! The pages that people see.

use super::{ACS, IDP, SP, application, browser, provider, sent};
use base64::{Engine, engine::general_purpose::STANDARD};

#[tokio::test]
async fn every_page_says_what_it_is_and_runs_nothing_that_is_not_named() {
    let provider = provider();
    provider.register_saml(application());
    let mut browser = browser(&provider);
    let home = browser.get(IDP).await;
    let people = browser.submit(&home, &home.form("application")).await;
    let edit = browser.follow(&people, &people.link("Edit")).await;
    let sending = browser.submit(&edit, &edit.only_form()).await;
    let unknown = browser.get(&format!("{IDP}/elsewhere")).await;
    for page in [&home, &people, &edit, &sending, &unknown] {
        assert!(page.words().starts_with("Simulated identity provider: not for production."), "{}", page.words());
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(policy.contains("script-src 'sha256-"), page.url == sending.url && page.text.contains("<script>"));
        for field in page.elements("input") {
            let is_named = field.attribute("type") == Some("hidden") || page.text.contains("<label");
            assert!(is_named, "{field:?}");
        }
    }
    assert!(sending.header("content-security-policy").contains("form-action 'self' http://127.0.0.1:8080;"));
    assert_eq!(browser.get(&format!("{IDP}/style.css")).await.header("content-type"), "text/css; charset=utf-8");
}

#[tokio::test]
async fn sso_4_what_is_edited_is_what_is_sent() {
    let provider = provider();
    provider.register_saml(application());
    let mut browser = browser(&provider);
    let home = browser.get(IDP).await;
    let people = browser.submit(&home, &home.form("application")).await;
    let edit = browser.follow(&people, &people.link("Edit")).await;
    let form = edit.only_form();
    assert_eq!(form.value("groups"), Some("moby:developers\nEveryone"));
    let form = form
        .with("email", "ada@whale.example")
        .with("given_name", "Augusta <Ada>")
        .with("groups", "whale:support\r\n\r\n moby:designers \r\n")
        .with("organization", "whale")
        .with("session_minutes", "5");
    let sending = browser.submit(&edit, &form).await;
    let response = STANDARD.decode(sending.only_form().value("SAMLResponse").unwrap()).unwrap();
    let response = String::from_utf8(response).unwrap();
    for said in [
        ">ada@whale.example</saml:NameID>",
        ">Augusta &lt;Ada&gt; Lindqvist<",
        ">whale:support<",
        ">moby:designers<",
        "Name=\"dockerOrg\"",
        ">5<",
    ] {
        assert!(response.contains(said), "{said} is missing in {response}");
    }
    // Nobody asked, so nothing is answered (SSO-3).
    assert!(!response.contains("InResponseTo"));
    let edit = browser.follow(&people, &people.link("Edit")).await;
    let sending = browser.submit(&edit, &edit.only_form().without("send_groups")).await;
    let response = STANDARD.decode(sending.only_form().value("SAMLResponse").unwrap()).unwrap();
    assert!(!String::from_utf8(response).unwrap().contains("Name=\"groups\""));
}

#[tokio::test]
async fn sso_7_a_replay_is_the_last_response_byte_for_byte() {
    let provider = provider();
    provider.register_saml(application());
    let mut browser = browser(&provider);
    let home = browser.get(IDP).await;
    let people = browser.submit(&home, &home.form("application")).await;
    let edit = browser.follow(&people, &people.link("Edit")).await;
    let again = edit.only_form().with("fault", "replay");
    let nothing = browser.submit(&edit, &again).await;
    assert!(nothing.words().contains("Nothing was sent to this application yet"));
    let first = browser.submit(&edit, &edit.only_form()).await;
    let second = browser.submit(&edit, &again).await;
    assert!(second.words().contains("Replay. Refuse it"), "{}", second.words());
    let arrived = browser.submit(&second, &second.only_form()).await;
    assert_eq!(arrived.url.to_string(), ACS);
    assert_eq!(sent(&arrived.text, "SAMLResponse").as_deref(), first.only_form().value("SAMLResponse"));
}

#[tokio::test]
async fn who_cancels_is_signed_in_nowhere() {
    let provider = provider();
    provider.register_saml(application());
    let mut browser = browser(&provider);
    let home = browser.get(IDP).await;
    let people = browser.submit(&home, &home.form("application")).await;
    let sending = browser.submit(&people, &people.only_form().by("choice", "cancel")).await;
    let response = STANDARD.decode(sending.only_form().value("SAMLResponse").unwrap()).unwrap();
    let response = String::from_utf8(response).unwrap();
    assert!(response.contains("status:AuthnFailed") && !response.contains("<saml:Assertion"), "{response}");
    assert!(!browser.get(IDP).await.words().contains("Signed in as"));
}

#[tokio::test]
async fn markup_in_names_is_shown_as_text() {
    let provider = provider();
    provider.register_saml(muster_simulator::sso::SamlApplication::new(ACS, &format!("{SP}?<script>")));
    let mut browser = browser(&provider);
    let home = browser.get(IDP).await;
    assert!(home.words().contains("metadata?<script>") && !home.text.contains("<script>"));
}
