//! Section 4: Just-in-Time provisioning.

use muster_engine::{EngineError, Refusal, sign_in::SignedIn};
use muster_model::{
    ConnectionId, MappingId, Role, Rule, SignIn, Source, UserStatement,
    connection::UserNames,
    mapping::Entry,
    sign_in::{Groups, Unknown},
};
use muster_testkit::{World, asserted, groups, person, subject};
use uuid::Uuid;

/// Why a sign-in was refused.
pub(crate) fn refusal(result: Result<SignedIn, EngineError>) -> Refusal {
    match result {
        Err(EngineError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// `ConnectionBuilder::build` switches SCIM on; most connections that sign people in have none.
pub(crate) fn switch_scim_off(world: &World, connection: ConnectionId) {
    world.settings(connection, |settings| settings.scim.enabled = false);
}

fn entry(pattern: &str, organization: &muster_model::Organization, team: Option<&str>, role: Role) -> Entry {
    Entry {
        id: MappingId(Uuid::now_v7()),
        pattern: pattern.to_owned(),
        organization: organization.id,
        team: team.map(str::to_owned),
        role: Some(role),
    }
}

#[test]
fn jit_1_a_first_sign_in_makes_an_account_in_the_default_organization_and_team() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    let said =
        SignIn { full_name: Some("Ada Lovelace".into()), session_minutes: Some(60), ..asserted("ada@example.com") };
    let signed_in = world.sign_in(okta, said.clone()).unwrap();
    let account = world.account_of("ADA@example.com").unwrap();
    assert_eq!(signed_in, SignedIn { account: account.id, is_new: true });
    assert_eq!((account.full_name.as_str(), account.email_confirmed), ("Ada Lovelace", true));
    assert!(account.username.starts_with("ada"), "{}", account.username);
    assert_eq!(account.session_minutes.get(Source::Sso, Some(okta)).unwrap().value, 60);
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Member);
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    let grants = world.grants(&moby, "ada@example.com");
    assert!(grants.iter().all(|grant| grant.source == Source::Sso && grant.rule == Rule::Jit4), "{grants:?}");

    // Again: the same account; nothing that did not change is written.
    let before = world.membership(&moby, "ada@example.com").unwrap().version;
    let again = world.sign_in(okta, SignIn { full_name: Some("Ada King".into()), ..said }).unwrap();
    assert_eq!(again, SignedIn { account: account.id, is_new: false });
    assert_eq!(world.account_of("ada@example.com").unwrap().full_name, "Ada King");
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().version, before);
    // Without a name the stored one stays; minutes are said anew each time (SES-2).
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    let account = world.account_of("ada@example.com").unwrap();
    assert_eq!(account.full_name, "Ada King");
    assert!(account.session_minutes.get(Source::Sso, Some(okta)).is_none());
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_1_the_subject_is_the_person_whatever_the_address() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    let as_subject = |email: &str, name: &str| SignIn { subject: subject(name), ..asserted(email) };
    let ada = world.sign_in(okta, as_subject("ada@example.com", "s1")).unwrap();
    // Found by the subject with a new address: the email changes (TEN-2).
    let renamed = world.sign_in(okta, as_subject("ada.king@example.com", "s1")).unwrap();
    assert_eq!((renamed.account, renamed.is_new), (ada.account, false));
    assert_eq!(world.account_of("ada.king@example.com").unwrap().id, ada.account);
    assert!(world.account_of("ada@example.com").is_none());
    // The address was given to somebody else at the IdP: only an owner can say who that is.
    let error = refusal(world.sign_in(okta, as_subject("ada.king@example.com", "s2")));
    assert_eq!(error, Refusal::AnotherSubject("ada.king@example.com".into()));
    // The free one is a new person.
    let other = world.sign_in(okta, as_subject("ada@example.com", "s2")).unwrap();
    assert!(other.is_new && other.account != ada.account);
    // An address that another account has is nobody's to take: the person comes in under the old one.
    let kept = world.sign_in(okta, as_subject("ada.king@example.com", "s2")).unwrap();
    assert_eq!(kept.account, other.account);
    assert_eq!(world.account_of("ada.king@example.com").unwrap().id, ada.account);
    assert!(world.reports(okta).iter().any(|(rule, _)| rule == "TEN-2"), "{:?}", world.reports(okta));
    // A connection that sends no subject knows people by their addresses.
    assert_eq!(world.sign_in(okta, asserted("ada.king@example.com")).unwrap().account, ada.account);
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_1_a_lasting_name_may_come_after_sign_ins_without_one() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    let as_subject = |name: &str| SignIn { subject: subject(name), ..asserted("ada@example.com") };
    let ada = world.sign_in(okta, asserted("ada@example.com")).unwrap();
    // That there was none until now is no other name.
    assert_eq!(world.sign_in(okta, as_subject("s1")).unwrap().account, ada.account);
    let error = refusal(world.sign_in(okta, as_subject("s2")));
    assert_eq!(error, Refusal::AnotherSubject("ada@example.com".into()));
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_1_an_owner_says_whether_another_subject_is_the_same_person_or_somebody_new() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    let signed_in = |name: &str| world.sign_in(okta, SignIn { subject: subject(name), ..asserted("ada@example.com") });
    let ada = signed_in("s1").unwrap().account;
    let say = |is_same: bool| {
        world.by_hand(move |tx, env| {
            let connection = tx.connection(okta)?.unwrap();
            let account = tx.account(ada)?.unwrap();
            match is_same {
                true => muster_engine::sign_in::relink(tx, env, &connection, &account),
                false => muster_engine::sign_in::new_person(tx, env, &connection, account),
            }
        })
    };
    assert!(matches!(refusal(signed_in("s2")), Refusal::AnotherSubject(_)));
    say(true).unwrap();
    assert_eq!(signed_in("s2").unwrap().account, ada);
    assert_eq!(signed_in("s2").unwrap().account, ada);
    assert!(matches!(refusal(signed_in("s3")), Refusal::AnotherSubject(_)), "the word is used up");
    assert!(matches!(refusal(signed_in("s1")), Refusal::AnotherSubject(_)), "and the former subject means nobody");
    say(false).unwrap();
    let new = signed_in("s3").unwrap();
    assert!(new.is_new && new.account != ada);
    let former = world.read(move |conn| Ok(conn.account(ada)?.unwrap()));
    assert!(former.email.is_none(), "nothing of the address reaches the former account");
    assert_eq!(signed_in("s2").unwrap().account, ada, "whom the IdP still calls so is who it was");
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_1_whom_the_directory_has_under_the_address_is_no_new_person() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let user = world.create_user(okta, person("ada@example.com")).unwrap();
    let said = world.by_hand(move |tx, env| {
        let connection = tx.connection(okta)?.unwrap();
        let account = tx.account(user.account.unwrap())?.unwrap();
        muster_engine::sign_in::new_person(tx, env, &connection, account)
    });
    assert!(said.unwrap_err().to_string().contains("rename or delete"));
}

