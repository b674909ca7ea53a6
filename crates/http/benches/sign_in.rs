//! What a sign-in costs: an IdP's answer at the assertion consumer service, beside its two unavoidable parts, the bare
//! verification of the same document and one commit.
//!
//! `cargo bench -p muster-http --bench sign_in`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise"
)]

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Request, StatusCode, header};
use muster_crypto::{DataKey, Sealer};
use muster_engine::Surroundings;
use muster_http::{App, AppOptions, Limits};
use muster_model::{
    ConnectionId, Timestamp,
    connection::{Saml, SingleSignOn},
};
use muster_outbound::{Allowed, Outbound};
use muster_saml::{Signers, response};
use muster_simulator::sso::{IdentityProvider, Options as IdpOptions, Profile, SamlApplication, saml::Answer};
use muster_store::{Database, Options, Store, StoreError};
use muster_testkit::World;
use tower::ServiceExt;
use uuid::Uuid;

const HERE: &str = "http://127.0.0.1:8080";
const IDP: &str = "http://127.0.0.1:9200";
/// Sign-ins in each measurement.
const COUNT: usize = 600;
/// How many people sign in; most have signed in before.
const PEOPLE: usize = 300;

/// A sign-in that waits for its answer.
struct Waiting {
    body: String,
    cookie: String,
    message: String,
    request: String,
}

struct Site {
    router: Router,
    store: Store,
    idp: IdentityProvider,
    application: SamlApplication,
    connection: ConnectionId,
    now: i64,
}

fn main() {
    let folder = std::env::temp_dir().join(format!("muster-sign-in-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder is made");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(&folder));
    drop(std::fs::remove_dir_all(&folder));
}

async fn measure(folder: &Path) {
    let site = site(folder);
    // Everybody once, so that the figures are those of a usual morning; and for what is cached.
    let first = prepare(&site, PEOPLE, 0).await;
    run(&site, first, 32).await;
    println!("{:<44} {:>10} {:>10} {:>12}", "", "p50 us", "p99 us", "per second");
    let waiting = prepare(&site, COUNT, 0).await;
    verify(&site, &waiting);
    commit(&site, 1).await;
    report("answer, one client", run(&site, waiting, 1).await);
    commit(&site, 32).await;
    let waiting = prepare(&site, COUNT, 0).await;
    report("answer, 32 clients", run(&site, waiting, 32).await);
    let waiting = prepare(&site, COUNT, PEOPLE).await;
    report("answer of a new person, 32 clients", run(&site, waiting, 32).await);
}

fn site(folder: &Path) -> Site {
    let store = Store::open(&Options::new(Database::Sqlite { path: folder.join("muster.db") })).expect("a store");
    let world = World::on(store);
    let moby = world.organization("moby");
    let connection = world.connection("okta", &[&moby]).build();
    let now = world.clock.now().seconds();
    let idp_options = IdpOptions { clock: Arc::new(move || now), ..IdpOptions::default() };
    let idp = IdentityProvider::new(IDP, idp_options).expect("an identity provider");
    let saml: Saml = muster_administration::metadata::settings(&idp.metadata(), now).expect("its metadata");
    world.settings(connection, move |settings| {
        settings.scim.enabled = false;
        settings.sso = Some(SingleSignOn::Saml(Box::new(saml.clone())));
    });
    let sealer = Arc::new(Sealer::new(&[DataKey::generate(1).expect("a key")]).expect("a sealer"));
    let options = AppOptions {
        store: world.store.clone(),
        surroundings: Arc::clone(&world.clock) as _,
        sealer,
        base_url: HERE.to_owned(),
        limits: Limits::default(),
        outbound: Outbound::new(Allowed::default()).unwrap(),
        sends_mail: true,
    };
    let at = |path: &str| format!("{HERE}/sso/saml/{connection}/{path}");
    let application = SamlApplication::new(&at("acs"), &at("metadata"));
    let store = world.store.clone();
    Site { router: muster_http::router(&App::new(options)), store, idp, application, connection, now }
}

/// Begins sign-ins, and has the IdP answer each.
async fn prepare(site: &Site, count: usize, from: usize) -> Vec<Waiting> {
    let mut waiting = Vec::with_capacity(count);
    for number in 0..count {
        let email = format!("person{}@example.com", from + number % PEOPLE.max(count - PEOPLE));
        waiting.push(answered(site, &email, begun(site).await));
    }
    waiting
}

