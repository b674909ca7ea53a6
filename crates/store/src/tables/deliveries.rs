//! What webhooks are sent, or were.
//!
//! Of what is pending for one subject only the first has a time at which it is sent; once that is settled the next one gets it. So what
//! happened to one account arrives in its order, and looking for what is due costs the same however much waits.

use std::{fmt, str::FromStr};

use muster_model::{Timestamp, WebhookId, webhook::DeliveryState};
use uuid::Uuid;

use super::word;
use crate::{Conn, Expect, Row, StoreError, Tx, Val, vals};

const TABLE: &str = "deliveries";
const COLUMNS: &str =
    "webhook, seq, number, subject, event, state, attempts, next_attempt, last_attempt, status, failure";

/// Which change: of which published row, and which of its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// The row's number.
    pub seq: i64,
    /// Which of its changes, from 0.
    pub number: i64,
}

/// As people and products name it: `42.0`.
impl fmt::Display for EventKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.seq, self.number)
    }
}

impl FromStr for EventKey {
    type Err = NoEventKey;

    fn from_str(text: &str) -> Result<Self, NoEventKey> {
        let (seq, number) = text.split_once('.').ok_or(NoEventKey)?;
        let digits = |text: &str| match text.parse() {
            Ok(number) if text.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
            _ => Err(NoEventKey),
        };
        Ok(Self { seq: digits(seq)?, number: digits(number)? })
    }
}

/// That a text names no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no position: they look like `42.0`")]
pub struct NoEventKey;

/// A change that one webhook is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// To which one.
    pub webhook: WebhookId,
    /// Which change.
    pub key: EventKey,
    /// The account, or whatever else it is about: within one, messages are sent in order.
    pub subject: Uuid,
    /// The event.
    pub event: String,
    /// What has become of it.
    pub state: DeliveryState,
    /// How often it was sent.
    pub attempts: i64,
    /// When it is sent next; `None` while it waits for an earlier one about the same subject.
    pub next_attempt: Option<Timestamp>,
    /// When it was last sent.
    pub last_attempt: Option<Timestamp>,
    /// What the web server answered.
    pub status: Option<i64>,
    /// Why it was not taken.
    pub failure: Option<String>,
}

fn delivery(row: &Row<'_>) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        webhook: WebhookId(row.get(0)?),
        key: EventKey { seq: row.get(1)?, number: row.get(2)? },
        subject: row.get(3)?,
        event: row.get(4)?,
        state: word(row, 5, TABLE, DeliveryState::parse)?,
        attempts: row.get(6)?,
        next_attempt: row.get::<Option<i64>>(7)?.map(Timestamp),
        last_attempt: row.get::<Option<i64>>(8)?.map(Timestamp),
        status: row.get(9)?,
        failure: row.get(10)?,
    })
}

impl Conn<'_> {
    /// What is to be sent to a webhook now, the longest due first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn deliveries_due(
        &mut self,
        webhook: WebhookId,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {TABLE} WHERE webhook = ?1 AND next_attempt <= ?2 \
             ORDER BY next_attempt, seq, number LIMIT ?3"
        );
        self.query(&sql, vals![webhook, now, limit], delivery)
    }

    /// When something is to be sent to a webhook next.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn next_delivery(&mut self, webhook: WebhookId) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(next_attempt) FROM deliveries WHERE webhook = ?1 AND next_attempt IS NOT NULL";
        self.one(sql, vals![webhook], |row| Ok(row.get::<Option<i64>>(0)?.map(Timestamp)))
    }

    /// A delivery.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delivery(&mut self, webhook: WebhookId, key: EventKey) -> Result<Option<Delivery>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {TABLE} WHERE webhook = ?1 AND seq = ?2 AND number = ?3");
        self.opt(&sql, vals![webhook, key.seq, key.number], delivery)
    }

    /// What a webhook was sent or is to be sent, newest first, before a change.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn deliveries(
        &mut self,
        webhook: WebhookId,
        state: Option<DeliveryState>,
        before: Option<EventKey>,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let before = before.unwrap_or(EventKey { seq: i64::MAX, number: 0 });
        let only = if state.is_some() { "AND state = ?5" } else { "" };
        let sql = format!(
            "SELECT {COLUMNS} FROM {TABLE} WHERE webhook = ?1 AND (seq, number) < (?2, ?3) {only} \
             ORDER BY seq DESC, number DESC LIMIT ?4"
        );
        let mut vals = vals![webhook, before.seq, before.number, limit].to_vec();
        vals.extend(state.map(|state| Val::from(state.as_str())));
        self.query(&sql, vals, delivery)
    }

    /// What a webhook was sent or is to be sent about a subject, newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn deliveries_about(
        &mut self,
        webhook: WebhookId,
        subject: Uuid,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {TABLE} WHERE subject = ?2 AND webhook = ?1 ORDER BY seq DESC, number DESC LIMIT ?3"
        );
        self.query(&sql, vals![webhook, subject, limit], delivery)
    }

    /// How many deliveries of a webhook are in a state, counted up to `most`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn count_deliveries(&mut self, webhook: WebhookId, state: DeliveryState, most: i64) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM (SELECT 1 AS one FROM deliveries WHERE webhook = ?1 AND state = ?2 LIMIT ?3) s";
        self.one(sql, vals![webhook, state.as_str(), most], |row| row.get(0))
    }

    /// The oldest settled deliveries of a webhook in a state.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn oldest_deliveries(
        &mut self,
        webhook: WebhookId,
        state: DeliveryState,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM {TABLE} WHERE webhook = ?1 AND state = ?2 ORDER BY seq, number LIMIT ?3");
        self.query(&sql, vals![webhook, state.as_str(), limit], delivery)
    }

    /// The next webhook, by id, that has deliveries; it may be gone.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn next_webhook_with_deliveries(&mut self, after: WebhookId) -> Result<Option<WebhookId>, StoreError> {
        let sql = "SELECT webhook FROM deliveries WHERE webhook > ?1 ORDER BY webhook LIMIT 1";
        self.opt(sql, vals![after], |row| Ok(WebhookId(row.get(0)?)))
    }
}

