//! MIG-2: a plan says what applying it does, and is refused when that has changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use muster_engine::{
    EngineError, Env, Origin, Refusal,
    declare::{self, Declaration, Mapping, Secrets},
    plans::{self, Applying, Effect, Made, Means, Member, Place, Plan, PlanState, Proposal, Run},
};
use muster_model::{
    AccountId, ConnectionId, ConnectionState, DirectoryUserId, Organization, PlanId, RequestId, Role, UserStatement,
    connection::{Precedence, ScimSettings},
    precedence::Policy,
};
use muster_testkit::{TestDocuments, World, cases, person};
use proptest::prelude::*;
use uuid::Uuid;

/// A run of a plan.
fn env(world: &World, id: PlanId) -> impl Fn() -> Env + Send + Clone + 'static {
    let clock = Arc::clone(&world.clock);
    move || {
        let origin = Origin { request: Some(RequestId(id.0)), ..Origin::OPERATOR };
        Env::new(Arc::clone(&clock) as _, origin).watched()
    }
}

/// Rehearses every batch, and keeps what came of it.
pub(crate) fn make(world: &World, proposal: &Proposal) -> Result<Plan, EngineError> {
    let id = PlanId(Env::new(Arc::clone(&world.clock) as _, Origin::OPERATOR).new_id());
    let fresh = env(world, id);
    let mut runs: Vec<Run> = Vec::new();
    for batch in 0..proposal.batches() {
        let (proposal, fresh) = (proposal.clone(), fresh.clone());
        runs.push(world.store.rehearse_blocking(move |tx| {
            let means = Means { secrets: &Secrets::default(), documents: &TestDocuments };
            plans::run(tx, &mut fresh(), &proposal, batch, means)
        })?);
    }
    let made = Made::new(&fresh(), id, proposal, &runs)?;
    let plan = made.plan().clone();
    world.store.write_blocking(move |tx| plans::keep(tx, &made))?;
    Ok(plan)
}

/// Applies the next batch.
pub(crate) fn apply(world: &World, id: PlanId) -> Result<Applying, EngineError> {
    let fresh = env(world, id);
    world.store.write_blocking(move |tx| {
        let means = Means { secrets: &Secrets::default(), documents: &TestDocuments };
        plans::apply(tx, &mut fresh(), id, means)
    })
}

/// `moby` and `whale`, and `okta` over both, with everything on the ledger.
pub(crate) fn world() -> (World, Organization, Organization, ConnectionId) {
    let world = World::new();
    let organization = |name: &str| declare::Organization {
        name: name.into(),
        company: None,
        seats: None,
        owners: vec![],
        teams: vec![],
    };
    let holder = declare::Holder::Organization("moby".into());
    let stated = Declaration {
        companies: vec![],
        clients: vec![],
        webhooks: vec![],
        organizations: vec![organization("moby"), organization("whale")],
        domains: vec![declare::Domain {
            name: "example.com".into(),
            holder,
            verified: Some(true),
            auto_provision: None,
        }],
        connections: vec![declare::Connection {
            name: "okta".into(),
            holder: None,
            organizations: vec!["moby".into(), "whale".into()],
            domains: vec!["example.com".into()],
            default_organization: Some("moby".into()),
            default_team: "company".into(),
            jit: true,
            precedence: Precedence::default(),
            highest_role: Role::Owner,
            state: ConnectionState::Active,
            scim: ScimSettings { enabled: true, ..ScimSettings::default() },
            pilots: vec![],
            enforced: false,
            successor: None,
            sso: None,
            mappings: vec![],
        }],
    };
    let clock = Arc::clone(&world.clock);
    let applied = world
        .store
        .write_blocking(move |tx| {
            let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
            declare::apply(tx, &mut env, &stated, false, &Secrets::default(), &TestDocuments)
        })
        .unwrap();
    let named = |name: &str| {
        let id = applied.organizations[name];
        world.read(move |conn| Ok(conn.organization(id)?)).unwrap()
    };
    let (moby, whale, okta) = (named("moby"), named("whale"), applied.connections["okta"]);
    (world, moby, whale, okta)
}

pub(crate) fn declared(world: &World, change: impl FnOnce(&mut Declaration)) -> Proposal {
    let mut declaration = world.read(declare::export);
    change(&mut declaration);
    Proposal::Declaration { declaration, prune: false }
}

/// Everybody's place, read from the tables.
type Places = BTreeMap<(String, AccountId), Place>;