#[test]
fn jit_1_a_user_of_the_directory_is_found_by_any_of_its_addresses() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let said = UserStatement {
        emails: vec!["ada@example.com".into(), "lovelace@example.com".into()],
        ..person("ada@example.com")
    };
    let ada = world.create_user(okta, said).unwrap();
    let signed_in = world.sign_in(okta, asserted("lovelace@example.com")).unwrap();
    assert_eq!((Some(signed_in.account), signed_in.is_new), (ada.account, false));
    assert_eq!(world.account_of("ada@example.com").unwrap().id, signed_in.account, "the address stays");
}

#[test]
fn acc_1_an_unconfirmed_account_gives_its_address_up() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    let squatter = world.account("ada@example.com", false);
    let signed_in = world.sign_in(okta, asserted("ada@example.com")).unwrap();
    assert!(signed_in.is_new && signed_in.account != squatter.id);
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_6_an_address_of_another_domain_makes_nothing() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    for email in ["ada@other.example", "ada@sub.example.com"] {
        let error = refusal(world.sign_in(okta, asserted(email)));
        assert!(matches!(error, Refusal::DomainNotVerified(_)), "{error}");
        assert!(world.account_of(email).is_none());
    }
    let text = muster_model::texts::domain_not_verified("other.example", "t1");
    assert_eq!(
        text,
        "Domain 'other.example' is not verified for your SSO connection. Contact your company administrator. TraceID: t1"
    );
}

