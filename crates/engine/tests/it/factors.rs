//! Authenticator apps and recovery codes: SSO-9 to SSO-11, SEC-4, SEC-5, ACC-2.

use std::{sync::Arc, time::Duration};

use muster_crypto::{RecoveryCode, Sealer, Secret, TokenHash, TokenPrefix, TotpSecret};
use muster_engine::{
    EngineError, Refusal, Surroundings,
    credentials::{
        self, Answer, Browser, Followed,
        break_glass::{self, Opened},
        ceremonies::{self, Binding, LIVES},
        factors, recent, recovery,
        second_step::{self, Passed, Proof},
        totp::{self, SettingUp},
    },
    sessions,
};
use muster_model::{Account, Email, FactorKind, Session, SessionId};
use muster_testkit::World;

use crate::{
    enforcement,
    passwords::{ask, begin, link, mailbox, reset, sealer, sign_in, with_password},
};

const ADA: &str = "ada@example.com";
const STEP: Duration = Duration::from_secs(30);
const MINUTE: Duration = Duration::from_mins(1);

/// Somebody with a password and an authenticator app.
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) secret: TotpSecret,
    codes: Vec<RecoveryCode>,
    pub(crate) sealer: Arc<Sealer>,
}

/// A session that has just begun with the password, before there is a second factor.
pub(crate) fn session(world: &World, email: &str) -> Session {
    let number = email.as_bytes()[0];
    let Answer::SignedIn(session) = sign_in(world, email, "right", number, None) else { panic!("not signed in") };
    *session
}

fn new_codes() -> (Vec<RecoveryCode>, Vec<TokenHash>) {
    let codes: Vec<_> = (0..recovery::RECOVERY_CODES).map(|_| RecoveryCode::generate().unwrap()).collect();
    let hashes = codes.iter().map(RecoveryCode::hash).collect();
    (codes, hashes)
}

/// Sets up an app in a session, with the code of the present moment.
fn set_up(
    world: &World,
    sealer: &Arc<Sealer>,
    session: &Session,
    code: &str,
    secret: &TotpSecret,
) -> Result<bool, EngineError> {
    let (_, hashes) = new_codes();
    set_up_with(world, sealer, session, code, secret, hashes)
}

fn set_up_with(
    world: &World,
    sealer: &Arc<Sealer>,
    session: &Session,
    code: &str,
    secret: &TotpSecret,
    hashes: Vec<TokenHash>,
) -> Result<bool, EngineError> {
    let (sealer, session, secret, code) = (Arc::clone(sealer), session.clone(), secret.clone(), code.to_owned());
    world.by_hand(move |tx, env| totp::set_up(tx, env, &sealer, &session, &secret, &code, &hashes))
}

fn seconds(world: &World) -> u64 {
    world.clock.now().millis() / 1_000
}

pub(crate) fn with_app(world: &World, email: &str) -> Person {
    let sealer = sealer();
    let account = match world.account_of(email) {
        Some(account) if account.password_set.is_some() => account,
        _ => with_password(world, email, "right"),
    };
    let secret = TotpSecret::generate().unwrap();
    let (codes, hashes) = new_codes();
    let code = secret.code(seconds(world));
    assert!(set_up_with(world, &sealer, &session(world, email), &code, &secret, hashes).unwrap());
    mailbox(world, &sealer);
    world.advance(2 * STEP);
    Person { account, secret, codes, sealer }
}

impl Person {
    pub(crate) fn code(&self, world: &World) -> String {
        self.secret.code(seconds(world))
    }

    fn email(&self) -> String {
        self.account.email.as_ref().unwrap().to_string()
    }

    /// Shows the password in a browser, which keeps what follows; `number` names both.
    fn begin(&self, world: &World, number: u8) -> Binding {
        let Answer::SecondFactor(passed) = sign_in(world, &self.email(), "right", number, None) else {
            panic!("no second factor is asked for")
        };
        self.keep(world, number, *passed)
    }

    fn keep(&self, world: &World, number: u8, passed: Passed) -> Binding {
        let binding = Binding { key: [number; 32], browser: [number; 32] };
        let sealer = Arc::clone(&self.sealer);
        let begun =
            world.by_hand(move |tx, env| ceremonies::begin(tx, env, &sealer, &binding, Some(passed.account), &passed));
        begun.unwrap();
        binding
    }

