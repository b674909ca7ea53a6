//! MIG-3: the mass-change guard.

use std::time::Duration;

use muster_engine::{EngineError, Refusal, directory, guard};
use muster_model::{
    ConnectionId, DirectoryUserId, HeldChange, HeldChangeId, HeldState, Organization, RequestId, UserStatement,
    guard::{Endings, OrganizationEndings},
};
use muster_testkit::{World, person};

fn email(number: usize) -> String {
    format!("p{number}@example.com")
}

/// An organization with so many people of one directory.
fn people(count: usize) -> (World, Organization, ConnectionId, Vec<DirectoryUserId>) {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ids = (0..count).map(|number| world.create_user(okta, person(&email(number))).unwrap().id).collect();
    (world, moby, okta, ids)
}

/// Unassigns a person: whether that was held.
fn deactivate(world: &World, okta: ConnectionId, ids: &[DirectoryUserId], number: usize) -> bool {
    let said = UserStatement { active: false, ..person(&email(number)) };
    match world.put_user(okta, ids[number], said) {
        Ok(_) => false,
        Err(EngineError::Refused(Refusal::Held(_))) => true,
        Err(error) => panic!("{error}"),
    }
}

fn members(world: &World, moby: &Organization) -> usize {
    let moby = moby.id;
    world.read(move |conn| {
        let page = conn.memberships_page(moby, muster_model::AccountId(uuid::Uuid::nil()), 10_000)?;
        Ok(page.iter().filter(|membership| membership.is_active()).count())
    })
}

#[test]
fn mig_3_beyond_fifty_endings_within_an_hour_a_request_is_held() {
    let (world, moby, okta, ids) = people(60);
    let held: Vec<usize> = (0..60).filter(|number| deactivate(&world, okta, &ids, *number)).collect();
    assert_eq!(held, (50..60).collect::<Vec<_>>(), "the first fifty end");
    assert_eq!(members(&world, &moby), 10);
    let kept = world.held(okta);
    assert_eq!(
        kept.iter().map(|held| held.resource).collect::<Vec<_>>(),
        ids[50..].iter().map(|id| Some(id.0)).collect::<Vec<_>>()
    );
    let one = OrganizationEndings { organization: moby.id, endings: Endings { memberships: 1, team_grants: 0 } };
    assert!(kept.iter().all(|held| held.endings == [one] && held.state == HeldState::Held));
    assert!(world.user(okta, ids[55]).unwrap().active, "everything that it did is undone");
    let told = world.reports(okta).into_iter().filter(|(rule, _)| rule == "MIG-3").count();
    assert_eq!(told, 1, "owners are told once");
    world.assert_ledger_tells_the_state();
}

#[test]
fn mig_3_a_fifth_of_a_large_organization_may_end() {
    let (world, _, okta, ids) = people(300);
    let held = (0..65).filter(|number| deactivate(&world, okta, &ids, *number)).count();
    assert_eq!(held, 5, "60 are a fifth of 300");
}

#[test]
fn mig_3_an_hour_later_more_may_end_but_not_what_is_held() {
    let (world, moby, okta, ids) = people(53);
    for number in 0..51 {
        deactivate(&world, okta, &ids, number);
    }
    world.advance(Duration::from_secs(59 * 60));
    assert!(deactivate(&world, okta, &ids, 51));
    world.advance(Duration::from_secs(2 * 60));
    assert!(!deactivate(&world, okta, &ids, 52), "the first fifty are more than an hour ago");
    assert!(
        deactivate(&world, okta, &ids, 51),
        "what is held waits for its owner, or an hour's patience would undo it"
    );
    assert!(deactivate(&world, okta, &ids, 50));
    assert_eq!(world.held(okta).len(), 2, "a request that comes again is not kept twice");
    assert_eq!(members(&world, &moby), 2);
}

