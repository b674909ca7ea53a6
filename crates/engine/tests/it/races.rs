//! What 64 clients at once cannot do: go beyond the guard (MIG-3), the seats (SCIM-9) or the last owner (ORG-1).
//!
//! On PostgreSQL each write is a transaction beside others, in either isolation; `MUSTER_TEST_POSTGRES` and
//! `MUSTER_TEST_ISOLATION` choose. On SQLite many of them share a commit.

use std::{sync::Barrier, thread};

use muster_engine::{EngineError, Refusal};
use muster_model::{MembershipState, Role, SignIn, UserStatement};
use muster_store::StoreError;
use muster_testkit::{World, asserted, person, subject};

const CLIENTS: usize = 64;

fn email(number: usize) -> String {
    format!("p{number}@example.com")
}

/// Has every client do its part at the same moment; a collision that the store gave up on is tried again, as clients do
/// after a 503.
pub(crate) fn race<T: Send>(
    clients: usize,
    work: impl Fn(usize) -> Result<T, EngineError> + Sync,
) -> Vec<Result<T, EngineError>> {
    let barrier = Barrier::new(clients);
    let client = |number| {
        barrier.wait();
        loop {
            match work(number) {
                Err(EngineError::Store(StoreError::RolledBack | StoreError::Busy | StoreError::Unavailable(_))) => {}
                done => return done,
            }
        }
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..clients).map(|number| scope.spawn(move || client(number))).collect();
        running.into_iter().map(|client| client.join().unwrap()).collect()
    })
}

#[test]
fn mig_3_sixty_four_clients_at_once_end_fifty_memberships_and_no_more() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ids: Vec<_> =
        (0..2 * CLIENTS).map(|number| world.create_user(okta, person(&email(number))).unwrap().id).collect();
    let results = race(CLIENTS, |client| {
        let mut held = 0;
        for number in [2 * client, 2 * client + 1] {
            let off = UserStatement { active: false, ..person(&email(number)) };
            match world.put_user(okta, ids[number], off) {
                Err(EngineError::Refused(Refusal::Held(_))) => held += 1,
                done => drop(done?),
            }
        }
        Ok(held)
    });
    // A client that was turned away by a collision began anew: what it had done is a no-op then, what was held stays so.
    let held: usize = results.into_iter().map(Result::unwrap).sum();
    assert_eq!(held, 2 * CLIENTS - 50);
    let left = (0..2 * CLIENTS).filter(|number| world.is_member(&moby, &email(*number))).count();
    assert_eq!(left, 2 * CLIENTS - 50, "exactly fifty ended");
    assert_eq!(world.held(okta).len(), 2 * CLIENTS - 50, "each of the others is held once");
    world.assert_ledger_tells_the_state();
}

#[test]
fn mig_3_team_grants_of_two_organizations_hold_under_a_race() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ids: Vec<_> = (0..CLIENTS).map(|number| world.create_user(okta, person(&email(number))).unwrap().id).collect();
    let groups: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let organization = if number % 2 == 0 { "moby" } else { "whale" };
            let members = [ids[number], ids[(number + 2) % CLIENTS], ids[(number + 4) % CLIENTS]];
            world.create_group(okta, &format!("{organization}:team{number}"), &members).unwrap().id
        })
        .collect();
    let results = race(CLIENTS, |client| match world.delete_group(okta, groups[client]) {
        Err(EngineError::Refused(Refusal::Held(_))) => Ok(true),
        done => done.map(|()| false),
    });
    let held = results.into_iter().filter(|result| *result.as_ref().unwrap()).count();
    assert_eq!(held, CLIENTS - 2 * 16, "three a group: sixteen groups of each organization are 48 of 50");
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_1_first_sign_ins_of_one_person_at_once_end_in_one_account() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    for round in 0..4 {
        let said = SignIn { subject: subject(&round.to_string()), ..asserted(&email(round)) };
        let results = race(CLIENTS / 4, |_| world.sign_in(okta, said.clone()));
        let signed_in: Vec<_> = results.into_iter().map(Result::unwrap).collect();
        assert_eq!(signed_in.iter().filter(|signed_in| signed_in.is_new).count(), 1);
        assert!(signed_in.iter().all(|other| other.account == signed_in[0].account));
    }
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_9_sixty_four_clients_at_once_take_every_seat_once() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    // The first user makes the default team; whoever makes it together with others waits for them in any case.
    world.create_user(okta, person("first@example.com")).unwrap();
    world.seats(&moby, 21);
    let results = race(CLIENTS, |client| world.create_user(okta, person(&email(client))));
    let refused = |result: &Result<_, EngineError>| matches!(result, Err(EngineError::Refused(Refusal::NoSeat(_))));
    let (none, some): (Vec<_>, Vec<_>) = results.into_iter().partition(refused);
    let ids: Vec<_> = some.into_iter().map(|created| created.unwrap()).collect();
    assert_eq!(none.len(), CLIENTS - 20);
    let moby_id = moby.id;
    let taken = world.read(move |conn| Ok(conn.count(moby_id.0, muster_store::Counter::Members)?));
    assert_eq!((ids.len(), taken), (20, 21));

    // Half leave while others come: a seat that frees goes to one, and the count stays true.
    let results = race(CLIENTS, |client| match ids.get(client / 4) {
        Some(user) if client % 4 == 0 && client < 40 => {
            let off = UserStatement { active: false, ..person(&user.user_name) };
            world.put_user(okta, user.id, off).map(|_| false)
        }
        _ => match world.create_user(okta, person(&format!("q{client}@example.com"))) {
            Err(EngineError::Refused(Refusal::NoSeat(_))) => Ok(false),
            Err(EngineError::Refused(Refusal::UserNameTaken(_))) => Ok(true),
            done => done.map(|_| true),
        },
    });
    let came = results.into_iter().filter(|result| *result.as_ref().unwrap()).count();
    let taken = world.read(move |conn| Ok(conn.count(moby_id.0, muster_store::Counter::Members)?));
    assert_eq!(taken, i64::try_from(11 + came).unwrap());
    assert!(taken <= 21);
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_1_of_sixty_four_owners_who_leave_at_once_one_stays_on_record() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.scim.mass_change_guard = false).build();
    let owner = |number: usize| UserStatement { role: Some(Role::Owner), ..person(&email(number)) };
    let ids: Vec<_> = (0..CLIENTS).map(|number| world.create_user(okta, owner(number)).unwrap().id).collect();
    let results = race(CLIENTS, |client| match client % 3 {
        0 => world.delete_user(okta, ids[client]),
        1 => world.put_user(okta, ids[client], UserStatement { active: false, ..owner(client) }).map(drop),
        _ => {
            let demoted = UserStatement { role: Some(Role::Member), ..person(&email(client)) };
            world.put_user(okta, ids[client], demoted).map(drop)
        }
    });
    for (client, result) in results.into_iter().enumerate() {
        // A deletion that a collision turned away may have been done all the same.
        assert!(result.is_ok() || client % 3 == 0, "{result:?}");
    }
    let moby_id = moby.id;
    let owners = world.read(move |conn| Ok(conn.owners(moby_id)?));
    assert_eq!(owners.len(), 1, "{owners:?}");
    let kept = &owners[0];
    assert!(matches!(kept.state, MembershipState::Kept { .. }) || kept.role_kept, "{kept:?}");
    let counted = world.read(move |conn| Ok(conn.count(moby_id.0, muster_store::Counter::Owners)?));
    assert_eq!(counted, 1);
    world.assert_ledger_tells_the_state();
}
