//! PRE-3: the conflict report.

use muster_engine::conflicts::{self, Attribute, Page};
use muster_model::{AccountId, ConnectionId, Role, Source, UserStatement, precedence::Policy};
use muster_testkit::{World, person};
use uuid::Uuid;

fn report(world: &World, connection: ConnectionId, after: AccountId, limit: usize) -> Page {
    world.read(move |conn| {
        let connection = conn.connection(connection)?.unwrap();
        conflicts::page(conn, &connection, after, limit)
    })
}

fn all(world: &World, connection: ConnectionId) -> Vec<conflicts::Conflict> {
    report(world, connection, AccountId(Uuid::nil()), 100).conflicts
}

fn ada() -> UserStatement {
    UserStatement {
        full_name: Some("Ada".into()),
        role: Some(Role::Editor),
        session_minutes: Some(60),
        ..person("ada@example.com")
    }
}

#[test]
fn pre_3_every_disagreement_is_listed_with_both_values_and_who_wins() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.create_user(okta, ada()).unwrap();
    assert!(all(&world, okta).is_empty(), "nobody contradicts");
    world.sso_says(okta, &moby, "ada@example.com", Some("Countess"), Some(Role::Member), Some(30));
    let found = all(&world, okta);
    let of = |attribute| found.iter().find(|conflict| conflict.attribute == attribute).unwrap();
    assert_eq!(found.len(), 3);
    let name = of(Attribute::FullName);
    assert_eq!(name.email.as_ref().unwrap().as_str(), "ada@example.com");
    assert_eq!(name.holds, Some("Countess".into()), "JIT wins by default (PRE-1)");
    assert_eq!((name.decided_by, name.policy), (Source::Sso, Policy::Sso));
    let said: Vec<_> = name.said.iter().map(|said| (said.source, said.value.clone(), said.wins)).collect();
    assert_eq!(said, [(Source::Scim, "Ada".into(), false), (Source::Sso, "Countess".into(), true)]);
    assert_eq!(name.since, name.said[1].at, "since the second spoke");
    assert_eq!(of(Attribute::SessionMinutes).holds, Some(30.into()));
    let role = of(Attribute::Role);
    assert_eq!((role.organization.as_deref(), &role.holds), (Some("moby"), &Some("member".into())));
}

#[test]
fn pre_3_a_value_set_by_hand_leaves_the_conflict_listed_and_wins() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.create_user(okta, UserStatement { role: Some(Role::Editor), ..person("ada@example.com") }).unwrap();
    world.sso_says(okta, &moby, "ada@example.com", None, Some(Role::Member), None);
    let account = world.account_of("ada@example.com").unwrap();
    world.set_member(&moby, &account, Role::Owner).unwrap();
    let found = all(&world, okta);
    assert_eq!((found.len(), found[0].decided_by, &found[0].holds), (1, Source::Manual, &Some("owner".into())));
    assert!(found[0].said.iter().all(|said| !said.wins));
}

#[test]
fn pre_3_a_conflict_ends_when_the_sources_agree() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let user = world.create_user(okta, ada()).unwrap();
    world.sso_says(okta, &moby, "ada@example.com", Some("Countess"), None, None);
    assert_eq!(all(&world, okta).len(), 1);
    world.put_user(okta, user.id, UserStatement { full_name: Some("Countess".into()), ..ada() }).unwrap();
    assert!(all(&world, okta).is_empty());
}

#[test]
fn pre_3_pages_meet_every_account_once_and_only_those_of_the_connection() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    let other = world.connection("other", &[&whale]).domains(&["other.example"]).build();
    for number in 0..7 {
        let email = format!("person{number}@example.com");
        let said = UserStatement { full_name: Some("Scim".into()), ..person(&email) };
        world.create_user(okta, said).unwrap();
        world.sso_says(okta, &moby, &email, Some("Sso"), None, None);
    }
    let said = UserStatement { full_name: Some("Scim".into()), ..person("x@other.example") };
    world.create_user(other, said).unwrap();
    world.sso_says(other, &whale, "x@other.example", Some("Sso"), None, None);
    let (mut after, mut seen) = (AccountId(Uuid::nil()), Vec::new());
    loop {
        let page = report(&world, okta, after, 3);
        assert!(page.conflicts.len() <= 3);
        seen.extend(page.conflicts.into_iter().map(|conflict| conflict.email.unwrap().to_string()));
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    let expected: Vec<_> = (0..7).map(|number| format!("person{number}@example.com")).collect();
    assert_eq!(seen, expected);
    assert_eq!(all(&world, other).len(), 1);
}
