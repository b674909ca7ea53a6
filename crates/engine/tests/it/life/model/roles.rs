//! Roles (PRE-5, GRP-8, ORG-1).

use muster_model::Role;

use super::{
    super::events::{Organization, Said as SaidOfUser, User},
    Account, DirectoryUser, Model, SaidRole, State,
    mapping::targets,
};

impl Model {
    /// GRP-8: `dockerRole` beats the table, and concerns only the person's own place.
    pub(super) fn state_explicit_role(&mut self, user: User, at: Organization) {
        match self.user(user).ok().and_then(|user| user.said.role) {
            Some(role) => self.state_role(user, at, Some((role, true))),
            None => self.state_role_by_table(user, at),
        }
    }

    /// Roles by group follow the groups at every push (GRP-8).
    pub(super) fn state_role_by_groups(&mut self, user: User, at: Organization) {
        let Ok(DirectoryUser { by, said: SaidOfUser { active, .. }, account: Some(account), .. }) = self.user(user)
        else {
            return;
        };
        let said = self.memberships.get(&(at, account)).and_then(|membership| membership.said.get(&by)).copied();
        match said {
            Some(said) if said.explicit => {}
            _ if active => self.state_role_by_table(user, at),
            // Who is inactive loses the role of a group that is left, and wins none.
            Some(said) if !said.inherited && self.state(at, account) == State::In => {
                let role = self.role_by_table(user, at).map(|role| (role.min(said.role), false));
                self.state_role(user, at, role);
            }
            _ => {}
        }
    }

    pub(super) fn state_role_by_table(&mut self, user: User, at: Organization) {
        let role = self.role_by_table(user, at);
        self.state_role(user, at, role.map(|role| (role, false)));
    }

    /// The highest of the user's groups (GRP-8).
    fn role_by_table(&self, user: User, at: Organization) -> Option<Role> {
        let own = self.groups.iter().flatten().filter(|group| group.members.contains(&user));
        let here = own.flat_map(|group| targets(group.by, &group.name)).filter(|target| target.at == at);
        here.filter_map(|target| target.role).max()
    }

    /// A manual change holds until SCIM says something other than before (PRE-5).
    fn state_role(&mut self, user: User, at: Organization, role: Option<(Role, bool)>) {
        let Ok(DirectoryUser { by, account: Some(account), .. }) = self.user(user) else { return };
        if matches!(self.state(at, account), State::Out | State::Asleep(_)) {
            return;
        }
        let since = self.moment;
        let membership = self.membership(at, account);
        let before = membership.said.get(&by).copied();
        match (before, role) {
            (Some(before), None) if !before.inherited => drop(membership.said.remove(&by)),
            (_, None) => {}
            (Some(before), Some((role, explicit))) if before.role == role => {
                membership.said.insert(by, SaidRole { explicit, inherited: false, ..before });
            }
            (_, Some((role, explicit))) => {
                membership.said.insert(by, SaidRole { role, since, explicit, inherited: false });
                membership.by_hand = None;
            }
        }
        self.resolve_role(at, account);
    }

    /// By hand, else what SCIM said last, else the invitation; a switched-off SCIM counts only where nothing else speaks.
    /// The last owner's demotion waits (ORG-1).
    pub(super) fn resolve_role(&mut self, at: Organization, account: Account) {
        let (scim, another) = (self.scim, self.another_owner(at, account));
        let membership = self.membership(at, account);
        let latest = |on: bool| {
            let said = membership.said.iter().filter(|(by, _)| scim[**by] == on);
            said.max_by_key(|(_, said)| said.since).map(|(_, said)| said.role)
        };
        let role = membership.by_hand.or(latest(true)).or(membership.invited).or(latest(false)).unwrap_or_default();
        let owns = membership.role == Role::Owner && matches!(membership.state, State::In | State::Kept(_));
        membership.demotion_waits = owns && role != Role::Owner && !another;
        membership.role = if membership.demotion_waits { Role::Owner } else { role };
    }

    /// After SCIM was switched off or on (PRE-5).
    pub(super) fn resolve_everything(&mut self) {
        for (at, account) in self.memberships.keys().copied().collect::<Vec<_>>() {
            self.resolve_role(at, account);
        }
        (0..self.people.len()).for_each(|account| self.resolve_name(account));
    }

    pub(super) fn another_owner(&self, at: Organization, account: Account) -> bool {
        self.memberships.iter().any(|((place, other), membership)| {
            *place == at
                && *other != account
                && membership.role == Role::Owner
                && matches!(membership.state, State::In | State::Kept(_))
        })
    }

    pub(super) fn is_last_owner(&self, at: Organization, account: Account) -> bool {
        let owns = |role: Role, state: State| role == Role::Owner && matches!(state, State::In | State::Kept(_));
        let membership = self.memberships.get(&(at, account));
        membership.is_some_and(|of| owns(of.role, of.state)) && !self.another_owner(at, account)
    }
}
