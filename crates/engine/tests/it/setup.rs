//! SEC-2: a set-up link, what it reaches, and how it ends.

use std::{sync::Arc, time::Duration};

use muster_crypto::{Sealer, TokenHash, TokenPrefix, TokenText};
use muster_engine::{
    EngineError, Env, Origin, Refusal,
    declare::{self, Secrets},
    setup::{self, Draft, MappingRow, SettingUp},
    tokens,
};
use muster_model::{
    Actor, Connection, ConnectionId, ConnectionState, DomainState, Organization, Role, SignIn, Source, TokenId,
    connection::{Saml, SingleSignOn},
    domain::Holder,
    trace::Note,
};
use muster_store::Tx;
use muster_testkit::{TestDocuments, World, asserted, groups};

use crate::passwords::{mailbox, sealer};

const DAY: Duration = Duration::from_hours(24);

/// A draft `fresh` over `moby`, beside the active `okta`; Ada owns `moby`, Grace is a member.
fn world() -> (World, Organization, ConnectionId, ConnectionId) {
    let (world, moby, _, okta) = crate::plans::world();
    let ada = world.account("ada@example.com", true);
    world.set_member(&moby, &ada, Role::Owner).unwrap();
    let grace = world.account("grace@example.com", true);
    world.set_member(&moby, &grace, Role::Member).unwrap();
    state(&world, ConnectionState::Draft).unwrap();
    let fresh = world.read(|conn| Ok(conn.connection_by_name("fresh")?)).unwrap().id;
    (world, moby, okta, fresh)
}

/// States `fresh` as it is, in a state.
fn state(world: &World, state: ConnectionState) -> Result<(), EngineError> {
    let mut declaration = world.read(declare::export);
    match declaration.connections.iter_mut().find(|stated| stated.name == "fresh") {
        Some(known) => known.state = state,
        None => {
            let mut fresh = declaration.connections[0].clone();
            fresh.name = "fresh".to_owned();
            fresh.organizations = vec!["moby".to_owned()];
            fresh.domains.clear();
            fresh.scim.enabled = false;
            fresh.highest_role = Role::Editor;
            fresh.state = state;
            declaration.connections.push(fresh);
        }
    }
    let clock = Arc::clone(&world.clock);
    let applied = world.store.write_blocking(move |tx| {
        let mut env = Env::new(Arc::clone(&clock) as _, Origin::OPERATOR);
        declare::apply(tx, &mut env, &declaration, false, &Secrets::default(), &TestDocuments)
    });
    applied.map(drop)
}

fn link(world: &World, connection: ConnectionId) -> Result<(TokenHash, TokenId), EngineError> {
    let hash = TokenText::generate(TokenPrefix::SetUp).unwrap().hash();
    let stored = hash;
    let made = world.by_hand(move |tx, env| {
        let draft = Draft::of(tx.connection(connection)?.unwrap())?;
        setup::make(tx, env, &draft, &stored, "Whale's IT")
    });
    made.map(|token| (hash, token.id))
}

fn begin(world: &World, sealer: &Arc<Sealer>, link: TokenHash) -> Result<SettingUp, EngineError> {
    let sealer = Arc::clone(sealer);
    world.change(Origin::SYSTEM, move |tx, env| setup::begin(tx, env, &sealer, &link))
}

/// Something done by a link.
fn by_link<T: Send + 'static>(
    world: &World,
    (connection, token): (ConnectionId, TokenId),
    mut work: impl FnMut(&mut Tx<'_>, &mut Env, &SettingUp) -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    let actor = Actor::Token(token.0);
    let origin = Origin { source: Source::Manual, actor, connection: None, request: None };
    world.change(origin, move |tx, env| {
        let setting = setup::resume(tx, env.now(), token, connection)?;
        work(tx, env, &setting)
    })
}

fn saml(url: &str) -> SingleSignOn {
    SingleSignOn::Saml(Box::new(Saml {
        entity_id: "https://idp.example".into(),
        sso_url: url.into(),
        certificates: vec!["MAo=".into()],
        ..Saml::default()
    }))
}

fn now(world: &World, id: ConnectionId) -> Connection {
    world.read(move |conn| Ok(conn.connection(id)?)).unwrap()
}

