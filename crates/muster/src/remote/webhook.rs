//! `muster webhook` over a server: of one's own organizations.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{client::Client, only_there};
use crate::admin::{AdminError, WebhookLine, WebhookMessage, WebhookRequest, Webhooks};

#[derive(Debug, Deserialize)]
struct Listed<T> {
    results: Vec<T>,
}

/// One, with its secret where that was just made.
#[derive(Debug, Deserialize)]
struct Made {
    #[serde(flatten)]
    webhook: WebhookLine,
    secret: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resent {
    messages: usize,
}

pub(super) fn run(client: &Client, request: WebhookRequest) -> Result<Webhooks, AdminError> {
    let at = |text: &str| id(client, text);
    Ok(match request {
        WebhookRequest::List { organization } => {
            let name =
                organization.ok_or_else(|| only_there("what is sent of everybody: name an `--organization`, it"))?;
            Webhooks { webhooks: all(client, &name)?, ..Webhooks::default() }
        }
        WebhookRequest::Add { name, organization, url, events } => {
            let wanted = json!({"organization": organization, "name": name, "url": url, "events": events});
            let Made { webhook, secret } = client.write(Method::POST, &["webhooks"], &wanted)?;
            Webhooks { webhooks: vec![webhook], secret, ..Webhooks::default() }
        }
        WebhookRequest::Messages { webhook, state } => {
            let mut query = vec![("page_size", "100")];
            query.extend(state.as_deref().map(|state| ("state", state)));
            let sent: Listed<WebhookMessage> = client.get(&["webhooks", &at(&webhook)?, "deliveries"], &query)?;
            Webhooks { messages: Some(sent.results), ..Webhooks::default() }
        }
        WebhookRequest::Replay { webhook, dead, positions, from, to } => {
            let wanted = match (dead, from, to) {
                (true, ..) => json!({"dead": true}),
                (false, Some(from), Some(to)) => json!({"from": from, "to": to}),
                (false, ..) => json!({"positions": positions}),
            };
            let Resent { messages } = client.write(Method::POST, &["webhooks", &at(&webhook)?, "replay"], &wanted)?;
            Webhooks { resent: Some(messages), ..Webhooks::default() }
        }
        WebhookRequest::Test { webhook } => {
            let trial = client.write(Method::POST, &["webhooks", &at(&webhook)?, "test"], &json!({}))?;
            Webhooks { trial: Some(trial), ..Webhooks::default() }
        }
        WebhookRequest::Secret { webhook, at_once } => {
            let wanted = json!({"at_once": at_once});
            let Made { webhook, secret } =
                client.write(Method::POST, &["webhooks", &at(&webhook)?, "secret"], &wanted)?;
            Webhooks { webhooks: vec![webhook], secret, ..Webhooks::default() }
        }
        WebhookRequest::Switch { webhook, on } => {
            let wanted: Value = json!({"is_active": on});
            let webhook = client.write(Method::PATCH, &["webhooks", &at(&webhook)?], &wanted)?;
            Webhooks { webhooks: vec![webhook], ..Webhooks::default() }
        }
        WebhookRequest::Remove { webhook } => {
            client.delete(&["webhooks", &at(&webhook)?], &[])?;
            Webhooks { removed: Some(webhook), ..Webhooks::default() }
        }
    })
}

fn all(client: &Client, organization: &str) -> Result<Vec<WebhookLine>, AdminError> {
    let listed: Listed<WebhookLine> = client.get(&["webhooks"], &[("organization", organization)])?;
    Ok(listed.results)
}

/// The id of the webhook that is meant.
fn id(client: &Client, text: &str) -> Result<String, AdminError> {
    let Some((organization, name)) = text.split_once('/') else { return Ok(text.to_owned()) };
    let found = all(client, organization)?.into_iter().find(|webhook| webhook.name == name);
    found.map(|webhook| webhook.id).ok_or_else(|| AdminError::Missing {
        kind: "webhook",
        name: text.to_owned(),
        hint: format!("`muster webhook list --organization {organization}` shows them"),
    })
}
