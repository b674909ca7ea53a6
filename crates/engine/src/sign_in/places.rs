//! Where a person who signs in goes: invitations, groups, `dockerOrg`, and the default, in this order (JIT-2 to JIT-6).

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    Account, Connection, ConnectionId, Grant, Membership, MembershipState, OrganizationId, Role, Rule, SignIn, Source,
    Team, TeamId, connection::Covered, grant::Origin, name, trace::Note,
};
use muster_store::Tx;

use super::{Invited, groups};
use crate::{
    EngineError, Env, Refusal, blocks, connections, guests, invitations, roles, seats,
    standing::{Reason, Standing},
    teams,
};

/// JIT-7: with JIT off, only members and those who are invited come in, and nothing is made for anybody else.
pub(super) fn require_assigned(
    tx: &mut Tx<'_>,
    connection: &Connection,
    said: &SignIn,
    account: Option<&Account>,
    invited: &Invited,
) -> Result<(), EngineError> {
    if invited.meant_for(said, account).next().is_some() {
        return Ok(());
    }
    require_member(tx, connection, said, account)
}

/// SSO-12: a pilot is a member already.
pub(super) fn require_member(
    tx: &mut Tx<'_>,
    connection: &Connection,
    said: &SignIn,
    account: Option<&Account>,
) -> Result<(), EngineError> {
    let memberships = account.map(|account| tx.memberships_of(account.id)).transpose()?.unwrap_or_default();
    let is_here =
        |membership: &Membership| membership.is_active() && connection.covered(membership.organization).is_some();
    if memberships.iter().any(is_here) {
        return Ok(());
    }
    let username = account.map_or_else(|| said.email.to_string(), |account| account.username.clone());
    Err(Refusal::NotAssigned(username).into())
}

/// Lets the person in wherever the sign-in says so, and finds that it is somewhere.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    said: &SignIn,
    account: &Account,
    is_new: bool,
    invited: &Invited,
) -> Result<(), EngineError> {
    let standings = if is_new { BTreeMap::new() } else { Standing::load_all(tx, account.id)? };
    let mut places = Places { connection, account, standings, joined: BTreeMap::new(), turned_away: None };
    places.accept_invitations(tx, env, said, invited)?;
    if connection.settings.jit {
        let by_table = places.follow_groups(tx, env, said)?;
        places.follow_attributes(tx, env, said)?;
        if let Some(by_table) = by_table {
            places.follow_table(tx, env, &by_table)?;
        }
    }
    places.save(tx, env)
}

/// An account's standings in the connection's organizations, on their way.
struct Places<'s> {
    connection: &'s Connection,
    account: &'s Account,
    standings: BTreeMap<OrganizationId, Standing>,
    /// Where the person has come in by this sign-in, and by which rule.
    joined: BTreeMap<OrganizationId, Rule>,
    /// Why the person could not come in somewhere; the first reason counts.
    turned_away: Option<Refusal>,
}

impl<'s> Places<'s> {
    fn standing(&mut self, organization: OrganizationId) -> &mut Standing {
        let account = self.account.id;
        self.standings.entry(organization).or_insert_with(|| Standing::none(account, organization))
    }

