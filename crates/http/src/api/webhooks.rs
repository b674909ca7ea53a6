//! `/v2/webhooks`: web servers that are sent what happens in an organization, and what they were sent (interfaces §2). Those that are sent
//! everything are the operator's, and are stated with `muster apply`.

#![expect(unused_qualifications, reason = "in what `utoipa::path` makes of parameters")]

use axum::Extension;
use http::StatusCode;
use muster_engine::{
    EngineError, Env, Origin,
    authority::{Action, Caller},
    webhooks::{
        deliveries::{self, Again},
        settings::{self, Stated},
    },
};
use muster_model::{
    AccountId, Organization, Timestamp, Webhook, WebhookId,
    webhook::{DeliveryState, GivenUp},
};
use muster_store::{Conn, Delivery, EventKey, NoEventKey, WebhookHealth};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    call::{Call, Reply},
    sent::{Asked, Named, Sent},
};
use crate::{App, HttpError, app::Lane, webhooks};

/// The most deliveries of a page, and how many it has if nothing is said.
const LARGEST: u32 = 100;
const USUAL: u32 = 25;
/// How far deliveries are counted.
const COUNTED: i64 = 1_000;

/// A webhook.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct WebhookView {
    #[schema(format = Uuid)]
    id: String,
    /// What signs its messages, when it is made, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: Option<String>,
    /// The organization's name.
    organization: String,
    name: String,
    /// Where it takes messages.
    url: String,
    /// Which events it is sent; all of them if there is none.
    events: Vec<String>,
    /// Whether it is sent anything.
    is_active: bool,
    /// Why it is off, if nobody switched it off: `gone`, as it answered 410, or `failing`, as it took nothing for five days.
    given_up: Option<&'static str>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When its secret was made.
    #[schema(format = DateTime)]
    secret_made_at: String,
    /// How many messages are still to be sent, counted up to 1000.
    pending: i64,
    /// How many were given up, counted up to 1000.
    dead: i64,
    /// Why it takes nothing, if it does not.
    failing: Option<FailingView>,
}

/// That a webhook takes nothing.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct FailingView {
    #[schema(format = DateTime)]
    since: String,
    /// What happened at last.
    reason: Option<String>,
}

/// The webhooks of an organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct WebhooksView {
    /// By name.
    results: Vec<WebhookView>,
}

/// Whose webhooks.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WebhooksQuery {
    /// The organization's name.
    organization: String,
}

/// A webhook that is to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// The organization's name.
    organization: String,
    /// Unique in the organization.
    name: String,
    /// Where it takes messages: https.
    url: String,
    /// Which events it is sent, such as `member.removed`, or `team.*`; all of them if there is none.
    #[serde(default)]
    events: Vec<String>,
}

/// How a secret is changed.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SecretRotation {
    /// Whether messages are signed with the former one no more from now on, and not in a day.
    at_once: bool,
}

/// A message that a webhook was sent, or is to be sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct DeliveryView {
    /// Where the event is in the feed; with it, it is sent again.
    #[schema(example = "42.0")]
    position: String,
    /// The event.
    #[schema(example = "member.removed")]
    event: String,
    /// The account, or whatever else it is about: within one, messages are sent in order.
    #[schema(format = Uuid)]
    subject: String,
    /// `pending`, `delivered` or `dead`.
    state: &'static str,
    /// How often it was sent.
    attempts: i64,
    /// When it is sent next; null while an earlier one about the same subject is.
    #[schema(format = DateTime)]
    next_attempt_at: Option<String>,
    /// When it was last sent: if it was taken, the receipt.
    #[schema(format = DateTime)]
    last_attempt_at: Option<String>,
    /// What the web server answered.
    status: Option<i64>,
    /// Why it was not taken.
    failure: Option<String>,
}

/// A page of what a webhook was sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct DeliveriesView {
    /// Newest first.
    results: Vec<DeliveryView>,
    /// What `after` takes for the next page.
    next: Option<String>,
}

