//! ORG-4: a domain's claim, proof, watch and lapse; two holders and one domain.

use std::{sync::Arc, time::Duration};

use muster_crypto::Sealer;
use muster_engine::{
    EngineError, Origin, Refusal, Surroundings,
    credentials::enforcement,
    domains::{self, Came, Seen, Why},
    mail,
};
use muster_model::{Domain, DomainState, Email, Organization, Role, UserStatement, domain::Holder};
use muster_testkit::{World, asserted, person};

use crate::{jit::refusal, passwords::sealer, races::race};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const NAME: &str = "proven.example";

fn of(organization: &Organization) -> Holder {
    Holder::Organization(organization.id)
}

fn add(world: &World, organization: &Organization, name: &str) -> Result<Domain, EngineError> {
    let (holder, name) = (of(organization), name.to_owned());
    world.by_hand(move |tx, env| domains::add(tx, env, holder, &name))
}

fn domain(world: &World, organization: &Organization) -> Domain {
    let holder = of(organization);
    world.read(move |conn| Ok(conn.domain_of(holder, NAME)?)).unwrap()
}

fn state(world: &World, organization: &Organization) -> DomainState {
    domain(world, organization).state
}

/// Takes in what somebody saw who was asked to look.
fn look(world: &World, sealer: &Arc<Sealer>, domain: &Domain, seen: Seen) -> Came {
    let (id, sealer) = (domain.id, Arc::clone(sealer));
    world
        .change(Origin::SYSTEM, move |tx, env| {
            assert!(domains::take(tx, env, id, Why::Wanted)?.is_some(), "nobody else looks");
            Ok(domains::checked(tx, env, &sealer, id, &seen)?.unwrap())
        })
        .unwrap()
}

fn values(domain: &Domain) -> Seen {
    Seen::Values(vec!["v=spf1 -all".to_owned(), domain.challenge.clone()])
}

/// `moby` with an owner, and the domain that it has just proven.
fn proven(world: &World, sealer: &Arc<Sealer>) -> (Organization, Domain) {
    let moby = world.organization("moby");
    let ada = world.account("ada@moby.example", true);
    world.set_member(&moby, &ada, Role::Owner).unwrap();
    let claim = add(world, &moby, NAME).unwrap();
    assert_eq!(look(world, sealer, &claim, values(&claim)), Came::Verified);
    letters(world, sealer);
    let domain = domain(world, &moby);
    (moby, domain)
}

/// The subjects of the mail that waits, which is sent by that.
fn letters(world: &World, sealer: &Arc<Sealer>) -> Vec<String> {
    let mut subjects = Vec::new();
    loop {
        let sealer = Arc::clone(sealer);
        let taken = world.by_hand(move |tx, env| {
            let taken = mail::take(tx, env, &sealer)?;
            taken.map(|(id, letter)| mail::sent(tx, id).map(|()| letter.subject)).transpose()
        });
        match taken.unwrap() {
            Some(subject) => subjects.push(subject),
            None => return subjects,
        }
    }
}

#[test]
fn org_4_a_claim_blocks_nobody_and_counts_once_its_record_is_found() {
    let (world, sealer) = (World::new(), sealer());
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let claim = add(&world, &moby, " Proven.Example. ").unwrap();
    assert_eq!((claim.name.as_str(), claim.state), (NAME, DomainState::Pending));
    let other = add(&world, &whale, NAME).unwrap();
    assert_ne!(other.challenge, claim.challenge);
    assert_eq!(look(&world, &sealer, &claim, values(&other)), Came::Missing, "another's value proves nothing");
    assert_eq!(look(&world, &sealer, &other, values(&other)), Came::Verified);
    assert_eq!((state(&world, &whale), state(&world, &moby)), (DomainState::Verified, DomainState::Pending));
}

