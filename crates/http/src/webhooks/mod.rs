//! Sending what happens to products' web servers (interfaces §3), as [Standard Webhooks](https://www.standardwebhooks.com) has it.
//!
//! [`publish_due`] gives what was committed its numbers, and [`send_due`] sends what webhooks are to be sent of it. Both are done by every
//! node; the engine sees to it that one does at a time.
//!
//! - [`view`]: an event, as messages and the feed tell it;
//! - `message`: its signed request, and what the answer means;
//! - `sender`: one webhook's messages, several at a time.

mod message;
mod sealing;
mod sender;
mod trial;
pub(crate) mod view;

use std::sync::Arc;

use http::Uri;
use muster_crypto::WebhookSecret;
use muster_engine::{Env, Origin, events, webhooks::settings::Made};
use muster_model::WebhookId;
use tokio::sync::Semaphore;
use uuid::Uuid;

pub use self::trial::WebhookTrial;
pub(crate) use self::trial::try_out;
use crate::{App, HttpError, app::Lane};

/// How many webhooks a node sends to at a time.
const WEBHOOKS: usize = 64;

/// The node's sending.
#[derive(Debug, Clone)]
pub(crate) struct Senders {
    node: Uuid,
    free: Arc<Semaphore>,
}

impl Senders {
    pub(crate) fn new(node: Uuid) -> Self {
        Self { node, free: Arc::new(Semaphore::new(WEBHOOKS)) }
    }
}

/// Publishes some of what was committed; whether there was something.
pub(crate) async fn publish_due(app: App, node: Uuid) -> Result<bool, HttpError> {
    if !app.read(Lane::Point, events::is_due).await? {
        return Ok(false);
    }
    let surroundings = app.surroundings();
    let published = app.store().write(move |tx| {
        let env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
        events::publish(tx, &env, node)
    });
    let published: events::Published = published.await?;
    Ok(published.rows > 0)
}

/// Begins to send to one webhook; whether there was one.
pub(crate) async fn send_due(app: App, senders: &Senders) -> Result<bool, HttpError> {
    let now = app.surroundings().now();
    let Ok(place) = Arc::clone(&senders.free).try_acquire_owned() else { return Ok(false) };
    if !app.read(Lane::Point, move |conn| muster_engine::webhooks::sending::is_due(conn, now)).await? {
        return Ok(false);
    }
    let (surroundings, node) = (app.surroundings(), senders.node);
    let taken = app.store().write(move |tx| {
        let env = Env::new(Arc::clone(&surroundings), Origin::SYSTEM);
        muster_engine::webhooks::sending::take(tx, &env, node)
    });
    let Some(webhook) = taken.await? else { return Ok(false) };
    tokio::spawn(async move {
        if let Err(error) = sender::send_all(&app, node, webhook).await {
            tracing::warn!(%error, %webhook, "messages could not be sent to a webhook; this is tried again");
        }
        drop(place);
    });
    Ok(true)
}

/// Whether messages may be sent to an address, as far as that is known before one is (SEC-3).
pub(crate) fn check_address(app: &App, url: &str) -> Result<(), HttpError> {
    let wrong = |why: String| HttpError::field("url", why);
    let address: Uri = url.trim().parse().map_err(|_| wrong("is no address: begin with https://".to_owned()))?;
    app.outbound().check(&address).map_err(|error| wrong(error.to_string()))
}

/// A secret for a webhook, in the clear and sealed.
pub(crate) fn new_secret(app: &App, id: WebhookId) -> Result<(String, Made), HttpError> {
    let text = WebhookSecret::generate().map_err(HttpError::no_randomness)?;
    let made = Made::seal(app.sealer(), id, &text)?;
    Ok((text, made))
}