impl Tx<'_> {
    /// Adds what a webhook is to be sent, which this transaction holds; newer than whatever it is sent about the same subject. What is
    /// there already stays as it is.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_delivery(
        &mut self,
        webhook: WebhookId,
        key: EventKey,
        subject: Uuid,
        event: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO deliveries (webhook, seq, number, subject, event, state, attempts, next_attempt) \
             VALUES (?1, ?2, ?3, ?4, ?5, 'pending', 0, \
             CASE WHEN EXISTS (SELECT 1 FROM deliveries WHERE webhook = ?1 AND subject = ?4 AND state = 'pending') \
             THEN NULL ELSE CAST(?6 AS BIGINT) END) ON CONFLICT (webhook, seq, number) DO NOTHING",
            vals![webhook, key.seq, key.number, subject, event, now],
            Expect::Any,
        )
    }

    /// Lets a webhook, which this transaction holds, be sent a change again, in its place among what it is still to be sent about the
    /// same subject.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn resend_delivery(
        &mut self,
        webhook: WebhookId,
        key: EventKey,
        subject: Uuid,
        event: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO deliveries (webhook, seq, number, subject, event, state, attempts) \
             VALUES (?1, ?2, ?3, ?4, ?5, 'pending', 0) ON CONFLICT (webhook, seq, number) \
             DO UPDATE SET state = 'pending', attempts = 0, next_attempt = NULL",
            vals![webhook, key.seq, key.number, subject, event],
            Expect::Any,
        )?;
        // Whatever had its time before waits for this one, if this one comes first.
        self.put(
            "UPDATE deliveries SET next_attempt = NULL WHERE webhook = ?1 AND subject = ?2 AND state = 'pending' \
             AND next_attempt IS NOT NULL AND (seq, number) > (?3, ?4)",
            vals![webhook, subject, key.seq, key.number],
            Expect::Any,
        )?;
        self.send_first(webhook, subject, now)
    }

    /// Gives the first pending delivery about a subject its time, unless it has one.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn send_first(&mut self, webhook: WebhookId, subject: Uuid, now: Timestamp) -> Result<(), StoreError> {
        self.put(
            "UPDATE deliveries SET next_attempt = ?3 WHERE webhook = ?1 AND next_attempt IS NULL AND state = 'pending' \
             AND (seq, number) = (SELECT seq, number FROM deliveries WHERE webhook = ?1 AND subject = ?2 \
             AND state = 'pending' ORDER BY seq, number LIMIT 1)",
            vals![webhook, subject, now],
            Expect::Any,
        )
    }

    /// Notes what came of a delivery, unless somebody asked meanwhile for it to be sent again.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_delivery(&mut self, delivery: &Delivery) -> Result<(), StoreError> {
        let Delivery { webhook, key, state, attempts, next_attempt, last_attempt, status, failure, .. } = delivery;
        self.put(
            "UPDATE deliveries SET state = ?4, attempts = ?5, next_attempt = ?6, last_attempt = ?7, status = ?8, \
             failure = ?9 WHERE webhook = ?1 AND seq = ?2 AND number = ?3 AND state = 'pending'",
            vals![
                *webhook,
                key.seq,
                key.number,
                state.as_str(),
                *attempts,
                *next_attempt,
                *last_attempt,
                *status,
                failure.as_deref(),
            ],
            Expect::Any,
        )
    }

    /// Forgets deliveries.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_deliveries(&mut self, webhook: WebhookId, keys: &[EventKey]) -> Result<(), StoreError> {
        for key in keys {
            let sql = "DELETE FROM deliveries WHERE webhook = ?1 AND seq = ?2 AND number = ?3";
            self.put(sql, vals![webhook, key.seq, key.number], Expect::Any)?;
        }
        Ok(())
    }
}
