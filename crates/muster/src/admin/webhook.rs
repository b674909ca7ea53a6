//! Webhooks: where what happens is sent.

use muster_engine::{
    EngineError,
    webhooks::{
        deliveries::{self, Again},
        settings::{self, Stated},
    },
};
use muster_http::WebhookTrial;
use muster_model::{Timestamp, Webhook, WebhookId, webhook::DeliveryState};
use muster_store::{Conn, Delivery, NoEventKey};
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation, moment, named};

/// How far messages are counted, and how many are shown.
const COUNTED: i64 = 1_000;
const SHOWN: i64 = 100;

/// What about webhooks; each is named by its id or by `ORGANIZATION/NAME`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WebhookRequest {
    /// All of an organization, or of the installation.
    List { organization: Option<String> },
    /// One more.
    Add { name: String, organization: Option<String>, url: String, events: Vec<String> },
    /// What one was sent.
    Messages { webhook: String, state: Option<String> },
    /// Send again.
    Replay { webhook: String, dead: bool, positions: Vec<String>, from: Option<String>, to: Option<String> },
    /// Send a test.
    Test { webhook: String },
    /// Another secret.
    Secret { webhook: String, at_once: bool },
    /// Off, or on again.
    Switch { webhook: String, on: bool },
    /// No more.
    Remove { webhook: String },
}

/// What came of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Webhooks {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) webhooks: Vec<WebhookLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) messages: Option<Vec<MessageLine>>,
    /// How many messages are sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resent: Option<usize>,
    /// What came of a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trial: Option<WebhookTrial>,
    /// A secret, which is shown now and never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
    /// What was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) removed: Option<String>,
}

/// One webhook, as the management API shows it, too.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WebhookLine {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) organization: Option<String>,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) events: Vec<String>,
    pub(crate) is_active: bool,
    pub(crate) pending: i64,
    pub(crate) dead: i64,
    #[serde(default)]
    pub(crate) failing: Option<FailingLine>,
}

/// That one takes nothing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FailingLine {
    pub(crate) since: String,
    pub(crate) reason: Option<String>,
}

/// One message, as the management API shows it, too.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MessageLine {
    pub(crate) position: String,
    pub(crate) event: String,
    pub(crate) subject: String,
    pub(crate) state: String,
    pub(crate) attempts: i64,
    pub(crate) next_attempt_at: Option<String>,
    pub(crate) last_attempt_at: Option<String>,
    pub(crate) failure: Option<String>,
}

pub(super) fn run(installation: &Installation, request: WebhookRequest) -> Result<Webhooks, AdminError> {
    match request {
        WebhookRequest::List { organization } => list(installation, organization.as_deref()),
        WebhookRequest::Add { name, organization, url, events } => {
            add(installation, organization.as_deref(), Stated { name, url, events })
        }
        WebhookRequest::Messages { webhook, state } => {
            let (id, state) = (find(installation, &webhook)?.id, state.as_deref().and_then(DeliveryState::parse));
            let sent = installation
                .store
                .read_blocking::<_, EngineError, _>(move |conn| Ok(conn.deliveries(id, state, None, SHOWN)?))?;
            Ok(Webhooks { messages: Some(sent.into_iter().map(message).collect()), ..Webhooks::default() })
        }
        WebhookRequest::Replay { webhook, dead, positions, from, to } => {
            let (webhook, again) = (
                find(installation, &webhook)?,
                again(installation.surroundings.now(), dead, &positions, from.zip(to))?,
            );
            let resent = installation.change(move |tx, env| deliveries::replay(tx, env, &webhook, &again))?;
            Ok(Webhooks { resent: Some(resent), ..Webhooks::default() })
        }
        WebhookRequest::Test { webhook } => {
            let id = find(installation, &webhook)?.id;
            let trial = installation.with_app(async |app| app.try_webhook(id).await)??;
            Ok(Webhooks { trial: Some(trial), ..Webhooks::default() })
        }
        WebhookRequest::Secret { webhook, at_once } => {
            let id = find(installation, &webhook)?.id;
            let secret = installation.with_app(async |app| app.give_webhook_secret(id, at_once).await)??;
            Ok(Webhooks { webhooks: vec![shown(installation, id)?], secret: Some(secret), ..Webhooks::default() })
        }
        WebhookRequest::Switch { webhook, on } => {
            let webhook = find(installation, &webhook)?;
            let id = webhook.id;
            installation.change(move |tx, env| settings::switch(tx, env, &webhook, on).map(drop))?;
            Ok(Webhooks { webhooks: vec![shown(installation, id)?], ..Webhooks::default() })
        }
        WebhookRequest::Remove { webhook } => {
            let webhook = find(installation, &webhook)?;
            let removed = Some(webhook.name.clone());
            installation.change(move |tx, env| settings::remove(tx, env, &webhook))?;
            Ok(Webhooks { removed, ..Webhooks::default() })
        }
    }
}

