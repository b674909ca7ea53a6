//! Web servers that are sent what happens, with who sends to them now.

use muster_model::{LedgerId, OrganizationId, Timestamp, Webhook, WebhookId, webhook::GivenUp};
use uuid::Uuid;

use super::{from_json, json, word};
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "webhooks";
const COLUMNS: &str =
    "w.id, w.name, w.organization, w.url, w.events, w.secret_made, w.disabled, w.given_up, w.created, w.version";
/// How many there are.
const WIDTH: usize = 10;

/// The sealed secrets of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSecrets {
    /// The present one; `None` before it is made.
    pub present: Option<Vec<u8>>,
    /// The one before, and until when messages are signed with it, too.
    pub former: Option<(Vec<u8>, Timestamp)>,
}

/// How sending to a webhook goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookHealth {
    /// Since when it takes nothing.
    pub failing_since: Option<Timestamp>,
    /// How often in a row it took nothing.
    pub failures: i64,
    /// What happened at last.
    pub failure: Option<String>,
    /// When something is sent next.
    pub due: Option<Timestamp>,
}

fn webhook(row: &Row<'_>) -> Result<Webhook, StoreError> {
    let given_up = match row.get::<Option<String>>(7)? {
        Some(_) => Some(word(row, 7, TABLE, GivenUp::parse)?),
        None => None,
    };
    Ok(Webhook {
        id: WebhookId(row.get(0)?),
        name: row.get(1)?,
        organization: row.get::<Option<Uuid>>(2)?.map(OrganizationId),
        url: row.get(3)?,
        events: from_json(row, 4, TABLE)?,
        secret_made: Timestamp(row.get(5)?),
        disabled: row.get::<Option<i64>>(6)?.map(Timestamp),
        given_up,
        created: Timestamp(row.get(8)?),
        version: row.get(9)?,
    })
}

impl Conn<'_> {
    /// A webhook.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn webhook(&mut self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        self.opt(&format!("SELECT {COLUMNS} FROM {TABLE} w WHERE w.id = ?1"), vals![id], webhook)
    }

    /// The webhooks of an organization, or with `None` those of the installation, by name.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn webhooks(&mut self, organization: Option<OrganizationId>) -> Result<Vec<Webhook>, StoreError> {
        match organization {
            Some(organization) => {
                let sql = format!("SELECT {COLUMNS} FROM {TABLE} w WHERE w.organization = ?1 ORDER BY w.name");
                self.query(&sql, vals![organization], webhook)
            }
            None => {
                let sql = format!("SELECT {COLUMNS} FROM {TABLE} w WHERE w.organization IS NULL ORDER BY w.name");
                self.query(&sql, vals![], webhook)
            }
        }
    }

    /// The secrets of a webhook.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn webhook_secrets(&mut self, id: WebhookId) -> Result<Option<WebhookSecrets>, StoreError> {
        let sql = "SELECT secret, former_secret, former_until FROM webhooks WHERE id = ?1";
        self.opt(sql, vals![id], |row| {
            let former = row.get::<Option<Vec<u8>>>(1)?.zip(row.get::<Option<i64>>(2)?.map(Timestamp));
            Ok(WebhookSecrets { present: row.get(0)?, former })
        })
    }

    /// How sending to a webhook goes.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn webhook_health(&mut self, id: WebhookId) -> Result<Option<WebhookHealth>, StoreError> {
        let sql = "SELECT failing_since, failures, failure, due FROM webhooks WHERE id = ?1";
        self.opt(sql, vals![id], |row| {
            Ok(WebhookHealth {
                failing_since: row.get::<Option<i64>>(0)?.map(Timestamp),
                failures: row.get(1)?,
                failure: row.get(2)?,
                due: row.get::<Option<i64>>(3)?.map(Timestamp),
            })
        })
    }

    /// Whether any webhook is on.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn has_webhooks(&mut self) -> Result<bool, StoreError> {
        self.one("SELECT EXISTS (SELECT 1 FROM webhooks WHERE disabled IS NULL)", vals![], |row| row.get(0))
    }

    /// The webhooks that are on and could be told of ledger rows between two ids, both included, with those rows: every row for those
    /// of the installation, which are answered with no row; else what is filed under an organization or its connections.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn webhooks_concerned(
        &mut self,
        first: LedgerId,
        last: LedgerId,
    ) -> Result<Vec<(Webhook, Option<LedgerId>)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, NULL FROM webhooks w WHERE w.organization IS NULL AND w.disabled IS NULL \
             UNION ALL SELECT {COLUMNS}, s.ledger FROM webhooks w JOIN ledger_subjects s ON s.subject = w.organization \
             WHERE w.disabled IS NULL AND s.ledger >= ?1 AND s.ledger <= ?2 \
             UNION ALL SELECT {COLUMNS}, s.ledger FROM webhooks w JOIN connections c ON c.organization = w.organization \
             JOIN ledger_subjects s ON s.subject = c.id WHERE w.disabled IS NULL AND s.ledger >= ?1 AND s.ledger <= ?2"
        );
        self.query(&sql, vals![first, last], |row| Ok((webhook(row)?, row.get::<Option<Uuid>>(WIDTH)?.map(LedgerId))))
    }

    /// Whether somebody is to look what is sent next.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn has_due_webhooks(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM webhooks WHERE due <= ?1 AND disabled IS NULL \
                   AND (lease_until IS NULL OR lease_until <= ?1))";
        self.one(sql, vals![now], |row| row.get(0))
    }
}

