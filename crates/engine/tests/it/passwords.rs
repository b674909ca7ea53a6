//! Local accounts: SSO-10, SEC-4, SEC-5, ORG-4. Whether a password is right is found out outside the engine: here, by comparing.

use std::{sync::Arc, time::Duration};

use muster_crypto::{DataKey, PasswordHash, Sealer, Secret, TokenHash, TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin, Refusal,
    credentials::{self, Answer, Browser},
    mail::{self, Letter},
    sessions::{self, Begin},
};
use muster_model::{Account, Email, Role, session::ClientKind};
use muster_testkit::World;

const ADA: &str = "ada@example.com";
const MINUTE: Duration = Duration::from_mins(1);

pub(crate) fn begin(number: u8) -> Begin {
    Begin {
        hash: muster_crypto::sha256(&[number]),
        kind: ClientKind::Web,
        device: "a browser".into(),
        idp: None,
        not_after: None,
        replaces: None,
    }
}

/// A hash of which the text is the password, for the engine never reads one.
pub(crate) fn hash(password: &str) -> PasswordHash {
    PasswordHash::new(password.to_owned())
}

pub(crate) fn link(prefix: TokenPrefix) -> TokenHash {
    TokenText::generate(prefix).unwrap().hash()
}

pub(crate) fn sealer() -> Arc<Sealer> {
    let key = DataKey::generate(1).unwrap();
    Arc::new(Sealer::new(std::slice::from_ref(&key)).unwrap())
}

/// A member of `moby` with a password.
pub(crate) fn with_password(world: &World, email: &str, password: &str) -> Account {
    let account = world.account(email, true);
    let (id, hash) = (account.id, hash(password));
    world.by_hand(move |tx, env| credentials::set(tx, env, id, &hash, None)).unwrap();
    account
}

/// Signs in with a password; `number` names session and device, `known` the device that it comes from.
pub(crate) fn sign_in(world: &World, name: &str, password: &str, number: u8, known: Option<u8>) -> Answer {
    let (name, known) = (name.to_owned(), known.map(|known| muster_crypto::sha256(&[known, known])));
    let challenge = world.read(move |conn| credentials::challenge(conn, &name, known.as_ref()));
    let is_right = challenge.hash() == Some(&hash(password));
    let browser = Browser { device: muster_crypto::sha256(&[number, number]), session: begin(number) };
    let result = world.by_hand(move |tx, env| credentials::sign_in(tx, env, &challenge, is_right, &browser));
    result.unwrap()
}

fn is_in(answer: &Answer) -> bool {
    matches!(answer, Answer::SignedIn(_))
}

