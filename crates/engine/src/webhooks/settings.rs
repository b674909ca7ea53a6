//! Where what happens is sent, and what of it; the secrets that messages are signed with.

use std::time::Duration;

use muster_crypto::{Place, Sealer};
use muster_model::{
    OrganizationId, Rule, Timestamp, Webhook, WebhookId,
    ledger::{Event, Kind},
    webhook::GivenUp,
};
use muster_store::{Conn, StoreError, Tx, WebhookHealth, WebhookSecrets};
use url::Url;

use crate::{EngineError, Env, Refusal, events, ledger::Subject};

/// The most webhooks of one organization.
const AT_MOST: usize = 20;
/// The most characters of a name, and of an address.
const NAME: usize = 100;
const ADDRESS: usize = 2_000;
/// For how long messages are signed with a former secret, too, so that the receiver can be given the new one meanwhile.
pub const OVERLAP: Duration = Duration::from_hours(24);

/// What is said of a webhook that is to be, or to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// What people know it by.
    pub name: String,
    /// Where it takes messages.
    pub url: String,
    /// Which events it is sent, by name or by a beginning such as `team.*`; all of them if there is none.
    pub events: Vec<String>,
}

/// A secret that was made for a webhook, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Whose it is: it opens nowhere else.
    pub id: WebhookId,
    /// The sealed text.
    pub sealed: Vec<u8>,
}

impl Made {
    /// Seals the text of a secret for a webhook.
    ///
    /// # Errors
    ///
    /// When there is no randomness.
    pub fn seal(sealer: &Sealer, id: WebhookId, secret: &str) -> Result<Self, EngineError> {
        let sealed = sealer.seal(&place(id), secret.as_bytes()).map_err(StoreError::other)?;
        Ok(Self { id, sealed })
    }
}

/// Adds a webhook. Without a secret nothing is sent to it yet: see [`begin`].
///
/// # Errors
///
/// Refused for what is wrong with what is stated, a name that is taken, too many; the store's.
pub fn create(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: Option<OrganizationId>,
    stated: Stated,
    made: Option<&Made>,
) -> Result<Webhook, EngineError> {
    let Stated { name, url, events } = checked(stated)?;
    let others = tx.webhooks(organization)?;
    if others.len() >= AT_MOST {
        return Err(Refusal::Invalid(format!("there are {AT_MOST} webhooks already: remove one first")).into());
    }
    require_free(&others, &name, None)?;
    let webhook = Webhook {
        id: made.map_or_else(|| WebhookId(env.new_id()), |made| made.id),
        name,
        organization,
        url,
        events,
        secret_made: env.now(),
        disabled: None,
        given_up: None,
        created: env.now(),
        version: 1,
    };
    tx.insert_webhook(&webhook, made.map(|made| made.sealed.as_slice()))?;
    env.created(Event::WebhookCreated, subject(&webhook), 1, Rule::Sec1, &webhook)?;
    about(env, &webhook);
    Ok(webhook)
}

/// Keeps the first secret of a webhook; whether it had none.
///
/// # Errors
///
/// Not found; the store's.
pub fn begin(tx: &mut Tx<'_>, env: &Env, made: &Made) -> Result<bool, EngineError> {
    let secrets = found(tx.webhook_secrets(made.id)?, made.id)?;
    if secrets.present.is_some() {
        return Ok(false);
    }
    tx.set_webhook_secrets(made.id, &WebhookSecrets { present: Some(made.sealed.clone()), former: None })?;
    tx.wake_webhook(made.id, env.now())?;
    Ok(true)
}

/// Changes a webhook. What it is to be sent already is sent to the new address.
///
/// # Errors
///
/// Refused for what is wrong with what is stated, a name that is taken; the store's.
pub fn update(tx: &mut Tx<'_>, env: &mut Env, before: &Webhook, stated: Stated) -> Result<Webhook, EngineError> {
    let Stated { name, url, events } = checked(stated)?;
    require_free(&tx.webhooks(before.organization)?, &name, Some(before.id))?;
    let after = Webhook { name, url, events, ..before.clone() };
    if after == *before {
        return Ok(after);
    }
    if after.url != before.url {
        // Another address may work at once.
        tx.note_webhook_health(before.id, &WebhookHealth::default())?;
        tx.wake_webhook(before.id, env.now())?;
    }
    save(tx, env, before, after)
}

/// Switches a webhook off, or on again. While it is off it is sent nothing, and what happens meanwhile is not kept for it; what it was to
/// be sent before waits.
///
/// # Errors
///
/// The store's.
pub fn switch(tx: &mut Tx<'_>, env: &mut Env, before: &Webhook, is_on: bool) -> Result<Webhook, EngineError> {
    if before.disabled.is_none() == is_on {
        return Ok(before.clone());
    }
    let after = Webhook { disabled: (!is_on).then(|| env.now()), given_up: None, ..before.clone() };
    if is_on {
        tx.note_webhook_health(before.id, &WebhookHealth::default())?;
        tx.wake_webhook(before.id, env.now())?;
    }
    save(tx, env, before, after)
}