fn is_gone(result: Result<impl Sized, EngineError>) -> bool {
    matches!(result, Err(EngineError::NotFound { .. }))
}

#[test]
fn sec_2_opening_a_link_is_audited_and_mailed_to_the_owners() {
    let (world, _, _, fresh) = world();
    let sealer = sealer();
    let (hash, token) = link(&world, fresh).unwrap();
    let looked = world.read(move |conn| setup::look(conn, muster_model::Timestamp(0), &hash));
    assert_eq!((looked.connection.as_str(), looked.holder.as_str()), ("fresh", "organization `moby`"));
    assert!(mailbox(&world, &sealer).is_empty(), "looking is no use of it");
    let setting = begin(&world, &sealer, hash).unwrap();
    assert_eq!((setting.token.id, setting.draft.connection().id), (token, fresh));
    let mails = mailbox(&world, &sealer);
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to.as_str(), "ada@example.com");
    assert!(mails[0].text.contains("fresh") && mails[0].text.contains("Whale's IT"), "{}", mails[0].text);
    let history =
        world.read(move |conn| Ok(conn.ledger_page(Some(&[fresh.0]), uuid::Uuid::max(), uuid::Uuid::nil(), 50)?));
    assert!(history.iter().any(|row| row.changes.iter().any(|change| change.event.as_str() == "connection.setup.use")));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sec_2_a_link_states_the_idp_domains_directory_and_mapping_of_its_draft() {
    let (world, moby, _, fresh) = world();
    let (_, token) = link(&world, fresh).unwrap();
    let by = (fresh, token);
    by_link(&world, by, |tx, env, setting| {
        setup::set_single_sign_on(tx, env, &setting.draft, saml("https://idp.example/sso"), &TestDocuments)
    })
    .unwrap();
    assert!(now(&world, fresh).settings.sso.as_ref().is_some_and(SingleSignOn::is_complete));
    let claim = by_link(&world, by, |tx, env, setting| {
        setup::add_domain(tx, env, &setting.draft, "Whale.Example", &TestDocuments)
    });
    assert_eq!(claim.unwrap().state, DomainState::Pending, "it counts once its record is found");
    by_link(&world, by, |tx, env, setting| setup::set_scim(tx, env, &setting.draft, true, &TestDocuments)).unwrap();
    let row = MappingRow {
        pattern: "eng-*".into(),
        organization: "MOBY".into(),
        team: Some("Engineers".into()),
        role: Some(Role::Editor),
    };
    by_link(&world, by, move |tx, env, setting| {
        setup::set_mappings(tx, env, &setting.draft, std::slice::from_ref(&row), &TestDocuments)
    })
    .unwrap();
    let after = now(&world, fresh);
    assert_eq!(after.mappings.len(), 1);
    assert_eq!((after.mappings[0].organization, after.mappings[0].team.as_deref()), (moby.id, Some("engineers")));
    assert_eq!(
        (after.state, after.settings.enforced, after.settings.highest_role),
        (ConnectionState::Draft, false, Role::Editor)
    );
    let progress = world.read(move |conn| {
        let connection = conn.connection(fresh)?.unwrap();
        setup::progress(conn, &connection, None)
    });
    assert!(progress.has_provider && progress.scim && !progress.has_domain() && !progress.is_tested());
    world.assert_ledger_tells_the_state();
}

#[test]
fn sec_2_role_limits_other_organizations_and_what_is_in_use_are_out_of_reach() {
    let (world, _, okta, fresh) = world();
    let (_, token) = link(&world, fresh).unwrap();
    let by = (fresh, token);
    for (organization, role, why) in
        [("moby", Some(Role::Owner), "more than this connection may give"), ("whale", None, "does not cover")]
    {
        let row = MappingRow { pattern: "x".into(), organization: organization.into(), team: None, role };
        let refused = by_link(&world, by, move |tx, env, setting| {
            setup::set_mappings(tx, env, &setting.draft, std::slice::from_ref(&row), &TestDocuments)
        });
        assert!(refused.unwrap_err().to_string().contains(why));
    }
    assert!(matches!(link(&world, okta), Err(EngineError::Refused(Refusal::Invalid(_)))), "okta is in use");
    // Another connection's id beside the token opens nothing.
    assert!(is_gone(by_link(&world, (okta, token), |_, _, _| Ok(()))));
    // Whoever has the link is no owner of anything.
    let actor = Origin { source: Source::Manual, actor: Actor::Token(token.0), connection: None, request: None };
    let moby = world.read(|conn| Ok(conn.organization_by_name("moby")?)).unwrap().id;
    let claimed = world.change(actor, move |tx, env| {
        muster_engine::domains::add(tx, env, Holder::Organization(moby), "other.example").map(drop)
    });
    assert!(claimed.is_err());
}

