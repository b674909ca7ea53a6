//! Whether what somebody let a client do still holds. Asked with every use of a token, of the database (SES-4).

use muster_model::{
    AccountId, AccountState, Authorization, AuthorizationId, Client, Session, SessionId, Timestamp, session::Ended,
};
use muster_store::Conn;

use super::people;
use crate::EngineError;

/// Among how many of an account's newest authorizations a session's name is sought.
const SOUGHT: i64 = 500;

/// An authorization that holds.
#[derive(Debug, Clone)]
pub struct Standing {
    /// It.
    pub authorization: Authorization,
    /// The session that it lives as long as.
    pub session: Session,
    /// To whom.
    pub client: Client,
}

/// Whether some client knows an account's session by this name.
///
/// # Errors
///
/// The store's.
pub fn is_known_as(
    conn: &mut Conn<'_>,
    account: AccountId,
    session: SessionId,
    sid: SessionId,
) -> Result<bool, EngineError> {
    let all = conn.authorizations_of(account, SOUGHT)?;
    Ok(all.iter().any(|one| one.authorization.session == session && one.authorization.sid == sid))
}

/// What became of an authorization.
#[derive(Debug, Clone)]
pub enum Held {
    /// It holds.
    Yes(Box<Standing>),
    /// It does not, or not any more, and why (SES-3).
    No(String),
}

/// Whether an authorization holds: it was not ended, its session lives, the account is active, the client is on and, if it is an
/// organization's, the person is a member there.
///
/// # Errors
///
/// The store's.
pub fn of(conn: &mut Conn<'_>, id: AuthorizationId, now: Timestamp) -> Result<Held, EngineError> {
    let no = |why: &str| Ok(Held::No(why.to_owned()));
    let Some((authorization, session, state)) = conn.authorization(id)? else { return no("it was never given") };
    if let Some((_, why)) = &authorization.ended {
        return no(why);
    }
    if let Some(why) = session.over(now) {
        return no(why);
    }
    if state != AccountState::Active {
        return no(Ended::AccountClosed.as_str());
    }
    let Some(client) = conn.client(authorization.client)?.filter(|client| client.disabled.is_none()) else {
        return no("the application is switched off");
    };
    if !people::serves(conn, &client, authorization.account)? {
        return no("the person is no member of the application's organization");
    }
    Ok(Held::Yes(Box::new(Standing { authorization, session, client })))
}
