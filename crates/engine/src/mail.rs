//! Mail: kept sealed in the same commit as what it tells of, and sent afterwards by whichever node comes to it.

use std::{collections::BTreeSet, time::Duration};

use muster_crypto::{Place, Sealer};
use muster_model::{AccountId, Email, MailId, OrganizationId, Timestamp};
use muster_store::{Conn, MailRow, StoreError, Tx};
use serde::{Deserialize, Serialize};

use crate::{EngineError, Env};

/// How long whoever has taken a mail has time to send it; then another tries.
const TAKEN_FOR: Duration = Duration::from_mins(2);
/// How long a mail waits for somebody to send it.
const KEPT_FOR: Duration = Duration::from_hours(24);
/// After so many attempts it is given up.
const ATTEMPTS: i64 = 10;
/// Owners looked up at once.
const CHUNK: usize = 100;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// To whom.
    pub to: Email,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML, for who reads that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// Keeps a mail until it is sent. It is erased with `account`, where the address is somebody's.
///
/// # Errors
///
/// The store's; when it cannot be sealed.
pub(crate) fn post(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    account: Option<AccountId>,
    letter: &Letter,
) -> Result<(), EngineError> {
    let id = MailId(env.new_id());
    let text = serde_json::to_vec(letter).map_err(StoreError::other)?;
    let content = sealer.seal(&place(id), &text).map_err(StoreError::other)?;
    let row = MailRow { id, account, content, created: env.now(), attempts: 0 };
    Ok(tx.insert_mail(&row)?)
}

/// Keeps a mail to every owner of these organizations, each person once.
///
/// # Errors
///
/// The store's; when it cannot be sealed.
pub(crate) fn post_to_owners(
    tx: &mut Tx<'_>,
    env: &mut Env,
    sealer: &Sealer,
    organizations: impl IntoIterator<Item = OrganizationId>,
    subject: &str,
    text: &str,
) -> Result<(), EngineError> {
    let mut owners = BTreeSet::new();
    for organization in organizations {
        owners.extend(tx.owners(organization)?.iter().map(|owner| owner.account));
    }
    let owners: Vec<AccountId> = owners.into_iter().collect();
    for owners in owners.chunks(CHUNK) {
        for owner in tx.accounts(owners)? {
            let Some(to) = owner.email.clone() else { continue };
            let letter = Letter { to, subject: subject.to_owned(), text: text.to_owned(), html: None };
            post(tx, env, sealer, Some(owner.id), &letter)?;
        }
    }
    Ok(())
}

/// Whether there is mail to send.
///
/// # Errors
///
/// The store's.
pub fn is_due(conn: &mut Conn<'_>, now: Timestamp) -> Result<bool, EngineError> {
    Ok(conn.has_mail(now)?)
}

/// Takes a mail to send it; [`sent`] is to follow, or somebody tries again later. One that was tried too often, or that
/// nobody can open any more, is given up.
///
/// # Errors
///
/// The store's.
pub fn take(tx: &mut Tx<'_>, env: &Env, sealer: &Sealer) -> Result<Option<(MailId, Letter)>, EngineError> {
    while let Some(row) = tx.take_mail(env.now(), env.now().after(TAKEN_FOR))? {
        let letter = sealer.open(&place(row.id), &row.content).ok();
        let letter = letter.and_then(|text| serde_json::from_slice(&text).ok()).filter(|_| row.attempts < ATTEMPTS);
        match letter {
            Some(letter) => return Ok(Some((row.id, letter))),
            None => tx.delete_mail(row.id)?,
        }
    }
    Ok(None)
}

/// Forgets a mail that was sent.
///
/// # Errors
///
/// The store's.
pub fn sent(tx: &mut Tx<'_>, id: MailId) -> Result<(), EngineError> {
    Ok(tx.delete_mail(id)?)
}

/// Forgets mail that nobody has sent for a day: what it tells of is over.
///
/// # Errors
///
/// The store's.
pub fn forget_old(tx: &mut Tx<'_>, env: &Env) -> Result<(), EngineError> {
    Ok(tx.delete_mails_before(env.now().before(KEPT_FOR))?)
}

fn place(id: MailId) -> Place {
    Place { table: "mails", column: "content", row: id.0 }
}
