//! ACC-3: names over time.

use muster_engine::{EngineError, Refusal, authority, names, organizations};
use muster_model::Organization;
use muster_testkit::{World, person};

fn rename(world: &World, organization: &Organization, to: &str) -> Result<Organization, EngineError> {
    let (id, to) = (organization.id, to.to_owned());
    world.by_hand(move |tx, env| {
        let organization = tx.organization(id)?.unwrap();
        names::rename_organization(tx, env, &organization, &to)
    })
}

fn called(world: &World, name: &str) -> Option<Organization> {
    let name = name.to_owned();
    world.read(move |conn| authority::named(conn, &name))
}

#[test]
fn acc_3_a_former_name_of_an_organization_keeps_leading_to_it_and_is_never_anothers() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    assert_eq!(rename(&world, &moby, " Narwhal ").unwrap().name, "narwhal");
    assert_eq!(called(&world, "moby").map(|it| it.id), Some(moby.id));
    assert_eq!(called(&world, "NARWHAL").map(|it| it.id), Some(moby.id));
    assert_eq!((called(&world, "nobody"), called(&world, "not a name")), (None, None));
    let taken = |result: Result<Organization, EngineError>| {
        matches!(result, Err(EngineError::Refused(Refusal::Name(_) | Refusal::NameTaken(_))))
    };
    for name in ["moby", "narwhal", "a@b", "two words"] {
        assert!(taken(rename(&world, &whale, name)), "{name}");
    }
    let created = world.by_hand(|tx, env| organizations::create(tx, env, "moby", None, None));
    assert!(taken(created));
    // There and back again, more than once.
    for name in ["moby", "narwhal", "moby", "moby"] {
        assert_eq!(rename(&world, &moby, name).unwrap().name, name);
    }
    assert_eq!(called(&world, "narwhal").map(|it| it.id), Some(moby.id));
    // Groups that name it by a former name map to it.
    rename(&world, &moby, "narwhal").unwrap();
    let user = world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_group(okta, "moby:writers", &[user.id]).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "writers"]);
    world.assert_ledger_tells_the_state();
}
