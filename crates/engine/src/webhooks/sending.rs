//! What a webhook is sent next, and what came of it.
//!
//! One node at a time has a webhook: it asks for what is [`due`], sends it, and [`note`]s what came of it, until nothing is left. What is
//! not noted is sent again, by whoever has the webhook next, under the same id.

use std::{collections::BTreeMap, time::Duration};

use muster_crypto::Sealer;
use muster_model::{
    OrganizationId, Timestamp, Webhook, WebhookId,
    webhook::{DeliveryState, GivenUp},
};
use muster_store::{Conn, Delivery, EventKey, Tx, WebhookHealth};
use uuid::Uuid;

use super::settings;
use crate::{
    EngineError, Env,
    activity::Reader,
    events::{self, Told},
    mail,
};

/// How long a node has a webhook; it has it again with each note.
const LEASE: Duration = Duration::from_secs(60);
/// The rests between tries; after the last one a message is dead.
const RESTS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
/// The longest rest that a web server may ask for.
const LONGEST_REST: Duration = Duration::from_hours(24);
/// The rest of a whole webhook after a failure while it takes nothing; it doubles with each one, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// A web server that took nothing for so long is sent nothing more.
const GIVEN_UP_AFTER: Duration = Duration::from_hours(24 * 5);
/// The most characters of a failure that are kept.
const FAILURE: usize = 200;

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What it is about; `None` if the ledger has it no more.
    pub told: Option<Told>,
    delivery: Delivery,
}

impl Message {
    /// Which change this is.
    #[must_use]
    pub fn key(&self) -> EventKey {
        self.delivery.key
    }
}

/// What is to be sent to a webhook, with what it takes to send it.
#[derive(Debug, Clone)]
pub struct Due {
    /// To which one.
    pub webhook: Webhook,
    /// The secrets to sign with, the present one first.
    pub secrets: Vec<String>,
    /// At most one about each subject.
    pub messages: Vec<Message>,
}

/// What came of sending a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// When it was answered, or not.
    pub at: Timestamp,
    /// What the web server answered.
    pub status: Option<u16>,
    /// Why it was not taken; `None` if it was.
    pub failure: Option<String>,
    /// After what rest it is asked to be tried again.
    pub retry_after: Option<Duration>,
}

/// Whether some webhook is to be sent something.
///
/// # Errors
///
/// The store's.
pub fn is_due(conn: &mut Conn<'_>, now: Timestamp) -> Result<bool, EngineError> {
    Ok(conn.has_due_webhooks(now)?)
}

/// Gives a node a webhook to which something is to be sent, if there is one that no node has.
///
/// # Errors
///
/// The store's.
pub fn take(tx: &mut Tx<'_>, env: &Env, node: Uuid) -> Result<Option<WebhookId>, EngineError> {
    Ok(tx.take_webhook(node, env.now(), env.now().after(LEASE))?)
}

/// What is to be sent to a webhook now, at most `limit` messages besides those that are under way. `None` if it is off, or gone.
///
/// # Errors
///
/// The store's; when its secret cannot be opened.
pub fn due(
    conn: &mut Conn<'_>,
    sealer: &Sealer,
    id: WebhookId,
    now: Timestamp,
    under_way: &[EventKey],
    limit: usize,
) -> Result<Option<Due>, EngineError> {
    let Some(webhook) = conn.webhook(id)?.filter(|webhook| webhook.disabled.is_none()) else { return Ok(None) };
    let looked_at = i64::try_from(limit.saturating_add(under_way.len())).unwrap_or(i64::MAX);
    let deliveries = conn.deliveries_due(id, now, looked_at)?;
    let deliveries: Vec<Delivery> =
        deliveries.into_iter().filter(|delivery| !under_way.contains(&delivery.key)).take(limit).collect();
    let secrets = settings::secrets(conn, sealer, id, now)?;
    let messages = messages(conn, &webhook, deliveries)?;
    Ok(Some(Due { webhook, secrets, messages }))
}

/// The messages of deliveries to one webhook.
pub(super) fn messages(
    conn: &mut Conn<'_>,
    webhook: &Webhook,
    deliveries: Vec<Delivery>,
) -> Result<Vec<Message>, EngineError> {
    let scope = events::scope(webhook);
    let mut reader = Reader::new(conn, scope)?;
    let mut rows = BTreeMap::new();
    let mut messages = Vec::new();
    for delivery in deliveries {
        let EventKey { seq, number } = delivery.key;
        let row = match rows.entry(seq) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(unknown) => {
                unknown.insert(conn.events(None, seq, seq, 1)?.into_iter().next().map(|(_, row)| row))
            }
        };
        let told = match row {
            Some(row) => {
                let number = usize::try_from(number).unwrap_or(usize::MAX);
                events::tell(conn, &mut reader, scope, (seq, row), &[number])?.into_iter().next()
            }
            None => None,
        };
        messages.push(Message { told, delivery });
    }
    Ok(messages)
}