fn list(installation: &Installation, organization: Option<&str>) -> Result<Webhooks, AdminError> {
    let organization = organization.map(|name| named::organization(installation, name)).transpose()?;
    let webhooks = installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| {
        let all = conn.webhooks(organization.as_ref().map(|organization| organization.id))?;
        all.into_iter().map(|webhook| line(conn, webhook)).collect::<Result<Vec<_>, _>>()
    })?;
    Ok(Webhooks { webhooks, ..Webhooks::default() })
}

fn add(installation: &Installation, organization: Option<&str>, stated: Stated) -> Result<Webhooks, AdminError> {
    let organization = organization.map(|name| named::organization(installation, name)).transpose()?;
    let organization = organization.map(|organization| organization.id);
    let made = installation.change(move |tx, env| settings::create(tx, env, organization, stated.clone(), None))?;
    // It is sealed for the row, which is there only now; nothing is sent without it.
    let secret = installation.with_app(async |app| app.give_webhook_secret(made.id, false).await)??;
    Ok(Webhooks { webhooks: vec![shown(installation, made.id)?], secret: Some(secret), ..Webhooks::default() })
}

fn again(
    now: Timestamp,
    dead: bool,
    positions: &[String],
    time: Option<(String, String)>,
) -> Result<Again, AdminError> {
    if let Some((from, to)) = time {
        return Ok(Again::Between(moment(&from, now)?, moment(&to, now)?));
    }
    if dead {
        return Ok(Again::Dead);
    }
    let key = |text: &String| {
        let wrong =
            |_: NoEventKey| AdminError::Wrong(format!("`{text}` is no position: `muster webhook messages` shows them"));
        text.parse().map_err(wrong)
    };
    Ok(Again::These(positions.iter().map(key).collect::<Result<_, _>>()?))
}

/// The webhook that is meant.
fn find(installation: &Installation, text: &str) -> Result<Webhook, AdminError> {
    let wanted = text.to_owned();
    let found = installation.store.read_blocking::<_, EngineError, _>(move |conn| {
        if let Ok(id) = wanted.parse::<WebhookId>() {
            return Ok(conn.webhook(id)?);
        }
        let (organization, name) = match wanted.split_once('/') {
            None => (None, wanted.as_str()),
            Some((organization, name)) => match conn.organization_by_name(&organization.to_lowercase())? {
                Some(organization) => (Some(organization.id), name),
                None => return Ok(None),
            },
        };
        Ok(conn.webhooks(organization)?.into_iter().find(|webhook| webhook.name == name))
    })?;
    found.ok_or_else(|| AdminError::Missing {
        kind: "webhook",
        name: text.to_owned(),
        hint: "name it by its id, or as ORGANIZATION/NAME: `muster webhook list --organization NAME` shows them"
            .to_owned(),
    })
}

fn shown(installation: &Installation, id: WebhookId) -> Result<WebhookLine, AdminError> {
    Ok(installation.store.snapshot_blocking::<_, EngineError, _>(move |conn| line_of(conn, id))?)
}

fn line_of(conn: &mut Conn<'_>, id: WebhookId) -> Result<WebhookLine, EngineError> {
    let webhook = settings::by_id(conn, id)?;
    line(conn, webhook)
}

fn line(conn: &mut Conn<'_>, webhook: Webhook) -> Result<WebhookLine, EngineError> {
    let health = conn.webhook_health(webhook.id)?.unwrap_or_default();
    let organization = webhook.organization.map(|id| conn.organization(id)).transpose()?.flatten();
    Ok(WebhookLine {
        id: webhook.id.to_string(),
        organization: organization.map(|organization| organization.name),
        is_active: webhook.disabled.is_none(),
        pending: conn.count_deliveries(webhook.id, DeliveryState::Pending, COUNTED)?,
        dead: conn.count_deliveries(webhook.id, DeliveryState::Dead, COUNTED)?,
        failing: health.failing_since.map(|since| FailingLine { since: since.to_string(), reason: health.failure }),
        name: webhook.name,
        url: webhook.url,
        events: webhook.events,
    })
}

fn message(delivery: Delivery) -> MessageLine {
    MessageLine {
        position: delivery.key.to_string(),
        event: delivery.event,
        subject: delivery.subject.to_string(),
        state: delivery.state.as_str().to_owned(),
        attempts: delivery.attempts,
        next_attempt_at: delivery.next_attempt.map(|at| at.to_string()),
        last_attempt_at: delivery.last_attempt.map(|at| at.to_string()),
        failure: delivery.failure,
    }
}
