//! Section 5: SCIM.

use muster_engine::{EngineError, Env, Refusal, directory, organizations};
use muster_model::{
    MembershipState, Role, Source, UserStatement, connection::UserNames, directory::Unprovisioned, membership::Ending,
};
use muster_store::Tx;
use muster_testkit::{World, person};

fn refusal<T: std::fmt::Debug>(result: Result<T, EngineError>) -> Refusal {
    match result {
        Err(EngineError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

fn inactive(said: &UserStatement) -> UserStatement {
    UserStatement { active: false, ..said.clone() }
}

#[test]
fn scim_5_creating_gives_an_account_the_default_organization_and_team() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let said = UserStatement { full_name: Some("Ada Lovelace".into()), ..person("ada@example.com") };
    let user = world.create_user(okta, said).unwrap();

    let account = world.account_of("ADA@example.com").unwrap();
    assert_eq!((user.account, user.version), (Some(account.id), 1));
    assert_eq!((account.full_name.as_str(), account.email_confirmed), ("Ada Lovelace", true));
    assert!(account.username.starts_with("ada"), "{}", account.username);
    let membership = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!((membership.role, membership.state), (Role::Member, MembershipState::Active));
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    let grants = world.grants(&moby, "ada@example.com");
    assert!(grants.len() == 1 && grants[0].manages(okta), "one grant stands for both: {grants:?}");
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_5_deactivating_remembers_and_activating_restores_role_and_manual_teams() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let said = UserStatement { role: Some(Role::Editor), ..person("ada@example.com") };
    let ada = world.create_user(okta, said.clone()).unwrap();
    let group = world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
    let (organization, account) = (moby.clone(), world.account_of("ada@example.com").unwrap());
    world.by_hand(move |tx, env| organizations::add_to_team(tx, env, &organization, &account, "book-club")).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["book-club", "company", "developers"]);

    world.put_user(okta, ada.id, inactive(&said)).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"));
    assert!(world.teams(&moby, "ada@example.com").is_empty());
    assert_eq!(
        world.membership(&moby, "ada@example.com").unwrap().state,
        MembershipState::Asleep { by: okta },
        "it is remembered"
    );

    // While the person is away, the groups change: SCIM teams are what the groups say when the person is back.
    world.change_members(okta, group.id, &[], &[ada.id]).unwrap();
    world.create_group(okta, "moby:writers", &[ada.id]).unwrap();
    world.put_user(okta, ada.id, said).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["book-club", "company", "writers"]);
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Editor);
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_5_deleting_forgets_and_a_later_post_makes_a_new_id_on_the_same_account() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let said = UserStatement { role: Some(Role::Editor), team: Some("writers".into()), ..person("ada@example.com") };
    let first = world.create_user(okta, said).unwrap();
    let group = world.create_group(okta, "moby:developers", &[first.id]).unwrap();
    world.delete_user(okta, first.id).unwrap();

    assert!(world.user(okta, first.id).is_none());
    let ended = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!(ended.state, MembershipState::Ended { why: Ending::Scim, by: Some(okta) });
    assert!(world.grants(&moby, "ada@example.com").is_empty());
    let members = world.read(move |conn| Ok(conn.group_members(group.id, uuid::Uuid::nil(), 10)?));
    assert!(members.is_empty(), "it left its groups in the same transaction");

    let again = world.create_user(okta, person("ada@example.com")).unwrap();
    assert_ne!(again.id, first.id);
    assert_eq!(again.account, first.account);
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Member, "the default role");
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_5_posting_over_an_existing_user_name_is_refused_active_or_not() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    assert_eq!(
        refusal(world.create_user(okta, person("Ada@Example.com"))),
        Refusal::UserNameTaken("Ada@Example.com".into())
    );
    world.put_user(okta, ada.id, inactive(&person("ada@example.com"))).unwrap();
    assert!(matches!(refusal(world.create_user(okta, person("ada@example.com"))), Refusal::UserNameTaken(_)));
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    assert!(matches!(refusal(world.put_user(okta, bob.id, person("ADA@example.com"))), Refusal::UserNameTaken(_)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_4_the_extension_is_one_grant_that_moves() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();

    let elsewhere = UserStatement {
        organization: Some("WHALE".into()),
        team: Some("Harpooners".into()),
        role: Some(Role::Owner),
        ..person("ada@example.com")
    };
    world.put_user(okta, ada.id, elsewhere).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"), "the old organization ends");
    assert_eq!(world.teams(&whale, "ada@example.com"), ["harpooners"], "the team is made when missing");
    assert_eq!(world.membership(&whale, "ada@example.com").unwrap().role, Role::Owner);

    let no_team = UserStatement { organization: Some("whale".into()), ..person("ada@example.com") };
    // Another owner must exist before the last one can be demoted.
    let carol = world.account("carol@example.org", true);
    world.set_member(&whale, &carol, Role::Owner).unwrap();
    world.put_user(okta, ada.id, no_team).unwrap();
    assert!(world.teams(&whale, "ada@example.com").is_empty(), "naming an organization suppresses the default team");
    assert_eq!(world.membership(&whale, "ada@example.com").unwrap().role, Role::Member);

    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    assert!(!world.is_member(&whale, "ada@example.com"), "cleared: back to the default");
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_4_the_old_organization_stays_while_another_grant_holds_it() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
    let moved = UserStatement { organization: Some("whale".into()), ..person("ada@example.com") };
    world.put_user(okta, ada.id, moved).unwrap();
    assert!(world.is_member(&moby, "ada@example.com") && world.is_member(&whale, "ada@example.com"));
    assert_eq!(world.teams(&moby, "ada@example.com"), ["developers"]);
    assert!(world.grants(&moby, "ada@example.com").iter().any(|grant| grant.manages(okta)), "and it stays managed");
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_4_what_cannot_be_applied_is_refused_and_nothing_is_stored() {
    let world = World::new();
    let (moby, _other) = (world.organization("moby"), world.organization("acme"));
    let okta = world.connection("okta", &[&moby]).build();
    let uncovered = UserStatement { organization: Some("acme".into()), ..person("ada@example.com") };
    assert_eq!(refusal(world.create_user(okta, uncovered)), Refusal::OrganizationNotCovered("acme".into()));
    let nameless = UserStatement { team: Some("two words".into()), ..person("ada@example.com") };
    assert!(matches!(refusal(world.create_user(okta, nameless)), Refusal::TeamName(_)));
    assert!(world.account_of("ada@example.com").is_none());
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_6_a_membership_from_before_is_linked_and_survives_deactivation_and_deletion() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let account = world.account("ada@example.com", true);
    world.set_member(&moby, &account, Role::Editor).unwrap();

    let said =
        UserStatement { full_name: Some("Ada".into()), team: Some("writers".into()), ..person("ada@example.com") };
    let ada = world.create_user(okta, said.clone()).unwrap();
    assert_eq!(ada.account, Some(account.id));
    assert_eq!(world.account_of("ada@example.com").unwrap().full_name, "Ada", "the profile is synced");
    assert_eq!(world.teams(&moby, "ada@example.com"), ["writers"], "a stated team is given, the default one is not");
    assert!(!world.grants(&moby, "ada@example.com").iter().any(|grant| grant.manages(okta)));

    world.put_user(okta, ada.id, inactive(&said)).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"));
    assert!(world.teams(&moby, "ada@example.com").is_empty(), "its own team grant ends");
    assert!(world.reports(okta).iter().any(|(rule, _)| rule == "SCIM-6"), "it is reported");
    world.delete_user(okta, ada.id).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"));
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Editor);
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_4_what_a_linked_person_was_given_moves_and_ends_with_the_user() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let account = world.account("ada@example.com", true);
    world.set_member(&moby, &account, Role::Member).unwrap();
    let said = |organization: Option<&str>| UserStatement {
        organization: organization.map(str::to_owned),
        team: Some("writers".into()),
        role: Some(Role::Editor),
        ..person("ada@example.com")
    };
    let ada = world.create_user(okta, said(None)).unwrap();
    let role = || world.membership(&moby, "ada@example.com").unwrap().role;
    assert_eq!((world.teams(&moby, "ada@example.com"), role()), (vec!["writers".to_owned()], Role::Editor));
    world.put_user(okta, ada.id, said(Some("whale"))).unwrap();
    assert!(world.teams(&moby, "ada@example.com").is_empty(), "the old team ends");
    assert_eq!(role(), Role::Member, "and the role concerns its own organization alone");
    world.put_user(okta, ada.id, said(None)).unwrap();
    assert_eq!(role(), Role::Editor);
    world.delete_user(okta, ada.id).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"));
    assert_eq!(role(), Role::Member, "the role ends with the user");
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_6_deactivating_ends_a_managed_membership_whatever_other_grants_exist() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let account = world.account_of("ada@example.com").unwrap();
    world.set_member(&moby, &account, Role::Editor).unwrap();
    world.put_user(okta, ada.id, inactive(&person("ada@example.com"))).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"));
    assert!(world.teams(&moby, "ada@example.com").is_empty());
    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    let grants = world.grants(&moby, "ada@example.com");
    assert!(grants.iter().any(|grant| grant.source == Source::Manual && !grant.asleep), "and come back: {grants:?}");
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_7_disabled_scim_refuses_every_write_and_members_stay() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.settings(okta, |settings| settings.scim.enabled = false);
    let disabled = Refusal::ScimDisabled("okta".into());
    assert_eq!(refusal(world.create_user(okta, person("bob@example.com"))), disabled);
    assert_eq!(refusal(world.put_user(okta, ada.id, inactive(&person("ada@example.com")))), disabled);
    assert_eq!(refusal(world.delete_user(okta, ada.id)), disabled);
    assert!(world.is_member(&moby, "ada@example.com"));
    world.settings(okta, |settings| settings.scim.enabled = true);
    world.put_user(okta, ada.id, inactive(&person("ada@example.com"))).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"), "enabled again, it goes on where it left off");
}

#[test]
fn scim_8_a_membership_managed_by_two_connections_ends_with_the_last() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let entra = world.connection("entra", &[&moby]).build();
    let in_okta = world.create_user(okta, person("ada@example.com")).unwrap();
    let in_entra = world.create_user(entra, person("ada@example.com")).unwrap();
    assert_eq!(in_okta.account, in_entra.account);
    world.create_group(okta, "moby:developers", &[in_okta.id]).unwrap();
    world.create_group(entra, "moby:developers", &[in_entra.id]).unwrap();

    world.put_user(okta, in_okta.id, inactive(&person("ada@example.com"))).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"), "entra still has the user active");
    assert!(world.teams(&moby, "ada@example.com").contains(&"developers".into()), "each ends only its own team grants");
    world.put_user(entra, in_entra.id, inactive(&person("ada@example.com"))).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"));
    world.put_user(okta, in_okta.id, person("ada@example.com")).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"));
    let grants = world.grants(&moby, "ada@example.com");
    assert!(
        grants.iter().any(|grant| grant.manages(entra) && grant.asleep),
        "what entra ended, entra wakes: {grants:?}"
    );
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_8_one_connection_never_meets_the_users_of_another() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let entra = world.connection("entra", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let group = world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
    let not_found = |error: EngineError| assert!(matches!(error, EngineError::NotFound { .. }), "{error}");
    not_found(world.put_user(entra, ada.id, person("ada@example.com")).unwrap_err());
    not_found(world.delete_user(entra, ada.id).unwrap_err());
    not_found(world.delete_group(entra, group.id).unwrap_err());
    not_found(world.change_members(entra, group.id, &[], &[ada.id]).unwrap_err());
    assert_eq!(
        refusal(world.create_group(entra, "moby:writers", &[ada.id])),
        Refusal::UnknownMember(ada.id.0),
        "another connection's user is as unknown as any id"
    );
}

#[test]
fn scim_10_an_address_of_an_unverified_domain_is_refused_with_the_remedy() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let error = refusal(world.create_user(okta, person("ada@elsewhere.org")));
    assert!(matches!(&error, Refusal::UnverifiedDomain { domain, .. } if domain == "elsewhere.org"), "{error:?}");
    assert!(error.to_string().contains("verify it there"), "{error}");
    assert_eq!(refusal(world.create_user(okta, person("ada"))), Refusal::NotAnEmail("ada".into()));
    assert!(world.account_of("ada@elsewhere.org").is_none());

    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    assert!(matches!(
        refusal(world.put_user(okta, ada.id, person("ada@elsewhere.org"))),
        Refusal::UnverifiedDomain { .. }
    ));
    assert_eq!(world.user(okta, ada.id).unwrap().user_name, "ada@example.com", "nothing is half done");
}

