//! Invitations by owners (ORG-3): reviewed, sent, sent again, cancelled; accepted or declined by whom they are for.
//!
//! A pending invitation holds a seat (SCIM-9). It is used up by whichever way its person comes in: by its link, a push, or
//! an owner who adds the person by hand. The engine is given the hash of each link's secret, and who writes the mail.
//!
//! - `review`: what is wrong with a list, before anything is sent;
//! - `delivery`: how links reach people, and what they prove by that;
//! - `link`: what whoever follows a link sees, and does next;
//! - `answer`: accepting and declining;
//! - `newcomer`: accepting for people who have no account yet;
//! - `pending`: how an invitation ends, whoever ends it;
//! - `guests`: mail to those whom a directory invited.

mod answer;
mod delivery;
mod guests;
mod link;
mod newcomer;
mod pending;
mod review;

use std::{collections::BTreeMap, time::Duration};

use muster_crypto::{TokenHash, sha256};
use muster_model::{
    AccountId, Actor, Email, Invitation, InvitationId, Organization, Role, Rule, TeamId, ledger::Event, trace::Note,
};
use muster_store::{Counter, Tx};

pub use self::{
    answer::{Answered, accept, decline},
    delivery::{Delivery, Mailer, Told},
    guests::{awaits_mail, mail_some},
    link::{Followed, Over, Own, Shown, Way, follow, named, own},
    newcomer::{accept_as_newcomer, decline_as_newcomer},
    pending::{expire, has_expired},
    review::{Verdict, review},
};
pub(crate) use self::{
    answer::{is_later_act, let_in},
    pending::{end, end_expired, pending, pending_in, pending_of, subject, use_up},
};
use crate::{EngineError, Env, Refusal, authority::require_owner, seats, teams};

/// How long an invitation's link works (ORG-3).
pub const VALID: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The most people that are invited at once (ORG-3).
pub const AT_ONCE: usize = 1_000;

/// How often one invitation is sent again within an hour.
pub const RESENDS: i64 = 5;
const RESENDS_WITHIN: Duration = Duration::from_hours(1);

/// Somebody to invite, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// An email address, or a username.
    pub to: String,
    /// The role that comes with the invitation.
    pub role: Role,
    /// The team that comes with it; made when missing.
    pub team: Option<String>,
}

/// Somebody to invite, with a link.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whom, and to what.
    pub person: Person,
    /// Of the secret in the link that this person gets.
    pub link: TokenHash,
}

/// What became of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whether it was sent, and if not, why.
    pub verdict: Verdict,
    /// The invitation, if it was sent. Its `email` is for the mail alone when it has an `account`: whoever invites by
    /// username does not learn the address (TEN-3).
    pub invitation: Option<Invitation>,
}

/// Invites people, those of them who can be ([`review`]), and keeps the mail for them; for each entry in its order, what
/// became of it. All of them need a seat, or nobody is invited.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; [`Refusal::NoSeat`]; refused above [`AT_ONCE`]; the store's.
pub fn send(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    entries: &[Entry],
    delivery: &Delivery<'_>,
) -> Result<Vec<Sent>, EngineError> {
    require_owner(tx, env, organization)?;
    // Two owners who invite the same person at once: the second finds the first's invitation.
    tx.organization_for_update(organization.id)?;
    let people: Vec<&Person> = entries.iter().map(|entry| &entry.person).collect();
    let judged = review::judge(tx, env.now(), organization, &people)?;
    for expired in &judged.expired {
        end_expired(tx, env, expired)?;
    }
    let sendable = judged.entries.iter().filter(|(_, invitee)| invitee.is_some()).count();
    if sendable > 0 && !seats::are_free(tx, organization.id, sendable)? {
        return Err(Refusal::NoSeat(organization.name.clone()).into());
    }
    let vouched = delivery.vouched(tx, env, organization)?;
    let mut sender = Sender { organization, inviter: inviter(env), teams: BTreeMap::new() };
    let mut sent = Vec::with_capacity(entries.len());
    for (at, ((verdict, invitee), entry)) in judged.entries.into_iter().zip(entries).enumerate() {
        let invitation = match invitee {
            Some(invitee) => {
                let confirms = vouched.covers(&invitee.email);
                let invitation = sender.invite(tx, env, invitee, entry, confirms)?;
                delivery.post(tx, env, organization, &invitation, at)?;
                Some(invitation)
            }
            None => None,
        };
        sent.push(Sent { verdict, invitation });
    }
    Ok(sent)
}

/// Whoever acts, if that is a person.
fn inviter(env: &Env) -> Option<AccountId> {
    match env.origin().actor {
        Actor::Account(id) => Some(id.into()),
        Actor::Operator | Actor::System | Actor::Token(_) => None,
    }
}

/// Who invites to where, and the teams that were found meanwhile.
struct Sender<'o> {
    organization: &'o Organization,
    inviter: Option<AccountId>,
    teams: BTreeMap<String, TeamId>,
}

