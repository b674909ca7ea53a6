//! Passkeys: whose they are, and what they open (SSO-9 to SSO-11, SEC-4, ACC-2). What they say is verified outside: here,
//! nothing is.

use std::{sync::Arc, time::Duration};

use muster_crypto::Sealer;
use muster_engine::{
    EngineError, Refusal,
    credentials::{
        Answer, Browser, ceremonies, factors,
        passkeys::{self, PASSKEYS, Passkey, Used},
        recent,
    },
    sessions,
};
use muster_model::{AccountState, Factor, FactorId, Session};
use muster_testkit::World;

use crate::{
    enforcement,
    factors::session,
    passwords::{begin, mailbox, sealer, sign_in, with_password},
};

const ADA: &str = "ada@example.com";

fn add(world: &World, sealer: &Arc<Sealer>, session: &Session, name: &str, handle: u8) -> Result<Factor, EngineError> {
    let (sealer, session, name) = (Arc::clone(sealer), session.clone(), name.to_owned());
    world.by_hand(move |tx, env| passkeys::add(tx, env, &sealer, &session, &name, b"counter 0", &[handle; 32]))
}

fn find(world: &World, sealer: &Arc<Sealer>, handle: u8) -> Option<Passkey> {
    let sealer = Arc::clone(sealer);
    world.read(move |conn| passkeys::find(conn, &sealer, &[handle; 32]))
}

/// A passkey that has answered the question of this number.
fn used(world: &World, passkey: Passkey, number: u8) -> Used {
    let answers = ([number; 32], muster_engine::Surroundings::now(&*world.clock).after(ceremonies::LIVES));
    Used { passkey, content: format!("counter {number}").into_bytes(), answers }
}

fn enter(world: &World, sealer: &Arc<Sealer>, passkey: Passkey, number: u8) -> Answer {
    let browser = Browser { device: [number; 32], session: begin(number) };
    let used = used(world, passkey, number);
    let sealer = Arc::clone(sealer);
    world.by_hand(move |tx, env| passkeys::sign_in(tx, env, &sealer, &used, &browser)).unwrap()
}

fn remove(world: &World, sealer: &Arc<Sealer>, session: &Session, id: FactorId) -> Result<(), EngineError> {
    let (sealer, session) = (Arc::clone(sealer), session.clone());
    world.by_hand(move |tx, env| passkeys::remove(tx, env, &sealer, &session, id))
}

/// Ada, signed in, with a passkey.
fn ada(world: &World) -> (Arc<Sealer>, Session, Factor) {
    let sealer = sealer();
    with_password(world, ADA, "right");
    let session = session(world, ADA);
    let passkey = add(world, &sealer, &session, "phone", 1).unwrap();
    (sealer, session, passkey)
}

