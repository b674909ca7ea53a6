//! What whoever follows an invitation's link sees, and does next. Looking changes nothing, because programs look at links,
//! too (SEC-4).

use muster_crypto::TokenHash;
use muster_model::{Account, AccountId, Connection, Email, Invitation, InvitationId, OrganizationId, Role, Timestamp};
use muster_store::Conn;

use super::{
    answer::is_for,
    delivery::{inviter_name, team_name},
};
use crate::{EngineError, credentials::enforcement, sign_in::connections_for};

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// An invitation that waits for its answer.
    Open(Box<Shown>),
    /// One that is over.
    Over(Over),
}

/// An invitation, as whoever follows its link sees it. The address is not in it: the link may have been passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// To where.
    pub organization: String,
    /// Who invites; `None` for whoever runs the installation.
    pub inviter: Option<String>,
    /// The role that comes with it.
    pub role: Role,
    /// The team that comes with it.
    pub team: Option<String>,
    /// Until when it counts.
    pub expires: Timestamp,
    /// What its follower does next.
    pub way: Way,
}

/// What somebody who follows a link does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Accept or decline.
    Answer,
    /// Sign in with another account.
    SwitchAccount,
    /// Sign in through the company of the invited address.
    SingleSignOn(Box<SingleSignOn>),
    /// Sign in, as somebody who has an account; or may have one, where the link does not show whose the address is (SEC-5).
    SignIn,
    /// Make an account.
    NewAccount,
}

/// How people of the invited address's domain sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleSignOn {
    /// Through which connections.
    pub connections: Vec<Connection>,
    /// The address, where whoever follows the link has shown that it is theirs.
    pub email: Option<Email>,
}

/// How an invitation came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Its time was over.
    Expired,
    /// It was accepted; by whoever looks now?
    Accepted {
        /// Whether whoever looks is a member there.
        is_member: bool,
    },
    /// An owner took it back.
    Cancelled,
    /// It was declined.
    Declined,
}

/// What a link leads to, for whoever is signed in where it is followed.
///
/// # Errors
///
/// Not found for a link that was never given out, or replaced by a newer one; the store's.
pub fn follow(
    conn: &mut Conn<'_>,
    now: Timestamp,
    link: &TokenHash,
    visitor: Option<AccountId>,
) -> Result<Followed, EngineError> {
    let Some(invitation) = conn.invitation_by_link(link.as_bytes())? else {
        return ended(conn, link, visitor).map(Followed::Over);
    };
    if invitation.expires <= now {
        return Ok(Followed::Over(Over::Expired));
    }
    let organization = conn.organization(invitation.organization)?.ok_or_else(unknown)?;
    Ok(Followed::Open(Box::new(Shown {
        organization: organization.name,
        inviter: inviter_name(conn, &invitation)?,
        role: invitation.role,
        team: team_name(conn, &invitation)?,
        expires: invitation.expires,
        way: way(conn, &invitation, visitor)?,
    })))
}

/// Whom an invitation is for, as its inviter knows them: who invites by username does not learn the address (TEN-3).
///
/// # Errors
///
/// The store's.
pub fn named(conn: &mut Conn<'_>, invitation: &Invitation) -> Result<String, EngineError> {
    Ok(match invitation.account {
        Some(account) => conn.account(account)?.map(|account| account.username).unwrap_or_default(),
        None => invitation.email.to_string(),
    })
}

/// A pending invitation, as the person sees it whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Stable id.
    pub id: InvitationId,
    /// To where, by name.
    pub organization: String,
    /// The owner who invites, by name.
    pub inviter: Option<String>,
    /// The role that comes with it.
    pub role: Role,
    /// The team that comes with it.
    pub team: Option<String>,
    /// Until when it counts.
    pub expires: Timestamp,
}

/// The pending invitations of an account that has shown that the address is its own, or that was meant by its username.
///
/// # Errors
///
/// The store's.
pub fn own(conn: &mut Conn<'_>, account: &Account, now: Timestamp) -> Result<Vec<Own>, EngineError> {
    let Some(email) = &account.email else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for invitation in conn.live_invitations_of(&email.key(), now)? {
        if !is_for(&invitation, account) {
            continue;
        }
        let Some(organization) = conn.organization(invitation.organization)? else { continue };
        all.push(Own {
            id: invitation.id,
            organization: organization.name,
            inviter: inviter_name(conn, &invitation)?,
            role: invitation.role,
            team: team_name(conn, &invitation)?,
            expires: invitation.expires,
        });
    }
    Ok(all)
}

fn ended(conn: &mut Conn<'_>, link: &TokenHash, visitor: Option<AccountId>) -> Result<Over, EngineError> {
    let (organization, outcome) = conn.ended_invitation_by_link(link.as_bytes())?.ok_or_else(unknown)?;
    Ok(match outcome.as_str() {
        "accepted" => Over::Accepted { is_member: is_member(conn, organization, visitor)? },
        "declined" => Over::Declined,
        "expired" => Over::Expired,
        _ => Over::Cancelled,
    })
}

fn is_member(
    conn: &mut Conn<'_>,
    organization: OrganizationId,
    visitor: Option<AccountId>,
) -> Result<bool, EngineError> {
    let Some(account) = visitor else { return Ok(false) };
    Ok(conn.memberships_in(organization, &[account])?.iter().any(muster_model::Membership::is_active))
}

/// What its follower does next.
pub(super) fn way(
    conn: &mut Conn<'_>,
    invitation: &Invitation,
    visitor: Option<AccountId>,
) -> Result<Way, EngineError> {
    if let Some(visitor) = visitor {
        let account = conn.account(visitor)?;
        let is_theirs = account.is_some_and(|account| is_for(invitation, &account));
        return Ok(if is_theirs { Way::Answer } else { Way::SwitchAccount });
    }
    let meant = invitation.account.map(|id| conn.account(id)).transpose()?.flatten();
    let email = meant.as_ref().and_then(|account| account.email.as_ref()).unwrap_or(&invitation.email);
    let connections = connections_for(conn, email)?;
    if !connections.is_empty() {
        // An account that a username named may have moved to an address that is none of the link's business.
        let email = Some(email.clone()).filter(|email| invitation.confirms && *email == invitation.email);
        return Ok(Way::SingleSignOn(Box::new(SingleSignOn { connections, email })));
    }
    if invitation.account.is_some() || !invitation.confirms || !enforcement::enforcing(conn, Some(email))?.is_empty() {
        return Ok(Way::SignIn);
    }
    // An address that nobody has confirmed is nobody's (ACC-1).
    let is_somebodys = conn.account_by_email(email)?.is_some_and(|account: Account| account.email_confirmed);
    Ok(if is_somebodys { Way::SignIn } else { Way::NewAccount })
}

/// There is no invitation behind this link.
pub(super) fn unknown() -> EngineError {
    EngineError::not_found("invitation", "behind this link")
}