    pub(crate) fn finish(&self, world: &World, binding: Binding, code: &str) -> Result<Answer, EngineError> {
        self.prove(world, binding, Proof::Code(Secret::new(code)))
    }

    fn prove(&self, world: &World, binding: Binding, proof: Proof) -> Result<Answer, EngineError> {
        let sealer = Arc::clone(&self.sealer);
        let number = binding.key[0];
        let browser = Browser { device: muster_crypto::sha256(&[number, number]), session: begin(number) };
        world.by_hand(move |tx, env| second_step::finish(tx, env, &sealer, &binding, &proof, &browser))
    }

    fn sessions(&self, world: &World) -> Vec<SessionId> {
        let (id, now) = (self.account.id, world.clock.now());
        world.read(move |conn| sessions::list(conn, id, now)).iter().map(|session| session.id).collect()
    }

    fn left(&self, world: &World) -> Option<u32> {
        let id = self.account.id;
        let factors = world.read(move |conn| factors::list(conn, id));
        factors.iter().find(|factor| factor.kind == FactorKind::Recovery).and_then(|factor| factor.left)
    }
}

fn is_in(answer: &Result<Answer, EngineError>) -> bool {
    matches!(answer, Ok(Answer::SignedIn(_)))
}

fn is_over<T: std::fmt::Debug>(result: &Result<T, EngineError>) -> bool {
    matches!(result, Err(EngineError::Refused(Refusal::SignInNotFound)))
}

#[test]
fn sec_5_a_right_password_begins_no_session_where_there_is_a_second_factor() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let before = ada.sessions(&world);
    assert_eq!(sign_in(&world, ADA, "wrong", 1, None), Answer::Wrong, "it is asked for after the right one alone");
    let binding = ada.begin(&world, 1);
    assert_eq!(ada.sessions(&world), before);
    assert_eq!(ada.finish(&world, binding, "000000").unwrap(), Answer::Wrong);
    assert!(is_in(&ada.finish(&world, binding, &ada.code(&world))));
    assert_eq!(ada.sessions(&world).len(), before.len() + 1);
    assert!(is_over(&ada.finish(&world, binding, &ada.code(&world))), "a sign-in ends once");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sec_5_the_code_of_a_time_step_is_taken_once_and_none_of_an_earlier_one() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let earlier = ada.code(&world);
    world.advance(STEP);
    let code = ada.code(&world);
    let (first, second) = (ada.begin(&world, 1), ada.begin(&world, 2));
    assert!(is_in(&ada.finish(&world, first, &code)));
    assert_eq!(ada.finish(&world, second, &code).unwrap(), Answer::Wrong, "replayed");
    assert_eq!(ada.finish(&world, second, &earlier).unwrap(), Answer::Wrong, "of the step before");
    world.advance(STEP);
    assert!(is_in(&ada.finish(&world, second, &ada.code(&world))));
}

#[test]
fn sec_5_a_code_that_is_used_at_once_on_several_nodes_is_taken_once() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let code = ada.code(&world);
    let bindings: Vec<_> = (1..=8).map(|number| ada.begin(&world, number)).collect();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> =
            bindings.iter().map(|binding| scope.spawn(|| ada.finish(&world, *binding, &code))).collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| is_in(answer)).count(), 1, "{answers:?}");
}

#[test]
fn a_code_may_be_one_step_early_or_late() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    for (step, is_taken) in [(-2, false), (-1, true), (1, true), (2, false)] {
        world.advance(10 * STEP);
        let at = seconds(&world).checked_add_signed(step * 30).unwrap();
        let binding = ada.begin(&world, u8::try_from(step + 10).unwrap());
        assert_eq!(is_in(&ada.finish(&world, binding, &ada.secret.code(at))), is_taken, "{step}");
    }
}

