//! SSO-9, SSO-11, SES-4: single sign-on alone, tried first, and the way in when it is down.

use std::{sync::Arc, time::Duration};

use muster_crypto::{TokenHash, TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin, Refusal,
    credentials::{
        self, Answer,
        break_glass::{self, Opened},
        enforcement::{self, Affected},
    },
    declare::{self, Secrets},
    sessions,
};
use muster_model::{
    Actor, ConnectionId, Email, Organization, Role, Source,
    connection::{Saml, SingleSignOn},
    session::Ended,
};
use muster_testkit::{TestDocuments, World, asserted};

use crate::passwords::{begin, hash, mailbox, sealer, sign_in, with_password};

const ADA: &str = "ada@example.com";
const MINUTE: Duration = Duration::from_mins(1);

/// `okta` over `moby`, whose people have `example.com`; Ada is an owner.
pub(crate) fn world() -> (World, Organization, ConnectionId) {
    let (world, moby, _, okta) = crate::plans::world();
    let ada = with_password(&world, ADA, "right");
    world.set_member(&moby, &ada, Role::Owner).unwrap();
    set(&world, false, "https://idp.example/sso").unwrap();
    (world, moby, okta)
}

/// States whether `okta` is enforced, and where its IdP is.
pub(crate) fn set(world: &World, enforced: bool, sso_url: &str) -> Result<(), EngineError> {
    let mut declaration = world.read(declare::export);
    let saml = Saml {
        entity_id: "https://idp.example".into(),
        sso_url: sso_url.into(),
        certificates: vec!["MAo=".into()],
        ..Saml::default()
    };
    declaration.connections[0].sso = Some(SingleSignOn::Saml(Box::new(saml)));
    declaration.connections[0].enforced = enforced;
    declaration.connections[0].scim.enabled = false;
    let clock = Arc::clone(&world.clock);
    world.advance(MINUTE);
    world
        .store
        .write_blocking(move |tx| {
            let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
            declare::apply(tx, &mut env, &declaration, false, &Secrets::default(), &TestDocuments)
        })
        .map(drop)
}

/// Somebody comes in through `okta`, and has a session.
pub(crate) fn come_in(world: &World, okta: ConnectionId, email: &str, number: u8) {
    world.advance(MINUTE);
    let said = asserted(email);
    let origin = Origin { source: Source::Sso, actor: Actor::System, connection: Some(okta), request: None };
    world
        .change(origin, move |tx, env| {
            let connection = tx.connection(okta)?.unwrap();
            let signed_in = muster_engine::sign_in::sign_in(tx, env, &connection, &said)?;
            sessions::begin(tx, env, signed_in.account, Some(&connection), begin(number))
        })
        .unwrap();
}

fn affected(world: &World, okta: ConnectionId) -> Affected {
    world.read(move |conn| {
        let okta = conn.connection(okta)?.unwrap();
        enforcement::affected(conn, &okta)
    })
}

fn over(world: &World, number: u8) -> Option<String> {
    let now = muster_engine::Surroundings::now(&*world.clock);
    let hash = muster_crypto::sha256(&[number]);
    match world.read(move |conn| sessions::find(conn, &hash, now)).unwrap() {
        sessions::Found::Live(_) => None,
        sessions::Found::Over(why) => Some(why),
    }
}

#[test]
fn sso_11_enforcement_is_turned_on_only_after_an_owner_came_in_that_way() {
    let (world, _, okta) = world();
    let url = "https://idp.example/sso";
    let refused = |result: Result<(), EngineError>| {
        assert!(matches!(result, Err(EngineError::Refused(Refusal::NeverTried(_)))), "{result:?}");
    };
    refused(set(&world, true, url));
    come_in(&world, okta, "eve@example.com", 1);
    refused(set(&world, true, url));
    come_in(&world, okta, ADA, 2);
    // The IdP is set up otherwise since.
    refused(set(&world, true, "https://elsewhere.example/sso"));
    set(&world, false, "https://elsewhere.example/sso").unwrap();
    refused(set(&world, true, "https://elsewhere.example/sso"));
    come_in(&world, okta, ADA, 3);
    set(&world, true, "https://elsewhere.example/sso").unwrap();
    // On, it stays on.
    set(&world, true, url).unwrap();
}