/// Which deliveries.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveriesQuery {
    /// `pending`, `delivered` or `dead`.
    state: Option<String>,
    /// About this account.
    #[param(format = Uuid)]
    account: Option<String>,
    /// Where the page begins, as `next` says it.
    after: Option<String>,
    /// How many a page has: 1 to 100, 25 if nothing is said.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u32>,
}

/// What is sent again: one of these.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MessagesWanted {
    /// These, by their positions.
    positions: Option<Vec<String>>,
    /// Whatever was given up.
    dead: bool,
    /// Whatever happened from this time on, also what it was never sent; with `to`.
    #[schema(format = DateTime)]
    from: Option<String>,
    /// Until before this one.
    #[schema(format = DateTime)]
    to: Option<String>,
}

/// What is sent again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct MessagesResent {
    /// How many messages.
    messages: usize,
}

fn view(
    conn: &mut Conn<'_>,
    webhook: &Webhook,
    organization: &str,
    secret: Option<&str>,
) -> Result<WebhookView, EngineError> {
    let WebhookHealth { failing_since, failure, .. } = conn.webhook_health(webhook.id)?.unwrap_or_default();
    Ok(WebhookView {
        id: webhook.id.to_string(),
        secret: secret.map(str::to_owned),
        organization: organization.to_owned(),
        name: webhook.name.clone(),
        url: webhook.url.clone(),
        events: webhook.events.clone(),
        is_active: webhook.disabled.is_none(),
        given_up: webhook.given_up.map(GivenUp::as_str),
        created_at: webhook.created.to_string(),
        secret_made_at: webhook.secret_made.to_string(),
        pending: conn.count_deliveries(webhook.id, DeliveryState::Pending, COUNTED)?,
        dead: conn.count_deliveries(webhook.id, DeliveryState::Dead, COUNTED)?,
        failing: failing_since.map(|since| FailingView { since: since.to_string(), reason: failure }),
    })
}

fn delivery_view(delivery: Delivery) -> DeliveryView {
    let Delivery { key, subject, event, state, attempts, next_attempt, last_attempt, status, failure, .. } = delivery;
    DeliveryView {
        position: key.to_string(),
        event,
        subject: subject.to_string(),
        state: state.as_str(),
        attempts,
        next_attempt_at: next_attempt.map(|at| at.to_string()),
        last_attempt_at: last_attempt.map(|at| at.to_string()),
        status,
        failure,
    }
}

/// A webhook of an organization in which whoever calls may do this; those of the operator are nobody's here.
fn find(
    conn: &mut Conn<'_>,
    caller: &Caller,
    id: WebhookId,
    action: Action,
) -> Result<(Webhook, Organization), EngineError> {
    let missing = || EngineError::not_found("webhook", id);
    let webhook = conn.webhook(id)?.ok_or_else(missing)?;
    let organization =
        webhook.organization.map(|id| conn.organization(id)).transpose()?.flatten().ok_or_else(missing)?;
    match caller.organization(conn, &organization.name, action) {
        Ok((organization, _)) => Ok((webhook, organization)),
        // Whose it is, is not told (TEN-3).
        Err(EngineError::NotFound { .. }) => Err(missing()),
        Err(error) => Err(error),
    }
}

/// List webhooks
#[utoipa::path(
    get, path = "/v2/webhooks", tag = "Webhooks", operation_id = "listWebhooks",
    params(WebhooksQuery),
    responses((status = 200, description = "Where the organization's events are sent.", body = WebhooksView))
)]
pub(super) async fn list(
    Extension(call): Extension<Call>,
    Asked(asked): Asked<WebhooksQuery>,
) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let (organization, _) = caller.organization(conn, &asked.organization, Action::ReadWebhooks)?;
        let all = conn.webhooks(Some(organization.id))?;
        let results: Result<_, EngineError> = all.iter().map(|one| view(conn, one, &organization.name, None)).collect();
        Ok(WebhooksView { results: results? })
    })
    .await
}