pub(crate) fn places(world: &World) -> Places {
    world.read(|conn| {
        let mut places = Places::new();
        for organization in conn.organizations()? {
            for membership in conn.memberships_page(organization.id, AccountId(Uuid::nil()), 1_000)? {
                let (mut teams, mut managed_by) = (BTreeSet::new(), BTreeSet::new());
                for grant in conn.grants_in(organization.id, &[membership.account])? {
                    if grant.asleep || !membership.is_active() {
                        continue;
                    }
                    if let Some(team) = grant.team {
                        teams.insert(conn.team(organization.id, team)?.unwrap().name);
                    }
                    if grant.is_managing() {
                        managed_by.insert(conn.connection(grant.connection.unwrap())?.unwrap().name);
                    }
                }
                let state = membership.state.columns().0.to_owned();
                let place = Place { state, role: membership.role, teams, managed_by };
                places.insert((organization.name.clone(), membership.account), place);
            }
        }
        Ok(places)
    })
}

/// What is different, as a plan would tell it.
fn difference(before: &Places, after: &Places) -> Vec<(String, AccountId, Option<Place>, Option<Place>)> {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let pair = |key| (before.get(key).cloned(), after.get(key).cloned());
    keys.into_iter()
        .map(|key| (key, pair(key)))
        .filter(|(_, (before, after))| before != after)
        .map(|(key, (before, after))| (key.0.clone(), key.1, before, after))
        .collect()
}

fn told(members: &[Member]) -> Vec<(String, AccountId, Option<Place>, Option<Place>)> {
    let mut told: Vec<_> = members
        .iter()
        .map(|member| {
            (member.organization.clone(), member.account.unwrap(), member.before.clone(), member.after.clone())
        })
        .collect();
    told.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    told
}

fn is_stale(result: Result<Applying, EngineError>) -> bool {
    matches!(result, Err(EngineError::Refused(Refusal::PlanStale(_))))
}

#[test]
fn mig_2_a_changed_default_organization_is_planned_with_everybody_whom_it_moves() {
    let (world, moby, whale, okta) = world();
    world.create_user(okta, person("ada@example.com")).unwrap();
    let stays = UserStatement { organization: Some("moby".into()), ..person("bob@example.com") };
    world.create_user(okta, stays).unwrap();
    let proposal = declared(&world, |stated| stated.connections[0].default_organization = Some("whale".into()));
    let plan = make(&world, &proposal).unwrap();
    let ada = world.account_of("ada@example.com").unwrap().id;
    let moves: Vec<_> =
        plan.outcome.members.iter().map(|m| (m.account, m.organization.as_str(), m.effects.clone())).collect();
    assert_eq!(moves, [(Some(ada), "moby", vec![Effect::Removed]), (Some(ada), "whale", vec![Effect::Added])]);
    let seats: Vec<_> =
        plan.outcome.organizations.iter().map(|o| (o.name.as_str(), o.taken_before, o.taken_after)).collect();
    assert_eq!(seats, [("moby", 2, 1), ("whale", 0, 1)]);
    assert!(world.is_member(&moby, "ada@example.com"), "nothing is done yet");
    let done = apply(&world, plan.id).unwrap();
    assert_eq!(done.plan.state, PlanState::Applied);
    assert!(!world.is_member(&moby, "ada@example.com") && world.is_member(&whale, "ada@example.com"));
    assert!(world.is_member(&moby, "bob@example.com"));
    assert!(is_stale(apply(&world, plan.id)), "a plan is applied once");
    world.assert_ledger_tells_the_state();
}

#[test]
fn mig_2_a_plan_is_refused_when_what_it_would_do_has_changed() {
    let (world, moby, _, okta) = world();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_group(okta, "Engineering", &[ada.id]).unwrap();
    let mapping = Mapping { pattern: "eng*".into(), organization: "moby".into(), team: Some("eng".into()), role: None };
    let proposal = declared(&world, |stated| stated.connections[0].mappings = vec![mapping]);
    let plan = make(&world, &proposal).unwrap();
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let group = world.read(move |conn| Ok(conn.all_directory_groups(okta)?)).remove(0).id;
    world.change_members(okta, group, &[bob.id], &[]).unwrap();
    let before = places(&world);
    assert!(is_stale(apply(&world, plan.id)), "bob would move as well");
    assert_eq!(places(&world), before, "and nothing was done");
    let again = make(&world, &proposal).unwrap();
    world.create_user(okta, person("cyd@example.com")).unwrap();
    apply(&world, again.id).unwrap();
    assert_eq!(world.teams(&moby, "bob@example.com"), ["company", "eng"], "what is unrelated does not matter");
}

