//! What may happen on any day.

use super::{
    super::events::{Connection, Event, JUMP, OKTA, Said, User},
    PEOPLE, Year,
};

const GROUPS: [&str; 12] = [
    "moby:developers",
    "moby:Writers",
    "moby:ops",
    " Whale : Crew ",
    "whale:harpooners",
    "Everyone",
    "acme:x",
    "Admins",
    "Platform EU",
    "Platform US",
    "moby:company",
    "whale:owners",
];
const TEAMS: [&str; 6] = ["developers", "writers", "book-club", "crew", "company", "harpooners"];

impl Year {
    pub(super) fn happen(&mut self) {
        let by = match self.chance.below(100) {
            0..5 => OKTA + 1 - self.current(),
            5..20 => JUMP,
            _ => self.current(),
        };
        match self.chance.below(100) {
            0..18 => self.join(by),
            18..30 => self.restate(by),
            30..38 => self.leave(by),
            38..46 => self.come_back(by),
            46..49 => self.rename(),
            49..51 => self.rename_away(by),
            51..72 => self.regroup(by),
            72..90 => self.by_hand(),
            90..93 => self.rework_teams(),
            93..96 => self.invite(),
            _ => {
                let at = self.at();
                let seats = if at == 0 { 18 + self.chance.below(20) } else { 4 + self.chance.below(14) };
                self.plan(Event::Seats { at, seats });
            }
        }
    }

    pub(super) fn said(&mut self, user_name: &str) -> Said {
        let user_name =
            if self.chance.percent(5) { user_name.replace("person", "Person") } else { user_name.to_owned() };
        let organization = match self.chance.below(100) {
            0..70 => None,
            70..90 => Some("whale"),
            90..98 => Some("moby"),
            _ => Some("acme"),
        };
        let name = self.chance.percent(60).then(|| format!("Person {}", self.chance.below(1_000)));
        let team = self.chance.percent(30).then(|| self.team());
        let role = self.chance.percent(40).then(|| self.role());
        Said { user_name, name, active: true, organization: organization.map(str::to_owned), team, role }
    }

    fn said_of(&self, user: Option<User>) -> Option<(User, Said)> {
        let user = user?;
        Some((user, self.users[user].as_ref()?.said.clone()))
    }

    fn join(&mut self, by: Connection) {
        let person = self.chance.below(PEOPLE);
        let stranger = self.chance.percent(2);
        let address = if stranger { "stranger@elsewhere.org".to_owned() } else { self.people[person].clone() };
        let said = self.said(&address);
        let active = !self.chance.percent(6);
        self.plan(Event::CreateUser { by, said: Said { active, ..said } });
    }

    /// The directory says something, or nothing, new of somebody.
    fn restate(&mut self, by: Connection) {
        let user = self.chance.one_of(&self.users_of(by, |entry| entry.said.active));
        let Some((user, old)) = self.said_of(user) else { return };
        let said = if self.chance.percent(30) { old } else { self.said(&old.user_name) };
        self.plan(Event::PutUser { user, said });
    }

    fn leave(&mut self, by: Connection) {
        let user = self.chance.one_of(&self.users_of(by, |entry| entry.said.active));
        let Some((user, old)) = self.said_of(user) else { return };
        let deleted = self.chance.percent(30);
        self.plan(match deleted {
            true => Event::DeleteUser { user },
            false => Event::PutUser { user, said: Said { active: false, ..old } },
        });
    }

    fn come_back(&mut self, by: Connection) {
        let user = self.chance.one_of(&self.users_of(by, |entry| !entry.said.active));
        let Some((user, old)) = self.said_of(user) else { return };
        let person = self.users[user].as_ref().and_then(|entry| entry.person);
        let user_name = person.map_or_else(|| old.user_name.clone(), |person| self.people[person].clone());
        let deleted = self.chance.percent(12);
        self.plan(match deleted {
            true => Event::DeleteUser { user },
            false => Event::PutUser { user, said: Said { active: true, user_name, ..old } },
        });
    }

    /// Marriage: whoever has the person active says the new address; sometimes one that another has.
    fn rename(&mut self) {
        let person = self.chance.below(PEOPLE);
        let new = match self.chance.percent(15) {
            true => self.address(),
            false => format!("person{person}.{}@example.com", self.chance.below(1_000)),
        };
        for by in 0..3 {
            let Some((user, old)) = self.said_of(self.entry(by, person, Some(true))) else { continue };
            self.plan(Event::PutUser { user, said: Said { user_name: new.clone(), ..old } });
        }
    }

    /// Entra's soft delete: deactivated and renamed; the person may be made anew later.
    fn rename_away(&mut self, by: Connection) {
        let user = self.chance.one_of(&self.users_of(by, |entry| entry.person.is_some()));
        let Some((user, old)) = self.said_of(user) else { return };
        let user_name = format!("0f3a{user}{}", old.user_name);
        self.plan(Event::PutUser { user, said: Said { active: false, user_name, ..old } });
    }

    fn regroup(&mut self, by: Connection) {
        let groups = self.groups_of(by);
        let name = GROUPS[self.chance.below(GROUPS.len())].to_owned();
        let all = self.users_of(by, |_| true);
        let members = self.chance.some_of(&all, 6);
        let Some(group) = self.chance.one_of(&groups).filter(|_| groups.len() > 4 && self.chance.percent(88)) else {
            return self.plan(Event::CreateGroup { by, name, members });
        };
        let what = self.chance.below(100);
        let remove = self.chance.some_of(&all, 6);
        self.plan(match what {
            0..80 => Event::ChangeMembers { group, add: members, remove },
            80..92 => Event::RenameGroup { group, name },
            _ => Event::DeleteGroup { group },
        });
    }

    fn by_hand(&mut self) {
        let (at, email) = (self.at(), self.address());
        let event = match self.chance.below(100) {
            0..40 => Event::SetMember { at, email, role: self.role() },
            40..65 => Event::RemoveMember { at, email, block: self.chance.percent(30) },
            _ => Event::AddToTeam { at, email, team: self.team() },
        };
        self.plan(event);
    }

    fn rework_teams(&mut self) {
        let (at, team) = (self.at(), self.team());
        if self.chance.percent(50) {
            return self.plan(Event::DeleteTeam { at, team });
        }
        let name = match self.chance.percent(30) {
            true => self.team(),
            false => format!("team{}", self.chance.below(50)),
        };
        self.plan(Event::RenameTeam { at, team, name });
    }

    /// Whom an owner wants in, whether a directory has the person or not.
    fn invite(&mut self) {
        let person = self.chance.below(PEOPLE);
        let team = self.chance.percent(50).then(|| self.team());
        let (at, email, role) = (self.at(), self.people[person].clone(), self.role());
        self.plan(Event::Invite { at, email, team, role });
    }

    fn team(&mut self) -> String {
        TEAMS[self.chance.below(TEAMS.len())].to_owned()
    }

    fn address(&mut self) -> String {
        self.addresses[self.chance.below(self.addresses.len())].clone()
    }
}
