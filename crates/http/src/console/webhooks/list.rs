//! All webhooks of an organization, and one more.

use askama::Template;
use axum::{
    extract::{Path, Query},
    response::Response,
};
use muster_engine::{Env, Origin, authority::Action, webhooks::settings};
use muster_model::{Webhook, WebhookId, webhook::DeliveryState};
use muster_store::WebhookHealth;

use super::{Asked, Typed, one};
use crate::{
    HttpError,
    console::{
        shell::{self, Section, Shell},
        state::State,
        visit::{Posted, Visit, is_not_recent},
    },
    pages::filters,
    webhooks,
};

/// How far messages are counted.
pub(super) const COUNTED: i64 = 1_000;

#[derive(Template)]
#[template(path = "console/webhooks/list.html")]
struct Page {
    shell: Shell,
    lines: Vec<Line>,
    typed: Typed,
}

/// One webhook.
struct Line {
    webhook: Webhook,
    state: State,
    events: String,
    pending: i64,
    dead: i64,
    health: WebhookHealth,
}

/// `GET /console/orgs/{org}/webhooks`.
pub(super) async fn page(
    visit: Visit,
    Path(org): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    show(&visit, &org, &asked.done, Typed::default(), None).await
}

async fn show(
    visit: &Visit,
    org: &str,
    done: &str,
    typed: Typed,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let read = visit.organization(org, Section::Webhooks, |conn, at| {
        let mut lines = Vec::new();
        for webhook in conn.webhooks(Some(at.organization.id))? {
            lines.push(Line {
                state: super::state(&webhook),
                events: webhook.events.join(", "),
                pending: conn.count_deliveries(webhook.id, DeliveryState::Pending, COUNTED)?,
                dead: conn.count_deliveries(webhook.id, DeliveryState::Dead, COUNTED)?,
                health: conn.webhook_health(webhook.id)?.unwrap_or_default(),
                webhook,
            });
        }
        Ok(lines)
    });
    let (shell, lines) = read.await?;
    let (status, shell) = shell.done(done).refused(visit, refused)?;
    shell::page(status, &Page { shell, lines, typed })
}

/// `POST /console/orgs/{org}/webhooks`: one more, whose secret is in this answer alone.
pub(super) async fn create(visit: Visit, Path(org): Path<String>, Posted(form): Posted) -> Result<Response, HttpError> {
    let typed = Typed::of(&form);
    let made = async {
        let app = visit.app();
        webhooks::check_address(app, &typed.url)?;
        let id = WebhookId(Env::new(app.surroundings(), Origin::SYSTEM).new_id());
        let (secret, made) = webhooks::new_secret(app, id)?;
        let (visiting, stated) = (visit.clone(), typed.stated());
        let created = visit.change(&org, Action::ChangeWebhooks, move |tx, env, at| {
            visiting.require_recent(env)?;
            settings::create(tx, env, Some(at.organization.id), stated.clone(), Some(&made)).map(|made| made.id)
        });
        Ok::<_, HttpError>((created.await?, secret))
    };
    match made.await {
        Ok((id, secret)) => one::shown(&visit, &org, id, "done-webhook-made", one::Told::Secret(secret)).await,
        Err(error) if is_not_recent(&error) => visit.confirm_first(&format!("/console/orgs/{org}/webhooks")),
        Err(error) => show(&visit, &org, "", typed, Some(error)).await,
    }
}