#[test]
fn scim_10_a_write_that_leaves_the_user_inactive_is_stored_as_sent() {
    let world = World::new();
    let moby = world.organization("moby");
    world.seats(&moby, 0);
    let okta = world.connection("okta", &[&moby]).build();
    let away = UserStatement { organization: Some("nowhere".into()), ..inactive(&person("ada@elsewhere.org")) };
    let user = world.create_user(okta, away.clone()).unwrap();
    assert_eq!((user.account, user.unprovisioned), (None, Some(Unprovisioned::Inactive)));
    let renamed = UserStatement { user_name: "not an address".into(), ..away };
    let user = world.put_user(okta, user.id, renamed).unwrap().resource;
    assert_eq!(user.user_name, "not an address");

    // Entra's soft delete: deactivated, then renamed; the account keeps its email.
    world.seats(&moby, 5);
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let tombstone = UserStatement { user_name: "0f3abob@example.com".into(), ..inactive(&person("bob@example.com")) };
    world.put_user(okta, bob.id, tombstone).unwrap();
    assert_eq!(world.account_of("bob@example.com").unwrap().id, bob.account.unwrap());
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_10_a_person_whose_old_user_was_renamed_away_returns_to_the_same_account() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let old = world.create_user(okta, person("bob@example.com")).unwrap();
    let tombstone = UserStatement { user_name: "0f3abob@example.com".into(), ..inactive(&person("bob@example.com")) };
    world.put_user(okta, old.id, tombstone).unwrap();
    let new = world.create_user(okta, person("bob@example.com")).unwrap();
    assert_eq!(new.account, old.account);
    assert!(world.is_member(&moby, "bob@example.com"));
    assert_eq!(world.user(okta, old.id).unwrap().account, None, "the tombstone no longer speaks for the person");
    world.delete_user(okta, old.id).unwrap();
    assert!(world.is_member(&moby, "bob@example.com"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_10_two_active_users_cannot_be_one_person() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.scim.user_names = UserNames::Any).build();
    let with_email = |user_name: &str| UserStatement { emails: vec!["ada@example.com".into()], ..person(user_name) };
    world.create_user(okta, with_email("ada")).unwrap();
    assert_eq!(refusal(world.create_user(okta, with_email("ada2"))), Refusal::EmailTaken("ada@example.com".into()));
}

#[test]
fn scim_5_a_user_name_that_is_taken_is_refused_before_anything_else_about_the_user() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.create_user(okta, person("ada@example.com")).unwrap();
    let bob = world.create_user(okta, inactive(&person("bob@example.com"))).unwrap();
    let said = UserStatement { organization: Some("acme".into()), ..person("ada@example.com") };
    assert!(matches!(refusal(world.create_user(okta, said.clone())), Refusal::UserNameTaken(_)));
    assert!(matches!(refusal(world.put_user(okta, bob.id, said)), Refusal::UserNameTaken(_)));
}

