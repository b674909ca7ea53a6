//! Sessions of an organization's members, as its owners see and end them.
//!
//! Who owns what holds the domain of somebody's address sees all of their sessions and ends any (SES-4). Other owners see
//! those that began through a connection that covers their organization (TEN-3) and end none: they take the access to their
//! organization away, by removing the member.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    Account, AccountId, ConnectionId, Organization, Session, SessionId, Timestamp, domain::Holder, session::Ended,
};
use muster_store::{Conn, Tx};

use super::{AT_ONCE, Place, Which};
use crate::{
    EngineError, Env, Refusal,
    authority::Caller,
    domains,
    openid::uses::{self, Use},
};

/// Why a session ended, for owners who may not know more.
const ELSEWHERE: &str = "ended from where it began";

/// What an owner may see and end.
#[derive(Debug)]
pub struct Oversight {
    organization: Organization,
    /// The verified domains whose holder is the owner's.
    domains: BTreeSet<String>,
    /// The connections that cover the organization.
    connections: BTreeSet<ConnectionId>,
}

/// A page of sessions, by person.
#[derive(Debug, Clone)]
pub struct Page {
    /// With whose they are.
    pub sessions: Vec<(Account, Session)>,
    /// Where it ends; `None` after the last.
    pub next: Option<Place>,
}

/// How many sessions were ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// So many.
    pub ended: usize,
    /// So many were seen and left, as they are of accounts that are not the owner's to sign out.
    pub left: usize,
}