#[test]
fn jit_2_a_pending_invitation_is_accepted_with_its_team_and_role() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    switch_scim_off(&world, okta);
    world.invite(&whale, "ada@example.com", Some("backend"), Role::Editor).unwrap();
    world.seats(&whale, 1);
    world.sign_in(okta, asserted("ADA@example.com")).unwrap();
    assert_eq!(world.membership(&whale, "ada@example.com").unwrap().role, Role::Editor);
    assert_eq!(world.teams(&whale, "ada@example.com"), ["backend"]);
    // That counts as being a member already: nothing adds the default.
    assert!(!world.is_member(&moby, "ada@example.com"));
    // Groups still add teams.
    world.sign_in(okta, SignIn { groups: groups(&["whale:frontend"]), ..asserted("ada@example.com") }).unwrap();
    assert_eq!(world.teams(&whale, "ada@example.com"), ["backend", "frontend"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_3_asserted_groups_replace_and_unknown_ones_change_nothing() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    switch_scim_off(&world, okta);
    let sign_in = |groups: Groups| world.sign_in(okta, SignIn { groups, ..asserted("ada@example.com") }).unwrap();
    let teams = || (world.teams(&moby, "ada@example.com"), world.teams(&whale, "ada@example.com"));
    sign_in(groups(&["moby:developers", " Whale : Backend ", "moby:security", "nonsense", "acme:x"]));
    assert_eq!(teams(), (vec!["developers".into(), "security".into()], vec!["backend".into()]));
    let reports = world.reports(okta);
    let malformed = ("GRP-3".to_owned(), muster_model::texts::MALFORMED_GROUPS.to_owned());
    assert!(reports.contains(&malformed) && reports.iter().any(|(rule, _)| rule == "GRP-4"), "{reports:?}");
    for unknown in [Unknown::Absent, Unknown::Overage] {
        sign_in(Groups::Unknown(unknown));
        assert_eq!(teams(), (vec!["developers".into(), "security".into()], vec!["backend".into()]), "{unknown:?}");
    }
    assert!(world.reports(okta).iter().any(|(rule, _)| rule == "JIT-3"), "an overage is reported");
    sign_in(groups(&["moby:developers"]));
    assert_eq!(teams(), (vec!["developers".into()], vec![]));
    assert!(world.is_member(&whale, "ada@example.com"), "GRP-7: never out of the organization");
    sign_in(groups(&[]));
    assert_eq!(teams(), (vec![], vec![]));
    assert!(world.is_member(&moby, "ada@example.com"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_3_only_what_this_connection_asserted_ends() {
    let world = World::new();
    let moby = world.organization("moby");
    let (okta, entra) = (world.connection("okta", &[&moby]).build(), world.connection("entra", &[&moby]).build());
    switch_scim_off(&world, okta);
    switch_scim_off(&world, entra);
    let in_groups = |list: &[&str]| SignIn { groups: groups(list), ..asserted("ada@example.com") };
    world.sign_in(okta, in_groups(&["moby:shared", "moby:okta"])).unwrap();
    world.sign_in(entra, in_groups(&["moby:shared", "moby:entra"])).unwrap();
    let (organization, account) = (moby.clone(), world.account_of("ada@example.com").unwrap());
    world
        .by_hand(move |tx, env| muster_engine::organizations::add_to_team(tx, env, &organization, &account, "okta"))
        .unwrap();
    world.sign_in(okta, in_groups(&[])).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["entra", "okta", "shared"], "GRP-6: other grants hold");
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_4_groups_that_place_nobody_leave_the_default() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    world.sign_in(okta, SignIn { groups: groups(&["nonsense"]), ..asserted("ada@example.com") }).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    // A member already: nothing changes.
    let bob = world.account("bob@example.com", true);
    world.set_member(&moby, &bob, Role::Editor).unwrap();
    world.sign_in(okta, asserted("bob@example.com")).unwrap();
    assert!(world.teams(&moby, "bob@example.com").is_empty());
    assert_eq!(world.membership(&moby, "bob@example.com").unwrap().role, Role::Editor);
}

#[test]
fn jit_5_attributes_name_organization_team_and_role() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    switch_scim_off(&world, okta);
    let said = |email: &str| SignIn { organization: Some("WHALE".into()), ..asserted(email) };
    world.sign_in(okta, said("ada@example.com")).unwrap();
    assert!(world.is_member(&whale, "ada@example.com") && !world.is_member(&moby, "ada@example.com"));
    assert!(world.teams(&whale, "ada@example.com").is_empty(), "it suppresses the default team");
    let full = SignIn { team: Some("Writers".into()), role: Some(Role::Editor), ..said("bob@example.com") };
    world.sign_in(okta, full).unwrap();
    assert_eq!(world.teams(&whale, "bob@example.com"), ["writers"]);
    assert_eq!(world.membership(&whale, "bob@example.com").unwrap().role, Role::Editor);
    let in_default = SignIn { team: Some("writers".into()), ..asserted("cid@example.com") };
    world.sign_in(okta, in_default).unwrap();
    assert_eq!(world.teams(&moby, "cid@example.com"), ["writers"]);
    // A team that cannot be one is reported, and taken as absent.
    let odd = SignIn { team: Some("two words".into()), ..asserted("dan@example.com") };
    world.sign_in(okta, odd).unwrap();
    assert_eq!(world.teams(&moby, "dan@example.com"), ["company"]);
    assert!(world.reports(okta).iter().any(|(rule, _)| rule == "JIT-5"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_5_and_jit_9_an_organization_that_is_not_covered_joins_nothing() {
    let world = World::new();
    let (moby, acme) = (world.organization("moby"), world.organization("acme"));
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    for name in ["acme", "unheard-of"] {
        let said = SignIn { organization: Some(name.into()), ..asserted("ada@example.com") };
        assert_eq!(refusal(world.sign_in(okta, said)), Refusal::OrganizationNotCovered(name.into()));
        assert!(world.account_of("ada@example.com").is_none(), "nobody gets an account by being turned away");
    }
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    let said = SignIn { organization: Some("acme".into()), groups: groups(&["acme:x"]), ..asserted("ada@example.com") };
    world.sign_in(okta, said).unwrap();
    assert!(!world.is_member(&acme, "ada@example.com"), "a member comes in, and joins nothing");
}

#[test]
fn jit_6_attributes_apply_once_and_never_over_an_owners_change() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    let said = |role| SignIn { role: Some(role), team: Some("writers".into()), ..asserted("ada@example.com") };
    world.sign_in(okta, said(Role::Editor)).unwrap();
    let role = || world.membership(&moby, "ada@example.com").unwrap().role;
    assert_eq!(role(), Role::Editor);
    world.sign_in(okta, SignIn { team: Some("others".into()), ..said(Role::Owner) }).unwrap();
    assert_eq!((role(), world.teams(&moby, "ada@example.com")), (Role::Editor, vec!["writers".into()]));
    world.set_member(&moby, &world.account_of("ada@example.com").unwrap(), Role::Member).unwrap();
    world.sign_in(okta, said(Role::Editor)).unwrap();
    assert_eq!(role(), Role::Member, "what an owner changed by hand stays");
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_6_and_pre_5_while_scim_manages_the_assertion_renews_the_role() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.create_user(okta, UserStatement { role: Some(Role::Member), ..person("ada@example.com") }).unwrap();
    let said = |role| SignIn { role: Some(role), ..asserted("ada@example.com") };
    world.sign_in(okta, said(Role::Editor)).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Editor, "PRE-1: JIT wins");
    world.sign_in(okta, said(Role::Member)).unwrap();
    let membership = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!((membership.role, membership.conflict), (Role::Member, false));
    world.settings(okta, |settings| settings.highest_role = Role::Editor);
    world.sign_in(okta, said(Role::Owner)).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Editor, "ORG-1: capped");
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_7_without_jit_only_members_and_the_invited_come_in() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).set(|settings| settings.jit = false).build();
    switch_scim_off(&world, okta);
    let error = refusal(world.sign_in(okta, asserted("ada@example.com")));
    assert_eq!(error, Refusal::NotAssigned("ada@example.com".into()));
    assert!(world.account_of("ada@example.com").is_none());
    let known = world.account("bob@example.com", true);
    assert_eq!(refusal(world.sign_in(okta, asserted("bob@example.com"))), Refusal::NotAssigned(known.username.clone()));
    let text = muster_model::texts::not_assigned(&known.username, "t1");
    let name = known.username;
    assert_eq!(
        text,
        format!("User '{name}' is not assigned to this SSO organization. Contact your administrator. TraceID: t1")
    );
    // The invited come in, with an account if need be; the assertion applies only name and minutes.
    world.invite(&whale, "ada@example.com", None, Role::Editor).unwrap();
    let said = SignIn {
        full_name: Some("Ada Lovelace".into()),
        groups: groups(&["moby:x", "whale:y"]),
        organization: Some("moby".into()),
        role: Some(Role::Owner),
        session_minutes: Some(5),
        ..asserted("ada@example.com")
    };
    world.sign_in(okta, said.clone()).unwrap();
    let account = world.account_of("ada@example.com").unwrap();
    assert_eq!(account.full_name, "Ada Lovelace");
    assert_eq!(account.session_minutes.get(Source::Sso, Some(okta)).unwrap().value, 5);
    assert!(!world.is_member(&moby, "ada@example.com"));
    assert_eq!(world.membership(&whale, "ada@example.com").unwrap().role, Role::Editor);
    assert!(world.teams(&whale, "ada@example.com").is_empty());
    // Members go on coming in.
    world.sign_in(okta, SignIn { full_name: Some("Ada King".into()), ..said }).unwrap();
    assert_eq!(world.account_of("ada@example.com").unwrap().full_name, "Ada King");
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_7_an_expired_invitation_lets_nobody_in() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.jit = false).build();
    switch_scim_off(&world, okta);
    world.invite(&moby, "ada@example.com", None, Role::Member).unwrap();
    world.advance(std::time::Duration::from_secs(15 * 24 * 60 * 60));
    assert!(matches!(refusal(world.sign_in(okta, asserted("ada@example.com"))), Refusal::NotAssigned(_)));
}

