//! Section 8: sessions, and how a sign-in comes to one.

use std::time::Duration;

use muster_engine::{
    EngineError, Refusal, Surroundings,
    env::Origin,
    sessions::{self, Begin, Found, Which},
    sign_in::{self, Accepted, Ends},
};
use muster_model::{
    AccountId, Actor, ConnectionId, Session, SessionId, SignIn, Source, Timestamp, UserStatement,
    session::{ClientKind, Ended, IdpSession, Limit},
};
use muster_store::PendingSignIn;
use muster_testkit::{World, asserted, person};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn through(connection: ConnectionId) -> Origin {
    Origin { source: Source::Sso, actor: Actor::System, connection: Some(connection), request: None }
}

fn web(hash: u8) -> Begin {
    Begin {
        hash: [hash; 32],
        kind: ClientKind::Web,
        device: "Firefox on Linux".to_owned(),
        idp: None,
        not_after: None,
        replaces: None,
    }
}

fn idp(index: &str) -> Option<(IdpSession, [u8; 32])> {
    let session = IdpSession { subject: "ada".to_owned(), index: Some(index.to_owned()), ..IdpSession::default() };
    Some((session, [9; 32]))
}

/// A sign-in that ends in a session.
fn finish(
    world: &World,
    connection: ConnectionId,
    accepted: ([u8; 32], [u8; 32]),
    said: SignIn,
    begin: Begin,
) -> Result<Session, EngineError> {
    world.change(through(connection), move |tx, env| {
        let connection = tx.connection(connection)?.unwrap();
        let until = env.now().after(HOUR);
        let pending = PendingSignIn {
            key: accepted.0,
            connection: connection.id,
            browser: [0; 32],
            content: Vec::new(),
            created: env.now(),
            expires: until,
        };
        if tx.pending_sign_in(&accepted.0, env.now())?.is_none() && accepted.0[1] == 0 {
            sign_in::begin(tx, &pending)?;
        }
        let accepted = Accepted { pending: Some(Ends::Kept(accepted.0)), assertion: Some((accepted.1, until)) };
        Ok(sign_in::finish(tx, env, &connection, accepted, &said, begin.clone())?.1)
    })
}

/// The same, with a key and an assertion of its own.
fn enter(world: &World, connection: ConnectionId, said: SignIn, begin: Begin) -> Session {
    let mut key = [begin.hash[0]; 32];
    key[1] = 0;
    finish(world, connection, (key, begin.hash), said, begin).unwrap()
}

fn found(world: &World, hash: u8) -> Option<Found> {
    let now = world.clock.now();
    world.read(move |conn| sessions::find(conn, &[hash; 32], now))
}

fn is_live(world: &World, hash: u8) -> bool {
    matches!(found(world, hash), Some(Found::Live(_)))
}

fn why(world: &World, hash: u8) -> String {
    match found(world, hash) {
        Some(Found::Over(why)) => why,
        other => panic!("not over: {other:?}"),
    }
}

fn minutes(minutes: i64) -> SignIn {
    SignIn { session_minutes: Some(minutes), ..asserted("ada@example.com") }
}

/// `moby`, and `okta` over it, with a directory.
fn world() -> (World, ConnectionId) {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    (world, okta)
}

fn account(world: &World) -> AccountId {
    world.account_of("ada@example.com").unwrap().id
}

#[test]
fn ses_1_a_browser_session_ends_after_a_day_however_much_it_is_used() {
    let (world, okta) = world();
    let session = enter(&world, okta, asserted("ada@example.com"), web(1));
    assert_eq!((session.connection, session.account), (Some(okta), account(&world)));
    world.advance(DAY - Duration::from_secs(1));
    assert!(is_live(&world, 1));
    world.advance(Duration::from_secs(1));
    assert_eq!(why(&world, 1), "its time was over");
    assert_eq!(found(&world, 2), None, "a secret that was never given out");
}

#[test]
fn ses_2_minutes_of_the_idp_replace_life_and_idle_limit() {
    let (world, okta) = world();
    enter(&world, okta, minutes(90 * 24 * 60 + 1), Begin { kind: ClientKind::Desktop, ..web(1) });
    world.advance(DAY * 90);
    assert!(is_live(&world, 1), "longer than the kind's own life, and never used");
    world.advance(Duration::from_secs(60));
    assert_eq!(why(&world, 1), "its time was over");
}

#[test]
fn ses_2_what_the_idp_says_of_its_own_session_only_shortens() {
    let (world, okta) = world();
    let not_after = |after: Duration| Begin { not_after: Some(world.clock.now().after(after)), ..web(1) };
    let begun = world.clock.now();
    let shorter = enter(&world, okta, minutes(60), not_after(HOUR / 2));
    assert_eq!(shorter.absolute_end.seconds(), begun.after(HOUR / 2).seconds());
    let longer = enter(&world, okta, minutes(60), Begin { hash: [2; 32], ..not_after(HOUR * 2) });
    assert_eq!(longer.absolute_end.seconds(), begun.after(HOUR).seconds());
}