#[test]
fn mig_2_a_plan_is_refused_when_somebody_whom_it_moves_is_elsewhere_by_now() {
    let (world, _, _, okta) = world();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let group = world.create_group(okta, "moby:one", &[ada.id]).unwrap();
    let plan = make(&world, &declared(&world, |stated| stated.connections[0].default_team = "all".into())).unwrap();
    world.change_members(okta, group.id, &[], &[ada.id]).unwrap();
    assert!(is_stale(apply(&world, plan.id)), "the plan says that ada stays in `one`");
}

#[test]
fn mig_2_seats_are_part_of_a_plan() {
    let (world, _, whale, okta) = world();
    for number in 0..3 {
        world.create_user(okta, person(&format!("person{number}@example.com"))).unwrap();
    }
    world.seats(&whale, 2);
    let proposal = || declared(&world, |stated| stated.connections[0].default_organization = Some("whale".into()));
    let refused = make(&world, &proposal()).unwrap_err();
    assert!(matches!(&refused, EngineError::Refused(Refusal::NoSeat(name)) if name == "whale"), "{refused}");
    world.seats(&whale, 3);
    assert_eq!(make(&world, &proposal()).unwrap().outcome.organizations[1].seats, Some(3));
}

#[test]
fn mig_2_a_plan_holds_no_personal_data() {
    let (world, moby, _, okta) = world();
    let said = UserStatement { full_name: Some("Ada Lovelace".into()), ..person("ada@example.com") };
    world.create_user(okta, said).unwrap();
    world.sso_says(okta, &moby, "ada@example.com", Some("Countess"), Some(Role::Editor), None);
    let proposal = declared(&world, |stated| {
        stated.connections[0].precedence = Precedence::from(Policy::Scim);
        stated.connections[0].default_organization = Some("whale".into());
    });
    let plan = make(&world, &proposal).unwrap();
    assert_eq!(plan.outcome.values, [world.account_of("ada@example.com").unwrap().id]);
    let kept = serde_json::to_string(&plan.outcome).unwrap();
    for personal in ["ada", "Ada", "Countess", "Lovelace"] {
        assert!(!kept.contains(personal), "{kept}");
    }
}

/// What the people of a random directory look like.
#[derive(Debug, Clone)]
struct Person {
    active: bool,
    whale: bool,
    team: bool,
    role: Option<Role>,
    asserted: Option<Role>,
    groups: Vec<u8>,
    by_hand: bool,
}

#[derive(Debug, Clone)]
struct Setting {
    default_whale: bool,
    default_team: bool,
    policy: Policy,
    jit: bool,
    highest: Role,
    follows: bool,
    covers_whale: bool,
    mapped: Option<(u8, bool, Option<Role>)>,
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Member), Just(Role::Editor), Just(Role::Owner)]
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let one = (
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.3),
        prop::option::of(role()),
        prop::option::of(role()),
        prop::collection::vec(0..4_u8, 0..3),
        prop::bool::weighted(0.2),
    );
    let person = one.prop_map(|(active, whale, team, role, asserted, groups, by_hand)| Person {
        active,
        whale,
        team,
        role,
        asserted,
        groups,
        by_hand,
    });
    prop::collection::vec(person, 1..8)
}

fn setting() -> impl Strategy<Value = Setting> {
    let mapped = prop::option::of((0..4_u8, any::<bool>(), prop::option::of(role())));
    let policy = prop_oneof![Just(Policy::Sso), Just(Policy::Scim), Just(Policy::Last)];
    (any::<bool>(), any::<bool>(), policy, any::<bool>(), role(), any::<bool>(), prop::bool::weighted(0.7), mapped)
        .prop_map(|(default_whale, default_team, policy, jit, highest, follows, covers_whale, mapped)| Setting {
            default_whale,
            default_team,
            policy,
            jit,
            highest,
            follows,
            covers_whale,
            mapped,
        })
}

const GROUPS: [&str; 4] = ["moby:one", "whale:one", "Everyone", "moby:two"];

