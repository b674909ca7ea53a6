//! ORG-9: the activity log, as owners and people read it; TEN-3: what they do not.

use std::time::Duration;

use muster_engine::{
    EngineError, Surroundings,
    activity::{self, Entry, Filter, Place, Scope},
    organizations,
};
use muster_model::{Organization, Role, UserStatement, ledger::Event};
use muster_testkit::{World, person};

const ADA: &str = "ada@example.com";

fn page(
    world: &World,
    scope: Scope,
    filter: &Filter,
    after: Option<Place>,
    limit: usize,
) -> (Vec<Entry>, Option<Place>) {
    let filter = filter.clone();
    world.read(move |conn| activity::page(conn, scope, &filter, after, limit))
}

fn all(world: &World, scope: Scope, filter: &Filter) -> Vec<Entry> {
    let (entries, next) = page(world, scope, filter, None, 1_000);
    assert_eq!(next, None);
    entries
}

fn of(organization: &Organization) -> Scope {
    Scope::Organization(organization.id)
}

fn names(entries: &[Entry]) -> Vec<&'static str> {
    entries.iter().map(|entry| entry.action.as_str()).collect()
}

/// `ada`, an owner of `moby`, makes `bob` a member and puts him into a team.
fn world() -> (World, Organization) {
    let world = World::new();
    let moby = world.organization("moby");
    let ada = world.account(ADA, true);
    world.set_member(&moby, &ada, Role::Owner).unwrap();
    world.advance(Duration::from_mins(1));
    let bob = world.account("bob@example.com", true);
    let (by, organization) = (crate::invitations::by(&ada), moby.clone());
    world
        .change(by, move |tx, env| {
            organizations::set_member(tx, env, &organization, &bob, Role::Member)?;
            organizations::add_to_team(tx, env, &organization, &bob, "writers").map(drop)
        })
        .unwrap();
    (world, moby)
}

#[test]
fn org_9_an_entry_tells_who_did_what_to_whom_when_and_what_is_different() {
    let (world, moby) = world();
    let entries = all(&world, of(&moby), &Filter::default());
    let added = entries.iter().find(|entry| entry.action == Event::MemberAdded).unwrap();
    assert_eq!((added.actor_name.as_str(), added.name.as_str()), (ADA, "bob@example.com in moby"));
    assert_eq!((added.source.as_str(), added.rule.id()), ("manual", "ORG-1"));
    assert!(added.fields.iter().any(|field| field.name == "role" && field.new == "member"), "{:?}", added.fields);
    assert!(entries.is_sorted_by(|newer, older| newer.at >= older.at), "newest first");
    assert!(names(&entries).contains(&"team.create") && names(&entries).contains(&"team.member.add"));
    assert_eq!(names(&entries).last(), Some(&"org.create"));
}

#[test]
fn org_9_filters_narrow_by_event_family_actor_name_and_time() {
    let (world, moby) = world();
    let filtered = |filter: Filter| names(&all(&world, of(&moby), &filter));
    let action = |name: &str| Filter { action: Some(name.into()), ..Filter::default() };
    assert_eq!(filtered(action("team.create")), ["team.create"]);
    assert_eq!(filtered(action("team")), ["team.member.add", "team.create"]);
    assert!(filtered(action("tea")).is_empty());
    let by_ada = Filter { actor: Some("ADA@example.com".into()), ..action("member") };
    assert_eq!(filtered(by_ada), ["member.added"]);
    let about_ada = Filter { name: Some("Ada".into()), ..action("member.added") };
    assert_eq!(filtered(about_ada), ["member.added"]);
    let begun = world.clock.now().before(Duration::from_secs(30));
    assert!(!filtered(Filter { from: Some(begun), ..Filter::default() }).contains(&"org.create"));
    let before = filtered(Filter { to: Some(begun), ..Filter::default() });
    assert!(before.contains(&"org.create") && !before.contains(&"team.create"), "{before:?}");
}

#[test]
fn org_9_pages_of_any_length_show_each_entry_once() {
    let (world, moby) = world();
    let whole = all(&world, of(&moby), &Filter::default());
    assert!(whole.len() > 6, "{}", whole.len());
    for limit in 1..=whole.len() {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (entries, next) = page(&world, of(&moby), &Filter::default(), after, limit);
            assert!(entries.len() <= limit);
            seen.extend(entries);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole, "pages of {limit}");
    }
}

#[test]
fn org_9_the_log_of_a_connection_is_its_holders() {
    let (world, moby) = world();
    let whale = world.organization("whale");
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let eve = world.create_user(okta, person("eve@example.com")).unwrap();
    let off = UserStatement { active: false, ..person("eve@example.com") };
    world.put_user(okta, eve.id, off).unwrap();
    let scim = Filter { action: Some("scim".into()), ..Filter::default() };
    let told = all(&world, of(&moby), &scim);
    assert_eq!(names(&told), ["scim.user.update", "scim.user.create"]);
    assert_eq!((told[0].connection.as_deref(), told[0].name.as_str()), (Some("okta"), "eve@example.com"));
    assert!(all(&world, of(&whale), &scim).is_empty());
}

#[test]
fn ten_3_an_organizations_log_shows_nothing_of_anothers() {
    let (world, moby) = world();
    let whale = world.organization("whale");
    let bob = world.account_of("bob@example.com").unwrap();
    // One transaction about both: each sees its own part.
    let (one, other) = (moby.clone(), whale.clone());
    world
        .by_hand(move |tx, env| {
            organizations::add_to_team(tx, env, &one, &bob, "secret-of-moby")?;
            organizations::set_member(tx, env, &other, &bob, Role::Owner)
        })
        .unwrap();
    let theirs = format!("{:?}", all(&world, of(&whale), &Filter::default()));
    assert!(theirs.contains("bob@example.com in whale") && !theirs.contains("moby"), "{theirs}");
    let ours = format!("{:?}", all(&world, of(&moby), &Filter::default()));
    assert!(ours.contains("secret-of-moby") && !ours.contains("whale"), "{ours}");
    // Of an account its values, and not what others say of them.
    let accounts = Filter { action: Some("account".into()), ..Filter::default() };
    for entry in all(&world, of(&moby), &accounts) {
        assert!(entry.fields.iter().all(|field| !field.name.starts_with("names")), "{:?}", entry.fields);
    }
}

#[test]
fn ten_3_a_name_means_an_organization_or_a_person_whose_own_log_it_is() {
    let (world, moby) = world();
    let bob = world.account_of("bob@example.com").unwrap();
    let scope = |name: &str| {
        let name = name.to_owned();
        world.store.snapshot_blocking(move |conn| activity::account_scope(conn, &name))
    };
    assert_eq!(scope("Moby").unwrap(), of(&moby));
    assert_eq!(scope(&bob.username).unwrap(), Scope::Account(bob.id));
    assert!(matches!(scope("nobody"), Err(EngineError::NotFound { kind: "account", .. })));
    let own = all(&world, Scope::Account(bob.id), &Filter::default());
    assert!(names(&own).contains(&"member.added") && names(&own).contains(&"account.create"));
    assert!(own.iter().all(|entry| !entry.name.contains("ada")), "{own:?}");
    let everything = all(&world, Scope::Everything, &Filter::default());
    assert!(everything.len() > own.len());
}
