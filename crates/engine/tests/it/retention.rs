//! PRE-2, ORG-9: what the ledger keeps when its rows have expired.

use std::time::Duration;

use muster_engine::retention::{Policy, Progress, Removed};
use muster_model::UserStatement;
use muster_testkit::{World, person};

const DAY: Duration = Duration::from_hours(24);
const WEEK: Policy = Policy {
    log: Duration::from_hours(24 * 7),
    log_bytes: 1 << 30,
    details: Duration::from_hours(24 * 7),
    activity: Duration::from_hours(24 * 7),
};

fn ledger_rows(world: &World) -> usize {
    world.read(|conn| {
        let mut rows = 0;
        conn.each_ledger_row(|_| {
            rows += 1;
            Ok(())
        })?;
        Ok(rows)
    })
}

#[test]
fn org_9_expired_rows_leave_the_history_and_the_state_can_still_be_told() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let group = world.create_group(okta, "moby:crew", &[ada.id, bob.id]).unwrap();
    world.delete_user(okta, bob.id).unwrap();
    world.advance(DAY * 5);
    world.change_members(okta, group.id, &[], &[ada.id]).unwrap();
    let before = ledger_rows(&world);
    world.advance(DAY * 3);
    let removed = world.retain(&WEEK, 1);
    assert_eq!((removed.ledger_rows, ledger_rows(&world)), (before as u64 - 1, 1), "{removed:?}");
    let history = |id: uuid::Uuid| world.read(move |conn| Ok(conn.history(id, 100)?)).len();
    assert_eq!((history(group.id.0), history(bob.id.0)), (1, 0));
    world.assert_ledger_tells_the_state();
    let gone = world.read(move |conn| Ok(conn.baselines(&[bob.id.0])?));
    assert!(gone.is_empty(), "what is gone leaves nothing: {gone:?}");

    world.put_user(okta, ada.id, UserStatement { full_name: Some("Ada".into()), ..person("ada@example.com") }).unwrap();
    world.assert_ledger_tells_the_state();
    world.advance(DAY * 10);
    world.retain(&WEEK, 1);
    assert_eq!(ledger_rows(&world), 0);
    world.assert_ledger_tells_the_state();
    let named = world.read(|conn| Ok(conn.next_ledger_subject(uuid::Uuid::nil())?));
    assert_eq!(named, None, "no subject names a row that is gone");
}

#[test]
fn pre_2_a_row_waits_for_the_one_that_it_follows_from_when_clocks_differ() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let behind = World::on(world.store.clone());
    world.advance(DAY);
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let renamed = UserStatement { full_name: Some("Ada".into()), ..person("ada@example.com") };
    behind.put_user(okta, ada.id, renamed).unwrap();
    world.advance(DAY * 6 + DAY / 2);
    let removed = world.retain(&WEEK, 1);
    assert_eq!((removed.postponed, ledger_rows(&world)), (1, 2), "{removed:?}");
    world.assert_ledger_tells_the_state();
    world.advance(DAY);
    let removed = world.retain(&WEEK, 1);
    assert_eq!((removed.ledger_rows, removed.postponed, ledger_rows(&world)), (2, 0, 0));
    world.assert_ledger_tells_the_state();
}

#[test]
fn pre_2_folding_may_be_broken_off_after_any_slice_and_taken_over() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.scim.mass_change_guard = false).build();
    for number in 0..250 {
        let user = world.create_user(okta, person(&format!("person{number}@example.com"))).unwrap();
        if number % 3 == 0 {
            world.delete_user(okta, user.id).unwrap();
        }
    }
    let all = ledger_rows(&world) as u64;
    world.advance(DAY * 8);
    let (mut node, mut folded, mut slices) = (1, 0, 0);
    loop {
        match world.retain_slice(&WEEK, node) {
            Progress::NotDue => panic!("the lease has ended"),
            Progress::More(Removed { ledger_rows: 0, .. }) => {}
            Progress::More(removed) => {
                (folded, slices) = (folded + removed.ledger_rows, slices + 1);
                world.assert_ledger_tells_the_state();
                assert_eq!(world.retain_slice(&WEEK, node + 1), Progress::NotDue);
                // This one stops; the next one takes over.
                node += 1;
                world.advance(Duration::from_secs(61));
            }
            Progress::Done(removed) => {
                folded += removed.ledger_rows;
                break;
            }
        }
    }
    assert!(slices >= 3, "{slices}");
    assert_eq!((folded, ledger_rows(&world)), (all, 0));
    world.assert_ledger_tells_the_state();
}

#[test]
fn pre_2_a_slice_folds_few_rows_where_each_carries_hundreds_of_changes() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ids = world.create_people(okta, 200);
    for number in 0..12 {
        world.create_group(okta, &format!("moby:team{number}"), &ids).unwrap();
    }
    for number in 0..150 {
        let renamed = UserStatement { full_name: Some(format!("Ada {number}")), ..person("p0@example.com") };
        world.put_user(okta, ids[0], renamed).unwrap();
    }
    let all = ledger_rows(&world) as u64;
    world.advance(DAY * 8);
    let mut slices = Vec::new();
    while ledger_rows(&world) > 0 {
        match world.retain_slice(&WEEK, 1) {
            Progress::More(removed) if removed.ledger_rows > 0 => slices.push(removed.ledger_rows),
            Progress::More(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(slices.iter().sum::<u64>(), all);
    let (large, small) = slices.split_at(12);
    assert!(large.iter().all(|rows| *rows <= 10), "{slices:?}");
    assert!(small.iter().any(|rows| *rows > 50), "small rows are folded together: {slices:?}");
    world.assert_ledger_tells_the_state();
}