fn populate(
    (world, moby, whale, okta): &(World, Organization, Organization, ConnectionId),
    people: &[Person],
) -> Vec<DirectoryUserId> {
    let okta = *okta;
    let owner = world.account("owner@example.com", true);
    world.set_member(moby, &owner, Role::Owner).unwrap();
    let mut users = Vec::new();
    for (number, one) in people.iter().enumerate() {
        let email = format!("person{number}@example.com");
        if one.by_hand {
            world.set_member(whale, &world.account(&email, true), Role::Member).unwrap();
        }
        let said = UserStatement {
            organization: one.whale.then(|| "whale".to_owned()),
            team: one.team.then(|| "crew".to_owned()),
            role: one.role,
            ..person(&email)
        };
        let user = world.create_user(okta, said.clone()).unwrap();
        let home = if one.whale { whale } else { moby };
        world.sso_says(okta, home, &email, one.asserted.map(|_| "Asserted"), one.asserted, None);
        users.push((user.id, said));
    }
    for (number, name) in GROUPS.iter().enumerate() {
        let number = u8::try_from(number).unwrap();
        let is_in = people.iter().zip(&users).filter(|(one, _)| one.groups.contains(&number));
        let members: Vec<_> = is_in.map(|(_, (id, _))| *id).collect();
        world.create_group(okta, name, &members).unwrap();
    }
    for (one, (id, said)) in people.iter().zip(&users) {
        if !one.active {
            world.put_user(okta, *id, UserStatement { active: false, ..said.clone() }).unwrap();
        }
    }
    users.into_iter().map(|(id, _)| id).collect()
}

fn change(stated: &mut Declaration, setting: &Setting) {
    let connection = &mut stated.connections[0];
    let covers_whale = setting.covers_whale || setting.default_whale;
    if !covers_whale {
        connection.organizations.retain(|name| name != "whale");
    }
    connection.default_organization = Some(if setting.default_whale { "whale" } else { "moby" }.to_owned());
    connection.default_team = if setting.default_team { "company" } else { "everybody" }.to_owned();
    connection.precedence = Precedence::from(setting.policy);
    connection.jit = setting.jit;
    connection.highest_role = setting.highest;
    connection.scim.membership_follows_groups = setting.follows;
    connection.mappings = setting
        .mapped
        .iter()
        .map(|(group, whale, role)| Mapping {
            pattern: GROUPS[usize::from(*group)].into(),
            organization: if *whale && covers_whale { "whale" } else { "moby" }.into(),
            team: Some("mapped".into()),
            role: *role,
        })
        .collect();
}

/// Something that happens between the plan and its application.
fn meanwhile(world: &World, okta: ConnectionId, users: &[DirectoryUserId], moby: &Organization, what: u8) {
    match what {
        0 => {
            let email = "person0@example.com";
            let said = UserStatement { role: Some(Role::Editor), team: Some("late".into()), ..person(email) };
            drop(world.put_user(okta, users[0], said));
        }
        1 => drop(world.create_user(okta, person("newcomer@example.com"))),
        2 => {
            let group = world.read(move |conn| Ok(conn.all_directory_groups(okta)?)).remove(0).id;
            drop(world.change_members(okta, group, &[], &[users[0]]));
        }
        3 => {
            let account = world.account_of("person0@example.com").unwrap();
            drop(world.remove_member(moby, &account, false));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(32), ..ProptestConfig::default() })]

    #[test]
    fn mig_2_what_the_plan_says_is_what_apply_does(people in people(), setting in setting(), what in 0..12_u8) {
        let built = world();
        let users = populate(&built, &people);
        let (world, moby, _, okta) = built;
        let at_first = places(&world);
        let plan = make(&world, &declared(&world, |stated| change(stated, &setting))).unwrap();
        prop_assert_eq!(&places(&world), &at_first, "a plan changes nothing");
        meanwhile(&world, okta, &users, &moby, what);
        let before = places(&world);
        match apply(&world, plan.id) {
            Ok(_) => {
                let after = places(&world);
                prop_assert_eq!(difference(&before, &after), told(&plan.outcome.members));
            }
            Err(EngineError::Refused(Refusal::PlanStale(_) | Refusal::NoSeat(_))) => {
                prop_assert!(what < 4, "nothing happened meanwhile");
                prop_assert_eq!(places(&world), before);
            }
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        }
        // Said anew, everything is as it is: a plan for what already holds is empty.
        let nothing = make(&world, &declared(&world, |_| ())).unwrap();
        prop_assert!(nothing.outcome.members.is_empty() && nothing.outcome.settings.is_empty());
        world.assert_ledger_tells_the_state();
    }
}