#[test]
fn sso_10_ten_wrong_passwords_lock_for_five_minutes() {
    let world = World::new();
    with_password(&world, ADA, "right");
    with_password(&world, "bob@example.com", "right");
    assert!(is_in(&sign_in(&world, "ADA@example.com ", "right", 1, None)));
    for round in 0..10 {
        // Spread over almost five minutes, by address and by username.
        let username = world.account_of(ADA).unwrap().username;
        let name = if round % 2 == 0 { ADA } else { username.as_str() };
        assert_eq!(sign_in(&world, name, "wrong", 2, None), Answer::Wrong, "{round}");
        world.advance(Duration::from_secs(29));
    }
    for password in ["wrong", "right"] {
        assert_eq!(sign_in(&world, ADA, password, 2, None), Answer::Locked);
    }
    assert!(is_in(&sign_in(&world, "bob@example.com", "right", 3, None)), "nobody else is");
    world.advance(5 * MINUTE);
    assert!(is_in(&sign_in(&world, ADA, "right", 2, None)));
    // Nine in five minutes, again and again, never do.
    for _ in 0..3 {
        for _ in 0..9 {
            assert_eq!(sign_in(&world, ADA, "wrong", 2, None), Answer::Wrong);
        }
        world.advance(5 * MINUTE);
    }
    assert!(is_in(&sign_in(&world, ADA, "right", 4, None)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_10_a_device_that_signed_in_before_goes_on_and_is_counted_for_itself() {
    let world = World::new();
    with_password(&world, ADA, "right");
    assert!(is_in(&sign_in(&world, ADA, "right", 1, None)));
    for _ in 0..10 {
        sign_in(&world, ADA, "wrong", 2, None);
    }
    assert_eq!(sign_in(&world, ADA, "right", 2, None), Answer::Locked);
    assert!(is_in(&sign_in(&world, ADA, "right", 3, Some(1))), "somebody else's failures");
    assert_eq!(sign_in(&world, ADA, "right", 2, Some(2)), Answer::Locked, "it never signed in");
    for _ in 0..10 {
        assert_eq!(sign_in(&world, ADA, "wrong", 1, Some(1)), Answer::Wrong);
    }
    assert_eq!(sign_in(&world, ADA, "right", 1, Some(1)), Answer::Locked, "whoever has stolen it");
}

#[test]
fn sec_5_a_name_that_is_nobodys_behaves_as_anybodys() {
    let world = World::new();
    with_password(&world, ADA, "right");
    let without = world.account("eve@example.com", true);
    for name in [ADA, without.username.as_str(), "eve@example.com", "nobody@example.com", "nobody", "", "a b@c"] {
        let answers: Vec<Answer> = (0..12).map(|_| sign_in(&world, name, "wrong", 1, None)).collect();
        let wrong = answers.iter().filter(|answer| **answer == Answer::Wrong).count();
        // Eve has two names.
        let expected = if name == "eve@example.com" { 0 } else { 10 };
        assert_eq!((wrong, answers.last()), (expected, Some(&Answer::Locked)), "{name}");
    }
}

#[test]
fn sso_10_guesses_at_once_are_ten_at_most() {
    let world = World::new();
    with_password(&world, ADA, "right");
    let guess = |number: u8| {
        let challenge = world.read(|conn| credentials::challenge(conn, ADA, None));
        let browser = Browser { device: [number; 32], session: begin(number) };
        // The last one is right; whether it comes before the tenth wrong one is chance.
        world.by_hand(move |tx, env| credentials::sign_in(tx, env, &challenge, number == 31, &browser)).unwrap()
    };
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let guesses: Vec<_> = (0..32).map(|number| scope.spawn(move || guess(number))).collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| **answer == Answer::Wrong).count(), 10, "{answers:?}");
}

#[test]
fn sec_4_a_new_password_ends_what_the_old_one_began() {
    let world = World::new();
    let ada = with_password(&world, ADA, "right");
    sign_in(&world, ADA, "right", 1, None);
    let Answer::SignedIn(here) = sign_in(&world, ADA, "right", 2, None) else { panic!("not signed in") };
    // Checked before the change, decided after it.
    let before = world.read(|conn| credentials::challenge(conn, ADA, None));
    let (id, keep) = (ada.id, here.id);
    world.by_hand(move |tx, env| credentials::set(tx, env, id, &hash("new"), Some(keep))).unwrap();
    let now = muster_engine::Surroundings::now(&*world.clock);
    let live = world.read(move |conn| sessions::list(conn, id, now));
    assert_eq!(live.iter().map(|session| session.id).collect::<Vec<_>>(), [here.id]);
    let browser = Browser { device: [9; 32], session: begin(9) };
    let late = world.by_hand(move |tx, env| credentials::sign_in(tx, env, &before, true, &browser)).unwrap();
    assert_eq!(late, Answer::Wrong);
    assert!(is_in(&sign_in(&world, ADA, "new", 3, None)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn what_is_no_password_is_refused() {
    let world = World::new();
    let ada = Account { full_name: "Ada Augusta Lovelace".into(), ..world.account(ADA, true) };
    for bad in ["", "short", "ADA@example.com", "ada augusta lovelace", "aaaaaaaaaaaaaaaa", &"x y".repeat(400)] {
        assert!(credentials::check(&Secret::new(bad), &ada).is_err(), "{bad}");
    }
    credentials::check(&Secret::new("correct horse battery"), &ada).unwrap();
}

/// Asks for a link to a new password.
pub(crate) fn ask(world: &World, sealer: &Arc<Sealer>, email: &str) -> TokenHash {
    let hash = link(TokenPrefix::Reset);
    let (sealer, email) = (Arc::clone(sealer), Email::parse(email).unwrap());
    let letter = Letter { to: email.clone(), subject: "A new password".into(), text: "the link".into(), html: None };
    world.by_hand(move |tx, env| credentials::send_reset(tx, env, &sealer, &email, &hash, &letter)).unwrap();
    hash
}

/// Takes all mail, as if it were sent.
pub(crate) fn mailbox(world: &World, sealer: &Arc<Sealer>) -> Vec<Letter> {
    let sealer = Arc::clone(sealer);
    world
        .by_hand(move |tx, env| {
            let mut letters = Vec::new();
            while let Some((id, letter)) = mail::take(tx, env, &sealer)? {
                mail::sent(tx, id)?;
                letters.push(letter);
            }
            Ok(letters)
        })
        .unwrap()
}

pub(crate) fn reset(world: &World, link: TokenHash, password: &str) -> Result<(), EngineError> {
    let hash = hash(password);
    world.by_hand(move |tx, env| credentials::reset(tx, env, &link, &hash).map(drop))
}

fn is_missing(result: &Result<(), EngineError>) -> bool {
    matches!(result, Err(EngineError::NotFound { kind: "link", .. }))
}

#[test]
fn sec_5_a_link_to_a_new_password_works_once_and_for_half_an_hour() {
    let (world, sealer) = (World::new(), sealer());
    with_password(&world, ADA, "forgotten");
    let (older, newer) = (ask(&world, &sealer, ADA), ask(&world, &sealer, "ADA@example.com"));
    assert_eq!(
        mailbox(&world, &sealer).iter().map(|letter| letter.to.as_str()).collect::<Vec<_>>(),
        [ADA, "ADA@example.com"]
    );
    assert!(is_missing(&reset(&world, older, "new")), "the newer one replaces it");
    reset(&world, newer, "new").unwrap();
    assert!(is_missing(&reset(&world, newer, "another")), "once");
    assert!(is_in(&sign_in(&world, ADA, "new", 1, None)));
    let late = ask(&world, &sealer, ADA);
    world.advance(30 * MINUTE);
    assert!(is_missing(&reset(&world, late, "another")));
    assert!(is_missing(&reset(&world, link(TokenPrefix::Reset), "another")));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sec_5_nobody_is_sent_nothing_and_nobody_much() {
    let (world, sealer) = (World::new(), sealer());
    with_password(&world, ADA, "forgotten");
    let _ = world.account("typed@example.com", false);
    for email in ["nobody@example.com", "typed@example.com"] {
        ask(&world, &sealer, email);
    }
    assert!(mailbox(&world, &sealer).is_empty());
    for _ in 0..9 {
        ask(&world, &sealer, ADA);
    }
    assert_eq!(mailbox(&world, &sealer).len(), 5, "within an hour");
    world.advance(61 * MINUTE);
    ask(&world, &sealer, ADA);
    assert_eq!(mailbox(&world, &sealer).len(), 1);
}

#[test]
fn org_4_whoever_has_the_mailbox_now_resets_no_password_of_the_former_holders() {
    let (world, sealer) = (World::new(), sealer());
    let whale = world.organization("whale");
    let moby = world.organization("moby");
    let _ = world.connection("okta", &[&moby]).build();
    with_password(&world, ADA, "right");
    let before = ask(&world, &sealer, ADA);
    let _ = crate::domains::pass(&world, &whale);
    mailbox(&world, &sealer);
    ask(&world, &sealer, ADA);
    assert!(mailbox(&world, &sealer).is_empty() && is_missing(&reset(&world, before, "theirs")));
    assert!(is_in(&sign_in(&world, ADA, "right", 1, None)), "its own password still opens it");
}

#[test]
fn sec_1_a_sign_in_link_works_once_and_is_no_other_link() {
    let world = World::new();
    let ada = world.account(ADA, true);
    let hash = link(TokenPrefix::Link);
    world.sign_in_link(ada.id, hash);
    assert!(is_missing(&reset(&world, hash, "new")), "it sets no password");
    let follow =
        |number: u8| world.by_hand(move |tx, env| credentials::follow_link(tx, env, &hash, begin(number)).map(drop));
    follow(1).unwrap();
    assert!(is_missing(&follow(2)));
}

#[test]
fn acc_2_an_erased_account_has_no_password_device_or_mail() {
    let (world, sealer) = (World::new(), sealer());
    let moby = world.organization("moby");
    let ada = with_password(&world, ADA, "right");
    world.set_member(&moby, &ada, Role::Member).unwrap();
    sign_in(&world, ADA, "right", 1, None);
    ask(&world, &sealer, ADA);
    world.erase(ada.id, || world.assert_ledger_tells_the_state()).unwrap();
    assert!(mailbox(&world, &sealer).is_empty());
    let id = ada.id;
    let left =
        world.read(move |conn| Ok((conn.password(id)?, conn.knows_device(id, &muster_crypto::sha256(&[1, 1]))?)));
    assert_eq!(left, (None, false));
    assert!(!is_in(&sign_in(&world, &ada.username, "right", 2, None)));
}

#[test]
fn a_mail_that_could_not_be_sent_is_tried_again_and_given_up_at_last() {
    let (world, sealer) = (World::new(), sealer());
    with_password(&world, ADA, "right");
    ask(&world, &sealer, ADA);
    let take = || {
        let (sealer, clock) = (Arc::clone(&sealer), Arc::clone(&world.clock));
        world
            .store
            .write_blocking(move |tx| {
                let env = Env::new(Arc::clone(&clock) as _, Origin::SYSTEM);
                mail::take(tx, &env, &sealer)
            })
            .unwrap()
    };
    for attempt in 0..10 {
        assert!(take().is_some(), "{attempt}");
        assert!(take().is_none(), "somebody is at it");
        world.advance(2 * MINUTE);
    }
    assert!(take().is_none());
    let refused: Result<(), EngineError> = Err(Refusal::AccountClosed.into());
    assert!(!is_missing(&refused));
}