/// Add a webhook
///
/// What happens in the organization from now on is sent there, signed as Standard Webhooks has it.
#[utoipa::path(
    post, path = "/v2/webhooks", tag = "Webhooks", operation_id = "createWebhook",
    request_body = NewWebhook,
    responses((status = 201, description = "The webhook. Its secret is shown here and never again.", body = WebhookView))
)]
pub(super) async fn create(
    Extension(call): Extension<Call>,
    Sent(wanted): Sent<NewWebhook>,
) -> Result<Reply, HttpError> {
    webhooks::check_address(&call.app, &wanted.url)?;
    let id = WebhookId(Env::new(call.app.surroundings(), Origin::SYSTEM).new_id());
    let (secret, made) = webhooks::new_secret(&call.app, id)?;
    call.change(move |tx, env, caller| {
        let (organization, _) = caller.organization(tx, &wanted.organization, Action::ChangeWebhooks)?;
        let NewWebhook { name, url, events, .. } = wanted.clone();
        let stated = Stated { name, url, events };
        let webhook = settings::create(tx, env, Some(organization.id), stated, Some(&made))?;
        Reply::json(StatusCode::CREATED, &view(tx, &webhook, &organization.name, Some(&secret))?)
    })
    .await
}

/// See a webhook
#[utoipa::path(
    get, path = "/v2/webhooks/{id}", tag = "Webhooks", operation_id = "getWebhook",
    params(("id" = String, Path, format = Uuid, description = "Its id.")),
    responses((status = 200, description = "The webhook.", body = WebhookView))
)]
pub(super) async fn get(Extension(call): Extension<Call>, Named(id): Named<WebhookId>) -> Result<Reply, HttpError> {
    call.show(move |conn, caller| {
        let (webhook, organization) = find(conn, caller, id, Action::ReadWebhooks)?;
        view(conn, &webhook, &organization.name, None)
    })
    .await
}

/// Change a webhook
///
/// A JSON Merge Patch (RFC 7396) of `name`, `url`, `events` and `is_active`. While it is off, what happens is not kept for it: send it
/// again by its time once it is on.
#[utoipa::path(
    patch, path = "/v2/webhooks/{id}", tag = "Webhooks", operation_id = "changeWebhook",
    params(("id" = String, Path, format = Uuid, description = "Its id.")),
    request_body(content = Object, example = json!({"events": ["member.*", "team.member.*"]})),
    responses((status = 200, description = "The webhook as it is now.", body = WebhookView))
)]
pub(super) async fn change(
    Extension(call): Extension<Call>,
    Named(id): Named<WebhookId>,
    Sent(patch): Sent<Map<String, Value>>,
) -> Result<Reply, HttpError> {
    let patch = Patch::read(&call.app, patch)?;
    call.change(move |tx, env, caller| {
        let (mut webhook, organization) = find(tx, caller, id, Action::ChangeWebhooks)?;
        let Patch { name, url, events, is_active } = patch.clone();
        let stated = Stated {
            name: name.unwrap_or_else(|| webhook.name.clone()),
            url: url.unwrap_or_else(|| webhook.url.clone()),
            events: events.unwrap_or_else(|| webhook.events.clone()),
        };
        webhook = settings::update(tx, env, &webhook, stated)?;
        if let Some(is_on) = is_active {
            webhook = settings::switch(tx, env, &webhook, is_on)?;
        }
        Reply::json(StatusCode::OK, &view(tx, &webhook, &organization.name, None)?)
    })
    .await
}

/// What is to be different of a webhook.
#[derive(Clone)]
struct Patch {
    name: Option<String>,
    url: Option<String>,
    events: Option<Vec<String>>,
    is_active: Option<bool>,
}

