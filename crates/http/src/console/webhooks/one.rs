//! One webhook: how it goes, what it was sent, its secret, a test.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use muster_engine::{authority::Action, webhooks::settings};
use muster_model::{
    AccountId, Webhook, WebhookId,
    webhook::{DeliveryState, GivenUp},
};
use muster_store::{Delivery, EventKey, WebhookHealth};

use super::{Asked, Typed, list::COUNTED};
use crate::{
    HttpError,
    console::{
        list::address,
        shell::{self, Section, Shell},
        state::State,
        visit::{Posted, Visit, called, is_not_recent},
    },
    pages::{filters, texts},
    webhooks::{self, WebhookTrial},
};

/// How many messages a page shows.
const PAGE: usize = 50;

/// What a page tells besides.
pub(super) enum Told {
    Nothing,
    /// A secret, which is shown now and never again.
    Secret(String),
    /// What came of a test.
    Trial(WebhookTrial),
    /// Why what was asked for was not done, and what was typed.
    Refused(HttpError, Option<Typed>),
}

#[derive(Template)]
#[template(path = "console/webhooks/one.html")]
struct Page {
    shell: Shell,
    path: String,
    webhook: Webhook,
    state: State,
    /// Why it is off, if nobody switched it off.
    given_up: Option<String>,
    health: WebhookHealth,
    dead: i64,
    typed: Typed,
    secret: Option<String>,
    trial: Option<WebhookTrial>,
    shown: String,
    lines: Vec<Line>,
    next: Option<String>,
}

/// A message.
struct Line {
    delivery: Delivery,
    position: String,
    tries: String,
    state: State,
    /// Whom it is about, with their page.
    about: Option<(String, String)>,
}

/// `GET …/webhooks/{id}`.
pub(super) async fn page(
    visit: Visit,
    Path((org, id)): Path<(String, WebhookId)>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, id, &asked, Told::Nothing).await
}

/// The page, with what has just been done.
pub(super) async fn shown(
    visit: &Visit,
    org: &str,
    id: WebhookId,
    done: &str,
    told: Told,
) -> Result<Response, HttpError> {
    show(visit, org, id, &Asked { done: done.to_owned(), ..Asked::default() }, told).await
}

async fn show(visit: &Visit, org: &str, id: WebhookId, asked: &Asked, told: Told) -> Result<Response, HttpError> {
    let wanted = DeliveryState::parse(&asked.state);
    let before: Option<EventKey> = asked.after.parse().ok();
    let read = visit.organization(org, Section::Webhooks, move |conn, at| {
        let webhook = super::find(conn, at.organization.id, id)?;
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX).saturating_add(1);
        let deliveries = conn.deliveries(id, wanted, before, limit)?;
        let subjects: Vec<AccountId> = deliveries.iter().map(|one| AccountId(one.subject)).collect();
        let mut people = Vec::new();
        // Only members have a page; whoever else it is about is named in the message.
        for membership in conn.memberships_in(at.organization.id, &subjects)? {
            people.extend(conn.account(membership.account)?);
        }
        let health = conn.webhook_health(id)?.unwrap_or_default();
        let dead = conn.count_deliveries(id, DeliveryState::Dead, COUNTED)?;
        Ok((webhook, deliveries, people, health, dead))
    });
    let (shell, (webhook, mut deliveries, people, health, dead)) = read.await?;
    let (mut secret, mut trial, mut typed, mut refused) = (None, None, None, None);
    match told {
        Told::Nothing => {}
        Told::Secret(text) => secret = Some(text),
        Told::Trial(came) => trial = Some(came),
        Told::Refused(error, what) => (refused, typed) = (Some(error), what),
    }
    let (status, shell) = shell.done(&asked.done).refused(visit, refused)?;
    let path = shell.at(&format!("/webhooks/{id}"));
    let more = deliveries.len() > PAGE;
    deliveries.truncate(PAGE);
    let state = wanted.map_or("", DeliveryState::as_str);
    let next = deliveries.last().filter(|_| more).map(|last| last.key.to_string());
    let next = next.map(|after| address(&path, &[("state", state), ("after", &after)]));
    let members = shell.at("/members");
    let line = |delivery: Delivery| Line {
        position: delivery.key.to_string(),
        tries: delivery.attempts.to_string(),
        state: State::of_delivery(delivery.state),
        about: people
            .iter()
            .find(|account| account.id.0 == delivery.subject)
            .map(|account| (called(account), format!("{members}/{}", account.username))),
        delivery,
    };
    let page = Page {
        path,
        state: super::state(&webhook),
        given_up: webhook.given_up.map(|why| {
            texts::text(match why {
                GivenUp::Gone => "webhook-gone",
                GivenUp::Failing => "webhook-failing-long",
            })
        }),
        health,
        dead,
        typed: typed.unwrap_or_else(|| Typed {
            name: webhook.name.clone(),
            url: webhook.url.clone(),
            events: webhook.events.join(", "),
        }),
        secret,
        trial,
        shown: state.to_owned(),
        lines: deliveries.into_iter().map(line).collect(),
        next,
        shell,
        webhook,
    };
    shell::page(status, &page)
}

/// `POST …/webhooks/{id}/test`: sends a test now, and shows what came of it.
pub(super) async fn test(
    visit: Visit,
    Path((org, id)): Path<(String, WebhookId)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let may = visit.change(&org, Action::ChangeWebhooks, move |tx, _, at| super::find(tx, at.organization.id, id));
    may.await?;
    let told = match webhooks::try_out(visit.app(), id).await {
        Ok(trial) => Told::Trial(trial),
        Err(error) => Told::Refused(error, None),
    };
    shown(&visit, &org, id, "", told).await
}

/// `POST …/webhooks/{id}/secret`: a new secret, which is in this answer alone.
pub(super) async fn rotate(
    visit: Visit,
    Path((org, id)): Path<(String, WebhookId)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let (secret, made) = webhooks::new_secret(visit.app(), id)?;
    let (visiting, at_once) = (visit.clone(), form.text("at_once").is_some());
    let rotated = visit.change(&org, Action::ChangeWebhooks, move |tx, env, at| {
        visiting.require_recent(env)?;
        let webhook = super::find(tx, at.organization.id, id)?;
        settings::rotate(tx, env, &webhook, &made, at_once).map(drop)
    });
    match rotated.await {
        Ok(()) => shown(&visit, &org, id, "done-webhook-secret", Told::Secret(secret)).await,
        Err(error) if is_not_recent(&error) => visit.confirm_first(&format!("/console/orgs/{org}/webhooks/{id}")),
        Err(error) => shown(&visit, &org, id, "", Told::Refused(error, None)).await,
    }
}
