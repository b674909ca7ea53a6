//! ORG-5, ORG-6: people of a verified domain who are no members yet.

use std::{sync::Arc, time::Duration};

use muster_engine::{
    EngineError, Refusal,
    domains::{self, Page, Seen},
    mail, sessions,
};
use muster_model::{Account, AccountId, Domain, Organization, Role, Source, connection::SingleSignOn, domain::Holder};
use muster_testkit::{World, person};
use uuid::Uuid;

use crate::passwords::{begin, sealer};

const NAME: &str = "example.com";
const ADA: &str = "ada@example.com";

/// `moby`, which has verified `example.com` and lets its people join.
fn world() -> (World, Organization) {
    let world = World::new();
    let moby = world.organization("moby");
    let holder = Holder::Organization(moby.id);
    let sealer = sealer();
    world
        .by_hand(move |tx, env| {
            let claim = domains::add(tx, env, holder, NAME)?;
            domains::checked(tx, env, &sealer, claim.id, &Seen::Values(vec![claim.challenge]))
        })
        .unwrap();
    provision(&world, &moby, true).unwrap();
    (world, moby)
}

fn provision(world: &World, moby: &Organization, on: bool) -> Result<Domain, EngineError> {
    let (holder, into) = (Holder::Organization(moby.id), on.then_some(moby.id));
    world.by_hand(move |tx, env| domains::set_auto_provision(tx, env, holder, NAME, into))
}

/// Begins a session, in whichever way the person came in.
fn sign_in(world: &World, account: &Account, number: u8) {
    let id = account.id;
    world.by_hand(move |tx, env| sessions::begin(tx, env, id, None, begin(number))).unwrap();
}

fn audit(world: &World, moby: &Organization, after: AccountId, limit: usize) -> Result<Page, EngineError> {
    let holder = Holder::Organization(moby.id);
    world.store.snapshot_blocking(move |conn| domains::audit(conn, holder, NAME, after, limit))
}

fn audited(world: &World, moby: &Organization) -> Vec<String> {
    let page = audit(world, moby, AccountId(Uuid::nil()), 100).unwrap();
    assert_eq!(page.next, None);
    page.people.into_iter().map(|person| person.email.unwrap().to_string()).collect()
}

#[test]
fn org_5_an_existing_account_with_a_confirmed_address_joins_when_it_signs_in() {
    let (world, moby) = world();
    let ada = world.account(ADA, true);
    let unconfirmed = world.account("eve@example.com", false);
    let elsewhere = world.account("bob@elsewhere.org", true);
    assert!(!world.is_member(&moby, ADA), "not before");
    for (number, account) in [&ada, &unconfirmed, &elsewhere].into_iter().enumerate() {
        sign_in(&world, account, u8::try_from(number).unwrap());
    }
    assert!(world.is_member(&moby, ADA));
    assert_eq!(world.grants(&moby, ADA)[0].source, Source::AutoProvision);
    assert_eq!(world.membership(&moby, ADA).unwrap().role, Role::Member);
    assert!(!world.is_member(&moby, "eve@example.com") && !world.is_member(&moby, "bob@elsewhere.org"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_5_it_is_off_until_somebody_turns_it_on_and_stays_within_the_holder() {
    let (world, moby) = world();
    provision(&world, &moby, false).unwrap();
    let ada = world.account(ADA, true);
    sign_in(&world, &ada, 1);
    assert!(!world.is_member(&moby, ADA));
    let (holder, whale) = (Holder::Organization(moby.id), world.organization("whale").id);
    let refused = world.by_hand(move |tx, env| domains::set_auto_provision(tx, env, holder, NAME, Some(whale)));
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::Invalid(_)))), "{refused:?}");
}

#[test]
fn org_5_without_a_seat_it_is_only_reported_and_an_invitation_brings_its_own() {
    let (world, moby) = world();
    world.seats(&moby, 0);
    let ada = world.account(ADA, true);
    sign_in(&world, &ada, 1);
    assert!(!world.is_member(&moby, ADA));
    world.seats(&moby, 1);
    world.invite(&moby, ADA, Some("writers"), Role::Editor).unwrap();
    sign_in(&world, &ada, 2);
    assert!(world.is_member(&moby, ADA));
    assert_eq!(
        (world.membership(&moby, ADA).unwrap().role, world.teams(&moby, ADA)),
        (Role::Editor, vec!["writers".into()])
    );
}