/// Switches a webhook off because nobody is there who takes messages.
pub(super) fn give_up(tx: &mut Tx<'_>, env: &mut Env, before: &Webhook, why: GivenUp) -> Result<(), EngineError> {
    let after = Webhook { disabled: Some(env.now()), given_up: Some(why), ..before.clone() };
    save(tx, env, before, after)?;
    Ok(())
}

/// Gives a webhook a new secret; messages are signed with the one before for another day, or not at all.
///
/// # Errors
///
/// Not found; the store's.
pub fn rotate(
    tx: &mut Tx<'_>,
    env: &mut Env,
    webhook: &Webhook,
    made: &Made,
    at_once: bool,
) -> Result<Webhook, EngineError> {
    let secrets = found(tx.webhook_secrets(webhook.id)?, webhook.id)?;
    let former = secrets.present.filter(|_| !at_once).map(|sealed| (sealed, env.now().after(OVERLAP)));
    tx.set_webhook_secrets(webhook.id, &WebhookSecrets { present: Some(made.sealed.clone()), former })?;
    save(tx, env, webhook, Webhook { secret_made: env.now(), ..webhook.clone() })
}

/// Removes a webhook: it is sent nothing any more, and what it was sent is forgotten.
///
/// # Errors
///
/// The store's.
pub fn remove(tx: &mut Tx<'_>, env: &mut Env, webhook: &Webhook) -> Result<(), EngineError> {
    tx.delete_webhook(webhook.id)?;
    env.ended(Event::WebhookEnded, subject(webhook), webhook.version + 1, Rule::Sec1, webhook)?;
    about(env, webhook);
    Ok(())
}

/// The webhook that this is the id of.
///
/// # Errors
///
/// Not found; the store's.
pub fn by_id(conn: &mut Conn<'_>, id: WebhookId) -> Result<Webhook, EngineError> {
    found(conn.webhook(id)?, id)
}

/// The secrets that a webhook's messages are signed with at `now`: the present one, then the former one for as long as it counts. None
/// before the first one is made.
///
/// # Errors
///
/// Not found; the store's; when they cannot be opened.
pub fn secrets(
    conn: &mut Conn<'_>,
    sealer: &Sealer,
    id: WebhookId,
    now: Timestamp,
) -> Result<Vec<String>, EngineError> {
    let secrets = found(conn.webhook_secrets(id)?, id)?;
    let former = secrets.former.filter(|(_, until)| now < *until).map(|(sealed, _)| sealed);
    let open = |sealed: Vec<u8>| -> Result<String, EngineError> {
        let opened = sealer.open(&place(id), &sealed).map_err(StoreError::other)?;
        Ok(String::from_utf8(opened).map_err(StoreError::other)?)
    };
    [secrets.present, former].into_iter().flatten().map(open).collect()
}

fn place(id: WebhookId) -> Place {
    Place { table: "webhooks", column: "secret", row: id.0 }
}

fn found<T>(found: Option<T>, id: WebhookId) -> Result<T, EngineError> {
    found.ok_or_else(|| EngineError::not_found("webhook", id))
}

fn require_free(others: &[Webhook], name: &str, except: Option<WebhookId>) -> Result<(), EngineError> {
    if others.iter().any(|other| other.name == name && Some(other.id) != except) {
        let text = format!("there is a webhook `{name}` already: choose another name");
        return Err(Refusal::Field { key: "name".to_owned(), text }.into());
    }
    Ok(())
}

fn save(tx: &mut Tx<'_>, env: &mut Env, before: &Webhook, after: Webhook) -> Result<Webhook, EngineError> {
    let after = Webhook { version: before.version + 1, ..after };
    tx.update_webhook(&after)?;
    env.changed(Event::WebhookUpdated, subject(&after), after.version, Rule::Sec1, before, &after)?;
    about(env, &after);
    Ok(after)
}

fn subject(webhook: &Webhook) -> Subject {
    match webhook.organization {
        Some(organization) => Subject::within(Kind::Webhook, webhook.id, organization),
        None => Subject::new(Kind::Webhook, webhook.id),
    }
}

fn about(env: &mut Env, webhook: &Webhook) {
    env.about(webhook.id);
    if let Some(organization) = webhook.organization {
        env.about(organization);
    }
}

/// What is stated, if it can be.
fn checked(stated: Stated) -> Result<Stated, EngineError> {
    let Stated { name, url, events } = stated;
    let (name, url) = (name.trim().to_owned(), url.trim().to_owned());
    let invalid = |key: &str, text: String| EngineError::from(Refusal::Field { key: key.to_owned(), text });
    if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
        return Err(invalid("name", format!("a name has 1 to {NAME} characters, none of them a control character")));
    }
    check_address(&url).map_err(|why| invalid("url", format!("`{url}` {why}")))?;
    let events = events::named(events)?;
    Ok(Stated { name, url, events })
}

/// Whether an address could take messages; whether one may be sent there is known once it is (SEC-3).
fn check_address(text: &str) -> Result<(), &'static str> {
    if text.len() > ADDRESS || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("is too long, or has characters that an address has not");
    }
    let url = Url::parse(text).map_err(|_| "is no address: write it in full, beginning with https://")?;
    if url.fragment().is_some() {
        return Err("must not have a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user or password in it: messages are signed");
    }
    match url.scheme() {
        "https" | "http" => Ok(()),
        _ => Err("must begin with https://"),
    }
}
