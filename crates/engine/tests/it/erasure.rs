//! ACC-2 in the ledger: a long history is rewritten a piece at a time, and a replay holds after each.

use muster_model::{DirectoryUserId, LedgerId, UserStatement};
use muster_testkit::{World, person};
use uuid::Uuid;

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

/// The rows of a subject's history that say this.
fn rows_saying(world: &World, subject: Uuid, word: &'static str) -> Vec<LedgerId> {
    let history = world.read(move |conn| Ok(conn.whole_history(subject)?));
    let says = |raw: &Option<Box<serde_json::value::RawValue>>| raw.iter().any(|raw| raw.get().contains(word));
    let rows =
        history.into_iter().filter(|row| row.changes.iter().any(|change| says(&change.old) || says(&change.new)));
    rows.map(|row| row.id).collect()
}

/// Somebody whom a directory calls something else again and again.
fn renamed(world: &World, times: usize) -> (muster_model::ConnectionId, DirectoryUserId) {
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let user = world.create_user(okta, person(ADA)).unwrap();
    for time in 0..times {
        let said = UserStatement { full_name: Some(format!("Ada the {time}th")), ..person(ADA) };
        world.put_user(okta, user.id, said).unwrap();
    }
    (okta, user.id)
}

#[test]
fn acc_2_a_long_history_is_rewritten_in_slices_after_each_of_which_the_ledger_tells_the_state() {
    let world = World::new();
    renamed(&world, 250);
    let account = world.account_of(ADA).unwrap().id;
    let (mut left, mut most, mut slices) = (rows_saying(&world, account.0, "Ada the").len(), 0, 0);
    assert!(left >= 250, "{left} rows tell of the person");
    world
        .erase(account, || {
            let now = rows_saying(&world, account.0, "Ada the").len();
            most = most.max(left - now);
            slices += usize::from(now < left);
            left = now;
            world.assert_ledger_tells_the_state();
        })
        .unwrap();
    assert_eq!((left, rows_saying(&world, account.0, ADA).len()), (0, 0), "nothing tells who it was");
    assert!(most <= 100 && slices >= 3, "{most} rows at once, in {slices} slices");
}

#[test]
fn acc_2_who_is_pushed_under_the_id_before_the_history_is_rewritten_is_somebody_new() {
    let world = World::new();
    let (okta, user) = renamed(&world, 150);
    let account = world.account_of(ADA).unwrap().id;
    let mut is_new = true;
    world
        .erase(account, || {
            if std::mem::take(&mut is_new) {
                world.put_user(okta, user, UserStatement { full_name: Some("Bob".into()), ..person(BOB) }).unwrap();
            }
            world.assert_ledger_tells_the_state();
        })
        .unwrap();
    assert_eq!(world.account_of(BOB).unwrap().full_name, "Bob");
    assert_eq!(rows_saying(&world, user.0, ADA), [], "the one before is nobody any more");
    assert_eq!(rows_saying(&world, user.0, BOB).len(), 1, "what is told of the next one stays");
}