#[test]
fn sso_10_wrong_codes_and_wrong_passwords_lock_together() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let binding = ada.begin(&world, 1);
    for _ in 0..5 {
        assert_eq!(ada.finish(&world, binding, "000000").unwrap(), Answer::Wrong);
        assert_eq!(sign_in(&world, ADA, "wrong", 2, None), Answer::Wrong);
    }
    let late = ada.finish(&world, binding, &ada.code(&world)).unwrap();
    assert_eq!((late, sign_in(&world, ADA, "right", 2, None)), (Answer::Locked, Answer::Locked));
    world.advance(5 * MINUTE);
    assert!(is_in(&ada.finish(&world, binding, &ada.code(&world))), "ten minutes are enough to wait for it");
}

#[test]
fn sec_4_what_was_begun_goes_on_in_its_browser_alone_and_not_for_long() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let binding = ada.begin(&world, 1);
    let elsewhere = Binding { browser: [9; 32], ..binding };
    assert!(is_over(&ada.finish(&world, elsewhere, &ada.code(&world))));
    let sealer = Arc::clone(&ada.sealer);
    let now = world.clock.now();
    let other = world.read(move |conn| ceremonies::look::<SettingUp>(conn, &sealer, &binding, now));
    assert!(other.is_none(), "a second step is no set-up");
    world.advance(LIVES);
    assert!(is_over(&ada.finish(&world, binding, &ada.code(&world))));
}

#[test]
fn sec_4_a_password_that_changes_between_the_steps_lets_nobody_in() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let binding = ada.begin(&world, 1);
    let link = ask(&world, &ada.sealer, ADA);
    reset(&world, link, "new").unwrap();
    assert!(is_over(&ada.finish(&world, binding, &ada.code(&world))));
    let answer = sign_in(&world, ADA, "new", 2, None);
    assert!(matches!(answer, Answer::SecondFactor(_)), "a new password turns no second factor off: {answer:?}");
}

#[test]
fn a_recovery_code_lets_in_once_and_the_person_hears_of_it() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let code = ada.codes[3].expose();
    let (first, second) = (ada.begin(&world, 1), ada.begin(&world, 2));
    assert!(is_in(&ada.finish(&world, first, &code.to_uppercase().replace('-', " "))));
    assert_eq!(ada.left(&world), Some(9));
    let letters = mailbox(&world, &ada.sealer);
    assert!(letters.len() == 1 && letters[0].text.contains("9 are left"), "{letters:?}");
    assert_eq!(ada.finish(&world, second, &code).unwrap(), Answer::Wrong);
    assert!(is_in(&ada.finish(&world, second, &ada.codes[9].expose())));
    assert_eq!(ada.left(&world), Some(8));
    world.assert_ledger_tells_the_state();
}

#[test]
fn a_recovery_code_that_is_used_at_once_on_several_nodes_is_taken_once() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let code = ada.codes[0].expose();
    let bindings: Vec<_> = (1..=8).map(|number| ada.begin(&world, number)).collect();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> =
            bindings.iter().map(|binding| scope.spawn(|| ada.finish(&world, *binding, &code))).collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!((answers.iter().filter(|answer| is_in(answer)).count(), ada.left(&world)), (1, Some(9)));
}

