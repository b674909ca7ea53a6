//! SSO-8: an IdP's metadata fetched from where it is published, and its next key without a moment of refusal.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use axum::{Router, http::StatusCode, routing::get};
use base64::{Engine, engine::general_purpose::STANDARD};
use muster_engine::{
    EngineError, Env, Origin,
    declare::{self, Secrets},
};
use muster_http::Refreshed;
use muster_model::connection::{Saml, SingleSignOn};
use muster_simulator::sso::{IdentityProvider, Options};
use muster_store::IdpMetadata;
use muster_testkit::TestDocuments;
use tokio::net::TcpListener;

use super::{ADA, HERE, IDP, Site};

const ENOUGH: Duration = Duration::from_secs(31);

/// Where metadata is published, on loopback.
struct Published {
    url: String,
    /// What is answered; without, an error.
    text: Arc<Mutex<Option<String>>>,
    asked: Arc<AtomicUsize>,
}

impl Published {
    async fn start(text: String) -> Self {
        let text = Arc::new(Mutex::new(Some(text)));
        let asked = Arc::new(AtomicUsize::new(0));
        let (answers, counts) = (Arc::clone(&text), Arc::clone(&asked));
        let answer = move || {
            counts.fetch_add(1, Ordering::Relaxed);
            let answer = answers.lock().unwrap().clone().ok_or(StatusCode::BAD_GATEWAY);
            async { answer }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/metadata", listener.local_addr().unwrap());
        let router = Router::new().route("/metadata", get(answer));
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, text, asked }
    }

