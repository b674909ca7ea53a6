//! The drift check: what is stored against what the IdP last said (ORG-2, GRP-5, GRP-6, PRE-4).

use std::sync::Arc;

use muster_engine::{
    Env, Origin,
    drift::{self, Checked, Finding},
    plans::Effect,
};
use muster_model::{ConnectionId, DirectoryUserId, Role, UserStatement};
use muster_store::{Expect, Tx};
use muster_testkit::{TestDocuments, World, person};
use uuid::Uuid;

fn check(world: &World, connection: ConnectionId) -> Checked {
    let clock = Arc::clone(&world.clock);
    world
        .store
        .rehearse_blocking(move |tx| {
            let connection = tx.connection(connection)?.unwrap();
            let fresh = || Env::new(Arc::clone(&clock) as _, Origin::OPERATOR).watched();
            drift::check(tx, &fresh, &connection, &TestDocuments, DirectoryUserId(Uuid::nil()), 100)
        })
        .unwrap()
}

fn repair(world: &World, connection: ConnectionId) -> Vec<Finding> {
    let found = check(world, connection).findings;
    for finding in &found {
        let Some(user) = finding.user else { continue };
        let clock = Arc::clone(&world.clock);
        let done = world.store.write_blocking(move |tx| {
            let connection = tx.connection(connection)?.unwrap();
            let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR).watched();
            muster_engine::transact(tx, &mut env, |tx, env| drift::repair(tx, env, &connection, &TestDocuments, user))
        });
        assert_eq!(done.unwrap().as_ref().map(|done| &done.places), Some(&finding.places), "what was said is done");
    }
    found
}

fn tamper(world: &World, work: impl Fn(&mut Tx<'_>) -> Result<(), muster_store::StoreError> + Send + 'static) {
    world.store.write_blocking(move |tx| work(tx)).unwrap();
}

#[test]
fn scim_8_nothing_has_drifted_after_an_ordinary_life() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    world.set_member(&moby, &world.account("linked@example.com", true), Role::Owner).unwrap();
    let mut users = Vec::new();
    for name in ["ada", "bob", "cyd", "linked"] {
        let said = UserStatement { full_name: Some(name.into()), ..person(&format!("{name}@example.com")) };
        users.push(world.create_user(okta, said).unwrap().id);
    }
    world.create_group(okta, "moby:eng", &users).unwrap();
    world.create_group(okta, "whale:eng", &users[..2]).unwrap();
    world.put_user(okta, users[1], UserStatement { active: false, ..person("bob@example.com") }).unwrap();
    world
        .put_user(okta, users[2], UserStatement { organization: Some("whale".into()), ..person("cyd@example.com") })
        .unwrap();
    let checked = check(&world, okta);
    assert_eq!((checked.findings, checked.users, checked.next), (vec![], 4, None));
}

#[test]
fn org_2_who_was_removed_by_hand_is_found_and_brought_back() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_user(okta, person("bob@example.com")).unwrap();
    world.remove_member(&moby, &world.account_of("ada@example.com").unwrap(), false).unwrap();
    world.remove_member(&moby, &world.account_of("bob@example.com").unwrap(), true).unwrap();
    let found = repair(&world, okta);
    assert_eq!(found.len(), 1, "a block is no drift: {found:?}");
    assert_eq!(found[0].places[0].effects, [Effect::Added]);
    assert_eq!(found[0].user_name.as_deref(), Some("ada@example.com"));
    assert!(world.is_member(&moby, "ada@example.com") && !world.is_member(&moby, "bob@example.com"));
    assert!(check(&world, okta).findings.is_empty());
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_5_a_team_deleted_by_hand_is_found_and_brought_back() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_group(okta, "moby:eng", &[ada.id]).unwrap();
    let organization = moby.clone();
    world
        .by_hand(move |tx, env| {
            let team = tx.team_by_name(organization.id, "eng")?.unwrap();
            muster_engine::organizations::delete_team(tx, env, &organization, team.id)
        })
        .unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    assert_eq!(repair(&world, okta)[0].places[0].effects, [Effect::Moved]);
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "eng"]);
}

