//! JIT-10: who has left does not come back by signing in.

use std::time::Duration;

use muster_crypto::TokenText;
use muster_engine::{
    EngineError, Refusal,
    invitations::{self, Answered},
};
use muster_model::{
    ConnectionId, MembershipState, Organization, Role, SignIn, UserStatement,
    connection::{ScimSettings, UserNames},
};
use muster_testkit::{World, asserted, groups, person};

use crate::jit::{refusal, switch_scim_off};

const ADA: &str = "ada@example.com";
const MINUTE: Duration = Duration::from_mins(1);

/// `okta` over `moby` and `whale`, with a directory.
fn world() -> (World, Organization, Organization, ConnectionId) {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    (world, moby, whale, okta)
}

/// The directory has Ada, and deletes her.
fn come_and_go(world: &World, okta: ConnectionId) {
    let ada = world.create_user(okta, person(ADA)).unwrap();
    world.advance(MINUTE);
    world.delete_user(okta, ada.id).unwrap();
    world.advance(MINUTE);
}

fn is_denied(world: &World, okta: ConnectionId) -> bool {
    match world.sign_in(okta, asserted(ADA)) {
        Err(EngineError::Refused(Refusal::EndedByDirectory(_))) => true,
        Ok(_) => false,
        other => panic!("neither denied nor let in: {other:?}"),
    }
}

fn accept(world: &World, link: &TokenText) -> Result<Organization, EngineError> {
    let (account, link) = (world.account_of(ADA).unwrap(), link.hash());
    world.by_hand(move |tx, env| invitations::accept(tx, env, &account, Answered::Link(&link)))
}

