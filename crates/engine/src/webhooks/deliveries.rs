//! What a webhook was sent and is to be sent, and sending it again.

use std::time::Duration;

use muster_model::{AccountId, Timestamp, Webhook, WebhookId, webhook::DeliveryState};
use muster_store::{Conn, Delivery, EventKey, Tx};

use crate::{
    EngineError, Env, Refusal,
    activity::Sight,
    events::{addressees, kept, scope, subject},
};

/// The most changes that are named for sending again at once.
const NAMED: usize = 1_000;
/// The most rows that are sent again at once.
const ROWS: i64 = 10_000;
/// How many rows are read with one statement.
const SLICE: i64 = 200;
/// How far ids and numbers are out of step at most: no request takes as long.
const OUT_OF_STEP: Duration = Duration::from_mins(2);
/// How long what was delivered is kept: it is the receipt.
pub const KEPT: Duration = Duration::from_hours(24 * 30);
/// How many settled deliveries of a webhook are looked at in one slice of removing.
const OLD: i64 = 500;

/// What is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// These, which it was sent before.
    These(Vec<EventKey>),
    /// Whatever is dead.
    Dead,
    /// Whatever happened from one time until before another, whether it was sent before or not.
    Between(Timestamp, Timestamp),
}

/// Lets a webhook be sent something again, in the order in which it happened; how many messages.
///
/// # Errors
///
/// Refused for too much at once; the store's.
pub fn replay(tx: &mut Tx<'_>, env: &Env, webhook: &Webhook, again: &Again) -> Result<usize, EngineError> {
    // Held before anything is looked at that whoever sends may change.
    tx.wake_webhook(webhook.id, env.now())?;
    let count = match again {
        Again::These(keys) => these(tx, env, webhook, keys)?,
        Again::Dead => {
            let dead = tx.oldest_deliveries(webhook.id, DeliveryState::Dead, ROWS)?;
            for delivery in &dead {
                resend(tx, env, delivery)?;
            }
            dead.len()
        }
        Again::Between(from, to) => between(tx, env, webhook, *from, *to)?,
    };
    Ok(count)
}

fn these(tx: &mut Tx<'_>, env: &Env, webhook: &Webhook, keys: &[EventKey]) -> Result<usize, EngineError> {
    if keys.len() > NAMED {
        return Err(Refusal::Invalid(format!("at most {NAMED} are sent again at once: name fewer")).into());
    }
    let mut count = 0;
    for key in keys {
        if let Some(delivery) = tx.delivery(webhook.id, *key)? {
            resend(tx, env, &delivery)?;
            count += 1;
        }
    }
    Ok(count)
}

fn resend(tx: &mut Tx<'_>, env: &Env, delivery: &Delivery) -> Result<(), EngineError> {
    Ok(tx.resend_delivery(delivery.webhook, delivery.key, delivery.subject, &delivery.event, env.now())?)
}

fn between(
    tx: &mut Tx<'_>,
    env: &Env,
    webhook: &Webhook,
    from: Timestamp,
    to: Timestamp,
) -> Result<usize, EngineError> {
    let mut next = first_at(tx, from.before(OUT_OF_STEP))?;
    let last = first_at(tx, to.after(OUT_OF_STEP))?.min(kept(tx)?.1);
    if last - next > ROWS {
        let text = format!("more than {ROWS} changes were made between these times: name a shorter time");
        return Err(Refusal::Invalid(text).into());
    }
    let mut sight = Sight::of(tx, scope(webhook))?;
    let subjects = sight.subjects();
    let mut count = 0;
    while next <= last {
        let rows = tx.events(subjects.as_deref(), next, last, SLICE)?;
        let Some((newest, _)) = rows.last() else { break };
        next = newest + 1;
        for (seq, row) in rows.iter().filter(|(_, row)| (from..to).contains(&row.at)) {
            for (key, change) in addressees(tx, webhook, &mut sight, *seq, row)? {
                tx.resend_delivery(webhook.id, key, subject(change).0, change.event.as_str(), env.now())?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// The first number whose row was written at a time or later, about: ids tell the time, and are nearly in the order of numbers.
fn first_at(conn: &mut Conn<'_>, at: Timestamp) -> Result<i64, EngineError> {
    let (oldest, newest) = kept(conn)?;
    let (mut low, mut high) = (oldest, newest + 1);
    let wanted = at.first_id();
    while low < high {
        let middle = low + (high - low) / 2;
        // Numbers have no gaps.
        if conn.event(middle)?.is_some_and(|row| row.0 < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// What all webhooks of an organization were sent about a person, newest first: the receipts.
///
/// # Errors
///
/// The store's.
pub fn receipts(
    conn: &mut Conn<'_>,
    webhooks: &[Webhook],
    account: AccountId,
    limit: i64,
) -> Result<Vec<Delivery>, EngineError> {
    let mut all = Vec::new();
    for webhook in webhooks {
        all.extend(conn.deliveries_about(webhook.id, account.0, limit)?);
    }
    all.sort_by_key(|delivery| std::cmp::Reverse(delivery.key));
    Ok(all)
}

/// Forgets some of what one webhook was sent long ago, is dead for as long as the ledger is kept, or was sent to one that is gone: of the
/// next webhook after one. After which one to go on; `None` if there is no other.
///
/// # Errors
///
/// The store's.
pub(crate) fn forget(
    tx: &mut Tx<'_>,
    now: Timestamp,
    activity: Duration,
    after: WebhookId,
) -> Result<Option<WebhookId>, EngineError> {
    let Some(webhook) = tx.next_webhook_with_deliveries(after)? else { return Ok(None) };
    let is_gone = tx.webhook(webhook)?.is_none();
    for state in DeliveryState::ALL {
        let end = match state {
            _ if is_gone => now.after(KEPT),
            DeliveryState::Pending => continue,
            DeliveryState::Delivered => now.before(KEPT),
            DeliveryState::Dead => now.before(activity),
        };
        let oldest = tx.oldest_deliveries(webhook, state, OLD)?;
        let old: Vec<EventKey> = oldest
            .iter()
            .filter(|delivery| is_gone || delivery.last_attempt.is_none_or(|at| at < end))
            .map(|delivery| delivery.key)
            .collect();
        tx.delete_deliveries(webhook, &old)?;
        if i64::try_from(old.len()).unwrap_or(0) == OLD {
            return Ok(Some(after));
        }
    }
    Ok(Some(webhook))
}
