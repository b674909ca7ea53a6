//! SSO-8: what an IdP's metadata makes of a connection, and who fetches it when.

use std::{sync::Arc, time::Duration};

use muster_engine::{
    EngineError, Env, Origin, Surroundings,
    declare::{self, Secrets},
    metadata::{self, Fetched, Why},
    transact,
};
use muster_model::{
    ConnectionId, Role,
    connection::{Saml, SingleSignOn},
};
use muster_store::IdpMetadata;
use muster_testkit::{TestDocuments, World};

const URL: &str = "https://idp.example/metadata";
const MINUTE: Duration = Duration::from_mins(1);

/// `okta`, which states nothing but where its IdP's metadata is.
fn world() -> (World, ConnectionId) {
    let (world, _, _, okta) = crate::plans::world();
    declare(&world, Saml { metadata_url: Some(URL.into()), ..Saml::default() }, false).unwrap();
    (world, okta)
}

fn declare(world: &World, saml: Saml, enforced: bool) -> Result<(), EngineError> {
    let mut declaration = world.read(declare::export);
    declaration.connections[0].sso = Some(SingleSignOn::Saml(Box::new(saml)));
    declaration.connections[0].enforced = enforced;
    declaration.connections[0].scim.enabled = false;
    let clock = Arc::clone(&world.clock);
    world.advance(MINUTE);
    let work = move |tx: &mut muster_store::Tx<'_>| {
        let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
        declare::apply(tx, &mut env, &declaration, false, &Secrets::default(), &TestDocuments).map(drop)
    };
    world.store.write_blocking(work)
}

/// What metadata tells, with these certificates.
fn told(certificates: &[&str]) -> Fetched {
    let certificates = certificates.iter().map(|text| (*text).to_owned()).collect();
    let told = Saml {
        entity_id: "https://idp.example".into(),
        sso_url: "https://idp.example/sso".into(),
        certificates,
        ..Saml::default()
    };
    Fetched { told, valid_until: None }
}

fn take(world: &World, okta: ConnectionId, why: Why) -> Option<String> {
    let clock = Arc::clone(&world.clock);
    let work = move |tx: &mut muster_store::Tx<'_>| {
        let env = Env::new(Arc::clone(&clock) as _, Origin::SYSTEM);
        metadata::take(tx, &env, okta, why)
    };
    world.store.write_blocking(work).unwrap()
}

fn end(world: &World, okta: ConnectionId, outcome: Result<Fetched, &str>) -> bool {
    let (clock, outcome) = (Arc::clone(&world.clock), outcome.map_err(str::to_owned));
    let work = move |tx: &mut muster_store::Tx<'_>| {
        let mut env = Env::new(Arc::clone(&clock) as _, Origin::SYSTEM);
        transact(tx, &mut env, |tx, env| metadata::fetched(tx, env, okta, URL, &outcome))
    };
    world.store.write_blocking(work).unwrap()
}

fn row(world: &World, okta: ConnectionId) -> IdpMetadata {
    world.read(move |conn| Ok(conn.idp_metadata(okta)?)).unwrap()
}

fn saml(world: &World, okta: ConnectionId) -> Saml {
    match world.read(move |conn| Ok(conn.connection(okta)?)).unwrap().settings.sso {
        Some(SingleSignOn::Saml(saml)) => *saml,
        other => panic!("{other:?}"),
    }
}

#[test]
fn sso_8_one_node_fetches_at_a_time_and_another_when_it_does_not_come_back() {
    let (world, okta) = world();
    let due = |world: &World| {
        let now = world.clock.now();
        world.read(move |conn| metadata::due(conn, now))
    };
    assert_eq!(due(&world), Some(okta));
    assert_eq!(take(&world, okta, Why::Due).as_deref(), Some(URL));
    assert_eq!((due(&world), take(&world, okta, Why::Due), take(&world, okta, Why::Wanted)), (None, None, None));
    world.advance(MINUTE);
    assert_eq!(due(&world), Some(okta));
    assert_eq!(take(&world, okta, Why::Due).as_deref(), Some(URL));
    assert!(end(&world, okta, Ok(told(&["MAo="]))));
    assert_eq!((due(&world), take(&world, okta, Why::Wanted)), (None, None), "it was tried a moment ago");
    world.advance(MINUTE);
    assert_eq!(take(&world, okta, Why::Due), None);
    assert!(take(&world, okta, Why::Wanted).is_some());
    assert!(!end(&world, okta, Ok(told(&["MAo="]))), "nothing new");
    world.advance(Duration::from_mins(67));
    assert_eq!(due(&world), Some(okta));
}

