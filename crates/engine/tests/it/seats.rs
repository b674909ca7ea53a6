//! SCIM-9: seats.

use std::{thread, time::Duration};

use muster_engine::{EngineError, Env, Origin, Refusal, invitations, organizations};
use muster_model::{ConnectionId, MembershipState, Organization, Role, UserStatement};
use muster_store::{StoreError, Tx};
use muster_testkit::{World, person};

#[test]
fn scim_9_without_a_seat_a_user_is_refused_and_nothing_is_stored() {
    let world = World::new();
    let moby = world.organization("moby");
    world.seats(&moby, 1);
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let error = world.create_user(okta, person("bob@example.com")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Not enough seats in organization 'moby'. Add more seats or contact your administrator."
    );
    assert!(world.account_of("bob@example.com").is_none());

    world.put_user(okta, ada.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    world.create_user(okta, person("bob@example.com")).unwrap();
    let back = world.put_user(okta, ada.id, person("ada@example.com")).unwrap_err();
    assert!(matches!(back, EngineError::Refused(Refusal::NoSeat(_))), "coming back takes a seat, too: {back}");
    assert!(!world.user(okta, ada.id).unwrap().active);
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_9_a_group_is_stored_and_its_members_wait_until_a_seat_is_free() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    world.seats(&whale, 1);
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let group = world.create_group(okta, "whale:crew", &[ada.id, bob.id]).unwrap();
    assert_eq!(group.members, 2);
    assert!(world.is_member(&whale, "ada@example.com"));
    assert_eq!(world.membership(&whale, "bob@example.com").unwrap().state, MembershipState::Waiting);
    assert!(world.teams(&whale, "bob@example.com").is_empty());
    assert!(world.reports(okta).iter().any(|(rule, _)| rule == "SCIM-9"));

    let account = world.account_of("ada@example.com").unwrap();
    world.remove_member(&whale, &account, true).unwrap();
    assert!(world.is_member(&whale, "bob@example.com"), "it applies itself when one frees");
    assert_eq!(world.teams(&whale, "bob@example.com"), ["crew"]);
    assert!(!world.reports(okta).iter().any(|(rule, _)| rule == "SCIM-9"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_9_more_seats_let_those_in_who_wait() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    world.seats(&whale, 0);
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let group = world.create_group(okta, "whale:crew", &[ada.id]).unwrap();
    world.change_members(okta, group.id, &[], &[ada.id]).unwrap();
    world.change_members(okta, group.id, &[ada.id], &[]).unwrap();
    assert!(!world.is_member(&whale, "ada@example.com"));
    world.seats(&whale, 5);
    assert!(world.is_member(&whale, "ada@example.com"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_9_an_invitation_holds_the_seat_that_its_person_takes() {
    let world = World::new();
    let moby = world.organization("moby");
    world.seats(&moby, 1);
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.scim.other_domains = true).build();
    world.create_user(okta, person("eve@elsewhere.org")).unwrap();
    let refused = world.create_user(okta, person("ada@example.com")).unwrap_err();
    assert!(matches!(refused, EngineError::Refused(Refusal::NoSeat(_))));
    let ada = world.account("ada@example.com", true);
    let by_hand = world.set_member(&moby, &ada, Role::Member).unwrap_err();
    assert!(matches!(by_hand, EngineError::Refused(Refusal::NoSeat(_))));
}

#[test]
fn scim_9_who_leaves_the_group_while_waiting_is_not_let_in() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    world.seats(&whale, 0);
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let group = world.create_group(okta, "whale:crew", &[ada.id]).unwrap();
    world.change_members(okta, group.id, &[], &[ada.id]).unwrap();
    world.seats(&whale, 5);
    assert!(!world.is_member(&whale, "ada@example.com"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_9_all_who_wait_come_in_when_there_are_seats_for_all() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    world.seats(&whale, 0);
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ids: Vec<_> =
        (0..230).map(|n| world.create_user(okta, person(&format!("p{n}@example.com"))).unwrap().id).collect();
    world.create_group(okta, "whale:crew", &ids).unwrap();
    world.seats(&whale, 229);
    let id = whale.id;
    let members = world.read(move |conn| Ok(conn.count(id.0, muster_store::Counter::Members)?));
    assert_eq!(members, 229);
}

#[test]
fn scim_9_an_expired_invitation_gives_its_seat_back() {
    let world = World::new();
    let moby = world.organization("moby");
    world.seats(&moby, 1);
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.scim.other_domains = true).build();
    let eve = world.create_user(okta, person("eve@elsewhere.org")).unwrap();
    world.advance(Duration::from_secs(15 * 24 * 60 * 60));
    let renamed = UserStatement { full_name: Some("Eve".into()), ..person("eve@elsewhere.org") };
    world.put_user(okta, eve.id, renamed).unwrap();
    let id = moby.id;
    let pending = world.read(move |conn| Ok(conn.pending_invitations(id)?));
    assert_eq!(pending.len(), 1, "invited anew, in the same seat");
    world.assert_ledger_tells_the_state();
}

const VALID: Duration = Duration::from_hours(24 * 14);

/// Ends expired invitations until there are none.
fn expire(world: &World) {
    let now = muster_engine::Surroundings::now(&*world.clock);
    while world.read(move |conn| invitations::has_expired(conn, now)) {
        match world.change(Origin::SYSTEM, invitations::expire) {
            // Where others do the same, it may collide with them once too often; then it is tried again, as the duty does.
            Ok(()) | Err(EngineError::Store(StoreError::Busy)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Two organizations: so many are invited to the second, whose seats they take all, and as many wait there.
fn invited_and_waiting(count: usize) -> (World, Organization, ConnectionId) {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    world.seats(&whale, i64::try_from(count).unwrap());
    let okta = world.connection("okta", &[&moby, &whale]).set(|settings| settings.scim.other_domains = true).build();
    for number in 0..count {
        let guest = person(&format!("guest{number}@elsewhere.org"));
        world.create_user(okta, UserStatement { organization: Some("whale".into()), ..guest }).unwrap();
    }
    let ids = world.create_people(okta, count);
    world.create_group(okta, "whale:crew", &ids).unwrap();
    (world, whale, okta)
}

fn taken(world: &World, organization: &Organization) -> (i64, i64) {
    let id = organization.id.0;
    world.read(move |conn| {
        let invited = conn.count(id, muster_store::Counter::Invitations)?;
        Ok((conn.count(id, muster_store::Counter::Members)?, invited))
    })
}

#[test]
fn org_3_an_invitation_that_nobody_touches_ends_and_its_seat_goes_to_who_waits() {
    let (world, whale, okta) = invited_and_waiting(1);
    assert_eq!(world.membership(&whale, "p0@example.com").unwrap().state, MembershipState::Waiting);
    world.advance(VALID - Duration::from_secs(1));
    expire(&world);
    assert_eq!(taken(&world, &whale), (0, 1));
    world.advance(Duration::from_secs(1));
    expire(&world);
    assert_eq!(taken(&world, &whale), (1, 0));
    assert_eq!(world.teams(&whale, "p0@example.com"), ["crew"]);
    assert!(!world.reports(okta).iter().any(|(rule, _)| rule == "SCIM-9"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_3_on_several_nodes_each_invitation_ends_once() {
    let (world, whale, _) = invited_and_waiting(120);
    world.advance(VALID);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| expire(&world));
        }
    });
    assert_eq!(taken(&world, &whale), (120, 0));
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_9_who_leaves_the_group_while_waiting_is_not_let_in_though_the_team_is_gone() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    world.seats(&whale, 0);
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let group = world.create_group(okta, "whale:crew", &[ada.id]).unwrap();
    let at = whale.clone();
    let delete_team = move |tx: &mut Tx<'_>, env: &mut Env| {
        let team = tx.team_by_name(at.id, "crew")?.unwrap().id;
        organizations::delete_team(tx, env, &at, team)
    };
    world.by_hand(delete_team).unwrap();
    world.change_members(okta, group.id, &[], &[ada.id]).unwrap();
    world.seats(&whale, 5);
    assert!(!world.is_member(&whale, "ada@example.com"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_9_who_is_wanted_by_two_groups_keeps_the_place_in_the_queue() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    world.seats(&whale, 0);
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let [ada, bob] = ["ada@example.com", "bob@example.com"].map(|name| world.create_user(okta, person(name)).unwrap());
    for (group, who) in [("whale:crew", ada.id), ("whale:deck", bob.id), ("whale:watch", ada.id)] {
        world.create_group(okta, group, &[who]).unwrap();
        world.advance(Duration::from_hours(1));
    }
    world.seats(&whale, 1);
    assert!(world.is_member(&whale, "ada@example.com") && !world.is_member(&whale, "bob@example.com"));
}

#[test]
fn scim_9_who_waits_for_a_seat_through_two_connections_waits_until_none_wants_it() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    world.seats(&whale, 0);
    let [okta, entra] = ["okta", "entra"].map(|name| world.connection(name, &[&moby, &whale]).build());
    let in_okta = world.create_user(okta, person("ada@example.com")).unwrap();
    let in_entra = world.create_user(entra, person("ada@example.com")).unwrap();
    let group = world.create_group(okta, "whale:crew", &[in_okta.id]).unwrap();
    world.create_group(entra, "whale:crew", &[in_entra.id]).unwrap();
    let waits = || world.membership(&whale, "ada@example.com").unwrap().state == MembershipState::Waiting;
    world.change_members(okta, group.id, &[], &[in_okta.id]).unwrap();
    assert!(waits(), "entra's group wants her");
    world.change_members(okta, group.id, &[in_okta.id], &[]).unwrap();
    world.put_user(okta, in_okta.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    assert!(waits(), "SCIM-8: entra has her active");
    world.put_user(entra, in_entra.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    assert!(!waits());
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_9_who_was_invited_and_is_added_by_hand_takes_the_invitations_seat() {
    let world = World::new();
    let moby = world.organization("moby");
    world.seats(&moby, 1);
    let ada = world.account("ada@example.com", true);
    world.invite(&moby, "ada@example.com", Some("writers"), Role::Editor).unwrap();
    world.set_member(&moby, &ada, Role::Member).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["writers"]);
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Member, "the owner's word counts");
    let id = moby.id;
    assert!(world.read(move |conn| Ok(conn.pending_invitations(id)?)).is_empty());
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_1_who_waited_and_comes_in_as_an_owner_releases_the_one_on_record() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let owners = crate::grp::entry(1, "Owners", &whale, None, Some(Role::Owner));
    let okta = world.connection("okta", &[&moby, &whale]).mappings(vec![owners]).build();
    world.seats(&whale, 1);
    let people = ["ada", "bob", "eve"].map(|name| format!("{name}@example.com"));
    let users = people.each_ref().map(|email| world.create_user(okta, person(email)).unwrap().id);
    world.create_group(okta, "Owners", &users).unwrap();
    world.put_user(okta, users[0], UserStatement { active: false, ..person(&people[0]) }).unwrap();
    let state = |email: &str| world.membership(&whale, email).unwrap().state;
    assert_eq!(state(&people[0]), MembershipState::Kept { by: okta }, "the last owner");
    world.seats(&whale, 2);
    assert_eq!(state(&people[0]), MembershipState::Asleep { by: okta }, "there is another owner now");
    assert!(people[1..].iter().all(|email| world.is_member(&whale, email)), "and the seat that is free is taken");
    world.assert_ledger_tells_the_state();
}