impl Oversight {
    /// What whoever calls may see of an organization's members; that they are an owner there is known.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn of(conn: &mut Conn<'_>, caller: &Caller, organization: &Organization) -> Result<Self, EngineError> {
        let company = organization.company.map(Holder::Company);
        let mut domains = BTreeSet::new();
        for holder in [Some(Holder::Organization(organization.id)), company].into_iter().flatten() {
            if caller.owns(conn, holder)? {
                domains.extend(conn.domain_names(holder)?);
            }
        }
        let connections = conn.connections_covering(organization.id)?.into_iter().collect();
        Ok(Self { organization: organization.clone(), domains, connections })
    }

    /// Whether an account is the owner's to sign out: its address is of a domain that they hold, and was not there before
    /// the domain was theirs (ORG-4).
    fn holds(&self, conn: &mut Conn<'_>, account: &Account) -> Result<bool, EngineError> {
        let is_of = account.email.as_ref().is_some_and(|email| self.domains.contains(&email.domain()));
        Ok(is_of && !domains::is_former_holders(conn, account)?)
    }

    fn sees(&self, holds: bool, session: &Session) -> bool {
        holds || self.shows_origin(session)
    }

    /// Whether the owner may know through what a session began, and by which request (TEN-3).
    #[must_use]
    pub fn shows_origin(&self, session: &Session) -> bool {
        session.connection.is_some_and(|connection| self.connections.contains(&connection))
    }

    /// When a session ended, and why as far as the owner may know: what another tenant's connection says of people is theirs
    /// (TEN-3).
    #[must_use]
    pub fn ending<'s>(&self, session: &'s Session, now: Timestamp) -> Option<(Timestamp, &'s str)> {
        let (at, reason) = session.ending(now)?;
        let is_of_connection = [Ended::Deactivated, Ended::SignedOutAtIdp].iter().any(|one| one.as_str() == reason);
        let hides = is_of_connection && !self.shows_origin(session);
        Some((at, if hides { ELSEWHERE } else { reason }))
    }

    /// The names of the connections through which sessions began, of those that the owner may know.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn origins<'s>(
        &self,
        conn: &mut Conn<'_>,
        sessions: impl IntoIterator<Item = &'s Session>,
    ) -> Result<super::Origins, EngineError> {
        super::origins(conn, sessions.into_iter().filter(|session| self.shows_origin(session)))
    }

    /// A member's live sessions that may be seen, newest first.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn of_member(
        &self,
        conn: &mut Conn<'_>,
        account: &Account,
        now: Timestamp,
    ) -> Result<Vec<Session>, EngineError> {
        let holds = self.holds(conn, account)?;
        let mut sessions = super::list(conn, account.id, now)?;
        sessions.retain(|session| self.sees(holds, session));
        Ok(sessions)
    }

    /// A member's sessions that ended lately and may be seen, the last ones first.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn of_member_ended(
        &self,
        conn: &mut Conn<'_>,
        account: &Account,
        now: Timestamp,
    ) -> Result<Vec<Session>, EngineError> {
        let holds = self.holds(conn, account)?;
        let mut sessions = super::list_ended(conn, account.id, now)?;
        sessions.retain(|session| self.sees(holds, session));
        Ok(sessions)
    }

    /// The products that a member has used lately in sessions that may be seen, with what each was told of their end.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn uses(&self, conn: &mut Conn<'_>, account: &Account, now: Timestamp) -> Result<Vec<Use>, EngineError> {
        let holds = self.holds(conn, account)?;
        let mut all = uses::of_account(conn, account.id, now)?;
        let is_its = |one: &Use| one.client.organization.is_none_or(|of| of == self.organization.id);
        all.retain(|one| self.sees(holds, &one.session) && is_its(one));
        for one in &mut all {
            if one.over.is_some() {
                let told = self.ending(&one.session, now).map(|(at, why)| (at, why.to_owned()));
                one.over = told.or(one.over.take());
            }
        }
        Ok(all)
    }

    /// A page of the sessions of members that may be seen, by person, after one of them. Where it ends tells of no other
    /// session.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn page(
        &self,
        conn: &mut Conn<'_>,
        which: Which,
        after: Place,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page, EngineError> {
        let mut found = Vec::new();
        let mut from = Some(after);
        while let Some(place) = from {
            let (sessions, next) = super::list_in(conn, self.organization.id, which, place, AT_ONCE, now)?;
            for (account, session) in self.seen(conn, sessions)? {
                // One more than fits tells that the page is not the last.
                if found.len() == limit {
                    let last: Option<&(Account, Session)> = found.last();
                    let next = last.map(|(account, session)| Place { account: account.id, session: session.id });
                    return Ok(Page { sessions: found, next });
                }
                found.push((account, session));
            }
            from = next;
        }
        Ok(Page { sessions: found, next: None })
    }

    /// Those that may be seen, with whose they are.
    fn seen(&self, conn: &mut Conn<'_>, sessions: Vec<Session>) -> Result<Vec<(Account, Session)>, EngineError> {
        let ids: BTreeSet<AccountId> = sessions.iter().map(|session| session.account).collect();
        let ids: Vec<AccountId> = ids.into_iter().collect();
        let mut accounts = BTreeMap::new();
        for some in ids.chunks(200) {
            for account in conn.accounts(some)? {
                accounts.insert(account.id, (self.holds(conn, &account)?, account));
            }
        }
        let seen = sessions.into_iter().filter_map(|session| {
            let (holds, account) = accounts.get(&session.account)?;
            self.sees(*holds, &session).then(|| (account.clone(), session))
        });
        Ok(seen.collect())
    }

    /// Signs a member out: everywhere, or where `session` is. How many sessions that were.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotDomainHolder`]; that there is no such live session; the store's.
    pub fn end(
        &self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        account: &Account,
        session: Option<SessionId>,
    ) -> Result<usize, EngineError> {
        if !self.holds(tx, account)? {
            return Err(Refusal::NotDomainHolder {
                username: account.username.clone(),
                organization: self.organization.name.clone(),
            }
            .into());
        }
        let Some(id) = session else { return super::end_all(tx, env, account.id, Ended::EndedByOwner) };
        let is_theirs = tx.session(id)?.is_some_and(|session| session.account == account.id);
        if is_theirs && super::end(tx, env, id, Ended::EndedByOwner)? {
            return Ok(1);
        }
        Err(EngineError::not_found("session", id))
    }

    /// Signs out all members that are the owner's to sign out, some with each call, until there are none: what came of it, and
    /// where to go on.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn end_all(
        &self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        after: Place,
    ) -> Result<(Counts, Option<Place>), EngineError> {
        let mut counts = Counts::default();
        let Page { sessions, next } = self.page(tx, Which::Live, after, AT_ONCE, env.now())?;
        for (account, session) in &sessions {
            if self.holds(tx, account)? && super::end(tx, env, session.id, Ended::EndedByOwner)? {
                counts.ended += 1;
            } else {
                counts.left += 1;
            }
        }
        Ok((counts, next))
    }
}