#[test]
fn sso_9_and_ses_4_enforcement_ends_passwords_of_its_domains_and_nobody_elses() {
    let (world, moby, okta) = world();
    let guest = with_password(&world, "guest@elsewhere.example", "right");
    world.set_member(&moby, &guest, Role::Member).unwrap();
    sign_in(&world, ADA, "right", 1, None);
    sign_in(&world, "guest@elsewhere.example", "right", 2, None);
    come_in(&world, okta, ADA, 3);
    let affected = affected(&world, okta);
    assert_eq!((affected.accounts, affected.with_password.len(), affected.never_tried.len()), (1, 1, 0));
    set(&world, true, "https://idp.example/sso").unwrap();
    assert_eq!(over(&world, 1).as_deref(), Some(Ended::Enforced.as_str()));
    assert_eq!((over(&world, 2), over(&world, 3)), (None, None));

    assert_eq!(sign_in(&world, ADA, "right", 4, None), Answer::SingleSignOn(vec!["okta".into()]));
    assert_eq!(sign_in(&world, ADA, "wrong", 4, None), Answer::Wrong, "only who knows it learns that");
    assert!(matches!(sign_in(&world, "guest@elsewhere.example", "right", 5, None), Answer::SignedIn(_)));
    let ada = world.account_of(ADA).unwrap();
    let set_again = world.by_hand(move |tx, env| credentials::set(tx, env, ada.id, &hash("new"), None));
    assert!(matches!(set_again, Err(EngineError::Refused(Refusal::SsoEnforced(_)))), "{set_again:?}");
    // Off again, it is as it was.
    set(&world, false, "https://idp.example/sso").unwrap();
    assert!(matches!(sign_in(&world, ADA, "right", 6, None), Answer::SignedIn(_)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_9_enforcement_tells_who_has_never_come_in_that_way() {
    let (world, _, okta) = world();
    let _ = with_password(&world, "bob@example.com", "right");
    come_in(&world, okta, ADA, 1);
    let affected = affected(&world, okta);
    let addresses = |accounts: &[muster_model::Account]| -> Vec<String> {
        accounts.iter().map(|account| account.email.as_ref().unwrap().to_string()).collect()
    };
    assert_eq!(affected.accounts, 2);
    assert_eq!(addresses(&affected.with_password), [ADA, "bob@example.com"]);
    assert_eq!(addresses(&affected.never_tried), ["bob@example.com"]);
}

pub(crate) fn code() -> TokenHash {
    TokenText::generate(TokenPrefix::BreakGlass).unwrap().hash()
}

pub(crate) fn make(world: &World, organization: &Organization, code: TokenHash) -> Result<(), EngineError> {
    let organization = organization.clone();
    world.by_hand(move |tx, env| break_glass::make(tx, env, &organization, &code).map(drop))
}

#[test]
fn sso_11_a_break_glass_code_lets_an_owner_in_once_for_an_hour_and_all_owners_hear_of_it() {
    let (world, moby, okta) = world();
    let sealer = sealer();
    let bob = with_password(&world, "bob@elsewhere.example", "right");
    world.set_member(&moby, &bob, Role::Owner).unwrap();
    let eve = with_password(&world, "eve@elsewhere.example", "right");
    world.set_member(&moby, &eve, Role::Editor).unwrap();
    come_in(&world, okta, ADA, 1);
    set(&world, true, "https://idp.example/sso").unwrap();
    let (first, second) = (code(), code());
    make(&world, &moby, first).unwrap();
    make(&world, &moby, second).unwrap();
    let open = |email: &str, code: TokenHash, number: u8| {
        let (sealer, email) = (Arc::clone(&sealer), Email::parse(email).unwrap());
        world.by_hand(move |tx, env| break_glass::open(tx, env, &sealer, &email, &code, begin(number))).unwrap()
    };
    assert_eq!(open(ADA, first, 2), Opened::Wrong, "the newer one replaces it");
    assert_eq!(open("eve@elsewhere.example", second, 2), Opened::Wrong, "no owner");
    assert_eq!(open("nobody@example.com", second, 2), Opened::Wrong);
    let Opened::SignedIn(session) = open(ADA, second, 2) else { panic!("not let in") };
    assert_eq!(session.absolute_end, session.created.after(60 * MINUTE));
    let told: Vec<String> = mailbox(&world, &sealer).iter().map(|letter| letter.to.to_string()).collect();
    assert!(told.len() == 2 && told.contains(&ADA.to_owned()) && told.contains(&"bob@elsewhere.example".to_owned()));
    assert_eq!(open(ADA, second, 3), Opened::Wrong, "it works once");
    let id = moby.id;
    let clock = Arc::clone(&world.clock);
    let is_ready = world.read(move |conn| {
        let env = Env::new(Arc::clone(&clock) as _, Origin::SYSTEM);
        break_glass::is_ready(conn, &env, id)
    });
    assert!(!is_ready, "a new one has to be made");

    make(&world, &moby, first).unwrap_err();
    let third = code();
    make(&world, &moby, third).unwrap();
    // Two were wrong; ten lock.
    for _ in 0..8 {
        assert_eq!(open(ADA, code(), 4), Opened::Wrong);
    }
    assert_eq!(open(ADA, third, 4), Opened::Locked);
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_11_only_an_owner_makes_a_code() {
    let (world, moby, _) = world();
    let eve = with_password(&world, "eve@elsewhere.example", "right");
    world.set_member(&moby, &eve, Role::Editor).unwrap();
    let origin = Origin { source: Source::Manual, actor: Actor::Account(eve.id.0), connection: None, request: None };
    let code = code();
    let refused = world.change(origin, move |tx, env| break_glass::make(tx, env, &moby, &code).map(drop));
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::NotAnOwner(_)))), "{refused:?}");
}