#[test]
fn org_5_a_domain_with_an_active_connection_leaves_it_to_jit() {
    let (world, moby) = world();
    let okta = world.connection("okta", &[&moby]).build();
    world.settings(okta, |settings| settings.sso = Some(SingleSignOn::Saml(Box::default())));
    let ada = world.account(ADA, true);
    sign_in(&world, &ada, 1);
    assert!(!world.is_member(&moby, ADA));
}

#[test]
fn jit_10_whoever_was_a_member_before_does_not_return_by_auto_provisioning() {
    let (world, moby) = world();
    let ada = world.account(ADA, true);
    sign_in(&world, &ada, 1);
    world.remove_member(&moby, &ada, false).unwrap();
    sign_in(&world, &ada, 2);
    assert!(!world.is_member(&moby, ADA), "removed by hand");
    let okta = world.connection("okta", &[&moby]).build();
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let off = muster_model::UserStatement { active: false, ..person("bob@example.com") };
    world.put_user(okta, bob.id, off).unwrap();
    sign_in(&world, &world.account_of("bob@example.com").unwrap(), 3);
    assert!(!world.is_member(&moby, "bob@example.com"), "ended by SCIM");
}

#[test]
fn org_5_owners_are_mailed_who_joined() {
    let (world, moby) = world();
    let sealer = sealer();
    let owner = world.account("owner@moby.example", true);
    world.set_member(&moby, &owner, Role::Owner).unwrap();
    sign_in(&world, &world.account(ADA, true), 1);
    let now = muster_engine::Surroundings::now(&*world.clock);
    assert_eq!(world.read(move |conn| domains::was_joined(conn, now)), None, "together with others");
    world.advance(Duration::from_mins(11));
    let now = muster_engine::Surroundings::now(&*world.clock);
    let joined = world.read(move |conn| domains::was_joined(conn, now)).unwrap();
    let told = || {
        let sealer = Arc::clone(&sealer);
        world
            .by_hand(move |tx, env| {
                domains::tell_of_joins(tx, env, &sealer, joined)?;
                mail::take(tx, env, &sealer)
            })
            .unwrap()
    };
    let (_, letter) = told().unwrap();
    assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("owner@moby.example", "New members of moby"));
    assert!(letter.text.contains(ADA));
    assert!(told().is_none(), "once");
}

#[test]
fn org_6_the_audit_shows_who_has_an_address_there_and_is_no_member_page_by_page() {
    let (world, moby) = world();
    let member = world.account(ADA, true);
    world.set_member(&moby, &member, Role::Member).unwrap();
    for number in 0..5 {
        drop(world.account(&format!("p{number}@example.com"), true));
    }
    drop(world.account("unconfirmed@example.com", false));
    drop(world.account("somebody@elsewhere.org", true));
    let all: Vec<String> = (0..5).map(|number| format!("p{number}@example.com")).collect();
    assert_eq!(audited(&world, &moby), all);
    let (mut after, mut seen) = (Some(AccountId(Uuid::nil())), Vec::new());
    while let Some(from) = after {
        let page = audit(&world, &moby, from, 2).unwrap();
        assert!(page.people.len() <= 2);
        seen.extend(page.people.into_iter().map(|person| person.email.unwrap().to_string()));
        after = page.next;
    }
    assert_eq!(seen, all, "each once");
}

#[test]
fn ten_3_the_audit_of_what_is_not_verified_or_was_anothers_shows_nobody() {
    let (world, moby) = world();
    drop(world.account(ADA, true));
    let whale = world.organization("whale");
    let claim = Holder::Organization(whale.id);
    world.by_hand(move |tx, env| domains::add(tx, env, claim, NAME)).unwrap();
    assert!(matches!(audit(&world, &whale, AccountId(Uuid::nil()), 10), Err(EngineError::Refused(_))));
    crate::domains::pass(&world, &moby);
    assert_eq!(audited(&world, &moby), [ADA], "it was its own before");
    crate::domains::pass(&world, &whale);
    assert_eq!(audited(&world, &whale), Vec::<String>::new(), "the former holder's");
}
