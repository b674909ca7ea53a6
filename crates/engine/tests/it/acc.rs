//! Accounts: ACC-1, ACC-3.

use muster_engine::{EngineError, Refusal, organizations};
use muster_testkit::{World, person};

#[test]
fn acc_1_an_unconfirmed_email_is_taken_for_a_new_account() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let squatter = world.account("ada@example.com", false);
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    assert_ne!(ada.account, Some(squatter.id));
    let id = squatter.id;
    assert_eq!(world.read(move |conn| Ok(conn.account(id)?)).unwrap().email, None);
    assert_eq!(world.account_of("ada@example.com").unwrap().id, ada.account.unwrap());
    world.assert_ledger_tells_the_state();
}

#[test]
fn acc_3_organization_names_are_checked_and_unique() {
    let world = World::new();
    let _moby = world.organization("moby");
    for name in ["Moby", "console", "two words", "ada@example.com", "", "-x"] {
        let result = world.by_hand(move |tx, env| organizations::create(tx, env, name, None, None));
        assert!(
            matches!(result, Err(EngineError::Refused(Refusal::Name(_) | Refusal::NameTaken(_)))),
            "{name}: {result:?}"
        );
    }
}
