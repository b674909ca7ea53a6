//! How long it takes from a deactivation over SCIM until somebody is out: their cookie and their refresh token are refused by another
//! node, the product's back-channel logout and a webhook have arrived.
//!
//! `cargo bench -p muster-http --bench kill_path`; with `MUSTER_BENCH_POSTGRES=postgres://…`, three nodes share that database, else
//! they share one store.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first surprise"
)]

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, body::Body, body::Bytes, extract::State, routing::post};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use muster_crypto::{DataKey, Sealer, TokenPrefix, TokenText, WebhookSecret};
use muster_engine::{
    openid::clients,
    sessions,
    webhooks::settings::{self, Made, Stated},
};
use muster_http::{App, AppOptions, Limits};
use muster_model::{
    AccountId, ConnectionId, WebhookId,
    client::{ClientScope, ClientSettings, GrantType},
    session::ClientKind,
};
use muster_outbound::Outbound;
use muster_store::{Database, Options, PostgresOptions, Store};
use muster_testkit::World;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

const HERE: &str = "http://127.0.0.1:8080";
const CALLBACK: &str = "http://127.0.0.1/callback";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// People who are deactivated, so many at a time.
const PEOPLE: usize = 400;
const AT_ONCE: usize = 8;

/// When what arrived, by whom it is about.
#[derive(Clone, Default)]
struct Arrived {
    logouts: Arc<Mutex<HashMap<String, Instant>>>,
    hooks: Arc<Mutex<HashMap<String, Instant>>>,
}

struct Site {
    nodes: Vec<(Router, App)>,
    connection: ConnectionId,
    scim: String,
    client: String,
    secret: String,
    arrived: Arrived,
}

/// Somebody with a session and a product's refresh token.
struct Person {
    user: String,
    account: AccountId,
    cookie: String,
    refresh: String,
}