    /// What the attributes are about: `dockerOrg`, else the default organization.
    fn place(&self, said: &SignIn) -> Option<&'s Covered> {
        match &said.organization {
            Some(name) => self.connection.covered_by_name(name),
            None => self.connection.default_organization(),
        }
    }

    fn is_in(&self, organization: OrganizationId) -> bool {
        self.standings.get(&organization).is_some_and(Standing::is_active)
    }

    fn is_anywhere(&self) -> bool {
        self.connection.organizations.iter().any(|covered| self.is_in(covered.id))
    }

    fn turn_away(&mut self, why: Refusal) {
        self.turned_away.get_or_insert(why);
    }

    /// JIT-2: a pending invitation of exactly this address is accepted, with its team and role, and its seat; where the
    /// membership has ended since it was sent, it is no reason to begin it anew (JIT-10).
    fn accept_invitations(
        &mut self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        said: &SignIn,
        invited: &Invited,
    ) -> Result<(), EngineError> {
        let (connection, account) = (self.connection, self.account);
        for invitation in invited.meant_for(said, Some(account)) {
            let Some(covered) = connection.covered(invitation.organization) else { continue };
            if self.is_in(covered.id) {
                continue;
            }
            let standing = self.standing(covered.id);
            if !invitations::is_later_act(invitation, standing.membership()) {
                let why = format!("the invitation to {} is older than the end of the membership", covered.name);
                env.note(Rule::Jit10, Note::PassedOver(why));
                continue;
            }
            invitations::let_in(tx, env, covered.id, account, standing)?;
            invitations::use_up(tx, env, standing, invitation, true)?;
            roles::settle_role(tx, env, Some(connection), standing)?;
            env.note(Rule::Jit2, Note::Joined(covered.name.clone()));
            env.note(Rule::Jit2, Note::InvitationUsed(covered.name.clone()));
            self.joined.insert(covered.id, Rule::Jit2);
        }
        Ok(())
    }

    /// JIT-3, GRP-2: the groups that are asserted, and no others of this connection's. The roles that the table gives them;
    /// `None` while nothing is known of groups.
    fn follow_groups(
        &mut self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        said: &SignIn,
    ) -> Result<Option<BTreeMap<OrganizationId, Role>>, EngineError> {
        let Some(targets) = groups::targets(env, self.connection, self.account, &said.groups) else { return Ok(None) };
        let mut asserted: BTreeSet<TeamId> = BTreeSet::new();
        let mut by_table: BTreeMap<OrganizationId, Role> = BTreeMap::new();
        for target in targets {
            let Some(covered) = self.connection.covered(target.organization) else { continue };
            if !self.join(tx, env, covered, Rule::Jit3)? {
                continue;
            }
            if let Some(team) = &target.team {
                let team = teams::find_or_create(tx, env, covered.id, team, Rule::Jit3)?;
                asserted.insert(team.id);
                self.give_team(env, covered.id, &team, Origin::Asserted, Rule::Jit3);
            }
            if let Some(role) = target.role {
                by_table.entry(covered.id).and_modify(|highest| *highest = role.max(*highest)).or_insert(role);
            }
        }
        let (connection, organizations) = (self.connection, self.connection.organizations.iter());
        for organization in organizations.map(|covered| covered.id) {
            // What sleeps is remembered, whatever is asserted meanwhile (SCIM-5).
            let Some(standing) = self.standings.get_mut(&organization).filter(|standing| standing.is_active()) else {
                continue;
            };
            // GRP-7: the teams end, the membership stays.
            let ended = standing.end(|grant| {
                grant.origin == Origin::Asserted
                    && grant.connection == Some(connection.id)
                    && grant.team.is_some_and(|team| !asserted.contains(&team))
            });
            if ended {
                env.note(Rule::Jit3, Note::TeamLeft("teams whose groups are no longer asserted".to_owned()));
            }
        }
        Ok(Some(by_table))
    }

    /// GRP-8: the roles that the table gives to the asserted groups, after what `dockerRole` says, which beats them.
    fn follow_table(
        &mut self,
        tx: &mut Tx<'_>,
        env: &mut Env,
        by_table: &BTreeMap<OrganizationId, Role>,
    ) -> Result<(), EngineError> {
        let connection = self.connection;
        for covered in &connection.organizations {
            if let Some(standing) = self.standings.get_mut(&covered.id) {
                state_by_table(tx, env, connection, standing, by_table.get(&covered.id).copied())?;
            }
        }
        Ok(())
    }

    /// JIT-5, JIT-4: `dockerOrg`, else the default for whoever is nowhere; and what is said of team and role there.
    fn follow_attributes(&mut self, tx: &mut Tx<'_>, env: &mut Env, said: &SignIn) -> Result<(), EngineError> {
        let place = match (self.place(said), &said.organization) {
            (Some(place), Some(_)) => {
                self.join(tx, env, place, Rule::Jit5)?;
                place
            }
            (Some(place), None) => {
                if !self.is_anywhere() {
                    self.join(tx, env, place, Rule::Jit4)?;
                }
                place
            }
            (None, Some(name)) => {
                // It joins nothing, and never the default (JIT-9).
                let refusal = Refusal::OrganizationNotCovered(name.clone());
                env.report(Rule::Jit5, None, Some(self.account.id.0), refusal.to_string());
                env.note(Rule::Jit5, Note::PassedOver(refusal.to_string()));
                self.turn_away(refusal);
                return Ok(());
            }
            (None, None) => return Ok(()),
        };
        // JIT-6: at the first provisioning, and later only over what SCIM says.
        // Who was invited counts as a member already (JIT-2).
        let joined = self.joined.get(&place.id).copied().filter(|rule| *rule != Rule::Jit2);
        let by_default = joined == Some(Rule::Jit4);
        let renews =
            joined.is_none() && self.is_in(place.id) && self.standing(place.id).awake().any(Grant::is_managing);
        if joined.is_none() && !renews {
            return Ok(());
        }
        let default_team = by_default.then(|| self.connection.settings.default_team.clone());
        if let Some(team) = self.team(env, said).or(default_team.and_then(|team| name::checked(&team).ok())) {
            let rule = if said.team.is_some() { Rule::Jit5 } else { Rule::Jit4 };
            let team = teams::find_or_create(tx, env, place.id, &team, rule)?;
            let connection = self.connection.id;
            self.standing(place.id)
                .end(|grant| is_own(grant, connection) && grant.team.is_some_and(|other| other != team.id));
            self.give_team(env, place.id, &team, Origin::Person, rule);
        }
        if let Some(role) = said.role {
            let connection = self.connection;
            roles::state(tx, env, connection, self.standing(place.id), Some((role, Rule::Jit5)), Source::Sso)?;
        }
        Ok(())
    }

    /// `dockerTeam`, if it can be applied.
    fn team(&self, env: &mut Env, said: &SignIn) -> Option<String> {
        match name::checked(said.team.as_deref()?) {
            Ok(team) => Some(team),
            Err(error) => {
                let why = Refusal::TeamName(error.to_string()).to_string();
                env.report(Rule::Jit5, None, Some(self.account.id.0), why.clone());
                env.note(Rule::Jit5, Note::PassedOver(why));
                None
            }
        }
    }

    fn give_team(&mut self, env: &mut Env, organization: OrganizationId, team: &Team, origin: Origin, rule: Rule) {
        let reason = Reason { team: Some(team.id), origin, ..Reason::sso(self.connection.id) };
        let standing = self.standing(organization);
        if !standing.in_team(team.id) {
            env.note(rule, Note::TeamJoined(team.name.clone()));
        }
        standing.give(env, reason, rule);
    }

    /// Whether the person is in, let in now if need be and if nothing is against it.
    fn join(&mut self, tx: &mut Tx<'_>, env: &mut Env, covered: &Covered, rule: Rule) -> Result<bool, EngineError> {
        if self.is_in(covered.id) {
            return Ok(true);
        }
        let membership =
            self.standing(covered.id).membership().map(|membership| (membership.state, membership.blocked));
        let is_blocked = membership.is_some_and(|(_, blocked)| blocked);
        if is_blocked || blocks::is_kept_out(tx, env, self.connection, covered.id, self.account.email.as_ref())? {
            env.note(Rule::Org2, Note::Blocked(covered.name.clone()));
            self.turn_away(Refusal::KeptOut(covered.name.clone()));
            return Ok(false);
        }
        if let Some(by) = membership.and_then(|(state, _)| state.ended_by())
            && connections::has_directory(tx, self.connection, by)?
        {
            let why = format!("SCIM ended the membership of {}: only SCIM or an owner begins it again", covered.name);
            env.note(Rule::Jit10, Note::PassedOver(why));
            self.turn_away(Refusal::EndedByDirectory(self.connection.name.clone()));
            return Ok(false);
        }
        let has_seat = matches!(membership, Some((MembershipState::Kept { .. }, _)));
        if !has_seat && !seats::is_free(tx, covered.id)? {
            env.note(Rule::Scim9, Note::WaitsForSeat(covered.name.clone()));
            self.turn_away(Refusal::NoSeat(covered.name.clone()));
            return Ok(false);
        }
        self.enter(tx, env, covered, rule)?;
        Ok(true)
    }

    /// Begins the membership, or begins it anew.
    fn enter(&mut self, tx: &mut Tx<'_>, env: &mut Env, covered: &Covered, rule: Rule) -> Result<(), EngineError> {
        let guest = guests::is_guest(tx, self.connection, covered.id, self.account)?;
        let reason = Reason::sso(self.connection.id);
        let standing = self.standing(covered.id);
        match standing.membership().map(|membership| membership.state) {
            // What a group wanted it to be comes with it.
            Some(MembershipState::Waiting) => standing.set_state(MembershipState::Active),
            _ => standing.come_in(env),
        }
        standing.edit(|membership| membership.guest = guest);
        standing.give(env, reason, rule);
        env.note(rule, Note::Joined(covered.name.clone()));
        self.joined.insert(covered.id, rule);
        Ok(())
    }

    /// Saves what has changed; refuses who is in no organization of the connection.
    fn save(self, tx: &mut Tx<'_>, env: &mut Env) -> Result<(), EngineError> {
        if !self.is_anywhere() {
            return Err(self.turned_away.unwrap_or(Refusal::NotPlaced(self.connection.name.clone())).into());
        }
        for (organization, standing) in self.standings {
            if self.connection.covered(organization).is_some() {
                standing.save(tx, env, self.joined.get(&organization).copied().unwrap_or(Rule::Jit1))?;
            }
        }
        Ok(())
    }
}

/// A grant that what this connection's assertions say of the person gave.
fn is_own(grant: &Grant, connection: ConnectionId) -> bool {
    grant.source == Source::Sso && grant.connection == Some(connection) && grant.origin == Origin::Person
}

/// The role that the table gives follows the groups at every sign-in; what `dockerRole` said stays.
fn state_by_table(
    tx: &mut Tx<'_>,
    env: &mut Env,
    connection: &Connection,
    standing: &mut Standing,
    role: Option<Role>,
) -> Result<(), EngineError> {
    let said = standing.membership().and_then(|membership| membership.roles.get(Source::Sso, Some(connection.id)));
    let by_table = said.is_none_or(|said| said.rule == Rule::Grp8);
    if by_table && (said.is_some() || role.is_some()) {
        roles::state(tx, env, connection, standing, role.map(|role| (role, Rule::Grp8)), Source::Sso)?;
    }
    Ok(())
}