#[test]
fn ses_2_later_changes_only_shorten_live_sessions_and_only_their_own_connections() {
    let (world, okta) = world();
    let moby = world.organization("moby-too");
    let entra = world.connection("entra", &[&moby]).build();
    let begun = world.clock.now();
    enter(&world, okta, minutes(120), web(1));
    enter(&world, entra, asserted("ada@example.com"), web(2));
    world.create_user(okta, UserStatement { session_minutes: Some(600), ..person("ada@example.com") }).unwrap();
    let end = |hash: u8| match found(&world, hash) {
        Some(Found::Live(session)) => session.absolute_end.seconds(),
        other => panic!("{other:?}"),
    };
    assert_eq!(end(1), begun.after(HOUR * 2).seconds(), "PRE-1: SSO wins, and nothing is made longer");
    world.settings(okta, |settings| {
        settings.precedence.session_minutes = muster_model::precedence::Policy::Scim;
    });
    let user = world.read(move |conn| Ok(conn.directory_user_by_user_name(okta, "ada@example.com")?)).unwrap();
    world.put_user(okta, user.id, UserStatement { session_minutes: Some(30), ..person("ada@example.com") }).unwrap();
    assert_eq!(end(1), begun.after(HOUR / 2).seconds(), "at once");
    assert_eq!(end(2), begun.after(DAY).seconds(), "another connection's session");
}

#[test]
fn ses_4_deactivating_ends_the_sessions_of_the_connection_and_says_why() {
    let (world, okta) = world();
    let whale = world.organization("whale");
    let entra = world.connection("entra", &[&whale]).build();
    let user = world.create_user(okta, person("ada@example.com")).unwrap();
    enter(&world, okta, asserted("ada@example.com"), web(1));
    enter(&world, entra, asserted("ada@example.com"), web(2));
    world.put_user(okta, user.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    assert_eq!(why(&world, 1), "deactivated by the identity provider");
    assert!(is_live(&world, 2), "SES-4: the rest lives");
}

#[test]
fn sec_4_a_sign_in_ends_the_session_that_the_browser_had() {
    let (world, okta) = world();
    let first = enter(&world, okta, asserted("ada@example.com"), web(1));
    enter(&world, okta, asserted("bob@example.com"), Begin { replaces: Some(first.id), ..web(2) });
    assert_eq!(why(&world, 1), "replaced by a new sign-in in the same browser");
    assert!(is_live(&world, 2));
}

#[test]
fn sso_7_an_answer_is_accepted_once() {
    let (world, okta) = world();
    let said = asserted("ada@example.com");
    finish(&world, okta, ([1, 0].repeat(16).try_into().unwrap(), [1; 32]), said.clone(), web(1)).unwrap();
    let refusal = |result: Result<Session, EngineError>| match result {
        Err(EngineError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    };
    // A new sign-in of the same browser, and an old assertion.
    let again = finish(&world, okta, ([2, 0].repeat(16).try_into().unwrap(), [1; 32]), said.clone(), web(2));
    assert_eq!(refusal(again), Refusal::AnswerUsed);
    // A new assertion, and a sign-in that nobody began.
    let unknown = finish(&world, okta, ([3; 32], [3; 32]), said, web(3));
    assert_eq!(refusal(unknown), Refusal::SignInNotFound);
    assert!(!is_live(&world, 2) && !is_live(&world, 3));
}

#[test]
fn sso_7_who_is_refused_has_used_nothing() {
    let (world, okta) = world();
    let key: [u8; 32] = [1, 0].repeat(16).try_into().unwrap();
    assert!(finish(&world, okta, (key, [1; 32]), asserted("ada@elsewhere.example"), web(1)).is_err());
    assert!(found(&world, 1).is_none());
    finish(&world, okta, (key, [1; 32]), asserted("ada@example.com"), web(1)).unwrap();
}

#[test]
fn ses_3_people_end_their_own_sessions_and_nobody_elses() {
    let (world, okta) = world();
    let ada = enter(&world, okta, asserted("ada@example.com"), web(1));
    let bob = enter(&world, okta, asserted("bob@example.com"), web(2));
    let end = |account: AccountId, id: SessionId| {
        world.change(Origin::SYSTEM, move |tx, env| sessions::end_own(tx, env, account, id)).unwrap()
    };
    assert!(!end(ada.account, bob.id) && is_live(&world, 2));
    assert!(end(bob.account, bob.id));
    assert_eq!(why(&world, 2), Ended::EndedByPerson.as_str());
    let now = world.clock.now();
    assert_eq!(world.read(move |conn| sessions::list(conn, ada.account, now)).len(), 1);
}

#[test]
fn ses_4_a_logout_at_the_idp_ends_what_it_names() {
    let (world, okta) = world();
    for (hash, index) in [(1, "one"), (2, "two"), (3, "three")] {
        enter(&world, okta, asserted("ada@example.com"), Begin { idp: idp(index), ..web(hash) });
    }
    let logout = |subject: [u8; 32], indexes: &'static [&'static str]| {
        let indexes: Vec<String> = indexes.iter().map(|index| (*index).to_owned()).collect();
        world
            .change(through(okta), move |tx, env| {
                let connection = tx.connection(okta)?.unwrap();
                sessions::end_at_idp(tx, env, &connection, &subject, &indexes)
            })
            .unwrap()
    };
    assert_eq!(logout([8; 32], &[]), 0, "another person");
    assert_eq!(logout([9; 32], &["two", "four"]), 1);
    assert_eq!((is_live(&world, 1), is_live(&world, 2)), (true, false));
    assert_eq!(logout([9; 32], &[]), 2, "all of the person's");
    assert_eq!(why(&world, 3), "signed out at the identity provider");
}

#[test]
fn sso_7_a_state_that_a_browser_carried_is_accepted_once_and_in_time() {
    let (world, okta) = world();
    let until = world.clock.now().after(HOUR);
    let accept = |state: u8| {
        world.change(through(okta), move |tx, env| {
            let connection = tx.connection(okta)?.unwrap();
            let pending = Some(Ends::Carried([state; 32], until));
            sign_in::accept(tx, env, &connection, Accepted { pending, assertion: None })
        })
    };
    let refused = Err(EngineError::from(Refusal::SignInNotFound).to_string());
    let told = |result: Result<(), EngineError>| result.map_err(|error| error.to_string());
    assert_eq!(told(accept(1)), Ok(()));
    assert_eq!(told(accept(1)), refused, "a second time");
    assert_eq!(told(accept(2)), Ok(()), "another one");
    world.advance(HOUR);
    assert_eq!(told(accept(3)), refused, "too late");
}

#[test]
fn ses_3_an_openid_provider_ends_a_session_by_its_name_and_says_so_once() {
    let (world, okta) = world();
    for (hash, index) in [(1, "s1"), (2, "s2")] {
        enter(&world, okta, asserted("ada@example.com"), Begin { idp: idp(index), ..web(hash) });
    }
    let until = world.clock.now().after(HOUR);
    let log_out = |token: u8, index: &'static str| {
        world.change(through(okta), move |tx, env| {
            let connection = tx.connection(okta)?.unwrap();
            let said = sessions::LoggedOut { token: (&[token; 32], until), subject: None, index: Some(index) };
            sessions::log_out(tx, env, &connection, said)
        })
    };
    assert_eq!(log_out(11, "s1").unwrap(), 1);
    assert!(!is_live(&world, 1) && is_live(&world, 2));
    assert!(matches!(log_out(11, "s2"), Err(EngineError::Refused(Refusal::AnswerUsed))));
    assert_eq!(log_out(12, "s3").unwrap(), 0);
    assert!(is_live(&world, 2));
}