/// Sends a browser to the IdP: where to, and its cookie.
async fn begun(site: &Site) -> (String, String) {
    let uri = format!("{HERE}/sso/saml/{}/login", site.connection);
    let response = site.router.clone().oneshot(Request::get(uri).body(Body::empty()).unwrap()).await.unwrap();
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let cookie = text(header::SET_COOKIE).split(';').next().unwrap_or_default().to_owned();
    (text(header::LOCATION), cookie)
}

fn answered(site: &Site, email: &str, (location, cookie): (String, String)) -> Waiting {
    let query = location.split_once('?').unwrap().1;
    let field =
        |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).unwrap().1.into_owned();
    let xml = miniz_oxide::inflate::decompress_to_vec(&STANDARD.decode(field("SAMLRequest")).unwrap()).unwrap();
    let xml = String::from_utf8(xml).unwrap();
    let request = xml.split_once(" ID=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let profile = Profile {
        subject: email.to_owned(),
        email: email.to_owned(),
        given_name: "Some".to_owned(),
        family_name: "Body".to_owned(),
        groups: Some(vec!["moby:backend".to_owned(), "moby:company".to_owned()]),
        ..Profile::default()
    };
    let acs = site.application.acs_urls[0].clone();
    let answer = Answer {
        application: &site.application,
        request: Some(&request),
        acs_url: &acs,
        profile: &profile,
        fault: None,
        session_index: "_session",
        authn_context: None,
    };
    let message = STANDARD.encode(site.idp.saml_response(&answer).unwrap());
    let pairs = [("SAMLResponse", message.as_str()), ("RelayState", &field("RelayState"))];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    Waiting { body, cookie, message, request }
}

/// The bare verification of the same documents, with the checks of the profile.
fn verify(site: &Site, waiting: &[Waiting]) {
    let provider = muster_saml::metadata::read(&site.idp.metadata(), site.now).unwrap();
    let signers = Signers::new(provider.certificates.iter().map(Vec::as_slice)).unwrap();
    let times = waiting.iter().map(|one| {
        let expected = response::Expected {
            issuer: &provider.entity_id,
            audience: &site.application.entity_id,
            acs_url: &site.application.acs_urls[0],
            request: Some(&one.request),
            authn_contexts: &[],
            now: site.now,
        };
        let began = Instant::now();
        response::read(&one.message, &signers, None, &expected).expect("it verifies");
        began.elapsed()
    });
    let times: Vec<Duration> = times.collect();
    let whole = times.iter().sum();
    report("verification alone, one thread", (times, whole));
}

/// One commit of one row: what an answer marks as used, so that it is accepted once.
async fn commit(site: &Site, clients: usize) {
    let left = Arc::new(Mutex::new(COUNT));
    let began = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (store, left, until) =
                (site.store.clone(), Arc::clone(&left), Timestamp((site.now + 3_600) * 1_000_000));
            tokio::spawn(async move {
                let mut times = Vec::new();
                while take(&left) {
                    let name = muster_crypto::sha256(Uuid::now_v7().as_bytes());
                    let began = Instant::now();
                    let written = store.write(move |tx| tx.use_once(Uuid::max(), &name, until));
                    let is_new: Result<bool, StoreError> = written.await;
                    times.push(began.elapsed());
                    assert!(is_new.unwrap());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    report(&format!("one commit, {clients} clients"), (times, began.elapsed()));
}

fn take(left: &Mutex<usize>) -> bool {
    let mut left = left.lock().unwrap();
    let is_some = *left > 0;
    *left = left.saturating_sub(1);
    is_some
}

/// Brings answers; how long each took, and all together.
async fn run(site: &Site, waiting: Vec<Waiting>, clients: usize) -> (Vec<Duration>, Duration) {
    let waiting = Arc::new(Mutex::new(VecDeque::from(waiting)));
    let began = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (router, waiting) = (site.router.clone(), Arc::clone(&waiting));
            let acs = site.application.acs_urls[0].clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                loop {
                    let Some(next) = waiting.lock().unwrap().pop_front() else { break };
                    let request = Request::post(&acs)
                        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                        .header(header::COOKIE, next.cookie)
                        .body(Body::from(next.body))
                        .unwrap();
                    let began = Instant::now();
                    let answer = router.clone().oneshot(request).await.unwrap();
                    times.push(began.elapsed());
                    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    (times, began.elapsed())
}

fn report(what: &str, (mut times, whole): (Vec<Duration>, Duration)) {
    times.sort();
    let at =
        |percent: usize| times.get((times.len() * percent / 100).min(times.len() - 1)).map_or(0, Duration::as_micros);
    let rate = times.len() as f64 / whole.as_secs_f64();
    println!("{what:<44} {:>10} {:>10} {rate:>12.0}", at(50), at(99));
}