#[test]
fn sso_10_a_passkey_signs_in_while_passwords_are_locked_and_its_device_is_known_from_then_on() {
    let world = World::new();
    let (sealer, _, _) = ada(&world);
    for _ in 0..10 {
        sign_in(&world, ADA, "wrong", 2, None);
    }
    assert_eq!(sign_in(&world, ADA, "right", 2, None), Answer::Locked);
    let Answer::SignedIn(session) = enter(&world, &sealer, find(&world, &sealer, 1).unwrap(), 3) else {
        panic!("not signed in")
    };
    assert_eq!(session.absolute_end, session.created.after(Duration::from_hours(24)), "SES-1");
    let found = find(&world, &sealer, 1).unwrap();
    assert_eq!((found.content.as_slice(), found.factor.last_used.is_some()), (b"counter 3".as_slice(), true));
    let id = session.account;
    assert!(world.read(move |conn| Ok(conn.knows_device(id, &[3; 32])?)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sec_4_a_passkey_that_is_used_at_once_on_several_nodes_counts_once() {
    let world = World::new();
    let (sealer, _, _) = ada(&world);
    let read = find(&world, &sealer, 1).unwrap();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let tries: Vec<_> = (10..16)
            .map(|number| {
                let (world, sealer, read) = (&world, &sealer, read.clone());
                scope.spawn(move || enter(world, sealer, read, number))
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let is_in = |answer: &&Answer| matches!(answer, Answer::SignedIn(_));
    assert_eq!(answers.iter().filter(is_in).count(), 1, "{answers:?}");
}

#[test]
fn sec_4_passkeys_are_added_and_removed_by_who_has_shown_recently_who_they_are() {
    let world = World::new();
    let (sealer, ada_here, phone) = ada(&world);
    with_password(&world, "eve@example.com", "right");
    let eve = session(&world, "eve@example.com");
    let twice = add(&world, &sealer, &eve, "stolen", 1);
    assert!(matches!(twice, Err(EngineError::Refused(Refusal::Invalid(_)))), "{twice:?}");
    let not_hers = remove(&world, &sealer, &eve, phone.id);
    assert!(matches!(not_hers, Err(EngineError::NotFound { kind: "passkey", .. })), "{not_hers:?}");
    world.advance(recent::RECENT);
    for late in [add(&world, &sealer, &ada_here, "late", 2).map(drop), remove(&world, &sealer, &ada_here, phone.id)] {
        assert!(matches!(late, Err(EngineError::Refused(Refusal::NotRecent))), "{late:?}");
    }
    let used = used(&world, find(&world, &sealer, 1).unwrap(), 1);
    let show = |session: &Session| {
        let (sealer, session, used) = (Arc::clone(&sealer), session.clone(), used.clone());
        world.by_hand(move |tx, env| recent::by_passkey(tx, env, &sealer, &session, &used)).unwrap()
    };
    assert_eq!((show(&eve), show(&ada_here)), (false, true), "it shows who Ada is, and nobody else");
    let id = ada_here.id;
    let ada_here = world.read(move |conn| Ok(conn.session(id)?)).unwrap();
    mailbox(&world, &sealer);
    remove(&world, &sealer, &ada_here, phone.id).unwrap();
    assert_eq!(mailbox(&world, &sealer)[0].subject, "A passkey was removed");
    world.assert_ledger_tells_the_state();
}

#[test]
fn an_account_has_so_many_passkeys_and_no_more() {
    let world = World::new();
    let (sealer, session, _) = ada(&world);
    for handle in 2..=u8::try_from(PASSKEYS).unwrap() {
        add(&world, &sealer, &session, "another", handle).unwrap();
    }
    let more = add(&world, &sealer, &session, "one more", 200);
    assert!(matches!(more, Err(EngineError::Refused(Refusal::Invalid(_)))), "{more:?}");
    let long = "x".repeat(100) + "\u{7}";
    let names: Vec<String> = {
        let eve = with_password(&world, "eve@example.com", "right");
        let session = crate::factors::session(&world, "eve@example.com");
        add(&world, &sealer, &session, &long, 201).unwrap();
        add(&world, &sealer, &session, " \n ", 202).unwrap();
        let id = eve.id;
        world.read(move |conn| factors::list(conn, id)).into_iter().map(|factor| factor.label).collect()
    };
    assert_eq!(names, ["x".repeat(60), "Passkey".to_owned()]);
}

#[test]
fn sso_9_enforcement_refuses_passkeys_and_keeps_them_as_they_are() {
    let (world, _, okta) = enforcement::world();
    let sealer = sealer();
    let session = session(&world, ADA);
    let phone = add(&world, &sealer, &session, "phone", 1).unwrap();
    enforcement::come_in(&world, okta, ADA, 3);
    enforcement::set(&world, true, "https://idp.example/sso").unwrap();
    let answer = enter(&world, &sealer, find(&world, &sealer, 1).unwrap(), 4);
    assert_eq!(answer, Answer::SingleSignOn(vec!["okta".into()]));
    for refused in [add(&world, &sealer, &session, "more", 2).map(drop), remove(&world, &sealer, &session, phone.id)] {
        assert!(matches!(refused, Err(EngineError::Refused(Refusal::SsoEnforced(_)))), "{refused:?}");
    }
    enforcement::set(&world, false, "https://idp.example/sso").unwrap();
    assert!(matches!(enter(&world, &sealer, find(&world, &sealer, 1).unwrap(), 5), Answer::SignedIn(_)));
}

#[test]
fn sec_1_a_closed_account_is_entered_with_nothing_and_one_without_a_membership_with_its_passkey() {
    let world = World::new();
    let (sealer, session, _) = ada(&world);
    let passkey = find(&world, &sealer, 1).unwrap();
    let id = session.account;
    // It is in no organization: the passkey opens what the password does.
    let Answer::SignedIn(here) = enter(&world, &sealer, passkey.clone(), 4) else { panic!("not signed in") };
    world
        .by_hand(move |tx, env| {
            sessions::end(tx, env, here.id, muster_model::session::Ended::SignedOut)?;
            let before = tx.account_for_update(id)?.unwrap();
            let mut after = before.clone();
            after.state = AccountState::Disabled;
            after.version += 1;
            tx.update_account(&before, &after).map_err(EngineError::from)
        })
        .unwrap();
    assert_eq!(enter(&world, &sealer, find(&world, &sealer, 1).unwrap(), 5), Answer::Wrong);
}

#[test]
fn acc_2_an_erased_accounts_passkey_is_free_and_opens_nothing() {
    let world = World::new();
    let (sealer, session, _) = ada(&world);
    let passkey = find(&world, &sealer, 1).unwrap();
    world.erase(session.account, || world.assert_ledger_tells_the_state()).unwrap();
    assert_eq!(enter(&world, &sealer, passkey, 4), Answer::Wrong);
    assert_eq!(find(&world, &sealer, 1), None);
    with_password(&world, "eve@example.com", "right");
    let eve = crate::factors::session(&world, "eve@example.com");
    add(&world, &sealer, &eve, "phone", 1).unwrap();
}
