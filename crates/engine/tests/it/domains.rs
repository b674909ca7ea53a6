//! ORG-4: what a domain that passes to another holder takes along, and what not.

use std::time::Duration;

use muster_engine::{EngineError, Refusal, domains};
use muster_model::{
    ConnectionId, Domain, DomainId, Organization,
    domain::{Holder, Proof},
};
use muster_testkit::{World, asserted, person};
use uuid::Uuid;

use crate::jit::{refusal, switch_scim_off};

/// `example.com` passes from whoever holds it to `whale`, as after a proof; `whale`'s connection that uses it.
pub(crate) fn pass(world: &World, whale: &Organization) -> ConnectionId {
    world.advance(Duration::from_mins(1));
    let holder = Holder::Organization(whale.id);
    world
        .by_hand(move |tx, env| {
            for domain in tx.domains_named("example.com")? {
                tx.delete_domain(domain.id)?;
            }
            let (id, challenge) = (DomainId(Uuid::now_v7()), "test".to_owned());
            let domain = Domain::claim(id, "example.com".to_owned(), holder, challenge).proven(Proof::Operator);
            tx.insert_domain(&domain, env.now())?;
            domains::hold(tx, env, &domain)
        })
        .unwrap();
    world.advance(Duration::from_mins(1));
    world.connection(&format!("of-{}", whale.name), &[whale]).build()
}

#[test]
fn org_4_the_new_holder_enters_no_account_of_the_former_one() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    let entra = pass(&world, &whale);
    let former = Refusal::FormerHolder("ada@example.com".into());
    assert_eq!(refusal(world.sign_in(entra, asserted("ada@example.com"))), former);
    // Nor does its directory manage or rename one.
    let pushed = world.create_user(entra, person("ada@example.com"));
    assert!(matches!(pushed, Err(EngineError::Refused(Refusal::EmailTaken(_)))), "{pushed:?}");
    assert!(!world.is_member(&whale, "ada@example.com"));
    // Whoever comes under the new holder is its own.
    let bob = world.create_user(entra, person("bob@example.com")).unwrap();
    assert_eq!(Some(world.sign_in(entra, asserted("bob@example.com")).unwrap().account), bob.account);
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_4_proving_it_again_makes_no_account_the_new_holders() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    let first = pass(&world, &whale);
    world.create_user(first, person("bob@example.com")).unwrap();
    let entra = world.by_hand(move |tx, _| Ok(tx.connection(first)?.unwrap().id)).unwrap();
    pass_again(&world, &whale, entra);
    assert!(matches!(refusal(world.sign_in(entra, asserted("ada@example.com"))), Refusal::FormerHolder(_)));
    world.sign_in(entra, asserted("bob@example.com")).unwrap();
}

/// The holder proves its domain anew, and goes on using it in the same connection.
fn pass_again(world: &World, whale: &Organization, connection: ConnectionId) {
    let holder = whale.id;
    world.advance(Duration::from_mins(1));
    world
        .by_hand(move |tx, env| {
            let domain = tx.domains_named("example.com")?.remove(0);
            tx.delete_domain(domain.id)?;
            let domain = Domain { id: DomainId(Uuid::now_v7()), ..domain };
            tx.insert_domain(&domain, env.now())?;
            domains::hold(tx, env, &domain)?;
            Ok(tx.replace_coverage(connection, &[holder], &[domain.id], &[])?)
        })
        .unwrap();
}

#[test]
fn org_4_the_same_holder_or_its_company_goes_on() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    pass_again(&world, &moby, okta);
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
}
