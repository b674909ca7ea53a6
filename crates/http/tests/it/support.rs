//! A server in memory, and a client of it.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use muster_crypto::{DataKey, Sealer, TokenText};
use muster_http::{App, AppOptions, Limits};
use muster_model::{ConnectionId, Organization, RequestId};
use muster_outbound::{Outbound, dns::Dns};
use muster_store::RequestRow;
use muster_testkit::{DnsServer, World};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) const BASE_URL: &str = "https://muster.test";
pub(crate) const SCIM: &str = "/scim/v2";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const DOCKER: &str = "urn:ietf:params:scim:schemas:extension:docker:2.0:User";

/// An installation with a connection `okta` that covers `moby` and `whale`.
pub(crate) struct Server {
    pub(crate) world: World,
    pub(crate) app: App,
    pub(crate) router: Router,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) connection: ConnectionId,
    pub(crate) token: TokenText,
    base_url: &'static str,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A request in the making.
pub(crate) struct Sending<'s> {
    server: &'s Server,
    builder: http::request::Builder,
    body: Body,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        Self::made(limits, BASE_URL)
    }

    /// Reached under this address.
    pub(crate) fn at(base_url: &'static str) -> Self {
        Self::made(Limits::default(), base_url)
    }

    fn made(limits: Limits, base_url: &'static str) -> Self {
        let world = World::new();
        let organizations = vec![world.organization("moby"), world.organization("whale")];
        let connection = world.connection("okta", &organizations.iter().collect::<Vec<_>>()).build();
        let token = world.scim_token(connection);
        let sealer = Arc::new(Sealer::new(&[DataKey::generate(1).unwrap()]).unwrap());
        let app = node(&world, &sealer, limits, base_url);
        let router = muster_http::router(&app);
        Self { world, app, router, sealer, organizations, connection, token, base_url }
    }

    /// Another node on the same database, which begins its background work now.
    pub(crate) fn another_node(&self) -> App {
        node(&self.world, &self.sealer, Limits::default(), self.base_url)
    }

    /// A node that sends no mail.
    pub(crate) fn node_without_mail(&self) -> App {
        let options = options(&self.world, &self.sealer, Limits::default(), self.base_url);
        App::new(AppOptions { sends_mail: false, ..options })
    }

    /// Another node, which looks for TXT records at this server.
    pub(crate) fn node_that_asks(&self, dns: &DnsServer) -> App {
        let outbound = OUTBOUND.clone().with_dns(Dns::at(&[dns.address()]));
        let options = options(&self.world, &self.sealer, Limits::default(), self.base_url);
        App::new(AppOptions { outbound, ..options })
    }

    /// A node that has another data key.
    pub(crate) fn node_with(&self, sealer: &Arc<Sealer>) -> App {
        node(&self.world, sealer, Limits::default(), self.base_url)
    }

    /// A request with the connection's token, to a path below the SCIM base URL.
    pub(crate) fn scim(&self, method: &str, path: &str) -> Sending<'_> {
        self.to(method, &format!("{SCIM}{path}")).header("authorization", &format!("Bearer {}", self.token.expose()))
    }

    /// A request to any path, without a token.
    pub(crate) fn to(&self, method: &str, path: &str) -> Sending<'_> {
        Sending { server: self, builder: Request::builder().method(method).uri(path), body: Body::empty() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.scim("GET", path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.scim("POST", path).json(body).send().await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.scim("PUT", path).json(body).send().await
    }

    /// A PATCH of these operations.
    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Answer {
        self.scim("PATCH", path).json(json!({"schemas": [PATCH], "Operations": operations})).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.scim("DELETE", path).send().await
    }

    /// A new user with this name: its id.
    pub(crate) async fn user(&self, user_name: &str) -> String {
        self.post("/Users", person(user_name)).await.due(201).id()
    }

    /// A new group with these members: its id.
    pub(crate) async fn group(&self, display_name: &str, members: &[&str]) -> String {
        self.post("/Groups", team(display_name, members)).await.due(201).id()
    }

    /// The row of a request in the log.
    pub(crate) fn logged(&self, answer: &Answer) -> Option<RequestRow> {
        let id: RequestId = answer.header("x-request-id").parse().unwrap();
        self.world.read(move |conn| Ok(conn.request(id)?))
    }

    /// What the database holds, but for what background work writes at its own times: the log of reads, who does which duty
    /// until when, the nodes, the numbers of what happened.
    pub(crate) fn stored(&self) -> Vec<(String, Vec<u8>)> {
        let all = self.world.everything_stored().into_iter();
        let theirs = ["read_chunks.", "jobs.", "nodes.", "events.", "ledger_subjects."];
        let is_ours = |place: &str| !theirs.iter().any(|table| place.starts_with(table));
        let ours = all.filter(|stored| is_ours(&stored.place));
        let mut ours: Vec<_> = ours.map(|stored| (stored.place, stored.bytes)).collect();
        ours.sort_unstable();
        ours
    }

    /// Nothing is stored that was not before.
    #[track_caller]
    pub(crate) fn stored_nothing_since(&self, before: &[(String, Vec<u8>)]) {
        let now = self.stored();
        let new: Vec<&str> = now.iter().filter(|one| !before.contains(one)).map(|(place, _)| place.as_str()).collect();
        assert!(new.is_empty() && now.len() == before.len(), "{new:?} was stored");
    }

    /// How many rows the ledger has of a directory user or group.
    pub(crate) fn ledger_rows(&self, id: &str) -> usize {
        let id = id.parse().unwrap();
        self.world.read(move |conn| Ok(conn.history(id, 1_000)?)).len()
    }

    /// Waits for what a background task does, at most ten seconds.
    pub(crate) async fn eventually(&self, mut done: impl AsyncFnMut() -> bool) {
        for _ in 0..500 {
            if done().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("it did not happen within ten seconds");
    }
}

/// The one client for all of them: it reads the authorities of the system once.
static OUTBOUND: LazyLock<Outbound> = LazyLock::new(|| {
    let outbound = Outbound::new("127.0.0.1, localhost".parse().unwrap()).unwrap();
    outbound.with_dns(Dns::at(&[]))
});

fn node(world: &World, sealer: &Arc<Sealer>, limits: Limits, base_url: &str) -> App {
    App::new(options(world, sealer, limits, base_url))
}

fn options(world: &World, sealer: &Arc<Sealer>, limits: Limits, base_url: &str) -> AppOptions {
    AppOptions {
        store: world.store.clone(),
        surroundings: Arc::clone(&world.clock) as _,
        sealer: Arc::clone(sealer),
        base_url: format!("{base_url}/"),
        limits,
        outbound: OUTBOUND.clone(),
        sends_mail: true,
    }
}

impl Sending<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(crate) fn json(self, body: Value) -> Self {
        self.header("content-type", "application/scim+json").bytes(body.to_string())
    }

    pub(crate) fn bytes(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let request = self.builder.body(self.body).unwrap();
        let response = self.server.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

impl Answer {
    /// The same, if its status is this one.
    #[track_caller]
    pub(crate) fn due(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// The same, if it is a SCIM error with this status and `scimType`, whose detail contains this.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, scim_type: Option<&str>, detail: &str) -> Self {
        let answer = self.due(status);
        assert_eq!(answer.header("content-type"), "application/scim+json");
        let error = answer.value();
        assert_eq!(error["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{error}");
        assert_eq!(error["status"], json!(status.to_string()), "{error}");
        assert_eq!(error.get("scimType").and_then(Value::as_str), scim_type, "{error}");
        assert!(error["detail"].as_str().unwrap().contains(detail), "{error}");
        answer
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {:?}", self.text))
    }

    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.value()["id"].as_str().unwrap().to_owned()
    }
}

/// The body of a user.
pub(crate) fn person(user_name: &str) -> Value {
    json!({
        "schemas": [USER], "userName": user_name, "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"value": user_name, "type": "work", "primary": true}], "active": true,
    })
}

/// The body of a group.
pub(crate) fn team(display_name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": display_name, "members": members,
    })
}

/// A query's value, percent-encoded.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
