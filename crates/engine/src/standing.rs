//! One account's standing in one organization: its membership and its grants, changed in memory and saved as one.
//!
//! Rules read and change a [`Standing`]; [`Standing::save`] finds out what is different and writes exactly that, with
//! the ledger, the counters of seats and owners, and the endings of the mass-change guard. So a rule cannot forget one.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    AccountId, ConnectionId, Grant, GrantId, Layers, Membership, MembershipState, OrganizationId, Role, Rule, Source,
    TeamId, Timestamp,
    grant::Origin,
    guard::Endings,
    ledger::{Event, Kind},
};
use muster_store::{Conn, Counter, Tx};

use crate::{EngineError, Env, ledger::Subject, settle::record_membership, watch::Seen};

/// One account in one organization.
#[derive(Debug, Clone)]
pub struct Standing {
    account: AccountId,
    organization: OrganizationId,
    before: Option<Membership>,
    membership: Option<Membership>,
    grants: Vec<Held>,
}

/// A grant, and what it was when loaded.
#[derive(Debug, Clone)]
struct Held {
    grant: Grant,
    before: Option<Grant>,
    ended: bool,
}

/// What a grant says: everything but when and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// Into which team.
    pub team: Option<TeamId>,
    /// Who says so.
    pub source: Source,
    /// Through which connection.
    pub connection: Option<ConnectionId>,
    /// What exactly says so.
    pub origin: Origin,
}

impl Reason {
    /// What a connection's directory says.
    #[must_use]
    pub fn scim(connection: ConnectionId, team: Option<TeamId>, origin: Origin) -> Self {
        Self { team, source: Source::Scim, connection: Some(connection), origin }
    }

    /// What a connection's assertions say of the person (JIT).
    #[must_use]
    pub fn sso(connection: ConnectionId) -> Self {
        Self { team: None, source: Source::Sso, connection: Some(connection), origin: Origin::Person }
    }

    fn of(grant: &Grant) -> Self {
        let Grant { team, source, connection, origin, .. } = *grant;
        Self { team, source, connection, origin }
    }

    pub(crate) fn is_of(&self, grant: &Grant) -> bool {
        grant.team == self.team
            && grant.source == self.source
            && grant.connection == self.connection
            && grant.origin == self.origin
    }
}

impl Standing {
    fn new(account: AccountId, organization: OrganizationId) -> Self {
        Self { account, organization, before: None, membership: None, grants: Vec::new() }
    }

    /// A standing of which it is known that there is none yet, as for an account made in this transaction.
    #[must_use]
    pub fn none(account: AccountId, organization: OrganizationId) -> Self {
        Self::new(account, organization)
    }