#[test]
fn org_2_a_block_keeps_out_and_a_removal_does_not() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    let ada = world.account_of("ada@example.com").unwrap();
    world.remove_member(&moby, &ada, false).unwrap();
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"), "the next sign-in adds the membership again");
    world.remove_member(&moby, &ada, true).unwrap();
    assert_eq!(refusal(world.sign_in(okta, asserted("ada@example.com"))), Refusal::KeptOut("moby".into()));
    assert!(!world.is_member(&moby, "ada@example.com"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_9_without_a_seat_anywhere_nobody_comes_in() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    switch_scim_off(&world, okta);
    world.seats(&moby, 1);
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    let error = refusal(world.sign_in(okta, asserted("bob@example.com")));
    assert_eq!(
        error.to_string(),
        "Not enough seats in organization 'moby'. Add more seats or contact your administrator."
    );
    assert!(world.account_of("bob@example.com").is_none());
    // Only when no organization could be joined.
    world.sign_in(okta, SignIn { groups: groups(&["moby:a", "whale:b"]), ..asserted("bob@example.com") }).unwrap();
    assert!(world.is_member(&whale, "bob@example.com") && !world.is_member(&moby, "bob@example.com"));
    // Who is in stays in.
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_8_the_tables_role_follows_the_groups_at_every_sign_in() {
    let world = World::new();
    let moby = world.organization("moby");
    let table = vec![
        entry("platform *", &moby, Some("platform"), Role::Editor),
        entry("platform admins", &moby, None, Role::Owner),
    ];
    let okta = world.connection("okta", &[&moby]).mappings(table).build();
    switch_scim_off(&world, okta);
    let role = |list: &[&str], stated: Option<Role>| {
        let said = SignIn { groups: groups(list), role: stated, ..asserted("ada@example.com") };
        world.sign_in(okta, said).unwrap();
        world.membership(&moby, "ada@example.com").unwrap().role
    };
    assert_eq!(role(&["Platform Users"], None), Role::Editor);
    assert_eq!(world.teams(&moby, "ada@example.com"), ["platform"]);
    // Another owner, so that the role can go again (ORG-1).
    let bob = world.account("bob@example.com", true);
    world.set_member(&moby, &bob, Role::Owner).unwrap();
    assert_eq!(role(&["Platform Users", "platform admins"], None), Role::Owner, "the highest wins");
    assert_eq!(role(&["Platform Users"], None), Role::Editor);
    assert_eq!(role(&[], None), Role::Member);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_8_an_explicit_role_beats_the_table_in_its_own_place() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let table = vec![entry("admins", &moby, None, Role::Owner), entry("admins", &whale, None, Role::Owner)];
    let okta = world.connection("okta", &[&moby, &whale]).mappings(table).build();
    switch_scim_off(&world, okta);
    let said = SignIn { groups: groups(&["admins"]), role: Some(Role::Editor), ..asserted("ada@example.com") };
    world.sign_in(okta, said.clone()).unwrap();
    let role = |organization| world.membership(organization, "ada@example.com").unwrap().role;
    assert_eq!((role(&moby), role(&whale)), (Role::Editor, Role::Owner));
    world.sign_in(okta, said).unwrap();
    assert_eq!((role(&moby), role(&whale)), (Role::Editor, Role::Owner));
}

#[test]
fn scim_6_a_membership_by_jit_since_scim_was_enabled_is_managed_from_the_first_push() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    assert!(world.grants(&moby, "ada@example.com").iter().any(|grant| grant.manages(okta)));
    world.put_user(okta, ada.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_only_an_active_connection_signs_anybody_in() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world
        .by_hand(move |tx, _| {
            let mut connection = tx.connection(okta)?.unwrap();
            connection.state = muster_model::ConnectionState::Off;
            connection.version += 1;
            Ok(tx.update_connection(&connection)?)
        })
        .unwrap();
    assert_eq!(refusal(world.sign_in(okta, asserted("ada@example.com"))), Refusal::ConnectionInactive("okta".into()));
}

#[test]
fn jit_1_an_address_among_somebodys_emails_is_not_the_person_whose_user_name_it_is() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.scim.user_names = UserNames::Any).build();
    let user = |name: &str, emails: &[&str]| {
        let emails = emails.iter().map(|email| (*email).to_owned()).collect();
        world.create_user(okta, UserStatement { emails, ..person(name) }).unwrap()
    };
    user("ada", &["ada@example.com", "bob@example.com", "shared@example.com"]);
    let bob = user("bob@example.com", &["robert@example.com", "shared@example.com"]);
    assert_eq!(Some(world.sign_in(okta, asserted("bob@example.com")).unwrap().account), bob.account);
    // What two people share is nobody's.
    let error = refusal(world.sign_in(okta, asserted("shared@example.com")));
    assert_eq!(error, Refusal::AnotherSubject("shared@example.com".into()));
}