#[test]
fn jit_10_a_deleted_user_has_no_way_in_though_the_membership_was_never_the_directorys() {
    let (world, moby, _, okta) = world();
    world.set_member(&moby, &world.account(ADA, true), Role::Member).unwrap();
    come_and_go(&world, okta);
    assert!(world.is_member(&moby, ADA), "SCIM-6: linked, not managed");
    assert!(is_denied(&world, okta));
    // An owner who adds the member again means it.
    world.set_member(&moby, &world.account_of(ADA).unwrap(), Role::Member).unwrap();
    assert!(!is_denied(&world, okta));
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_a_deleted_user_has_no_way_in_though_a_member_elsewhere() {
    let (world, moby, whale, okta) = world();
    world.set_member(&whale, &world.account(ADA, true), Role::Member).unwrap();
    come_and_go(&world, okta);
    assert!(world.is_member(&whale, ADA) && !world.is_member(&moby, ADA));
    assert!(is_denied(&world, okta));
    // The directory itself brings the person back.
    world.create_user(okta, person(ADA)).unwrap();
    assert!(!is_denied(&world, okta) && world.is_member(&moby, ADA));
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_removal_by_hand_opens_no_way_back() {
    let (world, moby, _, okta) = world();
    let entra = world.connection("entra", &[&moby]).build();
    switch_scim_off(&world, entra);
    let ada = world.create_user(okta, person(ADA)).unwrap();
    let off = UserStatement { active: false, ..person(ADA) };
    world.put_user(okta, ada.id, off).unwrap();
    world.remove_member(&moby, &world.account_of(ADA).unwrap(), false).unwrap();
    assert!(is_denied(&world, okta) && is_denied(&world, entra), "okta ended it before the owner did");
    world.delete_user(okta, ada.id).unwrap();
    assert!(is_denied(&world, okta) && is_denied(&world, entra));
    // What only an owner ends, the next sign-in begins anew (ORG-2).
    world.set_member(&moby, &world.account_of(ADA).unwrap(), Role::Member).unwrap();
    world.remove_member(&moby, &world.account_of(ADA).unwrap(), false).unwrap();
    assert!(!is_denied(&world, okta) && world.is_member(&moby, ADA));
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_an_invitation_lets_in_again_when_it_is_the_later_act() {
    let (world, moby, whale, okta) = world();
    let (_, older) = world.invite(&moby, "king@example.com", None, Role::Editor).unwrap();
    world.advance(MINUTE);
    let ada = world.create_user(okta, person(ADA)).unwrap();
    world.put_user(okta, ada.id, person("king@example.com")).unwrap();
    world.advance(MINUTE);
    world.delete_user(okta, ada.id).unwrap();
    world.advance(MINUTE);
    let king = SignIn { groups: groups(&["whale:x"]), ..asserted("king@example.com") };
    assert_eq!(refusal(world.sign_in(okta, king.clone())), Refusal::EndedByDirectory("okta".into()));
    // A later one to another organization of the connection: in there, and not by the older one here.
    world.invite(&whale, "king@example.com", None, Role::Member).unwrap();
    world.sign_in(okta, king).unwrap();
    assert!(world.is_member(&whale, "king@example.com") && !world.is_member(&moby, "king@example.com"));
    let (account, link) = (world.account_of("king@example.com").unwrap(), older.hash());
    let late = world.by_hand(move |tx, env| invitations::accept(tx, env, &account, Answered::Link(&link)));
    assert!(matches!(late, Err(EngineError::Refused(Refusal::Invalid(_)))), "ORG-3: {late:?}");
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_an_accepted_invitation_lets_in_again() {
    let (world, moby, _, okta) = world();
    come_and_go(&world, okta);
    let (_, link) = world.invite(&moby, ADA, None, Role::Member).unwrap();
    accept(&world, &link).unwrap();
    assert!(!is_denied(&world, okta) && world.is_member(&moby, ADA));
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_an_owner_of_another_organization_lets_nobody_in() {
    let (world, _, _, okta) = world();
    let acme = world.organization("acme");
    come_and_go(&world, okta);
    world.set_member(&acme, &world.account_of(ADA).unwrap(), Role::Member).unwrap();
    assert!(is_denied(&world, okta), "okta does not cover acme");
}

#[test]
fn jit_10_who_came_in_while_the_directory_was_off_stays_in_when_it_is_on_again() {
    let (world, moby, _, okta) = world();
    come_and_go(&world, okta);
    switch_scim_off(&world, okta);
    assert!(!is_denied(&world, okta));
    world.settings(okta, |settings| settings.scim.enabled = true);
    assert!(!is_denied(&world, okta) && world.is_member(&moby, ADA));
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_and_acc_2_who_was_erased_is_somebody_new() {
    let (world, moby, _, okta) = world();
    come_and_go(&world, okta);
    let before = world.account_of(ADA).unwrap();
    world.erase(before.id, || world.assert_ledger_tells_the_state()).unwrap();
    assert!(!is_denied(&world, okta) && world.is_member(&moby, ADA));
    assert_ne!(world.account_of(ADA).unwrap().id, before.id);
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_and_sso_12_whom_the_predecessor_deleted_the_successor_does_not_let_in() {
    let (world, moby, whale, okta) = world();
    let entra = world.connection("entra", &[&moby, &whale]).build();
    world.settings(okta, move |settings| settings.successor = Some(entra));
    world.settings(entra, move |settings| settings.predecessor = Some(okta));
    come_and_go(&world, okta);
    let said = SignIn { organization: Some("whale".into()), ..asserted(ADA) };
    assert_eq!(refusal(world.sign_in(entra, said.clone())), Refusal::EndedByDirectory("entra".into()));
    world.create_user(entra, person(ADA)).unwrap();
    world.sign_in(entra, said).unwrap();
    assert!(world.is_member(&whale, ADA));
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_whom_the_directory_ended_does_not_come_back_by_signing_in() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    let entra = world.connection("entra", &[&moby, &whale]).build();
    switch_scim_off(&world, entra);
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.put_user(okta, ada.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    let said = SignIn { groups: groups(&["moby:developers"]), ..asserted("ada@example.com") };
    let ended = Refusal::EndedByDirectory("okta".into());
    assert_eq!(refusal(world.sign_in(okta, said.clone())), ended);
    // Not through another connection either; other ways in remain, without that organization.
    assert_eq!(refusal(world.sign_in(entra, said.clone())), Refusal::EndedByDirectory("entra".into()));
    world.sign_in(entra, SignIn { organization: Some("whale".into()), ..said.clone() }).unwrap();
    assert!(world.is_member(&whale, "ada@example.com") && !world.is_member(&moby, "ada@example.com"));
    // Deleted is ended, too.
    world.delete_user(okta, ada.id).unwrap();
    assert_eq!(refusal(world.sign_in(okta, said.clone())), ended);
    assert!(!world.is_member(&moby, "ada@example.com"));
    // SCIM brings the person back.
    world.create_user(okta, person("ada@example.com")).unwrap();
    world.sign_in(okta, said).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "developers"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_one_who_was_never_active_has_no_way_in() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.create_user(okta, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    assert_eq!(refusal(world.sign_in(okta, asserted("ada@example.com"))), Refusal::EndedByDirectory("okta".into()));
    assert!(world.account_of("ada@example.com").is_none());
}

#[test]
fn jit_10_an_owners_later_act_and_a_directory_switched_off_let_in_again() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    for email in ["ada@example.com", "bob@example.com"] {
        let user = world.create_user(okta, person(email)).unwrap();
        world.delete_user(okta, user.id).unwrap();
        assert_eq!(refusal(world.sign_in(okta, asserted(email))), Refusal::EndedByDirectory("okta".into()));
    }
    world.set_member(&moby, &world.account_of("ada@example.com").unwrap(), Role::Member).unwrap();
    world.sign_in(okta, asserted("ada@example.com")).unwrap();
    world.settings(okta, |settings| settings.scim = ScimSettings::default());
    world.sign_in(okta, asserted("bob@example.com")).unwrap();
    assert_eq!(world.membership(&moby, "bob@example.com").unwrap().state, MembershipState::Active);
    world.assert_ledger_tells_the_state();
}

#[test]
fn jit_10_another_user_of_the_same_address_does_not_let_an_inactive_one_in() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let any = |settings: &mut muster_model::connection::Settings| settings.scim.user_names = UserNames::Any;
    let okta = world.connection("okta", &[&moby, &whale]).set(any).build();
    let said = |active| UserStatement { emails: vec!["ada@example.com".into()], active, ..person("ada") };
    let ada = world.create_user(okta, said(true)).unwrap();
    world.set_member(&whale, &world.account_of("ada@example.com").unwrap(), Role::Member).unwrap();
    world.put_user(okta, ada.id, said(false)).unwrap();
    world.create_user(okta, UserStatement { emails: Vec::new(), ..person("ada@example.com") }).unwrap();
    assert_eq!(refusal(world.sign_in(okta, asserted("ada@example.com"))), Refusal::EndedByDirectory("okta".into()));
}

#[test]
fn scim_5_what_a_directory_manages_is_not_forgotten_when_an_invitation_lets_the_person_in() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let entra = world.connection("entra", &[&moby]).build();
    switch_scim_off(&world, entra);
    let said = |active| UserStatement { active, ..person("ada@example.com") };
    let ada = world.create_user(okta, said(true)).unwrap();
    world.put_user(okta, ada.id, said(false)).unwrap();
    world.invite(&moby, "ada@example.com", None, Role::Member).unwrap();
    world.sign_in(entra, asserted("ada@example.com")).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"), "an owner's later act");
    world.put_user(okta, ada.id, said(true)).unwrap();
    world.put_user(okta, ada.id, said(false)).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"), "okta manages the membership, and ends it");
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_5_asserted_teams_are_remembered_while_the_membership_sleeps() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby]).build();
    let entra = world.connection("entra", &[&moby, &whale]).build();
    switch_scim_off(&world, entra);
    let said = |active| UserStatement { active, ..person("ada@example.com") };
    let ada = world.create_user(okta, said(true)).unwrap();
    let in_group = SignIn { groups: groups(&["moby:dev", "whale:x"]), ..asserted("ada@example.com") };
    world.sign_in(entra, in_group.clone()).unwrap();
    world.put_user(okta, ada.id, said(false)).unwrap();
    world.sign_in(entra, in_group).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com") && world.is_member(&whale, "ada@example.com"));
    world.put_user(okta, ada.id, said(true)).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "dev"]);
}
