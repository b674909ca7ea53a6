//! What happens in the company on a day: who joins, changes, leaves, comes back, and who moves between groups.

use std::collections::{BTreeMap, BTreeSet};

use super::errand::Errand;
use super::model::{Model, State};
use super::random::Random;
use crate::idp::Idp;

/// Members at most of a group that is always written whole.
const WHOLE: u32 = 10_000;
/// Groups that somebody is in besides the one of everybody.
const GROUPS_EACH: usize = 2;

/// Errands of a day. Those of one task are done in order, tasks beside each other; groups wait for users.
#[derive(Debug, Default)]
pub(super) struct Day {
    pub(super) users: Vec<Vec<Errand>>,
    pub(super) groups: Vec<Vec<Errand>>,
}

/// Who leaves a group, and who joins it.
#[derive(Debug, Default)]
struct Moves {
    leaving: BTreeSet<u32>,
    joining: BTreeSet<u32>,
}

/// The initial cycle: everybody is assigned, every group pushed.
pub(super) fn first(model: &mut Model, random: &mut Random, idp: Idp, users: usize, groups: usize) -> Day {
    let people: Vec<u32> = (0..users).map(|_| model.hire()).collect();
    let mut day = Day { users: people.iter().map(|number| vec![Errand::Join(*number)]).collect(), groups: Vec::new() };
    if !idp.pushes_groups() {
        return day;
    }
    let teams: Vec<u32> = (0..groups).map(|_| model.found()).collect();
    let mut moves: BTreeMap<u32, Moves> = BTreeMap::new();
    for number in people {
        for team in chosen(random, &teams, idp, number) {
            moves.entry(team).or_default().joining.insert(number);
        }
    }
    for team in teams {
        let change = moves.remove(&team).unwrap_or_default();
        day.groups.push(vec![Errand::CreateGroup(team), change.errand(team)]);
    }
    day
}

/// A later day, on which this share of the users, in thousandths, has something happen to them.
pub(super) fn later(model: &mut Model, random: &mut Random, idp: Idp, churn: usize) -> Day {
    let (active, inactive) = (model.in_state(State::Active), model.in_state(State::Inactive));
    let teams = model.living_teams();
    let events = events(active.len() + inactive.len(), churn);
    let (mut day, mut moves, mut busy) = (Day::default(), BTreeMap::<u32, Moves>::new(), BTreeSet::new());
    for _ in 0..events {
        let pool = if !inactive.is_empty() && random.percent(15) { &inactive } else { &active };
        let Some(number) = random.one_of(pool).copied().filter(|number| busy.insert(*number)) else { continue };
        let Some(identity) = model.user(number).map(|user| user.identity) else { continue };
        let is_active = model.user(number).is_some_and(|user| user.state == State::Active);
        let task = match (is_active, random.below(100)) {
            (true, 0..40) => vec![Errand::Update(number, identity.promoted())],
            (true, 40..52) => vec![Errand::Update(number, identity.renamed())],
            (true, 52..72) => {
                leave_groups(model, &mut moves, number);
                vec![Errand::SetActive(number, false)]
            }
            (true, _) => {
                leave_groups(model, &mut moves, number);
                join_groups(random, &mut moves, &teams, idp, number);
                Vec::new()
            }
            (false, 0..60) => {
                join_groups(random, &mut moves, &teams, idp, number);
                vec![Errand::SetActive(number, true)]
            }
            (false, _) if idp.deletes_users() => vec![Errand::Delete(number)],
            (false, _) => Vec::new(),
        };
        day.users.extend(Some(task).filter(|task| !task.is_empty()));
    }
    // About as many are hired as leave; now and then it is somebody who was deleted.
    let gone = model.in_state(State::Gone);
    for hire in 0..events.div_ceil(5) {
        let returning = if hire % 4 == 3 { random.one_of(&gone).copied() } else { None };
        let number = returning.filter(|number| busy.insert(*number)).unwrap_or_else(|| model.hire());
        join_groups(random, &mut moves, &teams, idp, number);
        day.users.push(vec![Errand::Join(number)]);
    }
    if idp.pushes_groups() {
        regroup(model, random, &teams, moves, &mut day, churn);
    }
    day
}

