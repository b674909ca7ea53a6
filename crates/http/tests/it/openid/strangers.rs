//! What somebody can cause who begins sign-ins and ends none (SSO-7).

use muster_simulator::sso::{IdentityProvider, Options};

use super::{ADA, HERE, Site};

/// A parameter of an address.
fn parameter(address: &str, name: &str) -> String {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let mut found = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
    found.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test]
async fn sso_7_whoever_begins_sign_ins_without_end_leaves_nothing_and_locks_nobody_out() {
    let site = Site::new().await;
    let moby = site.server.organizations[0].clone();
    let saml = site.server.world.connection("saml", &[&moby]).build();
    let idp = IdentityProvider::new("http://127.0.0.1:9200", Options::default()).unwrap();
    let settings = muster_administration::metadata::settings(&idp.metadata(), 0).unwrap();
    site.server.world.settings(saml, move |known| {
        known.sso = Some(muster_model::connection::SingleSignOn::Saml(Box::new(settings.clone())));
    });
    let mut person = site.browser();
    let people = site.begin(&mut person).await;
    let before = site.server.stored();
    for number in 0..300 {
        let connection = if number % 2 == 0 { site.connection } else { saml };
        let begun = site.server.to("GET", &format!("/sso/saml/{connection}/login")).send().await.due(303);
        // saml-bindings-2.0 §3.4.3: RelayState has 80 bytes at most.
        let relay_state = parameter(begun.header("location"), "RelayState");
        assert!(relay_state.len() <= 80 && (number % 2 == 0 || relay_state.len() > 40), "{relay_state}");
    }
    site.server.stored_nothing_since(&before);
    let account = person.submit(&people, &people.only_form().by("person", "ada")).await;
    assert!(account.words().contains(ADA), "{}", account.words());
}

#[tokio::test]
async fn sso_7_a_state_that_was_changed_or_made_up_is_nobody_s() {
    let site = Site::new().await;
    let mut browser = site.browser();
    browser.follow_redirects(false);
    let page = browser.get(&format!("{HERE}/signin")).await;
    let sent = browser.submit(&page, &page.only_form().with("email", ADA)).await.location().unwrap();
    let state = parameter(&sent, "state");
    let mut made_up = vec!["x".to_owned(), "A".repeat(43), "A".repeat(116), format!("{state}A"), state[1..].to_owned()];
    for at in 0..state.len() {
        let other = if &state[at..=at] == "B" { "C" } else { "B" };
        made_up.push(format!("{}{other}{}", &state[..at], &state[at + 1..]));
    }
    for state in made_up {
        let refused = browser.get(&format!("{HERE}/sso/oidc/callback?code=c&state={state}")).await;
        assert!(refused.words().contains("We couldn't find your session."), "{state}: {}", refused.words());
    }
}