#[test]
fn scim_10_any_user_names_take_the_email_from_emails() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.scim.user_names = UserNames::Any).build();
    let nameless = UserStatement { emails: vec!["no address".into()], ..person("ada") };
    let user = world.create_user(okta, nameless).unwrap();
    assert_eq!((user.account, user.unprovisioned), (None, Some(Unprovisioned::NoEmail)));
    let with_email = UserStatement { emails: vec!["ada@example.com".into()], ..person("ada") };
    let user = world.put_user(okta, user.id, with_email).unwrap().resource;
    assert_eq!((user.account.is_some(), user.unprovisioned), (true, None), "given an account when one arrives");
    assert!(world.is_member(&moby, "ada@example.com"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_10_people_of_other_domains_become_guests_by_invitation() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.scim.other_domains = true).build();
    let known = world.account("eve@elsewhere.org", true);
    let user = world.create_user(okta, person("eve@elsewhere.org")).unwrap();
    assert_eq!((user.account, user.unprovisioned), (None, Some(Unprovisioned::Invited)), "no account is linked");
    assert_eq!(world.account_of("eve@elsewhere.org").unwrap(), known, "nor changed");
    let pending = |world: &World| {
        let id = moby.id;
        world.read(move |conn| Ok(conn.pending_invitations(id)?)).len()
    };
    assert_eq!(pending(&world), 1);
    world.put_user(okta, user.id, inactive(&person("eve@elsewhere.org"))).unwrap();
    assert_eq!(pending(&world), 0, "taken back");
    world.put_user(okta, user.id, person("eve@elsewhere.org")).unwrap();
    world.delete_user(okta, user.id).unwrap();
    assert_eq!(pending(&world), 0);
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_13_a_request_that_changes_nothing_moves_no_version() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let same = world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    assert_eq!((same.changed, same.resource.version), (false, 1));
    let group = world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
    let same = world.change_members(okta, group.id, &[ada.id], &[]).unwrap();
    assert_eq!((same.changed, same.resource.version), (false, 1));
    let same = world.rename_group(okta, group.id, "moby:developers").unwrap();
    assert!(!same.changed);
}