impl Tx<'_> {
    /// Adds a webhook with its sealed secret, if that is made by now.
    ///
    /// # Errors
    ///
    /// [`Unique::WebhookName`](crate::Unique::WebhookName); what the database says.
    pub fn insert_webhook(&mut self, webhook: &Webhook, secret: Option<&[u8]>) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO webhooks (id, name, organization, url, events, secret, secret_made, disabled, given_up, created, \
             version, failures) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0)",
            vals![
                webhook.id,
                webhook.name.as_str(),
                webhook.organization,
                webhook.url.as_str(),
                json(&webhook.events)?,
                secret,
                webhook.secret_made,
                webhook.disabled,
                webhook.given_up.map(GivenUp::as_str),
                webhook.created,
                webhook.version,
            ],
            Expect::Any,
        )
    }

    /// Changes a webhook.
    ///
    /// # Errors
    ///
    /// [`StoreError::Stale`], if it was changed meanwhile; [`Unique::WebhookName`](crate::Unique::WebhookName); what the database
    /// says.
    pub fn update_webhook(&mut self, webhook: &Webhook) -> Result<(), StoreError> {
        self.put(
            "UPDATE webhooks SET name = ?2, url = ?3, events = ?4, secret_made = ?5, disabled = ?6, given_up = ?7, \
             version = ?8 WHERE id = ?1 AND version = ?8 - 1",
            vals![
                webhook.id,
                webhook.name.as_str(),
                webhook.url.as_str(),
                json(&webhook.events)?,
                webhook.secret_made,
                webhook.disabled,
                webhook.given_up.map(GivenUp::as_str),
                webhook.version,
            ],
            Expect::One,
        )
    }

    /// Changes the secrets that messages are signed with.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn set_webhook_secrets(&mut self, id: WebhookId, secrets: &WebhookSecrets) -> Result<(), StoreError> {
        let WebhookSecrets { present, former } = secrets;
        self.put(
            "UPDATE webhooks SET secret = ?2, former_secret = ?3, former_until = ?4 WHERE id = ?1",
            vals![
                id,
                present.as_ref(),
                former.as_ref().map(|(sealed, _)| sealed),
                former.as_ref().map(|(_, until)| *until)
            ],
            Expect::One,
        )
    }

    /// Removes a webhook; what it was sent goes by and by.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn delete_webhook(&mut self, id: WebhookId) -> Result<(), StoreError> {
        self.put("DELETE FROM webhooks WHERE id = ?1", vals![id], Expect::One)
    }

    /// Holds a webhook until the end of the transaction, and lets somebody look for what is sent next: now, unless it rests because
    /// it took nothing.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn wake_webhook(&mut self, id: WebhookId, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE webhooks SET due = CASE WHEN due <= ?2 THEN due WHEN rests_until > ?2 THEN rests_until \
                   ELSE CAST(?2 AS BIGINT) END WHERE id = ?1";
        self.put(sql, vals![id, now], Expect::Any)
    }

    /// Takes the webhook that is due longest, for a node until `until`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn take_webhook(
        &mut self,
        node: Uuid,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<WebhookId>, StoreError> {
        let free = "due <= ?2 AND disabled IS NULL AND (lease_until IS NULL OR lease_until <= ?2)";
        let sql = format!(
            "UPDATE webhooks SET lease_owner = ?1, lease_until = ?3 WHERE id = \
             (SELECT id FROM webhooks WHERE {free} ORDER BY due LIMIT 1) AND {free} RETURNING id"
        );
        let taken = self.query_returning(&sql, vals![node, now, until], |row| Ok(WebhookId(row.get(0)?)))?;
        Ok(taken.into_iter().next())
    }

    /// Holds a webhook that a node has until the end of the transaction, and lets the node have it longer; whether it still has it, and
    /// it is on.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn keep_webhook(&mut self, id: WebhookId, node: Uuid, until: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE webhooks SET lease_until = ?3 WHERE id = ?1 AND lease_owner = ?2 AND disabled IS NULL";
        Ok(self.exec(sql, vals![id, node, until])? == 1)
    }

    /// Gives a webhook back that a node had, and lets it rest: nothing is sent to it before.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn rest_webhook(&mut self, id: WebhookId, node: Uuid, until: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE webhooks SET rests_until = ?2 WHERE id = ?1";
        self.put(sql, vals![id, until], Expect::Any)?;
        self.leave_webhook(id, node, Some(until))
    }

    /// Gives a webhook back that a node had; somebody looks again at `due`.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn leave_webhook(&mut self, id: WebhookId, node: Uuid, due: Option<Timestamp>) -> Result<(), StoreError> {
        let sql =
            "UPDATE webhooks SET lease_owner = NULL, lease_until = NULL, due = ?3 WHERE id = ?1 AND lease_owner = ?2";
        self.put(sql, vals![id, node, due], Expect::Any)
    }

    /// Notes how sending to a webhook goes; it rests no more.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_webhook_health(&mut self, id: WebhookId, health: &WebhookHealth) -> Result<(), StoreError> {
        let sql =
            "UPDATE webhooks SET failing_since = ?2, failures = ?3, failure = ?4, rests_until = NULL WHERE id = ?1";
        self.put(sql, vals![id, health.failing_since, health.failures, health.failure.as_deref()], Expect::Any)
    }
}
