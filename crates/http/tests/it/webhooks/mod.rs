//! Webhooks and the event feed (interfaces §3), with real web servers on loopback that refuse, hang, and come back. Signatures are checked
//! by a verifier of Standard Webhooks that is not ours.

mod feed;
mod managing;
mod sending;

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, routing::post};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{api::Client, support::Server};

/// A message that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    headers: HeaderMap,
    body: String,
}

impl Message {
    pub(crate) fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// `type` and whom it is about.
    fn told(&self) -> (String, String) {
        let value = self.value();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&value["type"]), text(&value["data"]["account"]["email"]))
    }

    /// Whether it is signed with this secret.
    pub(crate) fn is_signed(&self, secret: &str) -> bool {
        let verifier = standardwebhooks::Webhook::new(secret).unwrap();
        let at = self.headers["webhook-timestamp"].to_str().unwrap().parse().unwrap();
        // It knows no clock but the system's, so that its signature is compared.
        let due = verifier.sign(self.id(), at, self.body.as_bytes()).unwrap();
        self.headers["webhook-signature"].to_str().unwrap().split(' ').any(|signature| signature == due)
    }
}

type Answering = dyn Fn(&Message) -> StatusCode + Send + Sync;

/// A web server that keeps what arrives, and answers as it is told.
#[derive(Clone)]
pub(crate) struct Receiver {
    arrived: Arc<Mutex<Vec<Message>>>,
    answer: Arc<Mutex<Arc<Answering>>>,
    /// While it is held, nothing is answered.
    held: Arc<Mutex<bool>>,
    released: Arc<Notify>,
    pub(crate) url: String,
}

impl Receiver {
    pub(crate) async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            arrived: Arc::default(),
            answer: Arc::new(Mutex::new(Arc::new(|_: &Message| StatusCode::NO_CONTENT))),
            held: Arc::default(),
            released: Arc::default(),
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
        };
        let router = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    fn answers(&self, answer: impl Fn(&Message) -> StatusCode + Send + Sync + 'static) {
        *self.answer.lock().unwrap() = Arc::new(answer);
    }

    fn hold(&self, is_held: bool) {
        *self.held.lock().unwrap() = is_held;
        self.released.notify_waiters();
    }

    pub(crate) fn arrived(&self) -> Vec<Message> {
        self.arrived.lock().unwrap().clone()
    }

    fn told(&self) -> Vec<(String, String)> {
        self.arrived().iter().map(Message::told).collect()
    }
}

async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let message = Message { headers, body: String::from_utf8(body.to_vec()).unwrap() };
    receiver.arrived.lock().unwrap().push(message.clone());
    loop {
        let released = receiver.released.notified();
        if !*receiver.held.lock().unwrap() {
            break;
        }
        released.await;
    }
    let answer = Arc::clone(&receiver.answer.lock().unwrap());
    answer(&message)
}

/// A new webhook of `moby`: its address and its secret.
async fn hook(owner: &Client<'_>, receiver: &Receiver, events: &[&str]) -> (String, String) {
    let wanted = json!({"organization": "moby", "name": "app", "url": receiver.url, "events": events});
    let made = owner.post("/v2/webhooks", wanted).await.due(201).value();
    (format!("/v2/webhooks/{}", made["id"].as_str().unwrap()), made["secret"].as_str().unwrap().to_owned())
}

/// Deactivates or reactivates somebody by SCIM.
async fn set_active(server: &Server, user: &str, is_active: bool) {
    let operation = json!([{"op": "replace", "path": "active", "value": is_active}]);
    server.patch(&format!("/Users/{user}"), operation).await.due(200);
}