#[test]
fn sec_2_a_domain_that_the_holder_has_is_used_as_it_is() {
    let (world, moby, _, fresh) = world();
    let (_, token) = link(&world, fresh).unwrap();
    let holder = Holder::Organization(moby.id);
    let before = world.read(move |conn| Ok(conn.domain_of(holder, "example.com")?)).unwrap();
    by_link(&world, (fresh, token), |tx, env, setting| {
        setup::add_domain(tx, env, &setting.draft, "example.com", &TestDocuments)
    })
    .unwrap();
    let after = world.read(move |conn| Ok(conn.domain_of(holder, "example.com")?)).unwrap();
    assert_eq!(before, after, "no new value is asked for: the former record goes on proving it");
    assert_eq!(now(&world, fresh).domains, ["example.com"]);
    by_link(&world, (fresh, token), |tx, env, setting| {
        setup::leave_domain(tx, env, &setting.draft, "example.com", &TestDocuments)
    })
    .unwrap();
    assert!(now(&world, fresh).domains.is_empty());
    assert!(world.read(move |conn| Ok(conn.domain_of(holder, "example.com")?)).is_some(), "the holder keeps it");
    // One that is not the draft's is not found, whoever has it.
    let refused = by_link(&world, (fresh, token), |tx, env, setting| {
        setup::leave_domain(tx, env, &setting.draft, "example.com", &TestDocuments)
    });
    assert!(is_gone(refused));
}