#[test]
fn jit_2_who_was_invited_is_a_member_already_and_attributes_do_not_apply() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    world.invite(&moby, "ada@example.com", Some("backend"), Role::Member).unwrap();
    let said = SignIn { role: Some(Role::Owner), team: Some("writers".into()), ..asserted("ada@example.com") };
    world.sign_in(okta, said).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Member);
    assert_eq!(world.teams(&moby, "ada@example.com"), ["backend"]);
    let grants = world.grants(&moby, "ada@example.com");
    assert!(grants.iter().all(|grant| grant.source == Source::Invitation), "{grants:?}");
}

#[test]
fn grp_8_a_role_of_the_table_goes_with_its_group_whatever_else_is_stated() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).mappings(vec![entry("admins", &moby, None, Role::Owner)]).build();
    switch_scim_off(&world, okta);
    world.set_member(&moby, &world.account("bob@example.com", true), Role::Owner).unwrap();
    let said = SignIn { groups: groups(&["admins"]), ..asserted("ada@example.com") };
    world.sign_in(okta, said).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Owner);
    let without = SignIn { groups: groups(&[]), role: Some(Role::Member), ..asserted("ada@example.com") };
    world.sign_in(okta, without).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Member);
}

#[test]
fn jit_7_the_invitation_that_lets_in_is_the_accounts_own() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    let as_subject = |email: &str| SignIn { subject: subject("s1"), ..asserted(email) };
    world.sign_in(okta, as_subject("ada@example.com")).unwrap();
    let ada = world.account_of("ada@example.com").unwrap();
    world.remove_member(&moby, &ada, false).unwrap();
    world.settings(okta, |settings| settings.jit = false);
    let other = world.account("king@example.com", true);
    world.invite(&moby, "king@example.com", None, Role::Member).unwrap();
    assert_eq!(refusal(world.sign_in(okta, as_subject("king@example.com"))), Refusal::NotAssigned(ada.username));
    assert!(!world.is_member(&moby, "king@example.com"), "{other:?}");
}

