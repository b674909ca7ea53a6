//! What is wrong with a list of people to invite, before anything is sent (ORG-3).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use muster_model::{Account, AccountId, Email, Invitation, Membership, Organization, Timestamp, name};
use muster_store::Conn;

use super::{AT_ONCE, ByAddress, Person, by_address};
use crate::{EngineError, Env, Refusal, authority::require_owner};

/// What can be said of one entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The person can be invited.
    Invitable,
    /// Neither an address nor somebody's username, or of a team that cannot be: what to change.
    Invalid(String),
    /// Named before in the same list.
    Duplicate,
    /// There is a pending invitation of this address.
    AlreadyInvited,
    /// The person is a member.
    AlreadyMember,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invitable => f.write_str("can be invited"),
            Self::Invalid(why) => f.write_str(why),
            Self::Duplicate => f.write_str("is named twice in the list"),
            Self::AlreadyInvited => f.write_str("is invited already: resend or cancel that invitation"),
            Self::AlreadyMember => f.write_str("is a member already"),
        }
    }
}

/// Whom an entry means.
pub(super) struct Invitee {
    pub(super) email: Email,
    /// Set when a username named the person.
    pub(super) account: Option<AccountId>,
    /// The team, checked and folded.
    pub(super) team: Option<String>,
}

/// A list, judged.
pub(super) struct Judged {
    /// For each entry in its order: the verdict, and whom to invite.
    pub(super) entries: Vec<(Verdict, Option<Invitee>)>,
    /// Invitations of those people that have expired and not ended.
    pub(super) expired: Vec<Invitation>,
}

/// Judges each person of a list in its order. Nothing is sent.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; refused above [`AT_ONCE`]; the store's.
pub fn review(
    conn: &mut Conn<'_>,
    env: &Env,
    organization: &Organization,
    people: &[&Person],
) -> Result<Vec<Verdict>, EngineError> {
    require_owner(conn, env, organization)?;
    let judged = judge(conn, env.now(), organization, people)?;
    Ok(judged.entries.into_iter().map(|(verdict, _)| verdict).collect())
}

pub(super) fn judge(
    conn: &mut Conn<'_>,
    now: Timestamp,
    organization: &Organization,
    people: &[&Person],
) -> Result<Judged, EngineError> {
    if people.len() > AT_ONCE {
        let text = format!("{} people are too many at once: invite at most {AT_ONCE}", people.len());
        return Err(Refusal::Invalid(text).into());
    }
    let found = people.iter().map(|person| find(conn, person)).collect::<Result<Vec<_>, _>>()?;
    let accounts: Vec<AccountId> = found.iter().flatten().filter_map(|found| found.known).collect();
    let members = members_among(conn, organization, &accounts)?;
    let keys: Vec<String> = found.iter().flatten().map(|found| found.invitee.email.key()).collect();
    let mut invited = Vec::new();
    for some in keys.chunks(200) {
        invited.extend(conn.pending_invitations_among(organization.id, some)?);
    }
    let (pending, expired): (Vec<_>, Vec<_>) = invited.into_iter().partition(|invitation| invitation.expires > now);
    let (pending, mut expired): (ByAddress, ByAddress) = (by_address(pending), by_address(expired));
    let mut named = BTreeSet::new();
    let mut judged = Judged { entries: Vec::with_capacity(people.len()), expired: Vec::new() };
    for found in found {
        let entry = match found {
            Err(why) => (Verdict::Invalid(why), None),
            Ok(found) => {
                let key = found.invitee.email.key();
                if !named.insert(key.clone()) {
                    (Verdict::Duplicate, None)
                } else if found.known.is_some_and(|account| members.contains_key(&account)) {
                    (Verdict::AlreadyMember, None)
                } else if pending.contains_key(&key) {
                    (Verdict::AlreadyInvited, None)
                } else {
                    judged.expired.extend(expired.remove(&key));
                    (Verdict::Invitable, Some(found.invitee))
                }
            }
        };
        judged.entries.push(entry);
    }
    Ok(judged)
}

/// Whom a text means, and whose account that is.
struct Found {
    invitee: Invitee,
    known: Option<AccountId>,
}

/// Usernames have no `@`, addresses do (ACC-3). What is wrong is an inner `Err`.
fn find(conn: &mut Conn<'_>, person: &Person) -> Result<Result<Found, String>, EngineError> {
    let entry = person.to.trim();
    let team = match person.team.as_deref().map(name::checked).transpose() {
        Ok(team) => team,
        Err(error) => return Ok(Err(format!("cannot be invited to this team: {error}"))),
    };
    // An address that nobody has confirmed is nobody's (ACC-1).
    let confirmed = |account: &Account| account.email_confirmed && account.email.is_some();
    if entry.contains('@') {
        let Ok(email) = Email::parse(entry) else {
            return Ok(Err(format!("`{entry}` is not an email address: correct it")));
        };
        let known = conn.account_by_email(&email)?.filter(confirmed).map(|account| account.id);
        return Ok(Ok(Found { invitee: Invitee { email, account: None, team }, known }));
    }
    let account = conn.account_by_username(&entry.to_lowercase())?.filter(confirmed);
    Ok(match account {
        Some(Account { id, email: Some(email), .. }) => {
            Ok(Found { invitee: Invitee { email, account: Some(id), team }, known: Some(id) })
        }
        _ => Err(format!("nobody with the username `{entry}` can be invited: correct it, or use the email address")),
    })
}

/// Those of the accounts that take a seat in the organization, also the last owner on record (ORG-1).
fn members_among(
    conn: &mut Conn<'_>,
    organization: &Organization,
    accounts: &[AccountId],
) -> Result<BTreeMap<AccountId, Membership>, EngineError> {
    let mut members = BTreeMap::new();
    for some in accounts.chunks(200) {
        let found = conn.memberships_in(organization.id, some)?.into_iter().filter(Membership::takes_seat);
        members.extend(found.map(|membership| (membership.account, membership)));
    }
    Ok(members)
}