#[test]
fn sec_2_a_link_ends_after_seven_days_when_it_is_revoked_and_when_the_connection_is_in_use() {
    let (world, _, _, fresh) = world();
    let sealer = sealer();
    let (first, revoked) = link(&world, fresh).unwrap();
    world.by_hand(move |tx, env| setup::revoke(tx, env, fresh, revoked)).unwrap();
    assert!(is_gone(begin(&world, &sealer, first)));
    assert!(is_gone(by_link(&world, (fresh, revoked), |_, _, _| Ok(()))));
    let (second, old) = link(&world, fresh).unwrap();
    world.advance(6 * DAY);
    begin(&world, &sealer, second).unwrap();
    world.advance(DAY);
    assert!(is_gone(begin(&world, &sealer, second)));
    assert!(is_gone(by_link(&world, (fresh, old), |_, _, _| Ok(()))), "also for whoever has begun");
    let (third, in_use) = link(&world, fresh).unwrap();
    state(&world, ConnectionState::Pilot).unwrap();
    assert!(is_gone(begin(&world, &sealer, third)));
    assert!(is_gone(by_link(&world, (fresh, in_use), |_, _, _| Ok(()))));
    // Not even when it is a draft again.
    state(&world, ConnectionState::Draft).unwrap();
    assert!(is_gone(begin(&world, &sealer, third)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sec_2_a_link_is_opened_no_more_than_twenty_times_a_day() {
    let (world, _, _, fresh) = world();
    let sealer = sealer();
    let (hash, _) = link(&world, fresh).unwrap();
    for _ in 0..20 {
        begin(&world, &sealer, hash).unwrap();
    }
    assert!(matches!(begin(&world, &sealer, hash), Err(EngineError::Refused(Refusal::Invalid(_)))));
    world.advance(2 * DAY);
    begin(&world, &sealer, hash).unwrap();
}

#[test]
fn scim_1_a_token_made_by_a_link_replaces_its_own_and_no_other() {
    let (world, _, _, fresh) = world();
    let (_, token) = link(&world, fresh).unwrap();
    let by = (fresh, token);
    let make = move |world: &World| {
        let hash = TokenText::generate(TokenPrefix::Scim).unwrap().hash();
        by_link(world, by, move |tx, env, setting| setup::create_token(tx, env, setting, &hash))
    };
    let refused =
        by_link(&world, by, |tx, env, setting| setup::set_scim(tx, env, &setting.draft, true, &TestDocuments));
    assert!(refused.unwrap_err().to_string().contains("single sign-on first"));
    assert!(make(&world).unwrap_err().to_string().contains("SCIM on first"));
    by_link(&world, by, |tx, env, setting| {
        setup::set_single_sign_on(tx, env, &setting.draft, saml("https://idp.example/sso"), &TestDocuments)?;
        Ok(())
    })
    .unwrap();
    by_link(&world, by, |tx, env, setting| setup::set_scim(tx, env, &setting.draft, true, &TestDocuments)).unwrap();
    let _owners = world.scim_token(fresh);
    let first = make(&world).unwrap();
    let second = make(&world).unwrap();
    let live = world.read(move |conn| {
        let connection = conn.connection(fresh)?.unwrap();
        let all = tokens::list(conn, &connection)?;
        Ok(all.into_iter().filter(|token| token.revoked.is_none()).map(|token| token.id).collect::<Vec<_>>())
    });
    assert!(!live.contains(&first.id) && live.contains(&second.id));
    assert_eq!(live.len(), 2, "the owner's works on");
    // Whoever takes the link back takes back what was made by it.
    world.by_hand(move |tx, env| setup::revoke(tx, env, fresh, token)).unwrap();
    let left = world.read(move |conn| {
        let connection = conn.connection(fresh)?.unwrap();
        Ok(tokens::list(conn, &connection)?.into_iter().filter(|token| token.revoked.is_none()).count())
    });
    assert_eq!(left, 1);
}

#[test]
fn sec_2_a_test_sign_in_is_read_by_the_settings_and_tells_nothing_of_members() {
    let (world, _, _, fresh) = world();
    let (_, token) = link(&world, fresh).unwrap();
    by_link(&world, (fresh, token), |tx, env, setting| {
        setup::add_domain(tx, env, &setting.draft, "example.com", &TestDocuments)
    })
    .unwrap();
    let connection = now(&world, fresh);
    // Grace is a member, nobody is `nobody@`: both are read alike.
    let read = |email: &str| {
        let said = SignIn {
            full_name: Some("Grace".to_owned()),
            groups: groups(&["moby:dev", "whale:dev", "odd"]),
            role: Some(Role::Owner),
            ..asserted(email)
        };
        let reading = setup::read(&connection, &said);
        assert!(reading.refusal.is_none());
        reading.steps.iter().map(|step| step.note.to_string().replace(email, "X")).collect::<Vec<_>>()
    };
    let (grace, nobody) = (read("grace@example.com"), read("nobody@example.com"));
    assert_eq!(grace, nobody);
    let all = grace.join("\n");
    for told in ["leads to `moby`, team `dev`", "`whale` is no organization", "<team name>", "role owner is above"] {
        assert!(all.contains(told), "{told}: {all}");
    }
    let elsewhere = setup::read(&connection, &asserted("eve@elsewhere.example"));
    assert!(matches!(elsewhere.refusal, Some(Refusal::DomainNotVerified(_))));
    assert!(elsewhere.steps.iter().any(|step| matches!(step.note, Note::Refused(_))));
}

#[test]
fn sec_2_a_link_does_not_fill_its_holder_with_claims() {
    let (world, moby, _, fresh) = world();
    let (_, token) = link(&world, fresh).unwrap();
    let by = (fresh, token);
    let add = |number: usize| {
        let name = format!("d{number}.example");
        let left = name.clone();
        by_link(&world, by, move |tx, env, setting| setup::add_domain(tx, env, &setting.draft, &name, &TestDocuments))?;
        by_link(&world, by, move |tx, env, setting| setup::leave_domain(tx, env, &setting.draft, &left, &TestDocuments))
    };
    for number in 0..30 {
        add(number).unwrap();
    }
    assert!(matches!(add(30), Err(EngineError::Refused(Refusal::Invalid(_)))));
    world.advance(2 * DAY);
    add(31).unwrap();
    assert!(world.read(move |conn| muster_engine::domains::count(conn, Holder::Organization(moby.id))) < 40);
}