#[test]
fn scim_13_a_named_version_that_has_passed_is_refused() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let result = world.scim(okta, move |tx, env, connection| {
        directory::delete_user(tx, env, connection, ada.id, |version| version == 7)
    });
    assert_eq!(refusal(result), Refusal::VersionMismatch { actual: 1 });
    assert!(world.user(okta, ada.id).is_some());
}

#[test]
fn scim_14_more_member_changes_than_a_request_may_make_are_refused() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let many: Vec<_> = (0..10_001).map(|n| muster_model::DirectoryUserId(uuid::Uuid::from_u128(n))).collect();
    assert!(matches!(
        refusal(world.create_group(okta, "moby:all", &many)),
        Refusal::TooManyMembers { limit: 10_000, asked: 10_001 }
    ));
}

#[test]
fn scim_5_an_invitations_team_applies_where_scim_states_none() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    for (email, team, expected) in [
        ("ada@example.com", None, vec!["company", "writers"]),
        ("bob@example.com", Some("crew".to_owned()), vec!["crew"]),
    ] {
        world.invite(&moby, email, Some("writers"), Role::Editor).unwrap();
        world.create_user(okta, UserStatement { team, ..person(email) }).unwrap();
        assert_eq!(world.teams(&moby, email), expected);
        assert_eq!(world.membership(&moby, email).unwrap().role, Role::Editor);
    }
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_8_a_team_that_is_deleted_wakes_nothing_of_a_connection_that_has_the_user_inactive() {
    let world = World::new();
    let moby = world.organization("moby");
    let [okta, entra] = ["okta", "entra"].map(|name| world.connection(name, &[&moby]).build());
    let in_okta = world.create_user(okta, person("ada@example.com")).unwrap();
    let in_entra = world.create_user(entra, person("ada@example.com")).unwrap();
    world.put_user(okta, in_okta.id, inactive(&person("ada@example.com"))).unwrap();
    let at = moby.clone();
    let delete_team = move |tx: &mut Tx<'_>, env: &mut Env| {
        let team = tx.team_by_name(at.id, "company")?.unwrap().id;
        organizations::delete_team(tx, env, &at, team)
    };
    world.by_hand(delete_team).unwrap();
    world.put_user(entra, in_entra.id, inactive(&person("ada@example.com"))).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"), "none of them has her active");
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_2_the_next_write_brings_role_and_team_back_where_groups_had_brought_the_membership_back() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let said = UserStatement { role: Some(Role::Editor), ..person("ada@example.com") };
    let ada = world.create_user(okta, said.clone()).unwrap();
    world.remove_member(&moby, &world.account_of("ada@example.com").unwrap(), false).unwrap();
    world.create_group(okta, "moby:crew", &[ada.id]).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Member, "the group alone says so");
    world.put_user(okta, ada.id, said).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Editor);
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "crew"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_8_who_comes_back_has_no_role_of_a_group_that_went_meanwhile() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let editors = muster_model::mapping::Entry {
        id: muster_model::MappingId(uuid::Uuid::from_u128(1)),
        pattern: "Editors".into(),
        organization: whale.id,
        team: None,
        role: Some(Role::Editor),
    };
    let okta = world.connection("okta", &[&moby, &whale]).mappings(vec![editors]).build();
    let entra = world.connection("entra", &[&whale]).build();
    let in_okta = world.create_user(okta, person("ada@example.com")).unwrap();
    let editors = world.create_group(okta, "Editors", &[in_okta.id]).unwrap();
    world.create_group(okta, "whale:crew", &[in_okta.id]).unwrap();
    world.create_user(entra, person("ada@example.com")).unwrap();
    world.put_user(okta, in_okta.id, inactive(&person("ada@example.com"))).unwrap();
    assert!(world.is_member(&whale, "ada@example.com"), "entra has her active");
    world.change_members(okta, editors.id, &[], &[in_okta.id]).unwrap();
    world.put_user(okta, in_okta.id, person("ada@example.com")).unwrap();
    assert_eq!(world.membership(&whale, "ada@example.com").unwrap().role, Role::Member);
    world.assert_ledger_tells_the_state();
}