impl Patch {
    fn read(app: &App, sent: Map<String, Value>) -> Result<Self, HttpError> {
        let mut patch = Self { name: None, url: None, events: None, is_active: None };
        for (field, value) in sent {
            match (field.as_str(), value) {
                ("name", Value::String(name)) => patch.name = Some(name),
                ("url", Value::String(url)) => {
                    webhooks::check_address(app, &url)?;
                    patch.url = Some(url);
                }
                ("events", Value::Null) => patch.events = Some(Vec::new()),
                ("events", events @ Value::Array(_)) => {
                    let events = serde_json::from_value(events);
                    patch.events = Some(events.map_err(|_| HttpError::field("events", "is a list of names"))?);
                }
                ("is_active", Value::Bool(is_active)) => patch.is_active = Some(is_active),
                ("name" | "url", _) => return Err(HttpError::field(field, "is a text")),
                ("events", _) => return Err(HttpError::field(field, "is a list of names")),
                ("is_active", _) => return Err(HttpError::field(field, "is `true` or `false`")),
                _ => return Err(HttpError::field(field, "is not changed here: leave it out")),
            }
        }
        Ok(patch)
    }
}

/// Make a webhook a new secret
///
/// Messages are signed with the former one, too, for another day, unless `at_once` says otherwise.
#[utoipa::path(
    post, path = "/v2/webhooks/{id}/secret", tag = "Webhooks", operation_id = "rotateWebhookSecret",
    params(("id" = String, Path, format = Uuid, description = "Its id.")),
    request_body = SecretRotation,
    responses((status = 200, description = "The webhook. Its new secret is shown here and never again.", body = WebhookView))
)]
pub(super) async fn rotate(
    Extension(call): Extension<Call>,
    Named(id): Named<WebhookId>,
    Sent(SecretRotation { at_once }): Sent<SecretRotation>,
) -> Result<Reply, HttpError> {
    let (secret, made) = webhooks::new_secret(&call.app, id)?;
    call.change(move |tx, env, caller| {
        let (webhook, organization) = find(tx, caller, id, Action::ChangeWebhooks)?;
        let webhook = settings::rotate(tx, env, &webhook, &made, at_once)?;
        Reply::json(StatusCode::OK, &view(tx, &webhook, &organization.name, Some(&secret))?)
    })
    .await
}

/// Remove a webhook
#[utoipa::path(
    delete, path = "/v2/webhooks/{id}", tag = "Webhooks", operation_id = "deleteWebhook",
    params(("id" = String, Path, format = Uuid, description = "Its id.")),
    responses((status = 204, description = "It is removed."))
)]
pub(super) async fn delete(Extension(call): Extension<Call>, Named(id): Named<WebhookId>) -> Result<Reply, HttpError> {
    call.change(move |tx, env, caller| {
        let (webhook, _) = find(tx, caller, id, Action::ChangeWebhooks)?;
        settings::remove(tx, env, &webhook)?;
        Ok(Reply::nothing())
    })
    .await
}

/// Send a webhook a test
///
/// A `webhook.test`, now and once, also while it is off; what came of it is the answer.
#[utoipa::path(
    post, path = "/v2/webhooks/{id}/test", tag = "Webhooks", operation_id = "testWebhook",
    params(("id" = String, Path, format = Uuid, description = "Its id.")),
    responses((status = 200, description = "What came of it.", body = webhooks::WebhookTrial))
)]
pub(super) async fn test(Extension(call): Extension<Call>, Named(id): Named<WebhookId>) -> Result<Reply, HttpError> {
    call.read(Lane::Snapshot, move |conn, caller| find(conn, caller, id, Action::ChangeWebhooks)).await?;
    Reply::json(StatusCode::OK, &webhooks::try_out(&call.app, id).await?)
}