#[test]
fn what_has_expired_is_forgotten() {
    let (world, okta) = world();
    let begin = |key: u8, expires: Timestamp| {
        let pending = PendingSignIn {
            key: [key; 32],
            connection: okta,
            browser: [0; 32],
            content: Vec::new(),
            created: expires,
            expires,
        };
        world.change(Origin::SYSTEM, move |tx, _| sign_in::begin(tx, &pending)).unwrap();
    };
    let now = world.clock.now();
    begin(1, now.after(HOUR));
    begin(2, now.after(HOUR * 3));
    world.advance(HOUR * 2);
    let now = world.clock.now();
    assert!(world.read(move |conn| Ok(conn.pending_sign_in(&[1; 32], now)?)).is_none(), "over, though still there");
    let forgotten = world.change(Origin::SYSTEM, move |tx, _| Ok(tx.forget_expired_sign_ins(now, 10)?)).unwrap();
    assert_eq!(forgotten, 1);
    assert!(world.read(move |conn| Ok(conn.pending_sign_in(&[2; 32], now)?)).is_some());
}

#[test]
fn ses_3_sessions_of_an_organization_are_listed_by_page_and_ended_all_together() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    let entra = world.connection("entra", &[&whale]).build();
    for number in 1..=5 {
        enter(&world, okta, asserted(&format!("person{number}@example.com")), web(number));
    }
    enter(&world, okta, asserted("person5@example.com"), web(6));
    enter(&world, entra, asserted("elsewhere@example.com"), web(7));
    let (id, now) = (moby.id, world.clock.now());
    let pages = world.read(move |conn| {
        let (mut pages, mut after) = (Vec::new(), Some(sessions::Place::default()));
        while let Some(place) = after {
            let (page, next) = sessions::list_in(conn, id, Which::Live, place, 4, now)?;
            pages.push(page);
            after = next;
        }
        Ok(pages)
    });
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [4, 2]);
    let mut seen: Vec<SessionId> = pages.concat().iter().map(|session| session.id).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6, "each once");
    let ended =
        world.by_hand(move |tx, env| sessions::end_in(tx, env, id, sessions::Place::default(), Ended::EndedByOperator));
    assert_eq!(ended.unwrap(), (6, None));
    for hash in 1..=6 {
        assert!(!is_live(&world, hash), "{hash}");
    }
    assert!(is_live(&world, 7), "another organization's");
}

