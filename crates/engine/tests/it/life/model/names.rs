//! What people and teams are called (TEN-2, PRE-5, ACC-3, GRP-5).

use std::collections::BTreeSet;

use super::{
    super::events::{Connection, DIRECTORIES, ORGANIZATIONS, Organization, User, Why},
    Account, DirectoryUser, Done, Model, Person, Team, TeamNames,
};

impl Model {
    /// The account with this email, made when there is none.
    pub(super) fn account(&mut self, email: &str) -> Account {
        self.known(email).unwrap_or_else(|_| {
            self.people.push(Person { email: email.to_owned(), ..Person::default() });
            self.people.len() - 1
        })
    }

    pub(super) fn known(&self, email: &str) -> Result<Account, Why> {
        self.people.iter().position(|person| person.email == email).ok_or(Why::NotFound)
    }

    /// ORG-2: a block stays on the address that a blocked person gives up.
    pub(super) fn change_email(&mut self, account: Account, email: &str) {
        let old = std::mem::replace(&mut self.people[account].email, email.to_owned());
        if old == email {
            return;
        }
        for at in 0..ORGANIZATIONS.len() {
            if self.memberships.get(&(at, account)).is_some_and(|membership| membership.blocked) {
                self.given_up.insert((at, old.clone(), account));
            }
        }
    }

    pub(super) fn state_name(&mut self, account: Account, by: Connection, said: Option<String>) {
        if said.is_some() {
            let former = (0..DIRECTORIES.len()).filter(|other| *other != by && !self.has_user(*other, account));
            let former: Vec<Connection> = former.collect();
            self.people[account].names.retain(|of, _| !former.contains(of));
        }
        let (since, names) = (self.moment, &mut self.people[account].names);
        match said {
            Some(said) if names.get(&by).is_some_and(|(before, _)| *before == said) => {}
            Some(said) => drop(names.insert(by, (said, since))),
            None => drop(names.remove(&by)),
        }
        self.resolve_name(account);
    }

    /// The last word of a directory that forgets the person stands until another says something.
    pub(super) fn forget_name(&mut self, user: User) {
        let Ok(DirectoryUser { by, account: Some(account), .. }) = self.user(user) else { return };
        if self.people[account].names.len() > 1 {
            self.people[account].names.remove(&by);
            self.resolve_name(account);
        }
    }

    /// What SCIM said last; a switched-off SCIM counts only where nothing else speaks.
    pub(super) fn resolve_name(&mut self, account: Account) {
        let scim = self.scim;
        let person = &mut self.people[account];
        let latest = |on: bool| {
            let said = person.names.iter().filter(|(by, _)| scim[**by] == on);
            said.max_by_key(|(_, (_, since))| *since).map(|(_, (name, _))| name.clone())
        };
        person.name = latest(true).or_else(|| latest(false)).unwrap_or_default();
    }

    /// The team that has, or had, this name; made when missing, and made again when deleted (GRP-1, GRP-5).
    pub(super) fn team(&mut self, at: Organization, name: &str) -> Team {
        let teams = &mut self.teams[at];
        let team = teams.iter().position(|team| team.ever.contains(name)).unwrap_or_else(|| {
            let ever = BTreeSet::from([name.to_owned()]);
            teams.push(TeamNames { now: name.to_owned(), ever, deleted: false });
            teams.len() - 1
        });
        teams[team].deleted = false;
        team
    }

    pub(super) fn live_team(&self, at: Organization, name: &str) -> Result<Team, Why> {
        self.teams[at].iter().position(|team| team.now == name && !team.deleted).ok_or(Why::NotFound)
    }

    /// A name once used is never given to another (ACC-3).
    pub(super) fn rename_team(&mut self, at: Organization, team: &str, name: &str) -> Done {
        let team = self.live_team(at, team)?;
        if self.teams[at].iter().enumerate().any(|(other, names)| other != team && names.ever.contains(name)) {
            return Err(Why::Name);
        }
        let names = &mut self.teams[at][team];
        name.clone_into(&mut names.now);
        names.ever.insert(name.to_owned());
        Ok(())
    }
}
