//! PRE-2 as a property: whatever happens and expires, the tables equal a replay of the ledger, and the counters count.

use std::time::Duration;

use muster_engine::retention::Policy;
use muster_model::{DirectoryGroupId, DirectoryUserId, Role, UserStatement};
use muster_store::Counter;
use muster_testkit::{World, cases, person};
use proptest::prelude::*;

const DAY: Duration = Duration::from_hours(24);

#[derive(Debug, Clone)]
enum Act {
    Create(u8, u8),
    Deactivate(u8),
    Activate(u8, u8),
    Delete(u8),
    CreateGroup(u8, Vec<u8>),
    Add(u8, u8),
    Remove(u8, u8),
    Rename(u8, u8),
    DeleteGroup(u8),
    RemoveByHand(u8, bool),
    MakeOwner(u8),
    Seats(u8),
    /// Somebody is erased (ACC-2), and the replay holds after each slice.
    Erase(u8),
    /// Some days go by, and what is older than a week is folded.
    Expire(u8),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let one = prop_oneof![
        4 => (0..6_u8, any::<u8>()).prop_map(|(who, how)| Act::Create(who, how)),
        2 => (0..8_u8).prop_map(Act::Deactivate),
        3 => (0..8_u8, any::<u8>()).prop_map(|(who, how)| Act::Activate(who, how)),
        1 => (0..8_u8).prop_map(Act::Delete),
        2 => (0..5_u8, prop::collection::vec(0..8_u8, 0..4)).prop_map(|(name, who)| Act::CreateGroup(name, who)),
        3 => (0..4_u8, 0..8_u8).prop_map(|(group, who)| Act::Add(group, who)),
        2 => (0..4_u8, 0..8_u8).prop_map(|(group, who)| Act::Remove(group, who)),
        1 => (0..4_u8, 0..5_u8).prop_map(|(group, name)| Act::Rename(group, name)),
        1 => (0..4_u8).prop_map(Act::DeleteGroup),
        1 => (0..6_u8, any::<bool>()).prop_map(|(who, block)| Act::RemoveByHand(who, block)),
        1 => (0..6_u8).prop_map(Act::MakeOwner),
        1 => (0..6_u8).prop_map(Act::Seats),
        1 => (0..6_u8).prop_map(Act::Erase),
        1 => (0..10_u8).prop_map(Act::Expire),
    ];
    prop::collection::vec(one, 1..40)
}

fn email(who: u8) -> String {
    format!("person{who}@example.com")
}

fn group_name(name: u8) -> &'static str {
    ["moby:one", "moby:two", "whale:one", "Everyone", "acme:x"][usize::from(name) % 5]
}

/// A statement with this or that said, by the bits of `how`.
fn said(user_name: &str, how: u8) -> UserStatement {
    UserStatement {
        organization: (how & 1 != 0).then(|| "whale".to_owned()),
        team: (how & 2 != 0).then(|| "crew".to_owned()),
        role: match how >> 2 & 3 {
            0 => None,
            1 => Some(Role::Member),
            2 => Some(Role::Editor),
            _ => Some(Role::Owner),
        },
        full_name: (how & 16 != 0).then(|| format!("Person {how}")),
        session_minutes: (how & 32 != 0).then_some(60),
        ..person(user_name)
    }
}

struct Life {
    world: World,
    users: Vec<(DirectoryUserId, String)>,
    groups: Vec<DirectoryGroupId>,
}

fn pick<T: Clone>(from: &[T], n: u8) -> Option<T> {
    from.get(usize::from(n) % from.len().max(1)).cloned()
}