impl Sender<'_> {
    fn invite(
        &mut self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        invitee: review::Invitee,
        entry: &Entry,
        confirms: bool,
    ) -> Result<Invitation, EngineError> {
        let review::Invitee { email, account, team } = invitee;
        let invitation = Invitation {
            id: InvitationId(env.new_id()),
            organization: self.organization.id,
            email,
            team: team.map(|name| self.team(tx, env, name)).transpose()?,
            role: entry.person.role,
            account,
            inviter: self.inviter,
            confirms,
            connection: None,
            directory_user: None,
            sent: env.now(),
            expires: env.now().after(VALID),
            version: 1,
        };
        insert(tx, env, &invitation, Some(&entry.link), Rule::Org3)?;
        env.note(Rule::Org3, Note::Invited(self.organization.name.clone()));
        Ok(invitation)
    }

    fn team(&mut self, tx: &mut Tx<'_>, env: &mut Env, name: String) -> Result<TeamId, EngineError> {
        if let Some(id) = self.teams.get(&name) {
            return Ok(*id);
        }
        let id = teams::find_or_create(tx, env, self.organization.id, &name, Rule::Org3)?.id;
        self.teams.insert(name, id);
        Ok(id)
    }
}

/// Stores an invitation, which takes a seat from now on.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    env: &mut Env,
    invitation: &Invitation,
    link: Option<&TokenHash>,
    rule: Rule,
) -> Result<(), EngineError> {
    tx.insert_invitation(invitation, link.map(TokenHash::as_bytes))?;
    tx.add_to_count(invitation.organization.0, Counter::Invitations, 1)?;
    env.created(Event::InvitationCreated, subject(invitation), 1, rule, invitation)?;
    env.about(invitation.organization);
    Ok(())
}

/// Sends an invitation again: with a new link for another 14 days. The former link works no longer.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; not found, also when it has expired; refused for the invitation that a directory made, and for one
/// that was sent [`RESENDS`] times within the hour; the store's.
pub fn resend(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    id: InvitationId,
    link: &TokenHash,
    delivery: &Delivery<'_>,
) -> Result<Invitation, EngineError> {
    require_owner(tx, env, organization)?;
    let before = live(tx, env, organization, id)?;
    if before.connection.is_some() {
        let text = "this invitation is an identity provider's: have it push the person again".to_owned();
        return Err(Refusal::Invalid(text).into());
    }
    count_resend(tx, env, id)?;
    let (sent, expires) = (env.now(), env.now().after(VALID));
    let confirms = delivery.vouched(tx, env, organization)?.covers(&before.email);
    let after = Invitation { sent, expires, confirms, version: before.version + 1, ..before.clone() };
    tx.resend_invitation(&after, link.as_bytes())?;
    env.changed(Event::InvitationResent, subject(&after), after.version, Rule::Org3, &before, &after)?;
    env.about(organization.id);
    delivery.post(tx, env, organization, &after, 0)?;
    Ok(after)
}

/// Nobody's mailbox is filled by an owner who presses a button again and again.
fn count_resend(tx: &mut Tx<'_>, env: &Env, id: InvitationId) -> Result<(), EngineError> {
    let key = sha256(format!("invitation\n{id}").as_bytes());
    let now = env.now();
    tx.hold_rate(&key, now.after(RESENDS_WITHIN))?;
    if tx.rate(&key, now.before(RESENDS_WITHIN))? >= RESENDS {
        let text = format!("this invitation was sent {RESENDS} times within the hour: wait a while");
        return Err(Refusal::Invalid(text).into());
    }
    Ok(tx.count_rate(&key, now, now.after(RESENDS_WITHIN))?)
}

/// Takes an invitation back: its link works no longer, and its seat is free.
///
/// # Errors
///
/// [`Refusal::NotAnOwner`]; not found; the store's.
pub fn cancel(
    tx: &mut Tx<'_>,
    env: &mut Env,
    organization: &Organization,
    id: InvitationId,
) -> Result<(), EngineError> {
    require_owner(tx, env, organization)?;
    let invitation = live(tx, env, organization, id)?;
    end(tx, env, &invitation, "cancelled", Event::InvitationEnded, Rule::Org3)
}

/// A pending invitation of an organization; another's is not found.
fn live(tx: &mut Tx<'_>, env: &Env, organization: &Organization, id: InvitationId) -> Result<Invitation, EngineError> {
    let found = tx.invitation(organization.id, id)?.filter(|invitation| invitation.expires > env.now());
    found.ok_or_else(|| EngineError::not_found("invitation", id))
}

/// By the address that an invitation is for.
type ByAddress = BTreeMap<String, Invitation>;

fn by_address(invitations: Vec<Invitation>) -> ByAddress {
    invitations.into_iter().map(|invitation| (Email::key(&invitation.email), invitation)).collect()
}
