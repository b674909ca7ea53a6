//! Where what happens in an organization is sent (interfaces §3): webhooks, what they were sent, and sending it again.

mod change;
mod list;
mod one;

use axum::{
    Router,
    routing::{get, post},
};
use muster_engine::{EngineError, webhooks::settings::Stated};
use muster_model::{OrganizationId, Webhook, WebhookId};
use muster_store::Conn;
use serde::Deserialize;

use super::state::State;
use crate::{App, browser::Form};

/// The pages of webhooks.
pub(super) fn routes() -> Router<App> {
    const ALL: &str = "/console/orgs/{org}/webhooks";
    let at = |rest: &str| format!("{ALL}/{{id}}{rest}");
    Router::new()
        .route(ALL, get(list::page).post(list::create))
        .route(&at(""), get(one::page).post(change::update))
        .route(&at("/test"), post(one::test))
        .route(&at("/secret"), post(one::rotate))
        .route(&at("/switch"), post(change::switch))
        .route(&at("/replay"), post(change::replay))
        .route(&at("/remove"), get(change::remove_page).post(change::remove))
}

/// What a page that was led to says, and which deliveries it shows.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    done: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    after: String,
}

/// What is typed into the form of a webhook.
#[derive(Debug, Clone, Default)]
struct Typed {
    name: String,
    url: String,
    /// With spaces or commas between them.
    events: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let text = |name: &str| form.text(name).unwrap_or_default().to_owned();
        Self { name: text("name"), url: text("url"), events: text("events") }
    }

    fn stated(&self) -> Stated {
        let events = self.events.split([',', ' ', '\n', '\r', '\t']).filter(|event| !event.is_empty());
        Stated { name: self.name.clone(), url: self.url.clone(), events: events.map(str::to_owned).collect() }
    }
}

/// A webhook of this organization.
fn find(conn: &mut Conn<'_>, organization: OrganizationId, id: WebhookId) -> Result<Webhook, EngineError> {
    conn.webhook(id)?
        .filter(|webhook| webhook.organization == Some(organization))
        .ok_or_else(|| EngineError::not_found("webhook", id))
}

fn state(webhook: &Webhook) -> State {
    if webhook.disabled.is_some() { State::Off } else { State::On }
}
