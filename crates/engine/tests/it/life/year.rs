//! A year of an installation: people join, move, leave and return, teams and groups come and go, seats run out, SCIM is
//! off for some weeks, and half-way another identity provider takes over. A seed tells all of it.

mod day;

use super::{
    chance::Chance,
    events::{Connection, ENTRA, Event, Group, JUMP, OKTA, Organization, Said, User},
};
use muster_model::Role;

/// Who may work here.
const PEOPLE: usize = 40;
/// When the successor is named and begins to push everybody, when the old identity provider lets go, and when it is
/// switched off.
const SWAP: [u16; 3] = [170, 195, 225];
/// When SCIM is off, for the connection that is in use.
const OFF: [std::ops::Range<u16>; 2] = [80..100, 300..312];
/// When the directory fills its groups, to lose them all the day after: more than the mass-change guard lets end.
const FULL: [u16; 3] = [60, 150, 340];

/// What happens in one day.
#[derive(Default)]
pub(super) struct Day {
    pub(super) events: Vec<Event>,
    /// Everything within the hour.
    pub(super) hurried: bool,
}

/// A directory user.
struct Entry {
    by: Connection,
    /// Who it is; nobody, once the directory has renamed it away.
    person: Option<usize>,
    said: Said,
}

pub(super) struct Year {
    chance: Chance,
    day: u16,
    /// What is about to happen today.
    today: Day,
    /// By person: the present address.
    people: Vec<String>,
    /// Every address that was ever used.
    addresses: Vec<String>,
    users: Vec<Option<Entry>>,
    groups: Vec<Option<Connection>>,
    /// What the mass-change guard holds.
    held: Vec<Event>,
}

impl Year {
    pub(super) fn new(seed: u64) -> Self {
        let people: Vec<_> = (0..PEOPLE).map(|n| format!("person{n}@example.com")).collect();
        let mut year = Self {
            chance: Chance::new(seed),
            day: 0,
            today: Day::default(),
            addresses: people.clone(),
            people,
            users: Vec::new(),
            groups: Vec::new(),
            held: Vec::new(),
        };
        year.begin();
        year
    }

    /// Before SCIM: a founder who owns everything, and some members by hand.
    fn begin(&mut self) {
        let founder = "founder@example.org".to_owned();
        self.plan(Event::SignUp { email: founder.clone() });
        for at in 0..2 {
            self.plan(Event::SetMember { at, email: founder.clone(), role: Role::Owner });
        }
        for person in 0..6 {
            let email = self.people[person].clone();
            let role = self.role();
            self.plan(Event::SignUp { email: email.clone() });
            self.plan(Event::SetMember { at: person % 2, email, role });
        }
        self.addresses.push(founder);
        self.plan(Event::Seats { at: 0, seats: 30 });
        self.plan(Event::Seats { at: 1, seats: 9 });
    }

    /// The next day; `None` after the year.
    pub(super) fn next_day(&mut self) -> Option<Day> {
        if self.day > 0 {
            self.plan_day();
        }
        self.day += 1;
        (self.day <= 366).then(|| std::mem::take(&mut self.today))
    }

    pub(super) fn day(&self) -> u16 {
        self.day
    }

    /// What is to be remembered of what was held by the mass-change guard.
    pub(super) fn learn_held(&mut self, event: &Event) {
        self.held.push(event.clone());
    }

    /// What is to be remembered of what happened.
    pub(super) fn learn(&mut self, event: &Event) {
        match event {
            Event::CreateUser { by, said } => {
                let address = said.user_name.to_lowercase();
                let person = self.people.iter().position(|email| *email == address);
                self.users.push(Some(Entry { by: *by, person, said: said.clone() }));
            }
            Event::PutUser { user, said } => {
                let address = said.user_name.to_lowercase();
                let Some(entry) = self.users[*user].as_mut() else { return };
                entry.said = said.clone();
                if said.active
                    && let Some(person) = entry.person
                {
                    self.people[person].clone_from(&address);
                } else if !said.active && address.starts_with("0f3a") {
                    entry.person = None;
                }
                self.addresses.push(address);
            }
            Event::DeleteUser { user } => self.users[*user] = None,
            Event::CreateGroup { by, .. } => self.groups.push(Some(*by)),
            Event::DeleteGroup { group } => self.groups[*group] = None,
            Event::Decide { approve, .. } => {
                let held = std::mem::take(&mut self.held);
                held.iter().filter(|_| *approve).for_each(|event| self.learn(event));
            }
            _ => {}
        }
    }