    /// One account's standing in one organization.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn load(tx: &mut Conn<'_>, account: AccountId, organization: OrganizationId) -> Result<Self, EngineError> {
        let mut standings = Self::load_in(tx, organization, &[account])?;
        Ok(standings.remove(&account).unwrap_or_else(|| Self::new(account, organization)))
    }

    /// An account's standing in every organization where it has, or had, one.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn load_all(tx: &mut Conn<'_>, account: AccountId) -> Result<BTreeMap<OrganizationId, Self>, EngineError> {
        let mut standings = BTreeMap::new();
        for membership in tx.memberships_of(account)? {
            let organization = membership.organization;
            standings.entry(organization).or_insert_with(|| Self::new(account, organization)).set_loaded(membership);
        }
        for grant in tx.grants_of(account)? {
            let organization = grant.organization;
            standings.entry(organization).or_insert_with(|| Self::new(account, organization)).add_loaded(grant);
        }
        Ok(standings)
    }

    /// Several accounts' standing in one organization; every account has an entry.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn load_in(
        tx: &mut Conn<'_>,
        organization: OrganizationId,
        accounts: &[AccountId],
    ) -> Result<BTreeMap<AccountId, Self>, EngineError> {
        let mut standings: BTreeMap<_, _> =
            accounts.iter().map(|account| (*account, Self::new(*account, organization))).collect();
        for membership in tx.memberships_in(organization, accounts)? {
            if let Some(standing) = standings.get_mut(&membership.account) {
                standing.set_loaded(membership);
            }
        }
        for grant in tx.grants_in(organization, accounts)? {
            if let Some(standing) = standings.get_mut(&grant.account) {
                standing.add_loaded(grant);
            }
        }
        Ok(standings)
    }

    fn set_loaded(&mut self, membership: Membership) {
        self.before = Some(membership.clone());
        self.membership = Some(membership);
    }

    fn add_loaded(&mut self, grant: Grant) {
        self.grants.push(Held { before: Some(grant.clone()), grant, ended: false });
    }

    /// Who.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Where.
    #[must_use]
    pub fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// The membership, in whatever state.
    #[must_use]
    pub fn membership(&self) -> Option<&Membership> {
        self.membership.as_ref()
    }

    /// Whether the person is in.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.membership.as_ref().is_some_and(Membership::is_active)
    }

    /// The grants that have not ended, asleep ones too.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(|held| !held.ended).map(|held| &held.grant)
    }

    /// The grants that are reasons now: none, while the membership gives no access.
    pub fn awake(&self) -> impl Iterator<Item = &Grant> {
        let active = self.is_active();
        self.grants().filter(move |grant| active && !grant.asleep)
    }

    /// The grant by which a connection manages this membership (SCIM-6), asleep or not.
    #[must_use]
    pub fn managed_by(&self, connection: ConnectionId) -> Option<&Grant> {
        self.grants().find(|grant| grant.manages(connection))
    }

    /// Whether a connection that manages this membership has the user active: the person is in, or waits, on its word.
    #[must_use]
    pub fn is_wanted_by(&self, connection: ConnectionId) -> bool {
        let state = self.membership.as_ref().map(|membership| membership.state);
        matches!(state, Some(MembershipState::Active | MembershipState::Waiting))
            && self.grants().any(|grant| grant.manages(connection) && !grant.asleep)
    }

    /// Whether nothing speaks for the membership any more: somebody is in without a reason, waits although no directory
    /// wants it, or sleeps and no directory could bring it back. The last owner on record is for
    /// [`transact`](crate::transact) to release (ORG-1).
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self.membership.as_ref().map(|membership| membership.state) {
            Some(MembershipState::Active) => self.awake().next().is_none(),
            Some(MembershipState::Waiting) => !self.grants().any(|grant| grant.is_managing() && !grant.asleep),
            Some(MembershipState::Asleep { .. }) => !self.grants().any(Grant::is_managing),
            Some(MembershipState::Kept { .. } | MembershipState::Ended { .. }) | None => false,
        }
    }

    /// Whether some grant says so now that the person is in the team.
    #[must_use]
    pub fn in_team(&self, team: TeamId) -> bool {
        self.awake().any(|grant| grant.team == Some(team))
    }

    /// Begins the membership, or begins it anew: with the default role and nothing remembered.
    pub fn enter(&mut self, env: &Env, state: MembershipState) {
        let (account, organization, now) = (self.account, self.organization, env.now());
        let membership = self.membership.get_or_insert_with(|| Membership {
            organization,
            account,
            role: Role::Member,
            roles: Layers::new(),
            state,
            blocked: false,
            guest: false,
            role_kept: false,
            conflict: false,
            joined: now,
            ended: None,
            version: 1,
        });
        if matches!(membership.state, MembershipState::Ended { .. }) {
            membership.role = Role::Member;
            membership.roles = Layers::new();
            membership.conflict = false;
            membership.role_kept = false;
        }
        // Who goes on waiting keeps the place in the queue.
        if !membership.is_active() && (membership.state, state) != (MembershipState::Waiting, MembershipState::Waiting)
        {
            membership.joined = now;
        }
        membership.state = state;
    }

    /// Moves the membership to another state; nothing, if there is no membership.
    pub fn set_state(&mut self, state: MembershipState) {
        self.edit(|membership| membership.state = state);
    }

    /// Begins the membership, or begins it anew, on another word than a directory's: what directories withdrew goes on sleeping
    /// until each says that the person is back (SCIM-5); other grants wake.
    pub fn come_in(&mut self, env: &Env) {
        let state = self.membership.as_ref().map(|membership| membership.state);
        if matches!(state, Some(MembershipState::Asleep { .. } | MembershipState::Kept { .. })) {
            self.sleep(Grant::is_managing);
        }
        self.enter(env, MembershipState::Active);
        self.wake(|grant| !grant.is_managing());
    }

    /// Changes the membership; nothing, if there is none.
    pub fn edit(&mut self, change: impl FnOnce(&mut Membership)) {
        if let Some(membership) = &mut self.membership {
            change(membership);
        }
    }

    /// Gives a grant, or wakes it if it is asleep. Nothing, if it is given already. One that has just ended goes on, unless
    /// it is given by another rule now: then it is another grant.
    pub fn give(&mut self, env: &mut Env, reason: Reason, rule: Rule) {
        // One that ends here and is given anew by another rule is another grant: its rule decides what ends it.
        let same = |held: &&mut Held| reason.is_of(&held.grant) && (!held.ended || held.grant.rule == rule);
        if let Some(held) = self.grants.iter_mut().find(same) {
            held.grant.asleep = false;
            held.ended = false;
            return;
        }
        let origin = env.origin();
        let grant = Grant {
            id: GrantId(env.new_id()),
            account: self.account,
            organization: self.organization,
            team: reason.team,
            source: reason.source,
            connection: reason.connection,
            origin: reason.origin,
            rule,
            actor: origin.actor,
            request: origin.request,
            given: env.now(),
            asleep: false,
            version: 1,
        };
        self.grants.push(Held { grant, before: None, ended: false });
    }

    /// Ends the grants that `which` names. Answers whether there were any.
    pub fn end(&mut self, which: impl FnMut(&Grant) -> bool) -> bool {
        self.each(which, |held| held.ended = true)
    }

    /// Puts the grants that `which` names to sleep.
    pub fn sleep(&mut self, which: impl FnMut(&Grant) -> bool) -> bool {
        self.each(which, |held| held.grant.asleep = true)
    }

    /// Wakes the grants that `which` names.
    pub fn wake(&mut self, which: impl FnMut(&Grant) -> bool) -> bool {
        self.each(which, |held| held.grant.asleep = false)
    }

    fn each(&mut self, mut which: impl FnMut(&Grant) -> bool, mut act: impl FnMut(&mut Held)) -> bool {
        let mut any = false;
        for held in self.grants.iter_mut().filter(|held| !held.ended) {
            if which(&held.grant) {
                act(held);
                any = true;
            }
        }
        any
    }

    /// Writes what is different, with everything that follows from it.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn save(self, tx: &mut Tx<'_>, env: &mut Env, rule: Rule) -> Result<(), EngineError> {
        self.count_endings(env);
        if env.watch.is_some() {
            let before = self.grants.iter().filter_map(|held| held.before.as_ref());
            let before = seen(self.before.as_ref(), before);
            let after = seen(self.membership.as_ref(), self.grants());
            env.note_move(self.organization, self.account, before, after);
        }
        self.count_teams(tx)?;
        self.save_grants(tx, env, rule)?;
        self.save_membership(tx, env, rule)
    }

    /// Counts the teams that the person comes into and leaves.
    fn count_teams(&self, tx: &mut Tx<'_>) -> Result<(), EngineError> {
        let was_in = self.before.as_ref().is_some_and(Membership::is_active);
        let before = self.grants.iter().filter_map(|held| held.before.as_ref()).filter(|_| was_in);
        let before: BTreeSet<TeamId> = before.filter(|grant| !grant.asleep).filter_map(|grant| grant.team).collect();
        let after: BTreeSet<TeamId> =
            self.awake().filter(|_| self.is_active()).filter_map(|grant| grant.team).collect();
        for (teams, others, by) in [(&after, &before, 1), (&before, &after, -1)] {
            for team in teams.difference(others) {
                tx.add_to_count(team.0, Counter::TeamMembers, by)?;
            }
        }
        Ok(())
    }

    /// What the mass-change guard counts (MIG-3): a membership that gives no access any more, with all its grants, is one
    /// ending; while it goes on, each team grant that ended or fell asleep is one.
    fn count_endings(&self, env: &mut Env) {
        if !self.before.as_ref().is_some_and(Membership::is_active) {
            return;
        }
        let ended = if self.is_active() {
            let was_awake = |held: &&Held| held.before.as_ref().is_some_and(|before| !before.asleep);
            let is_gone = |held: &&Held| {
                let again = || self.awake().any(|grant| Reason::of(grant).is_of(&held.grant));
                held.grant.team.is_some() && (held.ended || held.grant.asleep) && !again()
            };
            let gone = self.grants.iter().filter(was_awake).filter(is_gone).count();
            Endings { memberships: 0, team_grants: i64::try_from(gone).unwrap_or(i64::MAX) }
        } else {
            Endings { memberships: 1, team_grants: 0 }
        };
        if !ended.is_none() {
            env.count_ending(self.organization, ended);
        }
    }

    fn save_grants(&self, tx: &mut Tx<'_>, env: &mut Env, rule: Rule) -> Result<(), EngineError> {
        let was_in = self.before.as_ref().is_some_and(Membership::is_active);
        let had = |team: Option<TeamId>| {
            let mut before = self.grants.iter().filter_map(|held| held.before.as_ref());
            was_in && team.is_some() && before.any(|grant| grant.team == team && !grant.asleep)
        };
        let has = |team: Option<TeamId>| team.is_some_and(|team| self.in_team(team));
        for held in &self.grants {
            let subject = Subject::within(Kind::Grant, held.grant.id, self.account);
            let team = held.grant.team;
            let event = |plain, joined, left| match (had(team), has(team)) {
                (false, true) => joined,
                (true, false) => left,
                _ => plain,
            };
            let (joined, left) = (Event::TeamMemberAdded, Event::TeamMemberRemoved);
            match &held.before {
                None if held.ended => {}
                None => {
                    tx.insert_grant(&held.grant)?;
                    env.created(event(Event::GrantGiven, joined, left), subject, 1, held.grant.rule, &held.grant)?;
                }
                Some(before) if held.ended => {
                    tx.delete_grant(before)?;
                    env.ended(event(Event::GrantEnded, joined, left), subject, before.version + 1, rule, before)?;
                }
                Some(before) if before.asleep != held.grant.asleep => {
                    let grant = Grant { version: before.version + 1, ..held.grant.clone() };
                    tx.update_grant(&grant)?;
                    let plain = if grant.asleep { Event::GrantAsleep } else { Event::GrantAwake };
                    env.changed(event(plain, joined, left), subject, grant.version, rule, before, &grant)?;
                }
                Some(_) => continue,
            }
            env.about(self.account);
            env.about(self.organization);
        }
        Ok(())
    }

    fn save_membership(self, tx: &mut Tx<'_>, env: &mut Env, rule: Rule) -> Result<(), EngineError> {
        let Some(mut membership) = self.membership else { return Ok(()) };
        let before = self.before.as_ref();
        membership.ended = ended_at(before, &membership, env.now());
        if before == Some(&membership) {
            return Ok(());
        }
        match before {
            None => tx.insert_membership(&membership)?,
            Some(before) => {
                membership.version = before.version + 1;
                tx.update_membership(&membership)?;
            }
        }
        record_membership(env, rule, before, &membership)?;

        let organization = self.organization;
        let moved = |was: bool, is: bool| i64::from(is) - i64::from(was);
        let seat = moved(before.is_some_and(Membership::takes_seat), membership.takes_seat());
        if seat != 0 {
            tx.add_to_count(organization.0, Counter::Members, seat)?;
        }
        let owner = moved(before.is_some_and(Membership::is_owner), membership.is_owner());
        if owner != 0 {
            tx.add_to_count(organization.0, Counter::Owners, owner)?;
        }
        if seat < 0 || owner > 0 {
            env.unsettle(organization);
        }
        Ok(())
    }
}

/// When a membership stopped giving access. What a directory has ended already, it or its successor only ends more
/// thoroughly, which does not move this.
fn ended_at(before: Option<&Membership>, membership: &Membership, now: Timestamp) -> Option<Timestamp> {
    if membership.is_active() {
        return None;
    }
    let Some(before) = before else { return Some(now) };
    let (was, is) = (before.state, membership.state);
    let by_directory = || was.ended_by().is_some() && is.ended_by().is_some() && !is.is_by_hand();
    let is_blocked_now = membership.blocked && !before.blocked;
    if (was == is && !is_blocked_now) || by_directory() { before.ended } else { Some(now) }
}

/// What others see of a membership with these grants.
fn seen<'g>(membership: Option<&Membership>, grants: impl Iterator<Item = &'g Grant>) -> Option<Seen> {
    let membership = membership?;
    let (mut teams, mut managed_by) = (BTreeSet::new(), BTreeSet::new());
    for grant in grants.filter(|grant| membership.is_active() && !grant.asleep) {
        teams.extend(grant.team);
        managed_by.extend(grant.connection.filter(|_| grant.is_managing()));
    }
    Some(Seen { state: membership.state, role: membership.role, teams, managed_by })
}