#[test]
fn ses_2_and_ses_3_a_session_knows_what_ends_it() {
    let (world, okta) = world();
    let not_after = world.clock.now().after(HOUR / 2);
    let by_kind = enter(&world, okta, asserted("bo@example.com"), web(1));
    let by_minutes = enter(&world, okta, minutes(60), web(2));
    let at_idp = enter(&world, okta, minutes(60), Begin { not_after: Some(not_after), ..web(3) });
    let limits = [by_kind, by_minutes, at_idp].map(|session| session.limit);
    assert_eq!(limits, [Limit::Kind, Limit::SignIn, Limit::IdentityProvider]);

    world.settings(okta, |settings| {
        settings.precedence.session_minutes = muster_model::precedence::Policy::Scim;
    });
    world.advance(HOUR / 3);
    let said = UserStatement { session_minutes: Some(10), ..person("ada@example.com") };
    world.create_user(okta, said).unwrap();
    let (id, now) = (account(&world), world.clock.now());
    let ended = world.read(move |conn| sessions::list_ended(conn, id, now));
    let told: Vec<_> = ended.iter().map(|session| (session.limit, session.over(now).unwrap())).collect();
    assert_eq!(told, [(Limit::Directory, "its time was over"); 2]);
    let began = |session: &Session| session.created.after(HOUR / 3).seconds();
    let at_once = |session: &Session| session.ending(now).is_some_and(|(at, _)| at.seconds() == began(session));
    assert!(ended.iter().all(at_once), "what is past ends now, and not earlier: {ended:?}");
}

#[test]
fn ses_3_what_ended_is_told_for_thirty_days_the_last_first() {
    let world = World::new();
    let organization = world.organization("moby");
    let okta = world.connection("okta", &[&organization]).build();
    let sessions = [1, 2, 3].map(|number| enter(&world, okta, asserted("ada@example.com"), web(number)));
    let signed_out = sessions[0].id;
    world.by_hand(move |tx, env| sessions::end(tx, env, signed_out, Ended::SignedOut)).unwrap();
    let (id, moby) = (account(&world), organization.id);
    let told = |world: &World| {
        let now = world.clock.now();
        let (ended, paged) = world.read(move |conn| {
            let (paged, _) = sessions::list_in(conn, moby, Which::Ended, sessions::Place::default(), 10, now)?;
            Ok((sessions::list_ended(conn, id, now)?, paged.len()))
        });
        assert_eq!(ended.len(), paged, "an owner is told of as many");
        let why = |session: &Session| session.over(now).unwrap().to_owned();
        ended.iter().map(why).collect::<Vec<String>>()
    };
    assert_eq!(told(&world), ["signed out"]);
    world.advance(DAY);
    let over = "its time was over";
    assert_eq!(told(&world), [over, over, "signed out"]);
    // Whoever ends all of them now ends none of these.
    world.by_hand(move |tx, env| Ok(tx.end_sessions(id, okta, "too late", env.now())?)).unwrap();
    assert_eq!(told(&world), [over, over, "signed out"]);
    world.advance(DAY * 29 + HOUR);
    assert_eq!(told(&world), [over, over]);
    world.advance(DAY * 2);
    assert_eq!(told(&world), Vec::<String>::new());
}

#[test]
fn ses_3_those_who_are_signed_in_are_found_among_many_who_are_not() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    let entra = world.connection("entra", &[&whale]).build();
    enter(&world, okta, asserted("first@example.com"), web(1));
    let _members = world.create_people(okta, 600);
    enter(&world, entra, asserted("elsewhere@example.com"), web(2));
    enter(&world, okta, asserted("last@example.com"), web(3));
    for limit in [1, 2, 10] {
        let (id, now) = (moby.id, world.clock.now());
        let seen = world.read(move |conn| {
            let (mut seen, mut after) = (0, Some(sessions::Place::default()));
            while let Some(place) = after {
                let (page, next) = sessions::list_in(conn, id, Which::Live, place, limit, now)?;
                assert!(page.len() <= limit);
                seen += page.len();
                after = next;
            }
            Ok(seen)
        });
        assert_eq!(seen, 2, "{limit} at a time");
    }
}