#[test]
fn sso_8_of_many_who_want_it_at_once_one_fetches() {
    let (world, okta) = world();
    for round in 0..20 {
        world.advance(MINUTE);
        let taken = std::thread::scope(|scope| {
            let all: Vec<_> = (0..6).map(|_| scope.spawn(|| take(&world, okta, Why::Wanted))).collect();
            all.into_iter().filter_map(|one| one.join().unwrap()).count()
        });
        assert_eq!(taken, 1, "in round {round}");
    }
}

#[test]
fn sso_8_failures_are_tried_again_ever_more_seldom_and_change_nothing() {
    let (world, okta) = world();
    take(&world, okta, Why::Due);
    end(&world, okta, Ok(told(&["MAo="])));
    let (before, mut waits) = (saml(&world, okta), Vec::new());
    for _ in 0..8 {
        world.advance(Duration::from_hours(2));
        take(&world, okta, Why::Due).unwrap();
        assert!(!end(&world, okta, Err("it does not answer")));
        let row = row(&world, okta);
        assert_eq!(row.failure.as_deref(), Some("it does not answer"));
        waits.push((row.due.0 - row.tried.unwrap().0) / 60_000_000);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(saml(&world, okta), before);
    // Somebody else under the same address is not believed.
    let mut other = told(&["MAo="]);
    other.told.entity_id = "https://other.example".into();
    assert!(!end(&world, okta, Ok(other)));
    assert!(row(&world, okta).failure.unwrap().contains("https://other.example"));
    assert_eq!(saml(&world, okta), before);
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_8_what_is_fetched_wins_over_what_was_stated_until_another_address_is() {
    let (world, okta) = world();
    end(&world, okta, Ok(told(&["MAo=", "MAs="])));
    assert_eq!(saml(&world, okta).certificates, ["MAo=", "MAs="]);
    let exported = saml(&world, okta);
    end(&world, okta, Ok(told(&["MAs="])));
    // An old export brings no old certificate back.
    declare(&world, exported, false).unwrap();
    assert_eq!(saml(&world, okta).certificates, ["MAs="]);
    // What metadata cannot tell is ours to state; a demand of it stands.
    declare(&world, Saml { metadata_url: Some(URL.into()), sign_requests: true, ..Saml::default() }, false).unwrap();
    end(&world, okta, Ok(told(&["MAs="])));
    assert!(saml(&world, okta).sign_requests);
    let elsewhere = Saml { metadata_url: Some("https://idp.example/other".into()), ..Saml::default() };
    declare(&world, elsewhere, false).unwrap();
    assert_eq!((saml(&world, okta).entity_id.as_str(), row(&world, okta).fetched), ("", None));
    assert!(!end(&world, okta, Ok(told(&["MAs="]))), "of the former address");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_11_a_renewed_certificate_leaves_a_tried_connection_tried_and_a_new_address_does_not() {
    let (world, okta) = world();
    end(&world, okta, Ok(told(&["MAo="])));
    let (email, moby) = ("ada@example.com", world.read(|conn| Ok(conn.organizations()?)).remove(0));
    let ada = crate::passwords::with_password(&world, email, "right");
    world.set_member(&moby, &ada, Role::Owner).unwrap();
    crate::enforcement::come_in(&world, okta, email, 1);
    world.advance(MINUTE);
    end(&world, okta, Ok(told(&["MAs="])));
    declare(&world, saml(&world, okta), true).unwrap();
    declare(&world, saml(&world, okta), false).unwrap();
    let mut moved = told(&["MAs="]);
    moved.told.sso_url = "https://idp.example/elsewhere".into();
    end(&world, okta, Ok(moved));
    assert!(declare(&world, saml(&world, okta), true).is_err());
}
