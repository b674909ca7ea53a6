//! SCIM users (SCIM-4 to SCIM-8, SCIM-10, TEN-2, SSO-12).

use super::{
    super::events::{Connection, DIRECTORIES, ORGANIZATIONS, Organization, Said, User, Why},
    Account, DirectoryUser, Done, Membership, Model, Reason, State,
    mapping::targets,
    places::{Admission, Speaker},
};

/// The domain of all connections.
const DOMAIN: &str = "@example.com";
/// Everybody's team in the default organization (JIT-4).
const DEFAULT_TEAM: &str = "company";

impl Model {
    pub(super) fn create_user(&mut self, by: Connection, said: &Said) -> Done {
        self.require_scim(by)?;
        self.require_free_user_name(by, &said.user_name, None)?;
        self.users.push(Some(DirectoryUser { by, said: said.clone(), account: None, taken_over: false }));
        if said.active { self.provision(self.users.len() - 1) } else { Ok(()) }
    }

    /// A write that says nothing new changes nothing (SCIM-13), except where an owner has removed the person (ORG-2).
    pub(super) fn put_user(&mut self, user: User, said: &Said) -> Done {
        let before = self.user(user)?;
        self.require_scim(before.by)?;
        self.require_free_user_name(before.by, &said.user_name, Some(user))?;
        let was_active = before.said.active;
        let groups_lack = was_active && said.active && self.groups_lack_a_place(user);
        let lacks = groups_lack || (said.active && self.lacks_its_home(user, said)?);
        if *said == before.said && !lacks {
            return Ok(());
        }
        self.users[user] = Some(DirectoryUser { said: said.clone(), ..before.clone() });
        match (was_active, said.active) {
            (_, true) => {
                self.provision(user)?;
                if !was_active || before.account.is_none() || groups_lack {
                    (0..self.groups.len()).for_each(|group| self.place(group, user));
                }
            }
            (true, false) => self.withdraw_everywhere(user, false),
            // SCIM-10: stored as sent.
            (false, false) => {}
        }
        Ok(())
    }

    /// Deactivates and forgets (SCIM-5).
    pub(super) fn delete_user(&mut self, user: User) -> Done {
        self.require_scim(self.user(user)?.by)?;
        self.withdraw_everywhere(user, true);
        self.forget_name(user);
        for group in self.groups.iter_mut().flatten() {
            group.members.remove(&user);
        }
        self.users[user] = None;
        Ok(())
    }

    /// Makes the account and its memberships agree with what is said of an active user.
    fn provision(&mut self, user: User) -> Done {
        let DirectoryUser { by, said, taken_over, .. } = self.user(user)?;
        if taken_over {
            return Ok(());
        }
        let home = home(by, &said)?;
        let Some(account) = self.account_for(user, &said.user_name.to_lowercase())? else { return Ok(()) };
        self.state_name(account, by, said.name);
        for at in (0..ORGANIZATIONS.len()).filter(|at| *at != home) {
            self.leave(user, at, account);
        }
        self.enter_home(user, account, home)
    }

    /// The account of an active user: its own, the one with its address, or a new one (TEN-2, ACC-1); none, if the
    /// connection's successor speaks for it.
    fn account_for(&mut self, user: User, email: &str) -> Result<Option<Account>, Why> {
        let DirectoryUser { by, account: own, .. } = self.user(user)?;
        if !email.ends_with(DOMAIN) {
            return Err(Why::Domain);
        }
        let found = self.people.iter().position(|person| person.email == email);
        let account = match (own, found) {
            (Some(own), Some(found)) if own != found => return Err(Why::EmailTaken),
            (Some(own), _) => {
                self.change_email(own, email);
                own
            }
            (None, _) => self.account(email),
        };
        if own.is_none() && self.successor(by).is_some_and(|heir| self.has_user(heir, account)) {
            self.edit_user(user, |record| record.taken_over = true);
            return Ok(None);
        }
        for other in self.users_of(by, account).into_iter().filter(|other| *other != user) {
            // One person is one user of a directory; an inactive one gives the person up.
            if self.user(other)?.said.active {
                return Err(Why::EmailTaken);
            }
            self.edit_user(other, |record| record.account = None);
        }
        if let Some(predecessor) = self.predecessor(by) {
            for former in self.users_of(predecessor, account) {
                self.edit_user(former, |record| (record.account, record.taken_over) = (None, true));
                self.hand_over(predecessor, by, account);
            }
        }
        self.edit_user(user, |record| record.account = Some(account));
        Ok(Some(account))
    }