#[test]
fn mig_3_team_grants_are_counted_apart_from_memberships() {
    let (world, moby, okta, ids) = people(60);
    let group = world.create_group(okta, "moby:developers", &ids).unwrap();
    for number in 0..50 {
        assert!(!deactivate(&world, okta, &ids, number), "a membership that ends takes its teams along as one ending");
    }
    world.advance(Duration::from_secs(2 * 60 * 60));
    for (number, id) in ids[..50].iter().enumerate() {
        world.put_user(okta, *id, person(&email(number))).unwrap();
    }
    world.change_members(okta, group.id, &[], &ids[..50]).unwrap();
    let beyond = world.change_members(okta, group.id, &[], &ids[50..51]).unwrap_err();
    assert!(beyond.to_string().contains("51 team grants of organization 'moby'"), "{beyond}");
    assert_eq!(world.teams(&moby, &email(50)), ["company", "developers"]);
    assert!(!deactivate(&world, okta, &ids, 51), "memberships have a count of their own");
    world.assert_ledger_tells_the_state();
}

#[test]
fn mig_3_one_request_that_ends_too_much_is_held_whole() {
    let (world, moby, okta, ids) = people(60);
    let group = world.create_group(okta, "moby:developers", &ids).unwrap();
    for refused in [
        world.delete_group(okta, group.id).unwrap_err(),
        world.rename_group(okta, group.id, "moby:designers").map(|_| ()).unwrap_err(),
        world.change_members(okta, group.id, &[], &ids[..51]).map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(refused, EngineError::Refused(Refusal::Held(_))), "{refused}");
    }
    assert!(ids.iter().enumerate().all(|(number, _)| world.teams(&moby, &email(number)).len() == 2));
    world.assert_ledger_tells_the_state();
}

#[test]
fn mig_3_removal_by_hand_is_neither_counted_nor_held() {
    let (world, moby, okta, ids) = people(60);
    for number in 0..5 {
        world.remove_member(&moby, &world.account_of(&email(number)).unwrap(), false).unwrap();
    }
    for number in 5..55 {
        assert!(!deactivate(&world, okta, &ids, number));
    }
    assert!(deactivate(&world, okta, &ids, 55));
    for number in 55..60 {
        world.remove_member(&moby, &world.account_of(&email(number)).unwrap(), false).unwrap();
    }
    assert_eq!(members(&world, &moby), 0);
}

#[test]
fn mig_3_the_guard_can_be_switched_off_for_a_connection() {
    let (world, moby, okta, ids) = people(55);
    world.settings(okta, |settings| settings.scim.mass_change_guard = false);
    assert!((0..55).all(|number| !deactivate(&world, okta, &ids, number)));
    assert_eq!(members(&world, &moby), 0);
}

#[test]
fn mig_3_endings_of_all_connections_of_an_organization_count_together() {
    let (world, moby, okta, ids) = people(50);
    let entra = world.connection("entra", &[&moby]).domains(&["example.org"]).build();
    let eve = world.create_user(entra, person("eve@example.org")).unwrap();
    for number in 0..50 {
        assert!(!deactivate(&world, okta, &ids, number));
    }
    let gone = world.put_user(entra, eve.id, UserStatement { active: false, ..person("eve@example.org") });
    assert!(matches!(gone, Err(EngineError::Refused(Refusal::Held(_)))));
    assert_eq!((world.held(okta).len(), world.held(entra).len()), (0, 1));
}

#[test]
fn mig_3_what_the_idp_says_since_supersedes_what_is_held() {
    let (world, moby, okta, ids) = people(52);
    let held = (0..52).filter(|number| deactivate(&world, okta, &ids, *number)).count();
    assert_eq!(held, 2);
    let again = world.put_user(okta, ids[50], person(&email(50))).unwrap();
    assert!(!again.changed, "the user is active as before: nothing changes");
    let left = world.held(okta);
    assert_eq!(left.iter().map(|held| held.resource).collect::<Vec<_>>(), [Some(ids[51].0)]);
    let renamed = UserStatement { full_name: Some("Ada".to_owned()), ..person(&email(51)) };
    world.put_user(okta, ids[51], renamed).unwrap();
    assert!(world.held(okta).is_empty() && world.reports(okta).iter().all(|(rule, _)| rule != "MIG-3"));
    assert!(world.is_member(&moby, &email(50)) && world.is_member(&moby, &email(51)));
}

