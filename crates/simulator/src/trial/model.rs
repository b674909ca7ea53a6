//! What the server must now hold: the oracle of a trial.
//!
//! A few numbers and an id for each user, so that a hundred thousand of them stay small.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::population::{Identity, Population};
use crate::directory::{Group, Person};

/// Where somebody is in life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Not told yet.
    Unborn,
    /// Assigned.
    Active,
    /// Unassigned.
    Inactive,
    /// Deleted.
    Gone,
}

/// A user, as the server acknowledged it.
#[derive(Debug, Clone)]
pub(super) struct User {
    pub(super) identity: Identity,
    pub(super) state: State,
    pub(super) id: Option<Box<str>>,
    /// An answer was lost: what the server holds is not known.
    pub(super) doubtful: bool,
}

/// A group, as the server acknowledged it.
#[derive(Debug, Clone, Default)]
pub(super) struct Team {
    pub(super) revision: u16,
    pub(super) id: Option<Box<str>>,
    pub(super) members: BTreeSet<u32>,
    pub(super) doubtful: bool,
}

/// Everything that the server must hold of this run.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) population: Population,
    pub(super) users: Vec<User>,
    pub(super) teams: Vec<Team>,
    numbers: HashMap<Box<str>, u32>,
    /// Ids of resources that were deleted.
    pub(super) gone: HashSet<Box<str>>,
    /// Paths of what a server made where it should have refused, or without telling: to be cleaned up.
    pub(super) strays: Vec<Box<str>>,
}

impl Model {
    /// A company that nobody has been told of.
    pub(super) fn new(population: Population) -> Model {
        Model {
            population,
            users: Vec::new(),
            teams: Vec::new(),
            numbers: HashMap::new(),
            gone: HashSet::new(),
            strays: Vec::new(),
        }
    }

    /// Hires somebody; the number.
    pub(super) fn hire(&mut self) -> u32 {
        let number = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        let identity = Identity::new(number);
        self.users.push(User { identity, state: State::Unborn, id: None, doubtful: false });
        number
    }

    /// Founds a group; the number.
    pub(super) fn found(&mut self) -> u32 {
        let number = u32::try_from(self.teams.len()).unwrap_or(u32::MAX);
        self.teams.push(Team::default());
        number
    }

    pub(super) fn user(&self, number: u32) -> Option<&User> {
        self.users.get(usize::try_from(number).ok()?)
    }

    pub(super) fn user_mut(&mut self, number: u32) -> Option<&mut User> {
        self.users.get_mut(usize::try_from(number).ok()?)
    }

    pub(super) fn team(&self, number: u32) -> Option<&Team> {
        self.teams.get(usize::try_from(number).ok()?)
    }

    pub(super) fn team_mut(&mut self, number: u32) -> Option<&mut Team> {
        self.teams.get_mut(usize::try_from(number).ok()?)
    }

    /// The person behind a number, as the server has it.
    pub(super) fn person(&self, number: u32) -> Person {
        let identity = self.user(number).map_or_else(|| Identity::new(number), |user| user.identity);
        self.population.person(number, identity)
    }

    /// The group behind a number, as the server has it.
    pub(super) fn group(&self, number: u32) -> Group {
        self.population.group(number, self.team(number).map_or(0, |team| team.revision))
    }

    /// The user with an id.
    pub(super) fn number(&self, id: &str) -> Option<u32> {
        self.numbers.get(id).copied()
    }

    /// Whether the server has acknowledged the user and not its end.
    pub(super) fn exists(&self, number: u32) -> bool {
        self.user(number).is_some_and(|user| matches!(user.state, State::Active | State::Inactive))
    }

    /// The server gave a user an id; false if another living user has it.
    pub(super) fn born(&mut self, number: u32, id: &str) -> bool {
        let other = self.number(id).is_some_and(|other| other != number && self.exists(other));
        if other {
            return false;
        }
        self.numbers.insert(id.into(), number);
        if let Some(user) = self.user_mut(number) {
            user.state = State::Active;
            user.id = Some(id.into());
        }
        true
    }

    /// A user was deleted: it is in no group any more.
    pub(super) fn buried(&mut self, number: u32) {
        let Some(user) = self.user_mut(number) else { return };
        user.state = State::Gone;
        if let Some(id) = user.id.take() {
            self.numbers.remove(&id);
            self.gone.insert(id);
        }
        for team in &mut self.teams {
            team.members.remove(&number);
        }
    }

    /// Numbers of the users in a state, in order.
    pub(super) fn in_state(&self, state: State) -> Vec<u32> {
        (0_u32..).zip(&self.users).filter(|(_, user)| user.state == state).map(|(number, _)| number).collect()
    }

    /// Whether the server may hold something whose id was never told.
    pub(super) fn has_doubts(&self) -> bool {
        let user = |user: &User| user.doubtful && user.id.is_none();
        self.users.iter().any(user) || self.teams.iter().any(|team| team.doubtful && team.id.is_none())
    }

    /// Numbers of the groups that are there.
    pub(super) fn living_teams(&self) -> Vec<u32> {
        (0_u32..).zip(&self.teams).filter(|(_, team)| team.id.is_some()).map(|(number, _)| number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_deleted_is_in_no_group_and_the_id_is_remembered() {
        let population = Population { domain: "x.example".into(), suffix: "r".into(), group_prefix: String::new() };
        let mut model = Model::new(population);
        let (ada, bo, team) = (model.hire(), model.hire(), model.found());
        assert!(model.born(ada, "1") && !model.born(bo, "1"), "two people cannot share an id");
        model.team_mut(team).unwrap().members.insert(ada);
        model.buried(ada);
        assert!(model.team(team).unwrap().members.is_empty() && model.gone.contains("1"));
        assert_eq!((model.number("1"), model.exists(ada)), (None, false));
        assert!(model.born(bo, "1"), "whether an id may come again is judged elsewhere");
    }
}