    /// SSO-12: what the one said of the person, the other says.
    fn hand_over(&mut self, from: Connection, to: Connection, account: Account) {
        let names = &mut self.people[account].names;
        if let Some(name) = names.remove(&from) {
            names.entry(to).or_insert(name);
        }
        let heir = |by: Connection| if by == from { to } else { by };
        for membership in self.memberships.iter_mut().filter(|((_, of), _)| *of == account).map(|(_, of)| of) {
            // What the former had withdrawn is gone where the heir has the person active itself.
            if membership.is_wanted_by(to) && membership.resting.contains(&from) {
                membership.reasons.retain(|(reason, _)| *reason != Reason::Managed(from));
                membership.resting.remove(&from);
                membership.by_groups.remove(&from);
            }
            // What the former's user stated is the person's own, also where the heir's groups had placed the person.
            if membership.has(Reason::Managed(from))
                && !membership.by_groups.contains(&from)
                && membership.by_groups.remove(&to)
                && !membership.resting.contains(&from)
            {
                membership.resting.remove(&to);
            }
            let states_itself = membership.has(Reason::Managed(to)) && !membership.by_groups.contains(&to);
            let reasons = std::mem::take(&mut membership.reasons).into_iter();
            let inherited = reasons.map(|(reason, team)| match reason {
                Reason::Managed(by) => (Reason::Managed(heir(by)), team),
                Reason::Linked(by) => (Reason::Linked(heir(by)), team),
                Reason::Group(by, group) => (Reason::Group(heir(by), group), team),
                Reason::ByHand | Reason::Invitation => (reason, team),
            });
            membership.reasons = inherited.collect();
            if membership.resting.remove(&from) {
                membership.resting.insert(to);
            }
            // Where the heir states the place itself, the groups' word alone does not make it the groups'.
            if membership.by_groups.remove(&from) && !states_itself {
                membership.by_groups.insert(to);
            }
            membership.state = match membership.state {
                State::Asleep(by) => State::Asleep(heir(by)),
                State::Kept(by) => State::Kept(heir(by)),
                state => state,
            };
            if let Some(said) = membership.said.remove(&from) {
                membership.said.entry(to).or_insert(super::SaidRole { explicit: false, inherited: true, ..said });
            }
        }
    }

    /// The person's own statement: default or named organization and team.
    fn enter_home(&mut self, user: User, account: Account, at: Organization) -> Done {
        let DirectoryUser { by, said, .. } = self.user(user)?;
        // JIT-5: naming an organization suppresses the default team.
        let default = said.organization.is_none().then_some(DEFAULT_TEAM);
        let team = said.team.as_deref().or(default).map(|team| self.team(at, team));
        let stated = team.filter(|_| said.team.is_some());
        match self.admit(by, at, account, Speaker::User { states_team: stated.is_some() })? {
            Admission::KeptOut | Admission::Waits => {}
            Admission::Linked => {
                let membership = self.membership(at, account);
                membership.reasons.retain(|(reason, _)| *reason != Reason::Linked(by));
                membership.reasons.extend(stated.map(|team| (Reason::Linked(by), Some(team))));
            }
            Admission::Managed => {
                let membership = self.membership(at, account);
                membership.by_groups.remove(&by);
                membership.reasons.retain(|(reason, _)| ![Reason::Managed(by), Reason::Linked(by)].contains(reason));
                membership.reasons.insert((Reason::Managed(by), team));
            }
        }
        self.state_explicit_role(user, at);
        Ok(())
    }

    /// The old organization ends, unless another reason holds it (SCIM-4). Where the connection's groups place the person,
    /// it goes on managing the membership.
    fn leave(&mut self, user: User, at: Organization, account: Account) {
        let Ok(DirectoryUser { by, .. }) = self.user(user) else { return };
        let Some(membership) = self.memberships.get_mut(&(at, account)) else { return };
        membership.reasons.retain(|(reason, _)| *reason != Reason::Linked(by));
        if membership.said.get(&by).is_some_and(|said| said.explicit) {
            self.state_role_by_table(user, at);
        }
        let membership = self.membership(at, account);
        if !membership.has(Reason::Managed(by)) || membership.by_groups.contains(&by) {
            return;
        }
        if membership.state == State::In && membership.is_placed_by_groups_of(by) {
            membership.reasons.retain(|(reason, _)| *reason != Reason::Managed(by));
            membership.reasons.insert((Reason::Managed(by), None));
            membership.by_groups.insert(by);
        } else {
            membership.forget(by);
            self.resolve_role(at, account);
            self.end_without_reason(at, account, by);
        }
    }

