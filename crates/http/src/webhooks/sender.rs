//! One webhook's messages, several at a time, until nothing is left to send for now.

use std::time::Duration;

use muster_engine::{
    Origin,
    webhooks::sending::{self, Due, Message, Outcome},
};
use muster_model::WebhookId;
use muster_store::EventKey;
use tokio::task::{JoinError, JoinSet};
use uuid::Uuid;

use super::{message, view::EventView};
use crate::{App, HttpError, app::Lane};

/// How soon it is seen whether there is more to send, while there is room.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// How many messages are under way to one web server at a time; never two about the same subject.
const AT_ONCE: usize = 8;

/// Sends whatever is to be sent to a webhook that this node has.
pub(super) async fn send_all(app: &App, node: Uuid, id: WebhookId) -> Result<(), HttpError> {
    let mut under_way: Vec<EventKey> = Vec::new();
    let mut sends: JoinSet<(Message, Outcome)> = JoinSet::new();
    loop {
        if !app.is_closing() && under_way.len() < AT_ONCE {
            let Some(due) = look(app, id, under_way.clone()).await? else { break };
            let Due { webhook, secrets, messages } = due;
            for message in messages {
                under_way.push(message.key());
                let (app, url, secrets) = (app.clone(), webhook.url.clone(), secrets.clone());
                sends.spawn(async move { send(&app, &url, &secrets, message).await });
            }
        }
        if sends.is_empty() {
            break;
        }
        // What has become due meanwhile does not wait for an answer that is slow.
        let has_room = under_way.len() < AT_ONCE && !app.is_closing();
        let rest = if has_room { LOOK_AGAIN } else { Duration::MAX };
        // Waiting for one may be given up: none is lost by that.
        let Ok(Some(first)) = tokio::time::timeout(rest, sends.join_next()).await else { continue };
        let done = gather(first, &mut sends).await?;
        under_way.retain(|key| done.iter().all(|(message, _)| message.key() != *key));
        for (_, outcome) in &done {
            app.metrics().webhook_sent(outcome.failure.is_none());
        }
        let sealer = app.shared_sealer();
        let noted = app.change(Origin::SYSTEM, move |tx, env| sending::note(tx, env, &sealer, node, id, &done));
        if !noted.await? {
            return Ok(());
        }
    }
    app.change(Origin::SYSTEM, move |tx, env| sending::leave(tx, env, node, id)).await
}

async fn look(app: &App, id: WebhookId, under_way: Vec<EventKey>) -> Result<Option<Due>, HttpError> {
    let (sealer, now) = (app.shared_sealer(), app.surroundings().now());
    let room = AT_ONCE - under_way.len();
    app.read(Lane::Snapshot, move |conn| sending::due(conn, &sealer, id, now, &under_way, room)).await
}

/// What is done by now, beside the first. After a failure it is waited for all that is under way: the web server may take nothing now.
async fn gather(
    first: Result<(Message, Outcome), JoinError>,
    sends: &mut JoinSet<(Message, Outcome)>,
) -> Result<Vec<(Message, Outcome)>, HttpError> {
    let mut done = vec![first];
    while let Some(more) = sends.try_join_next() {
        done.push(more);
    }
    if done.iter().any(|one| matches!(one, Ok((_, outcome)) if outcome.failure.is_some())) {
        while let Some(more) = sends.join_next().await {
            done.push(more);
        }
    }
    done.into_iter().collect::<Result<_, _>>().map_err(|_| HttpError::Panicked)
}

async fn send(app: &App, url: &str, secrets: &[String], message: Message) -> (Message, Outcome) {
    let Some(told) = message.told.clone() else {
        let failure = Some("the activity log does not have it any more".to_owned());
        let at = app.surroundings().now();
        return (message, Outcome { at, status: None, failure, retry_after: None });
    };
    let event = EventView::from(told);
    let id = event.id().to_owned();
    let outcome = match event.json() {
        Ok(body) => message::send(app, url, secrets, (&id, body)).await.0,
        Err(error) => {
            let at = app.surroundings().now();
            Outcome { at, status: None, failure: Some(error.to_string()), retry_after: None }
        }
    };
    (message, outcome)
}
