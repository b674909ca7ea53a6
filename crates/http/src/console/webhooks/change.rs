//! Changing a webhook, sending again, and removing it.

use askama::Template;
use axum::{extract::Path, response::Response};
use http::StatusCode;
use muster_engine::{
    authority::Action,
    webhooks::{
        deliveries::{self, Again},
        settings,
    },
};
use muster_model::{Webhook, WebhookId, webhook::DeliveryState};
use muster_store::NoEventKey;

use super::{
    Typed,
    list::COUNTED,
    one::{self, Told},
};
use crate::{
    HttpError,
    console::{
        list::address,
        shell::{self, Section, Shell},
        visit::{Posted, Visit, is_not_recent},
    },
    pages::{self, filters, texts},
    webhooks,
};

fn back(visit: &Visit, org: &str, id: WebhookId, done: &str) -> Result<Response, HttpError> {
    let path = format!("{}/console/orgs/{org}/webhooks/{id}", visit.app().base_url());
    pages::see_other(&address(&path, &[("done", done)]))
}

/// `POST …/webhooks/{id}`: its name, address and events.
pub(super) async fn update(
    visit: Visit,
    Path((org, id)): Path<(String, WebhookId)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let typed = Typed::of(&form);
    let changed = async {
        webhooks::check_address(visit.app(), &typed.url)?;
        let (visiting, stated) = (visit.clone(), typed.stated());
        let changed = visit.change(&org, Action::ChangeWebhooks, move |tx, env, at| {
            let webhook = super::find(tx, at.organization.id, id)?;
            if stated.url.trim() != webhook.url {
                visiting.require_recent(env)?;
            }
            settings::update(tx, env, &webhook, stated.clone()).map(drop)
        });
        changed.await
    };
    match changed.await {
        Ok(()) => back(&visit, &org, id, "done-webhook-saved"),
        Err(error) if is_not_recent(&error) => visit.confirm_first(&format!("/console/orgs/{org}/webhooks/{id}")),
        Err(error) => one::shown(&visit, &org, id, "", Told::Refused(error, Some(typed))).await,
    }
}

/// `POST …/webhooks/{id}/switch`: off, or on again.
pub(super) async fn switch(
    visit: Visit,
    Path((org, id)): Path<(String, WebhookId)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let is_on = form.text("on").is_some();
    let changed = visit.change(&org, Action::ChangeWebhooks, move |tx, env, at| {
        let webhook = super::find(tx, at.organization.id, id)?;
        settings::switch(tx, env, &webhook, is_on).map(drop)
    });
    changed.await?;
    back(&visit, &org, id, if is_on { "done-webhook-on" } else { "done-webhook-off" })
}

/// `POST …/webhooks/{id}/replay`: one message, or whatever was given up.
pub(super) async fn replay(
    visit: Visit,
    Path((org, id)): Path<(String, WebhookId)>,
    Posted(form): Posted,
) -> Result<Response, HttpError> {
    let sent = async {
        let again = match form.text("position") {
            Some(text) => {
                let wrong = |_: NoEventKey| HttpError::field("position", texts::text("webhook-no-position"));
                Again::These(vec![text.parse().map_err(wrong)?])
            }
            None => Again::Dead,
        };
        let sent = visit.change(&org, Action::ChangeWebhooks, move |tx, env, at| {
            let webhook = super::find(tx, at.organization.id, id)?;
            deliveries::replay(tx, env, &webhook, &again).map(drop)
        });
        sent.await
    };
    match sent.await {
        Ok(()) => back(&visit, &org, id, "done-webhook-again"),
        Err(error) => one::shown(&visit, &org, id, "", Told::Refused(error, None)).await,
    }
}

#[derive(Template)]
#[template(path = "console/webhooks/remove.html")]
struct RemovePage {
    shell: Shell,
    path: String,
    webhook: Webhook,
    pending: i64,
    waiting: String,
}

/// `GET …/webhooks/{id}/remove`.
pub(super) async fn remove_page(
    visit: Visit,
    Path((org, id)): Path<(String, WebhookId)>,
) -> Result<Response, HttpError> {
    let read = visit.organization(&org, Section::Webhooks, move |conn, at| {
        let webhook = super::find(conn, at.organization.id, id)?;
        Ok((webhook, conn.count_deliveries(id, DeliveryState::Pending, COUNTED)?))
    });
    let (shell, (webhook, pending)) = read.await?;
    let path = shell.at(&format!("/webhooks/{id}"));
    shell::page(StatusCode::OK, &RemovePage { shell, path, webhook, pending, waiting: pending.to_string() })
}

/// `POST …/webhooks/{id}/remove`.
pub(super) async fn remove(
    visit: Visit,
    Path((org, id)): Path<(String, WebhookId)>,
    Posted(_): Posted,
) -> Result<Response, HttpError> {
    let removed = visit.change(&org, Action::ChangeWebhooks, move |tx, env, at| {
        let webhook = super::find(tx, at.organization.id, id)?;
        settings::remove(tx, env, &webhook)
    });
    removed.await?;
    let path = format!("{}/console/orgs/{org}/webhooks", visit.app().base_url());
    pages::see_other(&address(&path, &[("done", "done-webhook-removed")]))
}