    fn withdraw_everywhere(&mut self, user: User, forget: bool) {
        let Ok(DirectoryUser { by, account: Some(account), .. }) = self.user(user) else { return };
        for at in 0..ORGANIZATIONS.len() {
            if self.memberships.contains_key(&(at, account)) {
                self.withdraw(by, at, account, forget);
            }
        }
    }

    /// Ends what the connection manages; with the last connection that has the user active, the membership (SCIM-8).
    /// What is not forgotten is remembered (SCIM-5).
    fn withdraw(&mut self, by: Connection, at: Organization, account: Account, forget: bool) {
        let membership = self.membership(at, account);
        let manages = membership.has(Reason::Managed(by));
        let added_since = membership.resting.contains(&by);
        membership.reasons.retain(|(reason, _)| !matches!(reason, Reason::Linked(c) | Reason::Group(c, _) if *c == by));
        if forget || !manages {
            membership.forget(by);
            self.resolve_role(at, account);
        }
        let membership = self.membership(at, account);
        match membership.state {
            State::In if !manages => self.end_without_reason(at, account, by),
            State::In | State::Waiting(_) if membership.is_managed() && !membership.is_managed_only_by(by) => {
                membership.resting.extend((!forget).then_some(by));
            }
            // An owner has added the person again since: that is not the directory's to end.
            State::In if added_since => {}
            State::In | State::Waiting(_) if manages && forget => {
                membership.reasons.clear();
                self.end_or_keep(at, account, by);
            }
            State::In | State::Waiting(_) if manages => self.sleep_or_keep(at, account, by),
            State::Asleep(_) if manages && forget && !membership.is_remembered() => self.end(at, account),
            State::Kept(_) if manages && forget => membership.reasons.clear(),
            _ => {}
        }
    }

    /// Whether an owner has removed the person from where its groups place it.
    fn groups_lack_a_place(&self, user: User) -> bool {
        let Ok(DirectoryUser { account: Some(account), .. }) = self.user(user) else { return false };
        let own = self.groups.iter().flatten().filter(|group| group.members.contains(&user));
        own.flat_map(|group| targets(group.by, &group.name)).any(|target| {
            let membership = self.memberships.get(&(target.at, account));
            membership.is_some_and(|membership| membership.state == State::Out && !membership.blocked)
        })
    }

    /// Whether an owner has removed the person from where its own statement places it; groups alone may have brought it
    /// back.
    fn lacks_its_home(&self, user: User, said: &Said) -> Result<bool, Why> {
        let DirectoryUser { by, account: Some(account), .. } = self.user(user)? else { return Ok(false) };
        let at = home(by, said)?;
        let by_groups = |membership: &Membership| membership.by_groups.contains(&by);
        Ok(match self.state(at, account) {
            State::Out => !self.is_kept_out(at, account),
            State::In => self.memberships.get(&(at, account)).is_some_and(by_groups),
            _ => false,
        })
    }

    // ---- records ----

    pub(super) fn user(&self, user: User) -> Result<DirectoryUser, Why> {
        self.users.get(user).cloned().flatten().ok_or(Why::NotFound)
    }

    fn edit_user(&mut self, user: User, change: impl FnOnce(&mut DirectoryUser)) {
        if let Some(record) = self.users[user].as_mut() {
            change(record);
        }
    }

    fn users_of(&self, by: Connection, account: Account) -> Vec<User> {
        let all = self.users.iter().enumerate().filter_map(|(user, record)| Some((user, record.as_ref()?)));
        all.filter(|(_, record)| record.by == by && record.account == Some(account)).map(|(user, _)| user).collect()
    }

    pub(super) fn has_user(&self, by: Connection, account: Account) -> bool {
        !self.users_of(by, account).is_empty()
    }

    fn require_free_user_name(&self, by: Connection, name: &str, except: Option<User>) -> Done {
        let taken = |(user, record): (User, &Option<DirectoryUser>)| {
            let other = record.as_ref().filter(|record| record.by == by && Some(user) != except);
            other.is_some_and(|record| record.said.user_name.eq_ignore_ascii_case(name))
        };
        if self.users.iter().enumerate().any(taken) { Err(Why::UserNameTaken) } else { Ok(()) }
    }
}

/// Where a statement places the person (SCIM-4).
pub(super) fn home(by: Connection, said: &Said) -> Result<Organization, Why> {
    match &said.organization {
        None => Ok(DIRECTORIES[by].default),
        Some(name) => ORGANIZATIONS.iter().position(|known| known == name).ok_or(Why::Organization),
    }
}