    fn plan(&mut self, event: Event) {
        self.today.events.push(event);
    }

    /// The connection that is in use.
    fn current(&self) -> Connection {
        if self.day < SWAP[0] { OKTA } else { ENTRA }
    }

    fn plan_day(&mut self) {
        if !self.held.is_empty() {
            for by in [OKTA, ENTRA, JUMP] {
                let approve = self.chance.percent(60);
                self.plan(Event::Decide { by, approve });
            }
        }
        for off in OFF {
            let connection = self.current();
            if self.day == off.start || self.day == off.end {
                self.plan(Event::Scim { connection, on: self.day == off.end });
            }
        }
        if self.day == SWAP[0] {
            self.plan(Event::Succeed);
        } else if self.day == SWAP[2] {
            self.plan(Event::Scim { connection: OKTA, on: false });
        }
        if (SWAP[0]..SWAP[1]).contains(&self.day) {
            self.take_over();
        } else if (SWAP[1]..SWAP[2]).contains(&self.day) {
            self.let_go();
        }
        if FULL.contains(&self.day) {
            return self.fill_groups();
        }
        if FULL.contains(&(self.day - 1)) {
            return self.lose_groups();
        }
        for _ in 0..1 + self.chance.below(4) {
            self.happen();
        }
    }

    /// The new identity provider pushes people whom the old one has.
    fn take_over(&mut self) {
        let mut left: Vec<_> = (0..PEOPLE).filter(|person| self.entry(OKTA, *person, Some(true)).is_some()).collect();
        left.retain(|person| self.entry(ENTRA, *person, None).is_none());
        for person in left.into_iter().take(2) {
            let said = self.said(&self.people[person].clone());
            self.plan(Event::CreateUser { by: ENTRA, said });
        }
    }

    /// The old one loses its users: some are deactivated first, some deleted.
    fn let_go(&mut self) {
        let users = self.users_of(OKTA, |_| true);
        for user in users.into_iter().take(2) {
            let said = self.users[user].as_ref().map(|entry| entry.said.clone());
            match said {
                Some(said) if said.active && self.chance.percent(50) => {
                    self.plan(Event::PutUser { user, said: Said { active: false, ..said } });
                }
                _ => self.plan(Event::DeleteUser { user }),
            }
        }
    }

    /// Everybody into every group.
    fn fill_groups(&mut self) {
        let by = self.current();
        let add = self.users_of(by, |entry| entry.said.active);
        for group in self.groups_of(by) {
            self.plan(Event::ChangeMembers { group, add: add.clone(), remove: Vec::new() });
        }
        self.today.events.truncate(11);
    }

    /// Somebody presses the wrong button.
    fn lose_groups(&mut self) {
        for group in self.groups_of(self.current()) {
            self.plan(Event::DeleteGroup { group });
        }
        self.today.hurried = true;
    }

    /// A user of a person: active, inactive, or either.
    fn entry(&self, by: Connection, person: usize, active: Option<bool>) -> Option<User> {
        let is =
            |entry: &Entry| entry.person == Some(person) && active.is_none_or(|active| entry.said.active == active);
        self.users_of(by, is).first().copied()
    }

    fn users_of(&self, by: Connection, which: impl Fn(&Entry) -> bool) -> Vec<User> {
        let entries = self.users.iter().enumerate().filter_map(|(user, entry)| Some((user, entry.as_ref()?)));
        entries.filter(|(_, entry)| entry.by == by && which(entry)).map(|(user, _)| user).collect()
    }

    fn groups_of(&self, by: Connection) -> Vec<Group> {
        (0..self.groups.len()).filter(|group| self.groups[*group] == Some(by)).collect()
    }

    fn role(&mut self) -> Role {
        [Role::Member, Role::Editor, Role::Editor, Role::Owner][self.chance.below(4)]
    }

    fn at(&mut self) -> Organization {
        self.chance.below(2)
    }
}