#[test]
fn grp_6_grants_and_rows_that_nobody_stated_are_found_and_mended() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let group = world.create_group(okta, "moby:eng", &[ada.id, bob.id]).unwrap();
    let (ada_account, bob_account) = (ada.account.unwrap(), bob.account.unwrap());
    tamper(&world, move |tx| {
        // Bob's grant is lost, Ada is no longer in the group, and keeps the grant.
        tx.put(
            "DELETE FROM grants WHERE account = ?1 AND origin_kind = 2",
            muster_store::vals![bob_account],
            Expect::One,
        )?;
        let sql = "DELETE FROM directory_group_members WHERE directory_group = ?1 AND member = ?2";
        tx.put(sql, muster_store::vals![group.id, ada.id], Expect::One)
    });
    let found = check(&world, okta).findings;
    let teams: Vec<_> =
        found.iter().map(|f| (f.account.unwrap(), f.places[0].after.clone().unwrap().teams.len())).collect();
    assert_eq!(teams, [(ada_account, 1), (bob_account, 2)]);
    assert!(found[0].values.iter().any(|value| value.fields.iter().any(|field| field.name == "groups")));
    repair(&world, okta);
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    assert_eq!(world.teams(&moby, "bob@example.com"), ["company", "eng"]);
    assert_eq!(world.user(okta, ada.id).unwrap().groups, 0);
    assert!(check(&world, okta).findings.is_empty());
}

#[test]
fn pre_4_values_that_are_not_what_was_said_are_found_and_mended() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let said = UserStatement { full_name: Some("Ada".into()), ..person("ada@example.com") };
    let account = world.create_user(okta, said).unwrap().account.unwrap();
    tamper(&world, move |tx| {
        let sql = "UPDATE accounts SET names = '[]', full_name = 'Somebody' WHERE id = ?1";
        tx.put(sql, muster_store::vals![account], Expect::One)
    });
    let found = repair(&world, okta);
    assert!(found[0].values[0].fields.iter().any(|field| field.name == "full_name" && field.new == "Ada"), "{found:?}");
    assert_eq!(world.account_of("ada@example.com").unwrap().full_name, "Ada");
}

#[test]
fn scim_10_what_cannot_be_repaired_says_why_and_misleads_about_nobody() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    for name in ["ada", "bob", "cyd"] {
        world.create_user(okta, person(&format!("{name}@example.com"))).unwrap();
    }
    world.seats(&moby, 3);
    for name in ["ada", "bob"] {
        world.remove_member(&moby, &world.account_of(&format!("{name}@example.com")).unwrap(), false).unwrap();
    }
    world.seats(&moby, 1);
    let first = check(&world, okta);
    assert_eq!((first.findings.len(), first.users), (1, 1), "it stops at the first refusal");
    assert!(first.findings[0].refused.as_ref().unwrap().contains("Not enough seats"));
    assert_eq!(first.next, first.findings[0].user, "and goes on behind it");
}

#[test]
fn scim_6_what_a_connection_gives_to_nobody_it_knows_is_found_and_ended() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    tamper(&world, move |tx| tx.delete_directory_user(okta, ada.id));
    assert!(check(&world, okta).findings.is_empty());
    let clock = Arc::clone(&world.clock);
    let found = world.store.write_blocking(move |tx| {
        let connection = tx.connection(okta)?.unwrap();
        let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR).watched();
        muster_engine::transact(tx, &mut env, |tx, env| drift::repair_orphans(tx, env, &connection, 100))
    });
    let found = found.unwrap();
    assert_eq!((found.len(), found[0].places[0].effects.as_slice()), (1, [Effect::Removed].as_slice()));
    assert!(!world.is_member(&moby, "ada@example.com"));
}
