//! What clients, browsers and devices carry while a sign-in to a product is under way: codes, pushed requests, device codes. Each
//! is known by the hash of what names it, and works for a short while.

use muster_model::{AccountId, AuthorizationId, ClientId, Timestamp};
use uuid::Uuid;

use super::word;
use crate::{Conn, Expect, Row, StoreError, Tx, vals};

const TABLE: &str = "oauth_tickets";
const COLUMNS: &str = "client, kind, account, content, outcome, polled, used, expires";

/// What a ticket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketKind {
    /// A code that the browser carries to the client (RFC 6749 §4.1.2).
    Code,
    /// A request that the client has pushed (RFC 9126).
    Request,
    /// A code that a device waits with (RFC 8628).
    Device,
}

impl TicketKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Request => "request",
            Self::Device => "device",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Code, Self::Request, Self::Device].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Something that works once, for a short while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// What it is.
    pub kind: TicketKind,
    /// Whose it is.
    pub client: ClientId,
    /// Whom it concerns, once that is known.
    pub account: Option<AccountId>,
    /// What must be known when it is used: JSON.
    pub content: String,
    /// What came of it.
    pub outcome: Option<AuthorizationId>,
    /// When a device last asked for it.
    pub polled: Option<Timestamp>,
    /// When it was used.
    pub used: Option<Timestamp>,
    /// Until when it works.
    pub expires: Timestamp,
}

fn ticket(row: &Row<'_>) -> Result<Ticket, StoreError> {
    Ok(Ticket {
        client: ClientId(row.get(0)?),
        kind: word(row, 1, TABLE, TicketKind::parse)?,
        account: row.get::<Option<Uuid>>(2)?.map(AccountId),
        content: row.get(3)?,
        outcome: row.get::<Option<Uuid>>(4)?.map(AuthorizationId),
        polled: row.get::<Option<i64>>(5)?.map(Timestamp),
        used: row.get::<Option<i64>>(6)?.map(Timestamp),
        expires: Timestamp(row.get(7)?),
    })
}

impl Conn<'_> {
    /// The ticket of a kind with this hash, also a used one, as long as it is kept.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn ticket(&mut self, kind: TicketKind, hash: &[u8; 32]) -> Result<Option<Ticket>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM {TABLE} WHERE hash = ?1 AND kind = ?2");
        self.opt(&sql, vals![hash.to_vec(), kind.as_str()], ticket)
    }

    /// The device code that goes with what somebody types, by hash; with its own hash.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn ticket_by_user_code(&mut self, user_code: &[u8; 32]) -> Result<Option<([u8; 32], Ticket)>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, hash FROM {TABLE} WHERE user_code = ?1 AND kind = 'device'");
        self.opt(&sql, vals![user_code.to_vec()], |row| {
            let hash: Vec<u8> = row.get(8)?;
            let corrupt = |_| StoreError::Corrupt { table: TABLE, key: "unknown".to_owned() };
            Ok((hash.try_into().map_err(corrupt)?, ticket(row)?))
        })
    }
}

impl Tx<'_> {
    /// Keeps a ticket.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn insert_ticket(
        &mut self,
        hash: &[u8; 32],
        user_code: Option<&[u8; 32]>,
        ticket: &Ticket,
    ) -> Result<(), StoreError> {
        self.put(
            "INSERT INTO oauth_tickets (hash, kind, client, account, user_code, content, expires) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            vals![
                hash.to_vec(),
                ticket.kind.as_str(),
                ticket.client,
                ticket.account,
                user_code.map(|hash| hash.to_vec()),
                ticket.content.as_str(),
                ticket.expires,
            ],
            Expect::Any,
        )
    }

    /// Marks a ticket as used, unless it is; whether it was not.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn use_ticket(
        &mut self,
        hash: &[u8; 32],
        outcome: Option<AuthorizationId>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE oauth_tickets SET used = ?2, outcome = ?3 WHERE hash = ?1 AND used IS NULL";
        Ok(self.exec(sql, vals![hash.to_vec(), at, outcome])? == 1)
    }

    /// Notes that a device asked for what came of its code.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn note_ticket_polled(&mut self, hash: &[u8; 32], at: Timestamp) -> Result<(), StoreError> {
        self.put("UPDATE oauth_tickets SET polled = ?2 WHERE hash = ?1", vals![hash.to_vec(), at], Expect::Any)
    }

    /// Notes who has typed a device's code, and with what came of it.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn decide_ticket(&mut self, hash: &[u8; 32], account: AccountId, content: &str) -> Result<bool, StoreError> {
        let sql =
            "UPDATE oauth_tickets SET account = ?2, content = ?3 WHERE hash = ?1 AND account IS NULL AND used IS NULL";
        Ok(self.exec(sql, vals![hash.to_vec(), account, content])? == 1)
    }

    /// Forgets tickets that expired some time ago, at most `limit`; how many there were.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn forget_expired_tickets(&mut self, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let sql = "DELETE FROM oauth_tickets WHERE hash IN \
                   (SELECT hash FROM oauth_tickets WHERE expires <= ?1 ORDER BY expires LIMIT ?2)";
        self.exec(sql, vals![before, limit])
    }
}