fn live(acts: &[Act]) {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world
        .connection("okta", &[&moby, &whale])
        .set(|settings| settings.scim.membership_follows_groups = acts.len().is_multiple_of(2))
        .build();
    let mut life = Life { world, users: Vec::new(), groups: Vec::new() };
    for act in acts {
        step(&mut life, okta, &moby, act);
    }
    life.world.assert_ledger_tells_the_state();
    for organization in [&moby, &whale] {
        let id = organization.id;
        let (members, owners, counted, counted_owners) = life.world.read(move |conn| {
            let all = conn.memberships_page(id, muster_model::AccountId(uuid::Uuid::nil()), 1_000)?;
            let seats = all.iter().filter(|membership| membership.takes_seat()).count();
            let owners = all.iter().filter(|membership| membership.is_owner()).count();
            Ok((seats, owners, conn.count(id.0, Counter::Members)?, conn.count(id.0, Counter::Owners)?))
        });
        assert_eq!((members as i64, owners as i64), (counted, counted_owners), "{}", organization.name);
    }
    let users = life.world.read(move |conn| Ok(conn.count(okta.0, Counter::Users)?));
    assert_eq!(users, i64::try_from(life.users.len()).unwrap());
}

/// Does one thing; that it may be refused is part of life.
fn step(life: &mut Life, okta: muster_model::ConnectionId, moby: &muster_model::Organization, act: &Act) {
    let Life { world, users, groups } = life;
    match act {
        Act::Create(who, how) => {
            if let Ok(user) = world.create_user(okta, said(&email(*who), *how)) {
                users.push((user.id, email(*who)));
            }
        }
        Act::Deactivate(n) => {
            if let Some((id, name)) = pick(users, *n) {
                world.put_user(okta, id, UserStatement { active: false, ..person(&name) }).unwrap();
            }
        }
        Act::Activate(n, how) => {
            if let Some((id, name)) = pick(users, *n) {
                drop(world.put_user(okta, id, said(&name, *how)));
            }
        }
        Act::Delete(n) => {
            if let Some((id, _)) = pick(users, *n) {
                world.delete_user(okta, id).unwrap();
                users.retain(|(other, _)| *other != id);
            }
        }
        Act::CreateGroup(name, who) => {
            let members: Vec<_> = who.iter().filter_map(|n| pick(users, *n)).map(|(id, _)| id).collect();
            groups.extend(world.create_group(okta, group_name(*name), &members).map(|group| group.id));
        }
        Act::Add(group, n) => {
            if let (Some(group), Some((id, _))) = (pick(groups, *group), pick(users, *n)) {
                world.change_members(okta, group, &[id], &[]).unwrap();
            }
        }
        Act::Remove(group, n) => {
            if let (Some(group), Some((id, _))) = (pick(groups, *group), pick(users, *n)) {
                world.change_members(okta, group, &[], &[id]).unwrap();
            }
        }
        Act::Rename(group, name) => {
            if let Some(group) = pick(groups, *group) {
                drop(world.rename_group(okta, group, group_name(*name)));
            }
        }
        Act::DeleteGroup(group) => {
            if let Some(group) = pick(groups, *group) {
                world.delete_group(okta, group).unwrap();
                groups.retain(|other| *other != group);
            }
        }
        Act::RemoveByHand(who, block) => {
            if let Some(account) = world.account_of(&email(*who)) {
                drop(world.remove_member(moby, &account, *block));
            }
        }
        Act::MakeOwner(who) => {
            if let Some(account) = world.account_of(&email(*who)) {
                drop(world.set_member(moby, &account, Role::Owner));
            }
        }
        Act::Seats(seats) => world.seats(moby, i64::from(*seats)),
        Act::Erase(who) => {
            let Some(account) = world.account_of(&email(*who)) else { return };
            let erased = world.erase(account.id, || world.assert_ledger_tells_the_state());
            if erased.is_ok() {
                assert!(world.account_of(&email(*who)).is_none());
                // The resource stays, and may become somebody else's.
                for (id, name) in users.iter_mut().filter(|(_, name)| *name == email(*who)) {
                    *name = format!("again-{id}@example.com");
                }
            }
        }
        Act::Expire(days) => {
            world.advance(DAY * u32::from(*days));
            world.retain(&Policy { activity: DAY * 7, ..Policy::default() }, 1);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(96), ..ProptestConfig::default() })]

    #[test]
    fn pre_2_the_tables_equal_a_replay_of_the_ledger_however_much_of_it_has_expired(acts in acts()) {
        live(&acts);
    }
}