#[test]
fn new_recovery_codes_replace_those_that_are_left() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let binding = ada.begin(&world, 1);
    let Ok(Answer::SignedIn(session)) = ada.finish(&world, binding, &ada.codes[0].expose()) else { panic!("not in") };
    let (codes, hashes) = new_codes();
    let sealer = Arc::clone(&ada.sealer);
    world.by_hand(move |tx, env| recovery::remake(tx, env, &sealer, &session, &hashes)).unwrap();
    assert_eq!(ada.left(&world), Some(10));
    let binding = ada.begin(&world, 2);
    assert_eq!(ada.finish(&world, binding, &ada.codes[1].expose()).unwrap(), Answer::Wrong);
    assert!(is_in(&ada.finish(&world, binding, &codes[1].expose())));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sec_4_how_one_signs_in_is_changed_only_by_who_has_shown_recently_who_they_are() {
    let world = World::new();
    let sealer = sealer();
    with_password(&world, ADA, "right");
    let session = session(&world, ADA);
    let secret = TotpSecret::generate().unwrap();
    world.advance(recent::RECENT);
    let code = secret.code(seconds(&world));
    let refused = set_up(&world, &sealer, &session, &code, &secret);
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::NotRecent))), "{refused:?}");

    let again = |is_right| {
        let challenge = world.read(|conn| credentials::challenge(conn, ADA, None));
        let shown = session.clone();
        world.by_hand(move |tx, env| recent::by_password(tx, env, &shown, &challenge, is_right)).unwrap();
        let id = session.id;
        world.read(move |conn| Ok(conn.session(id)?)).unwrap()
    };
    let wrong = set_up(&world, &sealer, &again(false), &code, &secret);
    assert!(wrong.is_err(), "a wrong password shows nothing");
    let session = again(true);
    assert!(!set_up(&world, &sealer, &session, "000000", &secret).unwrap(), "the app shows other codes");
    assert!(set_up(&world, &sealer, &session, &code, &secret).unwrap());
    let letters = mailbox(&world, &sealer);
    assert!(letters.len() == 1 && letters[0].subject == "An authenticator app was added", "{letters:?}");
    assert!(matches!(
        set_up(&world, &sealer, &session, &code, &secret),
        Err(EngineError::Refused(Refusal::Invalid(_)))
    ));
    let turn_off = || {
        let (sealer, session) = (Arc::clone(&sealer), session.clone());
        world.by_hand(move |tx, env| totp::turn_off(tx, env, &sealer, &session))
    };
    turn_off().unwrap();
    assert!(matches!(turn_off(), Err(EngineError::NotFound { .. })));
    assert_eq!(mailbox(&world, &sealer).len(), 1);
    assert!(matches!(sign_in(&world, ADA, "right", 3, None), Answer::SignedIn(_)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sec_4_another_persons_password_shows_nothing() {
    let world = World::new();
    with_password(&world, ADA, "right");
    with_password(&world, "eve@example.com", "right");
    let session = session(&world, ADA);
    let challenge = world.read(|conn| credentials::challenge(conn, "eve@example.com", None));
    let shown = world.by_hand(move |tx, env| recent::by_password(tx, env, &session, &challenge, true));
    assert!(!shown.unwrap());
}

#[test]
fn sec_4_a_code_of_the_app_shows_who_one_is() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let id = ada.sessions(&world)[0];
    let shown = world.read(move |conn| Ok(conn.session(id)?)).unwrap();
    world.advance(recent::RECENT);
    let code = ada.code(&world);
    let by = |code: &str| {
        let (sealer, shown, code) = (Arc::clone(&ada.sealer), shown.clone(), code.to_owned());
        world.by_hand(move |tx, env| recent::by_code(tx, env, &sealer, &shown, &code)).unwrap()
    };
    assert_eq!((by("000000"), by(&code), by(&code)), (false, true, false), "each once");
    let after = world.read(move |conn| Ok(conn.session(id)?)).unwrap();
    assert!(recent::is_recent(&after, world.clock.now()) && !recent::is_recent(&shown, world.clock.now()));
}

#[test]
fn sso_9_enforcement_refuses_the_second_step_and_keeps_factors_as_they_are() {
    let (world, _, okta) = enforcement::world();
    let ada = with_app(&world, ADA);
    let binding = ada.begin(&world, 1);
    let id = ada.sessions(&world)[0];
    let session = world.read(move |conn| Ok(conn.session(id)?)).unwrap();
    enforcement::come_in(&world, okta, ADA, 3);
    enforcement::set(&world, true, "https://idp.example/sso").unwrap();
    assert_eq!(ada.finish(&world, binding, &ada.code(&world)).unwrap(), Answer::SingleSignOn(vec!["okta".into()]));
    let refused = {
        let (sealer, session) = (Arc::clone(&ada.sealer), session.clone());
        world.by_hand(move |tx, env| totp::turn_off(tx, env, &sealer, &session))
    };
    assert!(matches!(refused, Err(EngineError::Refused(Refusal::SsoEnforced(_)))), "{refused:?}");
    enforcement::set(&world, false, "https://idp.example/sso").unwrap();
    let binding = ada.begin(&world, 4);
    world.advance(STEP);
    assert!(is_in(&ada.finish(&world, binding, &ada.code(&world))), "off again, it is as it was");
}

#[test]
fn sso_11_a_break_glass_code_asks_for_the_owners_second_factor() {
    let (world, moby, okta) = enforcement::world();
    let ada = with_app(&world, ADA);
    enforcement::come_in(&world, okta, ADA, 3);
    enforcement::set(&world, true, "https://idp.example/sso").unwrap();
    let glass = enforcement::code();
    enforcement::make(&world, &moby, glass).unwrap();
    let open = |number: u8| {
        let (sealer, email) = (Arc::clone(&ada.sealer), Email::parse(ADA).unwrap());
        world.by_hand(move |tx, env| break_glass::open(tx, env, &sealer, &email, &glass, begin(number))).unwrap()
    };
    let Opened::SecondFactor(passed) = open(4) else { panic!("the second factor is not asked for") };
    assert!(passed.by_code && !passed.by_passkey);
    let binding = ada.keep(&world, 4, *passed);
    let Opened::SecondFactor(passed) = open(5) else { panic!("a look at it used the code up") };
    let other = ada.keep(&world, 5, *passed);
    assert_eq!(ada.finish(&world, binding, "000000").unwrap(), Answer::Wrong);
    assert!(mailbox(&world, &ada.sealer).is_empty(), "nobody was let in");
    let Ok(Answer::SignedIn(session)) = ada.finish(&world, binding, &ada.code(&world)) else { panic!("not let in") };
    assert_eq!(session.absolute_end, session.created.after(60 * MINUTE));
    assert_eq!(mailbox(&world, &ada.sealer).len(), 1, "all owners hear of it");
    world.advance(STEP);
    assert!(!is_in(&ada.finish(&world, other, &ada.code(&world))), "it works once");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sec_1_a_link_of_the_operators_asks_for_the_second_factor_and_works_once() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let hash = link(TokenPrefix::Link);
    world.sign_in_link(ada.account.id, hash);
    let follow = |number: u8| {
        let followed = world.by_hand(move |tx, env| credentials::follow_link(tx, env, &hash, begin(number)));
        let Followed::SecondFactor(passed) = followed.unwrap() else { panic!("no second factor is asked for") };
        ada.keep(&world, number, *passed)
    };
    let (first, second) = (follow(1), follow(2));
    assert!(is_in(&ada.finish(&world, first, &ada.code(&world))));
    world.advance(STEP);
    let again = ada.finish(&world, second, &ada.code(&world));
    assert!(matches!(again, Err(EngineError::NotFound { kind: "link", .. })), "{again:?}");
}

#[test]
fn acc_2_an_erased_account_has_no_factor_and_no_sign_in_on_its_way() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let binding = ada.begin(&world, 1);
    world.erase(ada.account.id, || world.assert_ledger_tells_the_state()).unwrap();
    assert!(is_over(&ada.finish(&world, binding, &ada.code(&world))));
    let id = ada.account.id;
    assert!(world.read(move |conn| factors::list(conn, id)).is_empty());
}