/// Notes what came of messages; whether the node still has the webhook.
///
/// # Errors
///
/// The store's.
pub fn note(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    node: Uuid,
    id: WebhookId,
    outcomes: &[(Message, Outcome)],
) -> Result<bool, EngineError> {
    let now = env.now();
    if !tx.keep_webhook(id, node, now.after(LEASE))? {
        return Ok(false);
    }
    let Some(webhook) = tx.webhook(id)? else { return Ok(false) };
    for (message, outcome) in outcomes {
        let after = settled(env, message, outcome);
        tx.note_delivery(&after)?;
        if after.state != DeliveryState::Pending {
            tx.send_first(id, after.subject, now)?;
        }
    }
    let before = tx.webhook_health(id)?.unwrap_or_default();
    let health = health(&before, outcomes, now);
    if health != before {
        tx.note_webhook_health(id, &health)?;
    }
    let is_gone = outcomes.iter().any(|(_, outcome)| outcome.status == Some(410));
    let has_failed_for_long = health.failing_since.is_some_and(|since| since.after(GIVEN_UP_AFTER) <= now);
    if is_gone || has_failed_for_long {
        let why = if is_gone { GivenUp::Gone } else { GivenUp::Failing };
        give_up(tx, env, sealer, &webhook, why)?;
        tx.leave_webhook(id, node, None)?;
        return Ok(false);
    }
    // While it takes nothing, all of it rests: else thousands of messages would each wait for an answer that does not come.
    if health.failures > before.failures && health.failures > 1 {
        tx.rest_webhook(id, node, now.after(pause(health.failures)))?;
        return Ok(false);
    }
    Ok(true)
}

/// Gives a webhook back, to which nothing is to be sent for now.
///
/// # Errors
///
/// The store's.
pub fn leave(tx: &mut Tx<'_>, env: &Env, node: Uuid, id: WebhookId) -> Result<(), EngineError> {
    // Held first: what is published from now on wakes it again.
    if tx.keep_webhook(id, node, env.now().after(LEASE))? {
        let due = tx.next_delivery(id)?;
        tx.leave_webhook(id, node, due)?;
    }
    Ok(())
}

/// A delivery after a try. What the ledger has no more never can be sent.
fn settled(env: &mut Env, Message { told, delivery: before }: &Message, outcome: &Outcome) -> Delivery {
    let is_lost = told.is_none();
    let attempts = before.attempts + 1;
    let failure = outcome.failure.as_ref().map(|text| text.chars().take(FAILURE).collect());
    let after = Delivery {
        attempts,
        last_attempt: Some(outcome.at),
        status: outcome.status.map(i64::from),
        failure,
        next_attempt: None,
        ..before.clone()
    };
    if outcome.failure.is_none() {
        return Delivery { state: DeliveryState::Delivered, ..after };
    }
    if is_lost {
        return Delivery { state: DeliveryState::Dead, ..after };
    }
    let rest = usize::try_from(before.attempts).ok().and_then(|tried| RESTS.get(tried));
    match rest {
        Some(rest) => {
            let asked = outcome.retry_after.unwrap_or_default().min(LONGEST_REST);
            let rest = (*rest + jitter(env, *rest)).max(asked);
            Delivery { next_attempt: Some(outcome.at.after(rest)), ..after }
        }
        None => Delivery { state: DeliveryState::Dead, ..after },
    }
}

/// Up to a tenth more, so that what failed together is not tried again together.
fn jitter(env: &mut Env, rest: Duration) -> Duration {
    let [byte, ..] = env.new_secret();
    rest / 10 * u32::from(byte) / 256
}

/// How sending goes after these outcomes. What could not be sent at all says nothing of the web server.
fn health(before: &WebhookHealth, outcomes: &[(Message, Outcome)], now: Timestamp) -> WebhookHealth {
    let mut sent = outcomes.iter().filter(|(message, _)| message.told.is_some()).map(|(_, outcome)| outcome);
    let answered = sent.clone().any(|outcome| outcome.failure.is_none());
    match sent.rfind(|outcome| outcome.failure.is_some()).and_then(|outcome| outcome.failure.as_ref()) {
        _ if answered => WebhookHealth::default(),
        None => before.clone(),
        Some(failure) => WebhookHealth {
            failing_since: Some(before.failing_since.unwrap_or(now)),
            failures: before.failures + 1,
            failure: Some(failure.chars().take(FAILURE).collect()),
            due: before.due,
        },
    }
}

/// How long a webhook rests that took nothing so many times in a row.
fn pause(failures: i64) -> Duration {
    let doubled = u32::try_from(failures.clamp(1, 10) - 1).unwrap_or(0);
    FIRST_PAUSE.saturating_mul(1 << doubled).min(LONGEST_PAUSE)
}

/// Switches a webhook off, and tells its owners.
fn give_up(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    webhook: &Webhook,
    why: GivenUp,
) -> Result<(), EngineError> {
    settings::give_up(tx, env, webhook, why)?;
    let Some(organization) = webhook.organization else { return Ok(()) };
    let name = organization_name(tx, organization)?;
    let why = match why {
        GivenUp::Gone => "It answered that nobody is there any more (410).",
        GivenUp::Failing => "It has taken no message for five days.",
    };
    let Webhook { name: webhook, url, .. } = webhook;
    let text = format!(
        "The webhook {webhook} of {name} was switched off.\n\n{why} Nothing is sent to {url} any more. Mend what is there, switch the \
         webhook on again, and send again what was not taken: what happened meanwhile is in the event feed.\n"
    );
    mail::post_to_owners(tx, env, sealer, [organization], &format!("A webhook of {name} was switched off"), &text)
}

fn organization_name(conn: &mut Conn<'_>, id: OrganizationId) -> Result<String, EngineError> {
    Ok(conn.organization(id)?.map(|organization| organization.name.to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_that_takes_nothing_rests_longer_each_time_up_to_five_minutes() {
        let pauses: Vec<u64> = (1..=11).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(pause(i64::MAX), LONGEST_PAUSE);
    }
}