#[test]
fn jit_3_a_group_and_the_persons_own_team_are_two_reasons() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    let said = |list: &[&str]| SignIn {
        groups: groups(list),
        organization: Some("moby".into()),
        team: Some("writers".into()),
        ..asserted("ada@example.com")
    };
    world.sign_in(okta, said(&["moby:writers"])).unwrap();
    world.sign_in(okta, said(&[])).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["writers"], "dockerTeam gave it, too");
    // And the reverse: where SCIM manages the membership, dockerTeam moves, and a group's team stays.
    let scim = world.connection("entra", &[&moby]).build();
    let said = |team: &str| SignIn {
        groups: groups(&["moby:writers"]),
        team: Some(team.into()),
        ..asserted("bob@example.com")
    };
    world.create_user(scim, person("bob@example.com")).unwrap();
    world.sign_in(scim, said("writers")).unwrap();
    world.sign_in(scim, said("readers")).unwrap();
    assert_eq!(world.teams(&moby, "bob@example.com"), ["company", "readers", "writers"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_3_more_groups_than_are_believed_change_nothing() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    world.sign_in(okta, SignIn { groups: groups(&["moby:writers"]), ..asserted("ada@example.com") }).unwrap();
    let many: Vec<String> = (0..=1_000).map(|number| format!("moby:team{number}")).collect();
    let said = SignIn { groups: Groups::List(many), ..asserted("ada@example.com") };
    world.sign_in(okta, said).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["writers"]);
    assert!(world.reports(okta).iter().any(|(rule, text)| rule == "JIT-3" && text.contains("1001 groups")));
    // A name that no group has is malformed (GRP-3), and not repeated anywhere.
    let long = format!("moby:{}", "x".repeat(600));
    world.sign_in(okta, SignIn { groups: groups(&["moby:writers", &long]), ..asserted("ada@example.com") }).unwrap();
    let reports = world.reports(okta);
    assert!(reports.iter().any(|(rule, _)| rule == "GRP-3") && reports.iter().all(|(_, text)| !text.contains("xxx")));
}

