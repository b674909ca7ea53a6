//! Section 2: tenancy.

use muster_engine::{EngineError, Refusal};
use muster_model::UserStatement;
use muster_testkit::{World, person};

#[test]
fn ten_2_an_email_moves_only_inside_the_connections_own_domains() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).domains(&["example.com", "example.net"]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.put_user(okta, ada.id, person("ada@example.net")).unwrap();
    assert_eq!(world.account_of("ada@example.net").unwrap().id, ada.account.unwrap());
    assert!(world.account_of("ada@example.com").is_none());
    world.assert_ledger_tells_the_state();
}

#[test]
fn ten_2_an_email_that_another_account_has_is_refused_and_nothing_is_merged() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let bob = world.account("bob@example.com", true);
    let error = world.put_user(okta, ada.id, person("bob@example.com")).unwrap_err();
    assert!(matches!(error, EngineError::Refused(Refusal::EmailTaken(_))), "{error}");
    assert_eq!(world.account_of("bob@example.com").unwrap(), bob);
    assert_eq!(world.account_of("ada@example.com").unwrap().id, ada.account.unwrap());
}

#[test]
fn ten_2_an_account_of_a_foreign_domain_is_neither_renamed_nor_moved() {
    let world = World::new();
    let (moby, acme) = (world.organization("moby"), world.organization("acme"));
    let okta = world.connection("okta", &[&moby]).domains(&["example.com"]).build();
    let entra = world.connection("entra", &[&acme]).domains(&["acme.org"]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    // Acme's directory cannot claim a person of example.com, whatever it sends.
    for said in
        [person("ada@example.com"), UserStatement { full_name: Some("Mallory".into()), ..person("ada@example.com") }]
    {
        assert!(matches!(
            world.create_user(entra, said).unwrap_err(),
            EngineError::Refused(Refusal::UnverifiedDomain { .. })
        ));
    }
    assert_eq!(world.account_of("ada@example.com").unwrap().full_name, "");
    assert_eq!(ada.account, world.account_of("ada@example.com").map(|account| account.id));
}
