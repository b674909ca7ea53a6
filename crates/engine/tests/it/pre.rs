//! Section 7: precedence and provenance, through the engine.

use muster_engine::explain;
use muster_model::{Role, Source, UserStatement};
use muster_testkit::{World, person};

#[test]
fn pre_5_a_role_changed_by_hand_holds_until_scim_says_something_else() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let said = UserStatement { role: Some(Role::Editor), ..person("ada@example.com") };
    let ada = world.create_user(okta, said.clone()).unwrap();
    let account = world.account_of("ada@example.com").unwrap();
    let role = || world.membership(&moby, "ada@example.com").unwrap().role;
    world.set_member(&moby, &account, Role::Member).unwrap();
    assert_eq!(role(), Role::Member);
    world.put_user(okta, ada.id, UserStatement { full_name: Some("Ada".into()), ..said.clone() }).unwrap();
    assert_eq!(role(), Role::Member, "SCIM repeats itself");
    world.put_user(okta, ada.id, UserStatement { role: Some(Role::Owner), ..said }).unwrap();
    assert_eq!(role(), Role::Owner, "SCIM says something new");
    world.assert_ledger_tells_the_state();
}

#[test]
fn pre_2_everything_can_be_explained() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let said = UserStatement { full_name: Some("Ada".into()), role: Some(Role::Editor), ..person("ada@example.com") };
    let ada = world.create_user(okta, said).unwrap();
    world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
    let account = ada.account.unwrap();
    let explained = world.read(move |conn| explain::explain(conn, account));
    let name = explained.account.names.iter().next().unwrap();
    assert_eq!((name.source, name.connection, name.value.as_str()), (Source::Scim, Some(okta), "Ada"));
    let place = &explained.places[0];
    assert_eq!((place.organization.as_str(), place.grants.len()), ("moby", 2));
    assert!(
        place
            .grants
            .iter()
            .all(|grant| grant.source == Source::Scim && explained.names.teams.contains_key(&grant.team.unwrap()))
    );
    assert_eq!(explained.names.connections[&okta], "okta");
    let events: Vec<_> = explained.history.iter().flat_map(|row| &row.changes).map(|c| c.event.as_str()).collect();
    for event in ["account.create", "member.added", "team.member.add"] {
        assert!(events.contains(&event), "{event} in {events:?}");
    }
}

#[test]
fn pre_4_what_scim_wrote_is_kept_byte_for_byte() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world
        .create_user(okta, UserStatement { full_name: Some("Ada  Ünïcode ".into()), ..person("ada@example.com") })
        .unwrap();
    assert_eq!(world.user(okta, ada.id).unwrap().document, ada.document);
    assert!(ada.document.contains("Ada  Ünïcode "));
}