#[test]
fn jit_7_without_jit_the_address_stays() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    switch_scim_off(&world, okta);
    let as_subject = |email: &str| SignIn { subject: subject("s1"), ..asserted(email) };
    let ada = world.sign_in(okta, as_subject("ada@example.com")).unwrap();
    world.settings(okta, |settings| settings.jit = false);
    let said = SignIn { full_name: Some("Ada King".into()), ..as_subject("king@example.com") };
    assert_eq!(world.sign_in(okta, said).unwrap().account, ada.account);
    assert_eq!(world.account_of("ada@example.com").unwrap().full_name, "Ada King");
    assert!(world.account_of("king@example.com").is_none());
}

#[test]
fn jit_8_who_is_neither_member_nor_invited_would_lose_access() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    let member = world.account("ada@example.com", true);
    world.set_member(&moby, &member, Role::Member).unwrap();
    // A member elsewhere only, and a guest's address, which is of no domain of the connection.
    let elsewhere = world.account("bob@example.com", true);
    world.set_member(&whale, &elsewhere, Role::Member).unwrap();
    let _ = world.account("carl@example.com", true);
    let _ = world.account("guest@elsewhere.example", true);
    let _ = world.account("dora@example.com", true);
    world.invite(&moby, "dora@example.com", None, Role::Member).unwrap();
    let removed = world.account("eve@example.com", true);
    world.set_member(&moby, &removed, Role::Member).unwrap();
    world.remove_member(&moby, &removed, false).unwrap();
    let losing = |world: &World| {
        let now = muster_engine::Surroundings::now(&*world.clock);
        let losing = world.read(move |conn| {
            let okta = conn.connection(okta)?.unwrap();
            muster_engine::sign_in::losing_without_jit(conn, &okta, now)
        });
        losing.into_iter().filter_map(|account| account.email).map(|email| email.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(losing(&world), ["bob@example.com", "carl@example.com", "eve@example.com"]);
    world.advance(std::time::Duration::from_hours(15 * 24));
    assert!(losing(&world).contains(&"dora@example.com".to_owned()), "the invitation has expired");
}