fn main() {
    let folder = std::env::temp_dir().join(format!("muster-kill-path-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder is made");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    println!("{:<34} {:>10} {:>10} {:>10}", "ms from the request", "p50", "p99", "longest");
    for nodes in [1, 3] {
        runtime.block_on(measure(&folder.join(format!("{nodes}.db")), nodes));
    }
    drop(std::fs::remove_dir_all(&folder));
}

fn stores(path: &Path, nodes: usize) -> Vec<Store> {
    let Ok(url) = std::env::var("MUSTER_BENCH_POSTGRES") else {
        let store = Store::open(&Options::new(Database::Sqlite { path: path.to_owned() })).expect("a store");
        return vec![store; nodes];
    };
    let schema = format!("kill_path_{}", Uuid::now_v7().simple());
    let open = |_| {
        let mut postgres = PostgresOptions::new(&url);
        postgres.schema = Some(schema.clone());
        Store::open(&Options::new(Database::Postgres(postgres))).expect("a store")
    };
    (0..nodes).map(open).collect()
}

async fn measure(path: &Path, nodes: usize) {
    let stores = stores(path, nodes);
    let world = World::on(stores[0].clone());
    let site = site(&world, &stores).await;
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        people.push(person(&site, &world, number).await);
    }
    let site = Arc::new(site);
    let people = Arc::new(Mutex::new(people));
    let times: Arc<Mutex<Vec<[Duration; 4]>>> = Arc::default();
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|worker| {
            let (site, people, times) = (Arc::clone(&site), Arc::clone(&people), Arc::clone(&times));
            tokio::spawn(async move {
                loop {
                    let Some(person) = people.lock().unwrap().pop() else { return };
                    let took = out(&site, &person, worker).await;
                    times.lock().unwrap().push(took);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let times = times.lock().unwrap().clone();
    let words = ["cookie refused", "refresh refused", "back-channel logout arrived", "webhook arrived"];
    for (index, what) in words.iter().enumerate() {
        let mut of: Vec<Duration> = times.iter().map(|times| times[index]).collect();
        of.sort();
        let at = |percent: usize| of[(of.len() * percent / 100).min(of.len() - 1)].as_secs_f64() * 1_000.0;
        println!("{:<34} {:>10.1} {:>10.1} {:>10.1}", format!("{nodes} node(s): {what}"), at(50), at(99), at(100));
    }
    for (_, app) in &site.nodes {
        app.close().await;
    }
}

async fn site(world: &World, stores: &[Store]) -> Site {
    let arrived = Arrived::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let there = format!("http://{}", listener.local_addr().unwrap());
    let router =
        Router::new().route("/logout", post(take_logout)).route("/hook", post(take_hook)).with_state(arrived.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let moby = world.organization("moby");
    let connection: ConnectionId = world.connection("okta", &[&moby]).build();
    let scim = world.scim_token(connection).expose().to_owned();
    let sealer = Arc::new(Sealer::new(&[DataKey::generate(1).unwrap()]).unwrap());
    let secret = TokenText::generate(TokenPrefix::Client).unwrap();
    let (hash, logout) = (secret.hash(), format!("{there}/logout"));
    let client = world.by_hand(move |tx, env| {
        let settings = ClientSettings {
            confidential: true,
            redirect_uris: vec![CALLBACK.to_owned()],
            backchannel_logout_uri: Some(logout.clone()),
            grants: GrantType::ALL.into_iter().collect(),
            scopes: ClientScope::ALL.into_iter().collect(),
            ..ClientSettings::default()
        };
        let stated = clients::Stated { name: "app".to_owned(), kind: ClientKind::Web, settings };
        clients::create(tx, env, None, stated, Some(&hash))
    });
    let made = Made::seal(&sealer, WebhookId(Uuid::now_v7()), &WebhookSecret::generate().unwrap()).unwrap();
    world
        .by_hand(move |tx, env| {
            let stated = Stated {
                name: "app".to_owned(),
                url: format!("{there}/hook"),
                events: vec!["member.suspended".to_owned()],
            };
            settings::create(tx, env, Some(moby.id), stated, Some(&made))
        })
        .unwrap();
    let outbound = Outbound::new("127.0.0.1".parse().unwrap()).unwrap();
    let node = |store: &Store| {
        let app = App::new(AppOptions {
            store: store.clone(),
            surroundings: Arc::clone(&world.clock) as _,
            sealer: Arc::clone(&sealer),
            base_url: HERE.to_owned(),
            limits: Limits::default(),
            outbound: outbound.clone(),
            sends_mail: true,
        });
        (muster_http::router(&app), app)
    };
    let client = client.unwrap().id.to_string();
    Site {
        nodes: stores.iter().map(node).collect(),
        connection,
        scim,
        client,
        secret: secret.expose().to_owned(),
        arrived,
    }
}

async fn take_hook(State(arrived): State<Arrived>, body: Bytes) -> StatusCode {
    let value: Value = serde_json::from_slice(&body).unwrap();
    let account = value["data"]["account"]["id"].as_str().unwrap_or_default().to_owned();
    arrived.hooks.lock().unwrap().entry(account).or_insert_with(Instant::now);
    StatusCode::OK
}

async fn take_logout(State(arrived): State<Arrived>, body: Bytes) -> StatusCode {
    let (_, token) = form_urlencoded::parse(&body).next().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let account = claims["sub"].as_str().unwrap().to_owned();
    arrived.logouts.lock().unwrap().entry(account).or_insert_with(Instant::now);
    StatusCode::OK
}

async fn send(router: &Router, request: Request<Body>) -> (StatusCode, http::HeaderMap, Vec<u8>) {
    let answer = router.clone().oneshot(request).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.into_body().collect().await.unwrap().to_bytes().to_vec())
}

impl Site {
    fn node(&self, number: usize) -> &Router {
        &self.nodes[number % self.nodes.len()].0
    }

    fn scim(&self, method: &str, path: &str, body: &Value) -> Request<Body> {
        Request::builder()
            .method(method)
            .uri(format!("/scim/v2{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.scim))
            .header(header::CONTENT_TYPE, "application/scim+json")
            .body(Body::from(body.to_string()))
            .unwrap()
    }

    fn token(&self, form: &[(&str, &str)]) -> Request<Body> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .append_pair("client_id", &self.client)
            .append_pair("client_secret", &self.secret)
            .finish();
        Request::post("/oauth2/token")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap()
    }
}

/// Somebody, signed in and at a product.
async fn person(site: &Site, world: &World, number: usize) -> Person {
    let email = format!("p{number}@example.com");
    let user = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email, "active": true,
        "name": {"givenName": "P", "familyName": number.to_string()}, "emails": [{"value": email, "primary": true}]});
    let (status, _, body) = send(site.node(0), site.scim("POST", "/Users", &user)).await;
    assert_eq!(status, StatusCode::CREATED);
    let user = serde_json::from_slice::<Value>(&body).unwrap()["id"].as_str().unwrap().to_owned();
    let account = world.account_of(&email).unwrap().id;
    let connection = site.connection;
    let text = URL_SAFE_NO_PAD.encode(Uuid::now_v7().as_bytes().repeat(2));
    let hash = muster_crypto::sha256(text.as_bytes());
    world
        .by_hand(move |tx, env| {
            let begin = sessions::Begin {
                hash,
                kind: ClientKind::Web,
                device: "Firefox".to_owned(),
                idp: None,
                not_after: None,
                replaces: None,
            };
            // As somebody whom the directory's own identity provider signed in.
            let through = tx.connection(connection)?;
            sessions::begin(tx, env, account, through.as_ref(), begin).map(drop)
        })
        .unwrap();
    let cookie = format!("muster={text}");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", site.client.as_str()),
            ("response_type", "code"),
            ("scope", "openid"),
            ("redirect_uri", CALLBACK),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let request = Request::get(format!("/oauth2/authorize?{query}")).header(header::COOKIE, &cookie);
    let (_, headers, _) = send(site.node(0), request.body(Body::empty()).unwrap()).await;
    let location = headers[header::LOCATION].to_str().unwrap();
    let (_, query) = location.split_once('?').unwrap();
    let (_, code) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let (status, _, body) = send(site.node(0), site.token(&form)).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
    let refresh = serde_json::from_slice::<Value>(&body).unwrap()["refresh_token"].as_str().unwrap().to_owned();
    Person { user, account, cookie, refresh }
}

/// Deactivates somebody; how long it takes until each is so.
async fn out(site: &Site, person: &Person, worker: usize) -> [Duration; 4] {
    let operation = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "active", "value": false}]});
    let began = Instant::now();
    let (status, _, body) =
        send(site.node(worker), site.scim("PATCH", &format!("/Users/{}", person.user), &operation)).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
    let other = site.node(worker + 1);
    let cookie = loop {
        let request = Request::get("/account").header(header::COOKIE, &person.cookie).body(Body::empty()).unwrap();
        if send(other, request).await.0 == StatusCode::SEE_OTHER {
            break began.elapsed();
        }
    };
    let refresh = loop {
        let form = [("grant_type", "refresh_token"), ("refresh_token", person.refresh.as_str())];
        if send(other, site.token(&form)).await.0 == StatusCode::BAD_REQUEST {
            break began.elapsed();
        }
    };
    let account = person.account.to_string();
    let arrival = async |all: &Mutex<HashMap<String, Instant>>| {
        for _ in 0..10_000 {
            if let Some(at) = all.lock().unwrap().get(&account) {
                return Some(at.duration_since(began));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        None
    };
    let logout = arrival(&site.arrived.logouts).await.expect("the logout arrives within twenty seconds");
    [cookie, refresh, logout, arrival(&site.arrived.hooks).await.expect("the webhook arrives within twenty seconds")]
}
