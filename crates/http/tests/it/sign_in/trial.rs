//! SSO-12: a test sign-in shows what arrived and what it would have come to, and keeps nothing of it.

use std::time::Duration;

use muster_model::ConnectionState;
use muster_simulator::sso::Fault;
use muster_testkit::browser::{Browser, Page};

use super::{ADA, HERE, IDP, Memory, Site, steps};

impl Site {
    async fn try_with(&self, browser: &mut Browser<Memory>, edits: &[(&str, &str)]) -> Page {
        let link = self.server.app.test_sign_in_link(self.connection).unwrap();
        let people = browser.get(&link).await;
        assert!(people.url.to_string().starts_with(IDP), "{}: {}", people.url, people.words());
        let leaving = self.pick(browser, &people, edits).await;
        browser.submit(&leaving, &leaving.only_form()).await
    }

    fn put_in_state(&self, state: ConnectionState) {
        let id = self.connection;
        let work = move |tx: &mut muster_store::Tx<'_>| {
            let mut connection = tx.connection(id)?.unwrap();
            connection.state = state;
            connection.version += 1;
            tx.update_connection(&connection)?;
            muster_engine::connections::changed(tx)
        };
        self.server.world.store.write_blocking(work).unwrap();
    }
}

#[tokio::test]
async fn sso_12_a_test_shows_what_arrives_in_whatever_state_the_connection_is_and_keeps_nothing() {
    let site = Site::new();
    for state in [ConnectionState::Active, ConnectionState::Draft, ConnectionState::Pilot, ConnectionState::Off] {
        site.put_in_state(state);
        let mut browser = site.browser();
        let page = site.try_with(&mut browser, &[("groups", "moby:backend")]).await;
        let words = page.words();
        for expected in [
            "would be signed in",
            "nothing has changed",
            ADA,
            "moby:backend",
            "SSO-8",
            "team.member.add",
            "JIT-3 added to backend",
        ] {
            assert!(words.contains(expected), "{expected}: {words}");
        }
        assert!(!site.is_known(ADA));
        assert_eq!(browser.get(&format!("{HERE}/account")).await.url.path(), "/signin", "no session began");
        let row = site.logged(&page);
        assert_eq!((row.kind.as_str(), row.outcome.as_str()), ("sso", "tested"));
        assert!(steps(&row).contains("SSO-8 checked"), "{}", steps(&row));
    }
}

#[tokio::test]
async fn sso_12_and_sso_13_whoever_tries_reads_why_it_fails() {
    let site = Site::new();
    let page = site.try_with(&mut site.browser(), &[("fault", Fault::WrongAudience.key())]).await;
    let words = page.words();
    assert!(words.contains("The test sign-in was refused") && words.contains("the audience is"), "{words}");
    assert!(steps(&site.logged(&page)).contains("the audience is"));
    // What a rule refuses is shown with everything that was decided before.
    let page = site.try_with(&mut site.browser(), &[("email", "ada@elsewhere.example")]).await;
    let words = page.words();
    assert!(words.contains("would be refused") && words.contains("elsewhere.example"), "{words}");
    // An ordinary sign-in tells a person nothing of the kind.
    let page = site.sign_in_wrongly(Fault::WrongAudience).await;
    assert!(!page.words().contains("audience"), "{}", page.words());
}

#[tokio::test]
async fn sso_7_a_tests_answer_works_once_and_signs_nobody_in() {
    let site = Site::new();
    let mut browser = site.browser();
    let people = browser.get(&site.server.app.test_sign_in_link(site.connection).unwrap()).await;
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let shown = browser.submit(&leaving, &leaving.only_form()).await;
    assert!(shown.words().contains("would be signed in"), "{}", shown.words());
    let again = browser.submit(&leaving, &leaving.only_form()).await;
    assert!(!again.words().contains("would be"), "{}", again.words());
    assert!(!site.is_known(ADA));
}

#[tokio::test]
async fn sec_4_a_tests_link_is_of_one_connection_and_good_for_a_quarter_of_an_hour() {
    let site = Site::new();
    let link = site.server.app.test_sign_in_link(site.connection).unwrap();
    let (other, cut) =
        (link.replace(&site.connection.to_string(), &uuid::Uuid::nil().to_string()), &link[..link.len() - 1]);
    for wrong in
        [other.as_str(), cut, &format!("{HERE}/sso/test/x/y"), &format!("{HERE}/sso/test/{}/%ff", site.connection)]
    {
        let page = site.browser().get(wrong).await;
        assert_eq!(page.status, 404, "{wrong}");
    }
    site.server.world.advance(Duration::from_secs(901));
    assert_eq!(site.browser().get(&link).await.status, 404);
}
