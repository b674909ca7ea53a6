//! Which products somebody has used lately, whether they may still, and what each was told: for the person, and for owners as far as
//! it is theirs to know (SES-3, TEN-3).

use std::collections::BTreeSet;

use muster_model::{
    AccountId, Authorization, Client, ClientId, Session, Timestamp,
    client::{ClientScopes, Revoked},
};
use muster_store::{Conn, Telling, Tx};

use super::telling::SHOWN;
use crate::{EngineError, Env};

/// One product in one session.
#[derive(Debug, Clone)]
pub struct Use {
    /// The product.
    pub client: Client,
    /// The session that it lives as long as.
    pub session: Session,
    /// What it may know.
    pub scopes: ClientScopes,
    /// Since when.
    pub since: Timestamp,
    /// When it ended, and why; `None` while it holds.
    pub over: Option<(Timestamp, String)>,
    /// What it was told of that.
    pub told: Told,
}

/// What a product was told of the end of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It takes no word of that: it learns when it asks next, within five minutes.
    Asks,
    /// It took it, then.
    At(Timestamp),
    /// It is told soon.
    Soon,
    /// It did not take it, and why; it is told again then.
    Failed(String, Option<Timestamp>),
}

/// The products that somebody has used lately, the newest first.
///
/// # Errors
///
/// The store's.
pub fn of_account(conn: &mut Conn<'_>, account: AccountId, now: Timestamp) -> Result<Vec<Use>, EngineError> {
    let (mut uses, mut seen) = (Vec::new(), BTreeSet::new());
    for telling in conn.authorizations_of(account, SHOWN)? {
        // Several sign-ins of one session are one use.
        if !seen.insert((telling.authorization.client, telling.authorization.session)) {
            continue;
        }
        let Some(client) = conn.client(telling.authorization.client)? else { continue };
        let Some(session) = conn.session(telling.authorization.session)? else { continue };
        uses.push(a_use(client, session, telling, now));
    }
    Ok(uses)
}

fn a_use(client: Client, session: Session, telling: Telling, now: Timestamp) -> Use {
    let Telling { authorization, tell_at, told, failure, .. } = telling;
    let Authorization { scopes, created, ended, .. } = authorization;
    let over = ended.or_else(|| session.ending(now).map(|(at, why)| (at, why.to_owned())));
    let told = match (told, failure) {
        (Some(at), _) => Told::At(at),
        (None, Some(why)) => Told::Failed(why, tell_at),
        (None, None) if tell_at.is_some() => Told::Soon,
        (None, None) => Told::Asks,
    };
    Use { client, session, scopes, since: created, over, told }
}

/// Takes back what a person lets a product do, everywhere; and what they agreed to.
///
/// # Errors
///
/// The store's.
pub fn take_back(tx: &mut Tx<'_>, env: &mut Env, account: AccountId, client: ClientId) -> Result<(), EngineError> {
    for telling in tx.authorizations_of(account, i64::MAX)? {
        let of = telling.authorization;
        if of.client == client && of.ended.is_none() {
            super::codes::end(tx, env, of.id, Revoked::ByPerson)?;
        }
    }
    Ok(tx.delete_client_consent(account, client)?)
}