/// Groups change their members, some their names; one ends and a new one begins.
fn regroup(
    model: &mut Model,
    random: &mut Random,
    teams: &[u32],
    mut moves: BTreeMap<u32, Moves>,
    day: &mut Day,
    churn: usize,
) {
    let mut tasks: BTreeMap<u32, Vec<Errand>> = BTreeMap::new();
    for team in teams {
        if let Some(change) = moves.remove(team).filter(|change| !change.is_empty()) {
            tasks.insert(*team, vec![change.errand(*team)]);
        }
    }
    for _ in 0..events(teams.len(), churn) {
        if let Some(team) = random.one_of(teams) {
            tasks.entry(*team).or_default().insert(0, Errand::RenameGroup(*team));
        }
    }
    // The first group is everybody's, and stays.
    if let Some(team) = teams.get(1..).and_then(|teams| random.one_of(teams)).filter(|_| teams.len() > 2) {
        tasks.insert(*team, vec![Errand::DeleteGroup(*team)]);
        let new = model.found();
        let joining = model.in_state(State::Active).into_iter().filter(|_| random.percent(3)).take(50).collect();
        tasks.insert(new, vec![Errand::CreateGroup(new), Moves { joining, ..Moves::default() }.errand(new)]);
    }
    day.groups = tasks.into_values().collect();
}

impl Moves {
    fn is_empty(&self) -> bool {
        self.leaving.is_empty() && self.joining.is_empty()
    }

    fn errand(self, team: u32) -> Errand {
        let both: BTreeSet<u32> = self.leaving.intersection(&self.joining).copied().collect();
        let without = |set: BTreeSet<u32>| set.into_iter().filter(|number| !both.contains(number)).collect();
        Errand::ChangeMembers { team, leaving: without(self.leaving), joining: without(self.joining) }
    }
}

fn leave_groups(model: &Model, moves: &mut BTreeMap<u32, Moves>, number: u32) {
    for (at, team) in (0..).zip(&model.teams) {
        if team.members.contains(&number) {
            moves.entry(at).or_default().leaving.insert(number);
        }
    }
}

fn join_groups(random: &mut Random, moves: &mut BTreeMap<u32, Moves>, teams: &[u32], idp: Idp, number: u32) {
    for team in chosen(random, teams, idp, number) {
        moves.entry(team).or_default().joining.insert(number);
    }
}

/// The groups of somebody: everybody's, and a few others, of which some are much larger than others.
fn chosen(random: &mut Random, teams: &[u32], idp: Idp, number: u32) -> BTreeSet<u32> {
    let all = teams.first().filter(|_| !idp.writes_whole_groups() || number < WHOLE);
    let mut chosen: BTreeSet<u32> = all.copied().into_iter().collect();
    for _ in 0..GROUPS_EACH {
        let at = random.below(teams.len()).min(random.below(teams.len()));
        chosen.extend(teams.get(at).copied().filter(|_| at > 0));
    }
    chosen
}

/// A share in thousandths, at least one where there is somebody and anything is to happen.
fn events(of: usize, churn: usize) -> usize {
    if of == 0 || churn == 0 { 0 } else { (of * churn / 1_000).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::population::Population;

    fn company(idp: Idp) -> (Model, Random, Day) {
        let population = Population { domain: "x.example".into(), suffix: "r".into(), group_prefix: String::new() };
        let (mut model, mut random) = (Model::new(population), Random::new(1, "test"));
        let day = first(&mut model, &mut random, idp, 100, 10);
        (model, random, day)
    }

    #[test]
    fn the_same_seed_gives_the_same_day() {
        for idp in Idp::ALL {
            let days = [(); 2].map(|()| {
                let (mut model, mut random, day) = company(idp);
                (0..100).for_each(|number| assert!(model.born(number, &number.to_string())));
                let next = later(&mut model, &mut random, idp, 200);
                assert!(!next.users.is_empty());
                format!("{day:?} {next:?}")
            });
            assert!(days[0] == days[1], "{idp}");
        }
    }

    #[test]
    fn nobody_has_two_things_happen_at_once() {
        let (mut model, mut random, _) = company(Idp::Entra);
        (0..100).for_each(|number| assert!(model.born(number, &number.to_string())));
        let day = later(&mut model, &mut random, Idp::Entra, 1_000);
        let mut seen = BTreeSet::new();
        for errand in day.users.iter().flatten() {
            let (Errand::Join(number)
            | Errand::Update(number, _)
            | Errand::SetActive(number, _)
            | Errand::Delete(number)) = errand
            else {
                panic!("{errand:?}");
            };
            assert!(seen.insert(*number), "{errand:?}");
        }
    }
}
