//! SCIM groups (GRP-1 to GRP-8).

use std::collections::BTreeSet;

use super::{
    super::events::{Connection, DIRECTORIES, Group, ORGANIZATIONS, User, Why},
    Account, DirectoryGroup, DirectoryUser, Done, Model, Reason, State,
    mapping::targets,
    places::{Admission, Speaker},
};

impl Model {
    pub(super) fn create_group(&mut self, by: Connection, name: &str, members: &[User]) -> Done {
        self.require_scim(by)?;
        self.require_free_group_name(by, name, None)?;
        self.groups.push(Some(DirectoryGroup { by, name: name.to_owned(), members: BTreeSet::new() }));
        let group = self.groups.len() - 1;
        self.make_teams(group);
        self.change_members(group, members, &[])
    }

    pub(super) fn change_members(&mut self, group: Group, add: &[User], remove: &[User]) -> Done {
        let DirectoryGroup { by, name, members } = self.group(group)?;
        self.require_scim(by)?;
        let gone: Vec<User> =
            remove.iter().copied().filter(|user| members.contains(user) && !add.contains(user)).collect();
        let come: Vec<User> = add.iter().copied().filter(|user| !members.contains(user)).collect();
        if gone.is_empty() && come.is_empty() {
            return Ok(());
        }
        come.iter().try_for_each(|user| self.user(*user).map(drop))?;
        self.edit_members(group, |members| members.retain(|user| !gone.contains(user)));
        for user in gone {
            self.displace(group, user, &name);
            self.follow_groups(user, &name);
        }
        self.make_teams(group);
        self.edit_members(group, |members| members.extend(&come));
        come.into_iter().for_each(|user| self.place(group, user));
        Ok(())
    }

    /// Moves its members (GRP-5).
    pub(super) fn rename_group(&mut self, group: Group, name: &str) -> Done {
        let before = self.group(group)?;
        self.require_scim(before.by)?;
        if name == before.name {
            return Ok(());
        }
        self.require_free_group_name(before.by, name, Some(group))?;
        self.groups[group] = Some(DirectoryGroup { name: name.to_owned(), ..before.clone() });
        self.make_teams(group);
        if targets(before.by, &before.name) != targets(before.by, name) {
            for user in before.members {
                self.displace(group, user, &before.name);
                self.place(group, user);
                self.follow_groups(user, &before.name);
            }
        }
        Ok(())
    }

    /// Ends its reasons; the teams stay (GRP-5).
    pub(super) fn delete_group(&mut self, group: Group) -> Done {
        let before = self.group(group)?;
        self.require_scim(before.by)?;
        for user in before.members {
            self.edit_members(group, |members| members.retain(|member| *member != user));
            self.displace(group, user, &before.name);
            self.follow_groups(user, &before.name);
        }
        self.groups[group] = None;
        Ok(())
    }

    /// A push makes the teams that it names (GRP-1), and makes those again that were deleted by hand (GRP-5).
    fn make_teams(&mut self, group: Group) {
        let Ok(DirectoryGroup { by, name, .. }) = self.group(group) else { return };
        for target in targets(by, &name) {
            if let Some(team) = target.team {
                self.team(target.at, &team.to_lowercase());
            }
        }
    }

    /// Puts a member of a group where the group maps; an inactive one nowhere (GRP-2).
    pub(super) fn place(&mut self, group: Group, user: User) {
        let Ok(DirectoryGroup { by, name, members }) = self.group(group) else { return };
        let Some(account) = self.active_account(user).filter(|_| members.contains(&user)) else { return };
        self.make_teams(group);
        for target in targets(by, &name) {
            let team = target.team.map(|team| self.team(target.at, &team.to_lowercase()));
            let admission = self.admit(by, target.at, account, Speaker::Group);
            if matches!(admission, Ok(Admission::KeptOut) | Err(_)) {
                continue;
            }
            let theirs: BTreeSet<Group> =
                (0..self.groups.len()).filter(|other| !self.is_group_of(by, *other)).collect();
            let membership = self.membership(target.at, account);
            // What was inherited stood for what the connection's own groups had not said yet (SSO-12).
            let inherited =
                |reason: Reason| matches!(reason, Reason::Group(c, other) if c == by && theirs.contains(&other));
            membership.reasons.retain(|(reason, of)| *of != team || !inherited(*reason));
            membership.reasons.insert((Reason::Group(by, group), team));
            self.state_role_by_groups(user, target.at);
        }
    }

    fn is_group_of(&self, by: Connection, group: Group) -> bool {
        self.groups[group].as_ref().is_some_and(|group| group.by == by)
    }

    /// Ends a group's reasons, and the role that it gave. `left` is the name that it had.
    fn displace(&mut self, group: Group, user: User, left: &str) {
        let Ok(DirectoryUser { by, account: Some(account), .. }) = self.user(user) else { return };
        for at in 0..ORGANIZATIONS.len() {
            let Some(membership) = self.memberships.get_mut(&(at, account)) else { continue };
            membership.reasons.retain(|(reason, _)| *reason != Reason::Group(by, group));
        }
        for target in targets(by, left).into_iter().filter(|target| target.role.is_some()) {
            self.state_role_by_groups(user, target.at);
        }
    }

    /// Who waits, and no group wants any more, waits no longer. With `membership_follows_groups` a membership that only
    /// groups made ends with the last of them (GRP-7). `left` is the name of the group that the user was in.
    fn follow_groups(&mut self, user: User, left: &str) {
        let Ok(DirectoryUser { by, account: Some(account), .. }) = self.user(user) else { return };
        for at in targets(by, left).into_iter().map(|target| target.at) {
            let Some(membership) = self.memberships.get_mut(&(at, account)) else { continue };
            let follows = match membership.state {
                State::Waiting(_) => true,
                State::In => DIRECTORIES[by].follows_groups,
                _ => false,
            };
            // Who is away is remembered, whatever the groups do meanwhile (SCIM-5).
            let is_away = membership.resting.contains(&by);
            if follows && !is_away && membership.by_groups.contains(&by) && !membership.is_placed_by_groups_of(by) {
                membership.forget(by);
                self.resolve_role(at, account);
                self.end_without_reason(at, account, by);
            }
        }
    }

    // ---- records ----

    pub(super) fn group(&self, group: Group) -> Result<DirectoryGroup, Why> {
        self.groups.get(group).cloned().flatten().ok_or(Why::NotFound)
    }

    fn edit_members(&mut self, group: Group, change: impl FnOnce(&mut BTreeSet<User>)) {
        if let Some(record) = self.groups[group].as_mut() {
            change(&mut record.members);
        }
    }

    pub(super) fn active_account(&self, user: User) -> Option<Account> {
        self.user(user).ok().filter(|user| user.said.active).and_then(|user| user.account)
    }

    fn require_free_group_name(&self, by: Connection, name: &str, except: Option<Group>) -> Done {
        let taken = |(group, record): (Group, &Option<DirectoryGroup>)| {
            let other = record.as_ref().filter(|record| record.by == by && Some(group) != except);
            other.is_some_and(|record| record.name.eq_ignore_ascii_case(name))
        };
        if self.groups.iter().enumerate().any(taken) { Err(Why::GroupNameTaken) } else { Ok(()) }
    }
}