#[test]
fn mig_3_an_approved_request_is_done_and_the_guard_lifted_for_the_number_shown() {
    let (world, moby, okta, ids) = people(60);
    let held = (0..52).filter(|number| deactivate(&world, okta, &ids, *number)).count();
    assert_eq!(held, 2);
    let now = muster_engine::Surroundings::now(&*world.clock);
    let (pending, shown) = world.read(move |conn| guard::pending(conn, okta, now));
    assert_eq!(
        shown,
        [OrganizationEndings { organization: moby.id, endings: Endings { memberships: 2, team_grants: 0 } }]
    );
    world.by_hand(move |tx, env| guard::lift(tx, env, okta, &shown)).unwrap();
    for (kept, number) in pending.iter().zip(50..) {
        let said = UserStatement { active: false, ..person(&email(number)) };
        world.put_user_approved(okta, kept.id, ids[number], said).unwrap();
    }
    assert!(world.held(okta).is_empty());
    assert_eq!(members(&world, &moby), 8);
    assert!(!deactivate(&world, okta, &ids, 52) && !deactivate(&world, okta, &ids, 53), "two more may end");
    assert!(deactivate(&world, okta, &ids, 54), "and no third");
    world.assert_ledger_tells_the_state();
}

#[test]
fn mig_3_an_approval_lasts_a_day() {
    let (world, moby, okta, ids) = people(110);
    let shown = [OrganizationEndings { organization: moby.id, endings: Endings { memberships: 60, team_grants: 0 } }];
    world.by_hand(move |tx, env| guard::lift(tx, env, okta, &shown)).unwrap();
    world.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!((0..60).filter(|number| deactivate(&world, okta, &ids, *number)).count(), 10);
}

#[test]
fn mig_3_what_was_written_since_is_not_done_again() {
    let (world, moby, okta, ids) = people(60);
    let group = world.create_group(okta, "moby:developers", &ids).unwrap();
    world.change_members(okta, group.id, &[], &ids[..51]).unwrap_err();
    let held = world.held(okta)[0].id;
    // Another request about the group is held behind it, and what ends nothing is done and supersedes both.
    world.change_members(okta, group.id, &[], &ids[..1]).unwrap_err();
    assert_eq!(world.held(okta).len(), 2);
    world.rename_group(okta, group.id, "Moby:Developers").unwrap();
    let late = world.scim(okta, move |tx, env, connection| {
        guard::approve(tx, env, connection.id, held)?;
        directory::delete_group(tx, env, connection, group.id, |_| true)
    });
    assert!(late.unwrap_err().to_string().contains("superseded"));
    assert_eq!(world.teams(&moby, &email(0)), ["company", "developers"]);
}

#[test]
fn mig_3_after_a_rejection_the_same_resource_ends_nothing_unasked_for_a_day() {
    let (world, moby, okta, ids) = people(51);
    assert_eq!((0..51).filter(|number| deactivate(&world, okta, &ids, *number)).count(), 1);
    let held = world.held(okta)[0].id;
    world.by_hand(move |tx, env| guard::settle(tx, env, okta, held, HeldState::Rejected, None)).unwrap();
    assert!(world.held(okta).is_empty() && world.reports(okta).iter().all(|(rule, _)| rule != "MIG-3"));
    world.advance(Duration::from_secs(2 * 60 * 60));
    assert!(deactivate(&world, okta, &ids, 50), "the identity provider still insists: owners are asked again");
    assert_eq!(world.held(okta).len(), 1);
    let held = world.held(okta)[0].id;
    world.by_hand(move |tx, env| guard::settle(tx, env, okta, held, HeldState::Rejected, None)).unwrap();
    world.advance(Duration::from_secs(24 * 60 * 60));
    assert!(!deactivate(&world, okta, &ids, 50), "a day later it counts as any other");
    assert_eq!(members(&world, &moby), 0);
}