#[test]
fn the_operator_resets_factors_and_the_person_hears_of_it() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let reset = || {
        let (sealer, id) = (Arc::clone(&ada.sealer), ada.account.id);
        world.by_hand(move |tx, env| factors::reset(tx, env, &sealer, id)).unwrap()
    };
    let kinds: Vec<_> = reset().iter().map(|factor| factor.kind).collect();
    assert_eq!(kinds, [FactorKind::Totp, FactorKind::Recovery]);
    assert!(reset().is_empty());
    assert_eq!(mailbox(&world, &ada.sealer).len(), 1);
    assert!(matches!(sign_in(&world, ADA, "right", 1, None), Answer::SignedIn(_)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn secrets_are_sealed_or_hashed_at_rest() {
    let world = World::new();
    let ada = with_app(&world, ADA);
    let id = ada.account.id;
    let stored = world.read(move |conn| Ok(conn.factors(id)?));
    let contains =
        |bytes: &[u8]| stored.iter().any(|(_, secret)| secret.windows(bytes.len()).any(|part| part == bytes));
    assert!(!contains(ada.secret.expose()));
    for code in &ada.codes {
        assert!(!contains(code.expose().as_bytes()) && !contains(code.expose().replace('-', "").as_bytes()));
        assert!(contains(code.hash().as_bytes()));
    }
}
