//! SSO-12: pilots, and test sign-ins.

use muster_engine::{
    Env, Refusal,
    env::Origin,
    sign_in::{self, NothingKept, Tested},
};
use muster_model::{Actor, ConnectionId, ConnectionState, Email, Role, SignIn, Source};
use muster_testkit::{World, asserted, groups, subject};

use crate::jit::{refusal, switch_scim_off};

fn set_state(world: &World, connection: ConnectionId, state: ConnectionState) {
    world
        .by_hand(move |tx, _| {
            let mut connection = tx.connection(connection)?.unwrap();
            connection.state = state;
            connection.version += 1;
            Ok(tx.update_connection(&connection)?)
        })
        .unwrap();
}

fn test(world: &World, connection: ConnectionId, said: SignIn) -> Tested {
    let clock = std::sync::Arc::clone(&world.clock);
    let origin = Origin { source: Source::Sso, actor: Actor::System, connection: Some(connection), request: None };
    let result = world.store.write_blocking(move |tx| {
        let mut env = Env::new(std::sync::Arc::clone(&clock) as _, origin);
        let connection = tx.connection(connection)?.unwrap();
        sign_in::test(tx, &mut env, &connection, &said)
    });
    match result {
        Err(NothingKept::Tested(tested)) => *tested,
        Err(NothingKept::Failed(error)) => panic!("{error}"),
    }
}

#[test]
fn sso_12_before_activation_only_named_pilots_who_are_members_sign_in() {
    let world = World::new();
    let moby = world.organization("moby");
    let entra = world.connection("entra", &[&moby]).build();
    switch_scim_off(&world, entra);
    set_state(&world, entra, ConnectionState::Pilot);
    let pilots = ["ada@example.com", "bob@example.com"].map(|text| Email::parse(text).unwrap());
    world.settings(entra, move |settings| settings.pilots = pilots.to_vec());
    for name in ["ada", "eve"] {
        let account = world.account(&format!("{name}@example.com"), true);
        world.set_member(&moby, &account, Role::Member).unwrap();
    }
    let said = SignIn {
        subject: subject("s1"),
        groups: groups(&["moby:writers"]),
        role: Some(Role::Owner),
        session_minutes: Some(5),
        ..asserted("ADA@example.com")
    };
    let signed_in = world.sign_in(entra, said).unwrap();
    assert_eq!(signed_in.account, world.account_of("ada@example.com").unwrap().id);
    assert!(world.teams(&moby, "ada@example.com").is_empty(), "it places nobody");
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Member);
    // What the identity provider calls a pilot may be set up otherwise by then.
    world.sign_in(entra, SignIn { subject: subject("other"), ..asserted("ada@example.com") }).unwrap();
    let inactive = Refusal::ConnectionInactive("entra".into());
    assert_eq!(refusal(world.sign_in(entra, asserted("eve@example.com"))), inactive, "a member, and no pilot");
    // A pilot, and no member: nothing is made, also of an invitation.
    world.invite(&moby, "bob@example.com", None, Role::Member).unwrap();
    let not_assigned = Refusal::NotAssigned("bob@example.com".into());
    assert_eq!(refusal(world.sign_in(entra, asserted("bob@example.com"))), not_assigned);
    assert!(world.account_of("bob@example.com").is_none());
    set_state(&world, entra, ConnectionState::Draft);
    assert_eq!(refusal(world.sign_in(entra, asserted("ada@example.com"))), inactive);
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_a_test_sign_in_tells_everything_and_keeps_nothing() {
    let world = World::new();
    let moby = world.organization("moby");
    let entra = world.connection("entra", &[&moby]).build();
    switch_scim_off(&world, entra);
    set_state(&world, entra, ConnectionState::Draft);
    let said = SignIn { groups: groups(&["moby:writers", "nonsense"]), ..asserted("ada@example.com") };
    let tested = test(&world, entra, said);
    assert!(tested.outcome.as_ref().is_ok_and(|signed_in| signed_in.is_new), "{tested:?}");
    let steps: Vec<String> = tested.steps.iter().map(|step| format!("{}: {}", step.rule, step.note)).collect();
    assert!(steps.contains(&"JIT-3: joined moby".to_owned()), "{steps:?}");
    assert!(steps.iter().any(|step| step.starts_with("GRP-3: ")), "{steps:?}");
    assert!(!tested.changes.is_empty());
    assert!(world.account_of("ada@example.com").is_none() && world.reports(entra).is_empty());

    let refused = test(&world, entra, asserted("ada@elsewhere.example"));
    assert_eq!(refused.outcome, Err(Refusal::DomainNotVerified("elsewhere.example".into())));
    assert!(refused.changes.is_empty());
}