#[test]
fn mig_3_what_nobody_decides_about_expires_with_the_request_log() {
    let (world, moby, okta, ids) = people(51);
    assert_eq!((0..51).filter(|number| deactivate(&world, okta, &ids, *number)).count(), 1);
    let held = world.held(okta)[0].id;
    world.advance(guard::HELD_FOR);
    assert!(world.held(okta).is_empty());
    let late = world.by_hand(move |tx, env| guard::settle(tx, env, okta, held, HeldState::Rejected, None));
    assert!(late.unwrap_err().to_string().contains("expired"));
    assert!(!deactivate(&world, okta, &ids, 50));
    assert_eq!(members(&world, &moby), 0);
}

#[test]
fn mig_3_what_expired_is_kept_again_when_it_comes_again() {
    let (world, moby, okta, ids) = people(101);
    assert_eq!((0..51).filter(|number| deactivate(&world, okta, &ids, *number)).count(), 1);
    let expired = world.held(okta)[0].clone();
    world.advance(guard::HELD_FOR);
    assert!((51..101).all(|number| !deactivate(&world, okta, &ids, number)));
    assert!(deactivate(&world, okta, &ids, 50));
    let kept = world.held(okta);
    assert_eq!((kept.len(), kept[0].fingerprint), (1, expired.fingerprint));
    let before = world.by_hand(move |tx, _| Ok(tx.held_change(okta, expired.id)?)).unwrap();
    assert_eq!(before.map(|held| held.state), Some(HeldState::Expired));
    assert_eq!(members(&world, &moby), 1);
}

#[test]
fn mig_3_an_approval_that_is_begun_again_lifts_the_guard_once() {
    let (world, moby, okta, ids) = people(60);
    assert_eq!((0..52).filter(|number| deactivate(&world, okta, &ids, *number)).count(), 2);
    let begin = |only: Vec<HeldChangeId>| {
        world.by_hand(move |tx, env| guard::begin_approval(tx, env, okta, &only, None)).unwrap().len()
    };
    let first = world.held(okta)[0].id;
    assert_eq!((begin(vec![first]), begin(vec![first]), begin(Vec::new()), begin(Vec::new())), (1, 1, 2, 2));
    let unknown = vec![HeldChangeId(uuid::Uuid::nil())];
    let missing = world.by_hand(move |tx, env| guard::begin_approval(tx, env, okta, &unknown, None));
    assert!(matches!(missing, Err(EngineError::NotFound { .. })));
    for (kept, number) in world.held(okta).iter().zip(50..) {
        assert!(kept.lifted);
        let said = UserStatement { active: false, ..person(&email(number)) };
        world.put_user_approved(okta, kept.id, ids[number], said).unwrap();
    }
    let held: Vec<usize> = (52..60).filter(|number| deactivate(&world, okta, &ids, *number)).collect();
    assert_eq!(held, (54..60).collect::<Vec<_>>(), "two were shown, so two more may end");
    assert_eq!(members(&world, &moby), 6);
}

#[test]
fn mig_3_no_more_is_kept_than_an_owner_can_look_at_and_nothing_ends_meanwhile() {
    let (world, moby, okta, ids) = people(52);
    assert_eq!((0..51).filter(|number| deactivate(&world, okta, &ids, *number)).count(), 1);
    let kept = world.held(okta)[0].clone();
    // As many as there may be, each about a user of its own.
    world
        .by_hand(move |tx, env| {
            for _ in 1..guard::KEPT {
                let id = env.new_id();
                let fingerprint = muster_crypto::sha256(id.as_bytes());
                let another = HeldChange {
                    id: HeldChangeId(id),
                    request: RequestId(id),
                    resource: Some(id),
                    fingerprint,
                    ..kept.clone()
                };
                assert!(tx.insert_held_change(&another)?);
            }
            Ok(())
        })
        .unwrap();
    world.advance(Duration::from_secs(2 * 60 * 60));
    let full = world.put_user(okta, ids[51], UserStatement { active: false, ..person(&email(51)) }).unwrap_err();
    assert!(full.to_string().contains("no more are kept"), "an hour later it would be within the limit: {full}");
    assert_eq!(world.held(okta).len(), usize::try_from(guard::KEPT).unwrap());
    world.put_user(okta, ids[50], person(&email(50))).unwrap();
    assert!(!deactivate(&world, okta, &ids, 51), "one was superseded: there is room again");
    assert_eq!(members(&world, &moby), 1);
}
