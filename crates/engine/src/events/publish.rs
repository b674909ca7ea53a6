//! Giving what happened its number, and webhooks what they are sent.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    LedgerId, Timestamp, Webhook, WebhookId,
    ledger::{Change, LedgerRow},
    webhook,
};
use muster_store::{Conn, Duty, EventKey, Tx};
use uuid::Uuid;

use super::told::subject;
use crate::{
    EngineError, Env,
    activity::{Scope, Sight, stream},
};

/// The most rows that are published at once.
const AT_ONCE: i64 = 512;

/// What was published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Published {
    /// How many rows.
    pub rows: usize,
    /// How many messages webhooks are to be sent of them.
    pub deliveries: usize,
}

/// Whether there is something to publish.
///
/// # Errors
///
/// The store's.
pub fn is_due(conn: &mut Conn<'_>) -> Result<bool, EngineError> {
    Ok(!conn.unsent(None, 1)?.is_empty())
}

/// Publishes what was committed, oldest first: gives it its numbers, files it for every stream of the activity log (ORG-9), and lets
/// webhooks be sent it. Nodes do this one after the other.
///
/// # Errors
///
/// The store's.
pub fn publish(tx: &mut Tx<'_>, env: &Env, node: Uuid) -> Result<Published, EngineError> {
    let now = env.now();
    // Held until the commit, so that numbers come to be known in their order.
    let Some(last) = tx.take_duty(Duty::Publishing, node, now, now)? else { return Ok(Published::default()) };
    let rows = tx.unsent(None, AT_ONCE)?;
    let mut published = Published { rows: rows.len(), deliveries: 0 };
    let last = newest(tx, &last)?;
    let newest = last + i64::try_from(rows.len()).unwrap_or(0);
    if !rows.is_empty() {
        stream::file(tx, &rows)?;
        tx.insert_events(last + 1, &rows)?;
        tx.unfile_untaken(&rows)?;
        published.deliveries = address(tx, env, &rows, (last + 1, newest))?;
    }
    tx.note_duty(Duty::Publishing, &newest.to_string())?;
    tx.finish_duty(Duty::Publishing, Timestamp(0))?;
    Ok(published)
}

/// The oldest number that is kept, and the newest one that was given: with nothing kept, the oldest is the next one.
pub(crate) fn kept(conn: &mut Conn<'_>) -> Result<(i64, i64), EngineError> {
    let said = conn.duty_state(Duty::Publishing)?;
    let newest = newest(conn, &said)?;
    Ok((conn.oldest_event()?.unwrap_or(newest + 1), newest))
}

/// The newest number that was given, as whoever gives them says: rows are forgotten, numbers are not.
fn newest(conn: &mut Conn<'_>, said: &str) -> Result<i64, EngineError> {
    match said.parse() {
        Ok(newest) => Ok(newest),
        Err(_) => Ok(conn.newest_event()?.unwrap_or(0)),
    }
}

/// Lets webhooks be sent what concerns them of published rows.
fn address(tx: &mut Tx<'_>, env: &Env, rows: &[LedgerId], (first, last): (i64, i64)) -> Result<usize, EngineError> {
    let (Some(oldest), Some(newest)) = (rows.iter().min(), rows.iter().max()) else { return Ok(0) };
    if !tx.has_webhooks()? {
        return Ok(0);
    }
    let mut concerned: BTreeMap<WebhookId, (Webhook, BTreeSet<LedgerId>)> = BTreeMap::new();
    for (webhook, row) in tx.webhooks_concerned(*oldest, *newest)? {
        concerned.entry(webhook.id).or_insert_with(|| (webhook, BTreeSet::new())).1.extend(row);
    }
    if concerned.is_empty() {
        return Ok(0);
    }
    let rows = tx.events(None, first, last, AT_ONCE)?;
    let mut count = 0;
    for (webhook, filed) in concerned.into_values() {
        let mut sight = Sight::of(tx, scope(&webhook))?;
        let mut is_held = false;
        for (seq, row) in &rows {
            let is_filed = webhook.organization.is_none() || filed.contains(&row.id);
            if !is_filed || row.at < webhook.created {
                continue;
            }
            for (key, change) in addressees(tx, &webhook, &mut sight, *seq, row)? {
                if !is_held {
                    // Before anything is looked up that whoever sends may change.
                    tx.wake_webhook(webhook.id, env.now())?;
                    is_held = true;
                }
                tx.insert_delivery(webhook.id, key, subject(change).0, change.event.as_str(), env.now())?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// What a webhook may see: what an owner of its organization sees of the activity log (TEN-3).
pub(crate) fn scope(webhook: &Webhook) -> Scope {
    webhook.organization.map_or(Scope::Everything, Scope::Organization)
}

/// The changes of a row that a webhook is sent.
pub(crate) fn addressees<'r>(
    conn: &mut Conn<'_>,
    webhook: &Webhook,
    sight: &mut Sight,
    seq: i64,
    row: &'r LedgerRow,
) -> Result<Vec<(EventKey, &'r Change)>, EngineError> {
    let mut sent = Vec::new();
    for (number, change) in (0..).zip(&row.changes) {
        if webhook::takes(&webhook.events, change.event) && sight.takes(conn, row, change)? {
            sent.push((EventKey { seq, number }, change));
        }
    }
    Ok(sent)
}