#[test]
fn org_4_adding_again_gives_a_new_value_and_the_former_one_proves_nothing() {
    let (world, sealer) = (World::new(), sealer());
    let moby = world.organization("moby");
    let first = add(&world, &moby, NAME).unwrap();
    let second = add(&world, &moby, NAME).unwrap();
    assert_eq!(first.id, second.id);
    assert_ne!(first.challenge, second.challenge);
    assert_eq!(look(&world, &sealer, &second, values(&first)), Came::Missing);
    world.advance(HOUR);
    assert_eq!(look(&world, &sealer, &second, values(&second)), Came::Verified);
    // What is verified stays so while a new proof is awaited.
    world.advance(HOUR);
    let third = add(&world, &moby, NAME).unwrap();
    assert_eq!(third.state, DomainState::Verified);
    assert_eq!(look(&world, &sealer, &third, values(&second)), Came::Verified);
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_2_what_nobody_can_hold_is_refused() {
    let world = World::new();
    let moby = world.organization("moby");
    for name in ["gmail.com", "co.uk", "not a domain"] {
        let refused = add(&world, &moby, name).unwrap_err().to_string();
        assert!(refused.contains(name), "{refused}");
    }
}

#[test]
fn org_4_only_owners_decide_and_others_learn_nothing() {
    let world = World::new();
    let (moby, bob) = (world.organization("moby"), world.account("bob@example.com", true));
    let by = crate::invitations::by(&bob);
    let holder = of(&moby);
    let try_it = || world.change(by, move |tx, env| domains::add(tx, env, holder, NAME));
    assert!(matches!(try_it(), Err(EngineError::NotFound { kind: "organization", .. })));
    world.set_member(&moby, &bob, Role::Editor).unwrap();
    assert!(matches!(try_it(), Err(EngineError::Refused(Refusal::NotAnOwner(_)))));
    world.set_member(&moby, &bob, Role::Owner).unwrap();
    assert_eq!(try_it().unwrap().state, DomainState::Pending);
}

#[test]
fn org_4_a_record_is_looked_for_in_the_background_for_72_hours_by_one_node_at_a_time() {
    let (world, sealer) = (World::new(), sealer());
    let moby = world.organization("moby");
    let claim = add(&world, &moby, NAME).unwrap();
    let (id, begun) = (claim.id, world.clock.now());
    let mut waits = Vec::new();
    while let Some(due) = world.read(move |conn| Ok(conn.domain_check(id)?.unwrap().due)) {
        let before = world.clock.now();
        assert_eq!(world.read(move |conn| domains::due(conn, before)), None, "not before its time");
        let wait = Duration::from_micros(u64::try_from(due.0 - before.0).unwrap());
        waits.push(wait);
        world.advance(wait);
        let now = world.clock.now();
        assert_eq!(world.read(move |conn| domains::due(conn, now)), Some(id));
        let take = || world.by_hand(move |tx, env| domains::take(tx, env, id, Why::Due)).unwrap();
        let question = take().unwrap();
        assert_eq!(question.names, ["_muster-challenge.proven.example", NAME]);
        assert_eq!((take(), world.read(move |conn| domains::due(conn, now))), (None, None), "one looks at a time");
        let sealer = Arc::clone(&sealer);
        world.by_hand(move |tx, env| domains::checked(tx, env, &sealer, id, &Seen::NoRecord)).unwrap();
    }
    assert!(waits.is_sorted(), "ever more seldom");
    assert!(waits.len() > 60 && waits.len() < 200 && waits[..3].iter().all(|wait| *wait < Duration::from_mins(1)));
    let searched = Duration::from_micros(u64::try_from(world.clock.now().0 - begun.0).unwrap());
    assert!(searched >= domains::SEARCHED_FOR && searched < domains::SEARCHED_FOR + HOUR, "{searched:?}");
    // On demand it is found later, too.
    world.advance(DAY);
    assert_eq!(look(&world, &sealer, &claim, values(&claim)), Came::Verified);
}

#[test]
fn org_4_whoever_took_a_look_and_died_is_replaced() {
    let world = World::new();
    let moby = world.organization("moby");
    let id = add(&world, &moby, NAME).unwrap().id;
    world.advance(HOUR);
    let take = || world.by_hand(move |tx, env| domains::take(tx, env, id, Why::Due)).unwrap();
    assert!(take().is_some());
    assert!(take().is_none());
    world.advance(Duration::from_mins(1));
    assert!(take().is_some());
}

#[test]
fn org_4_no_answer_is_never_missing() {
    let (world, sealer) = (World::new(), sealer());
    let (moby, domain) = proven(&world, &sealer);
    for _ in 0..40 {
        world.advance(DAY);
        let seen = Seen::NoAnswer("timed out".to_owned());
        assert_eq!(look(&world, &sealer, &domain, seen), Came::NoAnswer("timed out".to_owned()));
    }
    assert_eq!((state(&world, &moby), letters(&world, &sealer)), (DomainState::Verified, vec![]));
}

#[test]
fn org_4_owners_are_told_at_once_and_after_14_days_it_lapses_until_the_record_is_back() {
    let (world, sealer) = (World::new(), sealer());
    let (moby, domain) = proven(&world, &sealer);
    assert_eq!(look_later(&world, &sealer, &domain, DAY, Seen::NoRecord), Came::Missing);
    assert_eq!(letters(&world, &sealer), ["The record of proven.example is missing"]);
    for _ in 0..13 {
        look_later(&world, &sealer, &domain, DAY, Seen::Values(vec!["something else".to_owned()]));
    }
    assert_eq!((state(&world, &moby), letters(&world, &sealer)), (DomainState::Verified, vec![]), "told once");
    look_later(&world, &sealer, &domain, DAY, Seen::NoRecord);
    assert_eq!(state(&world, &moby), DomainState::Lapsed);
    assert_eq!(letters(&world, &sealer), ["proven.example has lapsed"]);
    assert_eq!(look_later(&world, &sealer, &domain, DAY, values(&domain)), Came::Verified);
    assert_eq!(state(&world, &moby), DomainState::Verified);
    world.assert_ledger_tells_the_state();
}

fn look_later(world: &World, sealer: &Arc<Sealer>, domain: &Domain, after: Duration, seen: Seen) -> Came {
    world.advance(after);
    look(world, sealer, domain, seen)
}

/// Lets a domain lapse.
fn lapse(world: &World, sealer: &Arc<Sealer>, domain: &Domain) {
    look_later(world, sealer, domain, DAY, Seen::NoRecord);
    look_later(world, sealer, domain, 14 * DAY, Seen::NoRecord);
}

#[test]
fn org_4_a_lapsed_domain_lets_nobody_in_and_makes_nobody_while_members_and_deactivation_stay() {
    let (world, sealer) = (World::new(), sealer());
    let (moby, domain) = proven(&world, &sealer);
    let okta = world.connection("okta", &[&moby]).domains(&[NAME]).set(|settings| settings.enforced = true).build();
    let bob = world.create_user(okta, person("bob@proven.example")).unwrap();
    let email = Email::parse("bob@proven.example").unwrap();
    let enforcing = || {
        let email = email.clone();
        world.read(move |conn| enforcement::enforcing(conn, Some(&email)))
    };
    let leads = || {
        let email = email.clone();
        world.read(move |conn| muster_engine::sign_in::connections_for(conn, &email)).len()
    };
    assert_eq!(enforcing(), ["okta"]);
    lapse(&world, &sealer, &domain);

    let refused = Refusal::DomainNotVerified(NAME.into());
    assert_eq!(refusal(world.sign_in(okta, asserted("bob@proven.example"))), refused, "sign-in stops");
    assert_eq!(refusal(world.sign_in(okta, asserted("eve@proven.example"))), refused, "JIT stops");
    let created = world.create_user(okta, person("eve@proven.example"));
    assert!(matches!(created, Err(EngineError::Refused(Refusal::UnverifiedDomain { .. }))), "{created:?}");
    assert_eq!((enforcing().len(), leads()), (0, 0), "enforcement and discovery stop");
    assert!(world.is_member(&moby, "bob@proven.example"), "members stay");
    assert!(!world.membership(&moby, "bob@proven.example").unwrap().guest);
    let off = UserStatement { active: false, ..person("bob@proven.example") };
    world.put_user(okta, bob.id, off).unwrap();
    assert!(!world.is_member(&moby, "bob@proven.example"), "deactivation goes on");
    let on = world.put_user(okta, bob.id, person("bob@proven.example"));
    assert!(matches!(on, Err(EngineError::Refused(Refusal::UnverifiedDomain { .. }))), "{on:?}");

    assert_eq!(look_later(&world, &sealer, &domain, DAY, values(&domain)), Came::Verified);
    world.put_user(okta, bob.id, person("bob@proven.example")).unwrap();
    assert_eq!((enforcing().len(), leads()), (1, 0), "everything is back");
}

#[test]
fn org_4_a_domain_that_was_removed_or_has_lapsed_is_anothers_at_once() {
    let (world, sealer) = (World::new(), sealer());
    let (moby, domain) = proven(&world, &sealer);
    let whale = world.organization("whale");
    lapse(&world, &sealer, &domain);
    let claim = add(&world, &whale, NAME).unwrap();
    assert_eq!(look(&world, &sealer, &claim, values(&claim)), Came::Verified);
    // The former holder's record, that is still there, takes nothing back.
    assert_eq!(look_later(&world, &sealer, &domain, DAY, values(&domain)), Came::Missing);
    assert_eq!((state(&world, &moby), state(&world, &whale)), (DomainState::Lapsed, DomainState::Verified));

    let holder = of(&whale);
    world.by_hand(move |tx, env| domains::remove(tx, env, holder, NAME)).unwrap();
    let again = add(&world, &moby, NAME).unwrap();
    assert_eq!(look(&world, &sealer, &again, values(&again)), Came::Verified);
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_4_a_live_domain_passes_after_seven_days_without_a_new_proof() {
    let (world, sealer) = (World::new(), sealer());
    let (moby, domain) = proven(&world, &sealer);
    let whale = world.organization("whale");
    let claim = add(&world, &whale, NAME).unwrap();
    let Came::Contested(until) = look(&world, &sealer, &claim, values(&claim)) else { panic!("not contested") };
    assert!(until > world.clock.now().after(6 * DAY));
    assert_eq!(letters(&world, &sealer), ["Somebody else claims proven.example: 7 days to answer"]);
    // The record that proved it once is no new proof.
    look_later(&world, &sealer, &domain, 6 * DAY, values(&domain));
    assert_eq!(look(&world, &sealer, &claim, values(&claim)), Came::Contested(until));
    assert_eq!((state(&world, &moby), letters(&world, &sealer)), (DomainState::Verified, vec![]), "told once");
    assert_eq!(look_later(&world, &sealer, &claim, DAY, values(&claim)), Came::Verified);
    assert_eq!((state(&world, &moby), state(&world, &whale)), (DomainState::Lapsed, DomainState::Verified));
    assert_eq!(letters(&world, &sealer), ["proven.example has passed to somebody else"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_4_a_new_proof_answers_another_holders() {
    let (world, sealer) = (World::new(), sealer());
    let (moby, _) = proven(&world, &sealer);
    let whale = world.organization("whale");
    let claim = add(&world, &whale, NAME).unwrap();
    look(&world, &sealer, &claim, values(&claim));
    let asked = domain(&world, &moby);
    assert_eq!(look_later(&world, &sealer, &asked, DAY, values(&asked)), Came::Verified);
    assert_eq!(look_later(&world, &sealer, &claim, 7 * DAY, values(&claim)), Came::Missing, "answered");
    assert_eq!((state(&world, &moby), state(&world, &whale)), (DomainState::Verified, DomainState::Pending));
    // The other may begin anew, with a new value and another notice.
    let claim = add(&world, &whale, NAME).unwrap();
    assert!(matches!(look_later(&world, &sealer, &claim, HOUR, values(&claim)), Came::Contested(_)));
}

#[test]
fn org_4_a_proof_that_goes_away_meanwhile_begins_anew() {
    let (world, sealer) = (World::new(), sealer());
    let (moby, _) = proven(&world, &sealer);
    let claim = add(&world, &world.organization("whale"), NAME).unwrap();
    look(&world, &sealer, &claim, values(&claim));
    assert_eq!(look_later(&world, &sealer, &claim, DAY, Seen::NoRecord), Came::Missing);
    assert!(matches!(look_later(&world, &sealer, &claim, 7 * DAY, values(&claim)), Came::Contested(_)));
    assert_eq!(state(&world, &moby), DomainState::Verified);
}

#[test]
fn org_4_of_many_who_prove_it_at_once_one_has_it() {
    let (world, sealer) = (World::new(), sealer());
    let claims: Vec<Domain> =
        (0..8).map(|number| add(&world, &world.organization(&format!("moby-{number}")), NAME).unwrap()).collect();
    let came = race(8, |client| {
        let (claim, sealer) = (claims[client].clone(), Arc::clone(&sealer));
        world.change(Origin::SYSTEM, move |tx, env| domains::checked(tx, env, &sealer, claim.id, &values(&claim)))
    });
    let won = came.into_iter().filter(|came| matches!(came, Ok(Some(Came::Verified)))).count();
    let named = world.read(|conn| Ok(conn.domains_named(NAME)?));
    let verified = named.iter().filter(|domain| domain.state == DomainState::Verified).count();
    assert_eq!((won, verified), (1, 1));
}