    fn say(&self, text: Option<String>) {
        *self.text.lock().unwrap() = text;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Site {
    /// States the connection's SAML settings as `muster apply` does.
    fn declare(&self, saml: Saml) {
        let mut declaration = self.server.world.read(declare::export);
        declaration.connections[0].sso = Some(SingleSignOn::Saml(Box::new(saml)));
        declaration.connections[0].scim.enabled = false;
        let clock = Arc::clone(&self.server.world.clock);
        let work = move |tx: &mut muster_store::Tx<'_>| {
            let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
            declare::apply(tx, &mut env, &declaration, false, &Secrets::default(), &TestDocuments)
        };
        self.server.world.store.write_blocking(work).unwrap();
    }

    fn fetching(&self) -> IdpMetadata {
        let id = self.connection;
        self.server.world.read(move |conn| Ok(conn.idp_metadata(id)?)).unwrap()
    }

    fn saml(&self) -> Saml {
        let id = self.connection;
        match self.server.world.read(move |conn| Ok(conn.connection(id)?)).unwrap().settings.sso {
            Some(SingleSignOn::Saml(saml)) => *saml,
            other => panic!("{other:?}"),
        }
    }
}

/// A site whose connection states nothing but where the IdP's metadata is, once that was fetched.
async fn site() -> (Site, Published) {
    let site = Site::new();
    let published = Published::start(site.idp.metadata()).await;
    site.declare(Saml { metadata_url: Some(published.url.clone()), ..Saml::default() });
    site.server.eventually(async || site.fetching().fetched.is_some()).await;
    (site, published)
}

#[tokio::test]
async fn sso_8_metadata_is_fetched_in_the_background_from_where_it_is_published() {
    let (site, published) = site().await;
    assert_eq!(site.saml().entity_id, site.idp.entity_id());
    let account = site.sign_in(&mut site.browser()).await;
    assert!(account.words().contains(ADA), "{}", account.words());
    // What was fetched stays when the same is stated again, and is fetched again within little more than an hour.
    site.declare(Saml { metadata_url: Some(published.url.clone()), encryption: true, ..Saml::default() });
    assert_eq!((site.saml().entity_id, site.saml().encryption), (site.idp.entity_id(), true));
    let before = published.asked();
    site.server.world.advance(Duration::from_secs(67 * 60));
    site.server.eventually(async || published.asked() > before && site.fetching().busy_until.is_none()).await;
    // Without the address nothing is fetched any more.
    site.declare(Saml { metadata_url: None, ..site.saml() });
    let id = site.connection;
    assert_eq!(site.server.world.read(move |conn| Ok(conn.idp_metadata(id)?)), None);
}

#[tokio::test]
async fn sso_8_a_new_key_takes_over_without_a_moment_of_refusal_and_the_former_counts_no_more() {
    let (site, published) = site().await;
    let mut former = site.browser();
    let people = site.begin(&mut former, ADA).await;
    let leaving = site.pick(&mut former, &people, &[]).await;
    // The IdP signs with its next key, which nobody was told of; several people come at once.
    site.idp.rotate_keys().unwrap();
    published.say(Some(site.idp.metadata()));
    site.server.world.advance(ENOUGH);
    let asked = published.asked();
    let (one, other, third) = (&mut site.browser(), &mut site.browser(), &mut site.browser());
    let (one, other, third) = tokio::join!(site.sign_in(one), site.sign_in(other), site.sign_in(third));
    for account in [one, other, third] {
        assert!(account.words().contains("This session"), "{}", account.words());
    }
    assert_eq!(published.asked(), asked + 1, "they were answered by one look");
    let refused = former.submit(&leaving, &leaving.only_form()).await;
    assert!(refused.words().contains("You are not signed in"), "{}", refused.words());
}

#[tokio::test]
async fn sso_8_and_sec_1_a_key_that_comes_meanwhile_does_not_disturb_who_is_on_the_way() {
    let (site, published) = site().await;
    let mut browser = site.browser();
    let people = site.begin(&mut browser, ADA).await;
    let leaving = site.pick(&mut browser, &people, &[]).await;
    site.idp.announce_keys().unwrap();
    published.say(Some(site.idp.metadata()));
    site.server.world.advance(ENOUGH);
    assert_eq!(site.server.app.refresh_metadata(site.connection).await.unwrap(), Refreshed::Changed);
    let account = browser.submit(&leaving, &leaving.only_form()).await;
    assert!(account.words().contains("This session"), "{}", account.words());
}

#[tokio::test]
async fn sso_8_strangers_do_not_make_the_metadata_be_fetched() {
    let (site, published) = site().await;
    let mut browser = site.browser();
    let people = site.begin(&mut browser, ADA).await;
    site.idp.rotate_keys().unwrap();
    let leaving = site.pick(&mut browser, &people, &[]).await;
    site.server.world.advance(ENOUGH);
    let asked = published.asked();
    // Another browser waits for nothing.
    let mut stranger = site.browser();
    let refused = stranger.submit(&leaving, &leaving.only_form()).await;
    assert!(refused.words().contains("You are not signed in"), "{}", refused.words());
    assert_eq!(published.asked(), asked);
}

#[tokio::test]
async fn sso_8_what_cannot_be_used_changes_nothing_and_the_reason_is_kept() {
    let (site, published) = site().await;
    let before = site.saml();
    let elsewhere = IdentityProvider::new("http://127.0.0.1:9300", Options::default()).unwrap().metadata();
    let over = site.idp.metadata().replacen("entityID=", "validUntil=\"2001-01-01T00:00:00Z\" entityID=", 1);
    for (answer, reason) in [
        (None, "answers 502 Bad Gateway"),
        (Some("<html>Maintenance</html>".to_owned()), "cannot be used: the metadata describes no identity provider"),
        (Some(over), "2001-01-01T00:00:00Z"),
        (Some("x".repeat((1 << 20) + 1)), "more than"),
        (Some(elsewhere), "the connection's identity provider is"),
    ] {
        published.say(answer);
        site.server.world.advance(ENOUGH);
        assert_eq!(site.server.app.refresh_metadata(site.connection).await.unwrap(), Refreshed::Same);
        let failure = site.fetching().failure.unwrap_or_default();
        assert!(failure.contains(reason), "{reason}: {failure}");
        assert_eq!(site.saml(), before);
    }
    // A moment later nobody asks again, and who is signed in by what is known is signed in.
    assert_eq!(site.server.app.refresh_metadata(site.connection).await.unwrap(), Refreshed::NotNow);
    assert!(site.sign_in(&mut site.browser()).await.words().contains("This session"));
    published.say(Some(site.idp.metadata()));
    site.server.world.advance(ENOUGH);
    site.server.app.refresh_metadata(site.connection).await.unwrap();
    assert_eq!((site.fetching().failure, site.fetching().failures), (None, 0));
    // An administrator says that the identity provider was replaced.
    let replaced =
        Saml { metadata_url: before.metadata_url.clone(), entity_id: "https://new.example".into(), ..before };
    site.declare(replaced);
    assert_eq!(site.saml().entity_id, "https://new.example");
}

#[tokio::test]
async fn sec_3_metadata_is_not_fetched_from_private_addresses() {
    let site = Site::new();
    // The tests allow 127.0.0.1 and no other address of this machine.
    let private = Saml { metadata_url: Some("http://127.0.0.2:1/metadata".into()), ..Saml::default() };
    site.declare(private);
    site.server.eventually(async || site.fetching().failure.is_some()).await;
    let failure = site.fetching().failure.unwrap();
    assert!(failure.contains("127.0.0.2") && site.fetching().due > site.fetching().tried.unwrap(), "{failure}");
    let page = site.browser().get(&format!("{HERE}/signin")).await;
    let refused = site.browser().submit(&page, &page.only_form().with("email", ADA)).await;
    assert!(!refused.url.to_string().starts_with(IDP), "{}", refused.words());
}

/// Settings change after an answer was checked and before it is committed: the account page, or what is told instead.
async fn meanwhile(change: impl FnMut(&mut Saml) + Send + Clone + 'static) -> String {
    let site = Site::new();
    let mut browser = site.browser();
    let people = site.begin(&mut browser, ADA).await;
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let (store, connection) = (site.server.world.store.clone(), site.connection);
    // The writer is busy until it is told, and then changes the settings; the answer is checked meanwhile, and waits.
    let (release, wait) = mpsc::channel::<()>();
    let (begun, has_begun) = mpsc::channel::<()>();
    let (wait, begun) = (Mutex::new(wait), Mutex::new(begun));
    let changes = store.clone();
    let changing = thread::spawn(move || {
        changes.write_blocking::<_, EngineError, _>(move |tx| {
            begun.lock().unwrap().send(()).unwrap();
            wait.lock().unwrap().recv().unwrap();
            let mut row = tx.connection(connection)?.unwrap();
            if let Some(SingleSignOn::Saml(saml)) = &mut row.settings.sso {
                (change.clone())(saml);
            }
            row.version += 1;
            tx.update_connection(&row)?;
            muster_engine::connections::changed(tx)
        })
    });
    has_begun.recv().unwrap();
    // What the background wants to write waits already.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let waiting = store.stats().queued_writes;
    let form = leaving.only_form();
    let answering = browser.submit(&leaving, &form);
    let releasing = async {
        site.server.eventually(async || store.stats().queued_writes > waiting).await;
        release.send(()).unwrap();
    };
    let (page, ()) = tokio::join!(answering, releasing);
    changing.join().unwrap().unwrap();
    page.words()
}

#[tokio::test]
async fn sec_1_and_sso_8_an_answer_is_accepted_by_the_settings_of_its_commit() {
    // Writes of PostgreSQL do not wait for one another, so that one cannot be brought between another's look and its commit:
    // whichever commits first, the other runs again.
    if std::env::var("MUSTER_TEST_POSTGRES").is_ok() {
        return;
    }
    let another = muster_crypto::OwnKey::generate("another", 0, 4_000_000_000).unwrap();
    let another = STANDARD.encode(another.certificate);
    let next = another.clone();
    let words = meanwhile(move |saml| saml.certificates.push(next.clone())).await;
    assert!(words.contains("This session"), "a further certificate disturbs nobody: {words}");
    let words = meanwhile(move |saml| saml.certificates = vec![another.clone()]).await;
    assert!(words.contains("the connection's settings have just changed"), "it is not trusted any more: {words}");
    let words = meanwhile(|saml| saml.entity_id.push('x')).await;
    assert!(words.contains("the connection's settings have just changed"), "{words}");
}