/// List what a webhook was sent
#[utoipa::path(
    get, path = "/v2/webhooks/{id}/deliveries", tag = "Webhooks", operation_id = "listDeliveries",
    params(("id" = String, Path, format = Uuid, description = "Its id."), DeliveriesQuery),
    responses((status = 200, description = "What it was sent within 30 days, and is to be sent.", body = DeliveriesView))
)]
pub(super) async fn deliveries(
    Extension(call): Extension<Call>,
    Named(id): Named<WebhookId>,
    Asked(asked): Asked<DeliveriesQuery>,
) -> Result<Reply, HttpError> {
    let read = |field: &str, text: &str, what: &str| HttpError::field(field, format!("`{text}` is no {what}"));
    let state = match asked.state.as_deref() {
        None => None,
        Some(text) => Some(
            DeliveryState::parse(text)
                .ok_or_else(|| HttpError::field("state", "use `pending`, `delivered` or `dead`"))?,
        ),
    };
    let account = match asked.account.as_deref() {
        None => None,
        Some(text) => Some(text.parse::<AccountId>().map_err(|_| read("account", text, "id"))?),
    };
    let after = match asked.after.as_deref() {
        None => None,
        Some(text) => Some(text.parse::<EventKey>().map_err(|_| read("after", text, "position"))?),
    };
    let size = asked.page_size.unwrap_or(USUAL);
    if size == 0 || size > LARGEST {
        return Err(HttpError::field("page_size", format!("use 1 to {LARGEST}")));
    }
    call.show(move |conn, caller| {
        let (webhook, _) = find(conn, caller, id, Action::ReadWebhooks)?;
        let limit = i64::from(size) + 1;
        let mut all = match account {
            // Few: they are read at once.
            Some(account) => {
                let mut all = deliveries::receipts(conn, &[webhook], account, COUNTED)?;
                all.retain(|one| state.is_none_or(|state| one.state == state));
                all.retain(|one| after.is_none_or(|after| one.key < after));
                all
            }
            None => conn.deliveries(webhook.id, state, after, limit)?,
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let more = all.len() > size;
        all.truncate(size);
        let next = all.last().filter(|_| more).map(|last| last.key.to_string());
        Ok(DeliveriesView { results: all.into_iter().map(delivery_view).collect(), next })
    })
    .await
}

/// Send a webhook something again
///
/// In the order in which it happened, each under its former id.
#[utoipa::path(
    post, path = "/v2/webhooks/{id}/replay", tag = "Webhooks", operation_id = "replayWebhook",
    params(("id" = String, Path, format = Uuid, description = "Its id.")),
    request_body(content = MessagesWanted, example = json!({"dead": true})),
    responses((status = 200, description = "How many messages are sent again.", body = MessagesResent))
)]
pub(super) async fn replay(
    Extension(call): Extension<Call>,
    Named(id): Named<WebhookId>,
    Sent(asked): Sent<MessagesWanted>,
) -> Result<Reply, HttpError> {
    let again = again(&asked)?;
    call.change(move |tx, env, caller| {
        let (webhook, _) = find(tx, caller, id, Action::ChangeWebhooks)?;
        let messages = deliveries::replay(tx, env, &webhook, &again)?;
        Reply::json(StatusCode::OK, &MessagesResent { messages })
    })
    .await
}

fn again(asked: &MessagesWanted) -> Result<Again, HttpError> {
    let time = |field: &str, text: &str| {
        Timestamp::parse(text).map_err(|_| HttpError::field(field, "use a time such as 2026-11-22T10:00:00Z"))
    };
    match asked {
        MessagesWanted { positions: Some(positions), dead: false, from: None, to: None } => {
            let wrong = |text: &String| HttpError::field("positions", format!("`{text}` is no position"));
            let keys = positions.iter().map(|text| text.parse().map_err(|_: NoEventKey| wrong(text)));
            Ok(Again::These(keys.collect::<Result<_, _>>()?))
        }
        MessagesWanted { positions: None, dead: true, from: None, to: None } => Ok(Again::Dead),
        MessagesWanted { positions: None, dead: false, from: Some(from), to: Some(to) } => {
            Ok(Again::Between(time("from", from)?, time("to", to)?))
        }
        _ => Err(HttpError::field("body", "say what is sent again: `positions`, `\"dead\": true`, or `from` and `to`")),
    }
}
