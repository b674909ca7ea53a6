//! Sending a message that tells of nothing, to see whether it arrives.

use bytes::Bytes;
use http::Response;
use muster_engine::{Env, Origin, webhooks::settings};
use muster_model::WebhookId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::message;
use crate::{App, HttpError, app::Lane};

/// How much of an answer is shown, in characters.
const SHOWN: usize = 1_000;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookTrial {
    /// Whether the web server took it.
    pub delivered: bool,
    /// What it answered.
    pub status: Option<u16>,
    /// How long that took.
    pub milliseconds: u64,
    /// Why it was not taken.
    pub failure: Option<String>,
    /// The beginning of what it says.
    pub answer: Option<String>,
}

/// Sends a webhook, on or off, a `webhook.test` now; once, and nothing is kept of it.
pub(crate) async fn try_out(app: &App, id: WebhookId) -> Result<WebhookTrial, HttpError> {
    let (sealer, now) = (app.shared_sealer(), app.surroundings().now());
    let (webhook, organization, secrets) = app
        .read(Lane::Snapshot, move |conn| {
            let webhook = settings::by_id(conn, id)?;
            let organization = webhook.organization.map(|id| conn.organization(id)).transpose()?.flatten();
            Ok((webhook, organization, settings::secrets(conn, &sealer, id, now)?))
        })
        .await?;
    let event = format!("evt_test_{}", Env::new(app.surroundings(), Origin::SYSTEM).new_id());
    let organization = organization
        .map(|organization| json!({"id": organization.id.to_string(), "name": organization.name.to_string()}));
    let body = json!({
        "id": event,
        "type": "webhook.test",
        "timestamp": now.to_string(),
        "data": {"organization": organization, "webhook": webhook.name},
    });
    let (outcome, answer) = message::send(app, &webhook.url, &secrets, (&event, body.to_string())).await;
    let took = outcome.at.0.saturating_sub(now.0) / 1_000;
    Ok(WebhookTrial {
        delivered: outcome.failure.is_none(),
        status: outcome.status,
        milliseconds: u64::try_from(took).unwrap_or(0),
        failure: outcome.failure,
        answer: answer.map(|answer| beginning(&answer)).filter(|text| !text.is_empty()),
    })
}

fn beginning(answer: &Response<Bytes>) -> String {
    let text = String::from_utf8_lossy(answer.body());
    text.chars().filter(|char| !char.is_control() || *char == '\n').take(SHOWN).collect()
}

impl App {
    /// Sends a webhook, on or off, a test now; once, and nothing is kept of it.
    ///
    /// # Errors
    ///
    /// There is no such webhook; its secret cannot be opened; the store's.
    pub async fn try_webhook(&self, id: WebhookId) -> Result<WebhookTrial, HttpError> {
        try_out(self, id).await
    }
}
