//! Section 9, as far as SCIM touches it: the last owner, removal by hand, guests.

use muster_engine::{
    EngineError, Refusal,
    returns::{self, Way},
};
use muster_model::{MembershipState, Role, UserStatement};
use muster_testkit::{World, person};

fn owner(user_name: &str) -> UserStatement {
    UserStatement { role: Some(Role::Owner), ..person(user_name) }
}

#[test]
fn org_1_the_last_owner_stays_on_record_and_goes_when_another_exists() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, owner("ada@example.com")).unwrap();
    let away = UserStatement { active: false, ..owner("ada@example.com") };
    let user = world.put_user(okta, ada.id, away).unwrap().resource;
    assert!(!user.active, "SCIM reads back what it wrote");
    let kept = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!((kept.state, kept.role), (MembershipState::Kept { by: okta }, Role::Owner));
    assert!(world.teams(&moby, "ada@example.com").is_empty(), "without access");
    assert!(world.reports(okta).iter().any(|(rule, _)| rule == "ORG-1"), "reported");

    world.create_user(okta, owner("bob@example.com")).unwrap();
    let gone = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!(gone.state, MembershipState::Asleep { by: okta }, "applied by itself");
    assert!(!world.reports(okta).iter().any(|(rule, _)| rule == "ORG-1"), "and the report is closed");
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_1_the_last_owner_comes_back_from_the_record() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, owner("ada@example.com")).unwrap();
    world.put_user(okta, ada.id, UserStatement { active: false, ..owner("ada@example.com") }).unwrap();
    world.put_user(okta, ada.id, owner("ada@example.com")).unwrap();
    let back = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!((back.state, back.role), (MembershipState::Active, Role::Owner));
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_1_a_deleted_last_owner_ends_for_good_when_another_exists() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, owner("ada@example.com")).unwrap();
    world.delete_user(okta, ada.id).unwrap();
    assert!(matches!(world.membership(&moby, "ada@example.com").unwrap().state, MembershipState::Kept { .. }));
    world.create_user(okta, owner("bob@example.com")).unwrap();
    assert!(matches!(world.membership(&moby, "ada@example.com").unwrap().state, MembershipState::Ended { .. }));
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_1_the_last_owners_demotion_waits_for_another() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, owner("ada@example.com")).unwrap();
    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    let kept = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!((kept.role, kept.role_kept, kept.state), (Role::Owner, true, MembershipState::Active));
    world.create_user(okta, owner("bob@example.com")).unwrap();
    let demoted = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!((demoted.role, demoted.role_kept), (Role::Member, false));
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_1_the_last_owner_cannot_be_removed_or_demoted_by_hand() {
    let world = World::new();
    let moby = world.organization("moby");
    let ada = world.account("ada@example.com", true);
    world.set_member(&moby, &ada, Role::Owner).unwrap();
    let refused = |result| matches!(result, Err(EngineError::Refused(Refusal::LastOwner { .. })));
    assert!(refused(world.remove_member(&moby, &ada, false)));
    assert!(refused(world.set_member(&moby, &ada, Role::Member)));
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Owner);
    let bob = world.account("bob@example.com", true);
    world.set_member(&moby, &bob, Role::Owner).unwrap();
    world.remove_member(&moby, &ada, false).unwrap();
    assert!(refused(world.remove_member(&moby, &bob, false)));
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_1_the_highest_role_caps_what_the_directory_gives() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.highest_role = Role::Editor).build();
    world.create_user(okta, owner("ada@example.com")).unwrap();
    let membership = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!(membership.role, Role::Editor);
    let said: Vec<_> = membership.roles.iter().map(|said| said.value).collect();
    assert_eq!(said, [Role::Owner], "what was said is kept");
}

#[test]
fn org_2_a_member_removed_by_hand_returns_with_the_next_write_unless_blocked() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let said = UserStatement { role: Some(Role::Editor), ..person("ada@example.com") };
    let ada = world.create_user(okta, said.clone()).unwrap();
    let account = world.account_of("ada@example.com").unwrap();
    world.remove_member(&moby, &account, false).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com") && world.grants(&moby, "ada@example.com").is_empty());
    world.put_user(okta, ada.id, said.clone()).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"), "even a write that says nothing new");
    assert!(world.grants(&moby, "ada@example.com").iter().any(|grant| grant.manages(okta)), "now managed");

    world.remove_member(&moby, &account, true).unwrap();
    world.put_user(okta, ada.id, UserStatement { full_name: Some("Ada".into()), ..said }).unwrap();
    world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"), "only an owner lifts the block");
    world.remove_member(&moby, &account, false).unwrap_err();
    assert!(world.membership(&moby, "ada@example.com").unwrap().blocked, "removing again lifts no block");
    world.set_member(&moby, &account, Role::Member).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"));
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_2_whoever_removes_a_member_is_told_what_brings_them_back() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let bob = world.account("bob@example.com", true);
    let eve = world.account("eve@elsewhere.org", true);
    for account in [&bob, &eve] {
        world.set_member(&moby, account, Role::Member).unwrap();
    }
    let ways = |email: &str| -> Vec<(Way, String)> {
        let (account, organization) = (world.account_of(email).unwrap(), moby.clone());
        let ways = world.read(move |conn| returns::ways_back(conn, &organization, &account));
        ways.into_iter().map(|way| (way.way, way.connection)).collect()
    };
    let by = |way| (way, "okta".to_owned());
    assert_eq!(ways("ada@example.com"), [by(Way::Scim), by(Way::Jit)]);
    assert_eq!(ways("bob@example.com"), [by(Way::Jit)], "the directory has never said a word");
    assert_eq!(ways("eve@elsewhere.org"), [], "signs in elsewhere");
    world.put_user(okta, ada.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    assert_eq!(ways("ada@example.com"), [], "the directory keeps them out itself");
}

#[test]
fn org_2_a_lifted_block_brings_nobody_back_and_keeps_nobody_out() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let account = world.account_of("ada@example.com").unwrap();
    let lift = || {
        let (organization, account) = (moby.clone(), account.clone());
        world.by_hand(move |tx, env| returns::lift_block(tx, env, &organization, &account))
    };
    let blocked = || {
        let organization = moby.clone();
        let nobody = muster_model::AccountId(uuid::Uuid::nil());
        world.read(move |conn| returns::blocked(conn, &organization, nobody, 10)).len()
    };
    assert!(matches!(lift(), Err(EngineError::NotFound { kind: "block", .. })));
    world.remove_member(&moby, &account, true).unwrap();
    assert_eq!(blocked(), 1);
    lift().unwrap();
    assert_eq!((blocked(), world.is_member(&moby, "ada@example.com")), (0, false));
    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"), "the next write does");
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_2_a_block_keeps_out_whoever_is_pushed_anew_under_the_address_that_was_given_up() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let account = world.account_of("ada@example.com").unwrap();
    world.remove_member(&moby, &account, true).unwrap();
    world.put_user(okta, ada.id, person("lovelace@example.com")).unwrap();
    let anew = world.create_user(okta, person("Ada@Example.com")).unwrap();
    assert!(anew.account.is_some_and(|other| other != account.id), "the old address makes a new account");
    world.create_group(okta, "moby:developers", &[anew.id]).unwrap();
    world.create_group(okta, "whale:crew", &[anew.id]).unwrap();
    assert!(world.membership(&moby, "ada@example.com").is_none(), "only an owner lifts the block");
    assert!(world.is_member(&whale, "ada@example.com"), "it is one organization's");
    let said_again = world.put_user(okta, anew.id, person("Ada@Example.com")).unwrap();
    assert!(!said_again.changed, "saying it again makes no difference");
    world.create_user(okta, person("bob@example.com")).unwrap();
    assert!(world.is_member(&moby, "bob@example.com"));

    world.set_member(&moby, &account, Role::Member).unwrap();
    let said_again = world.put_user(okta, anew.id, person("Ada@Example.com")).unwrap();
    assert!(
        said_again.changed && world.is_member(&moby, "ada@example.com"),
        "the block is lifted with all its addresses"
    );
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_2_adding_the_new_person_by_hand_lets_the_address_in() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.remove_member(&moby, &world.account_of("ada@example.com").unwrap(), true).unwrap();
    world.put_user(okta, ada.id, person("lovelace@example.com")).unwrap();
    world.create_user(okta, person("ada@example.com")).unwrap();
    world.set_member(&moby, &world.account_of("ada@example.com").unwrap(), Role::Member).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"));
    assert!(world.membership(&moby, "lovelace@example.com").unwrap().blocked, "the other block stays");
}

#[test]
fn org_2_a_membership_that_groups_made_returns_with_the_users_next_write() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_group(okta, "whale:crew", &[ada.id]).unwrap();
    let account = world.account_of("ada@example.com").unwrap();
    world.remove_member(&whale, &account, false).unwrap();
    assert!(!world.is_member(&whale, "ada@example.com"));
    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    assert!(world.is_member(&whale, "ada@example.com"), "even a write that says nothing new");
    assert_eq!(world.teams(&whale, "ada@example.com"), ["crew"]);
    assert!(!world.put_user(okta, ada.id, person("ada@example.com")).unwrap().changed);

    world.remove_member(&whale, &account, true).unwrap();
    assert!(!world.put_user(okta, ada.id, person("ada@example.com")).unwrap().changed, "only an owner lifts the block");
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_2_an_owner_who_adds_a_deactivated_person_brings_back_nothing_of_the_directorys() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.put_user(okta, ada.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    let account = world.account_of("ada@example.com").unwrap();
    world.set_member(&moby, &account, Role::Member).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"));
    assert!(world.teams(&moby, "ada@example.com").is_empty(), "the directory's team stays withdrawn");
    world.delete_user(okta, ada.id).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"), "the owner's later act is not the directory's to end");
    world.assert_ledger_tells_the_state();
}

#[test]
fn org_2_unblocking_one_person_does_not_let_in_an_address_that_another_gave_up_as_well() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("shared@example.com")).unwrap();
    world.remove_member(&moby, &world.account_of("shared@example.com").unwrap(), true).unwrap();
    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let bobs = world.account_of("bob@example.com").unwrap();
    world.remove_member(&moby, &bobs, true).unwrap();
    world.put_user(okta, bob.id, person("shared@example.com")).unwrap();
    world.put_user(okta, bob.id, person("bob@example.com")).unwrap();

    world.set_member(&moby, &world.account_of("ada@example.com").unwrap(), Role::Member).unwrap();
    world.create_user(okta, person("shared@example.com")).unwrap();
    assert!(world.membership(&moby, "shared@example.com").is_none(), "the other block stays");
}

#[test]
fn org_8_members_of_other_domains_are_guests() {
    let world = World::new();
    let moby = world.organization("moby");
    let empty = world.organization("empty");
    let _okta = world.connection("okta", &[&moby]).build();
    let eve = world.account("eve@elsewhere.org", true);
    world.set_member(&moby, &eve, Role::Member).unwrap();
    world.set_member(&empty, &eve, Role::Member).unwrap();
    assert!(world.membership(&moby, "eve@elsewhere.org").unwrap().guest);
    assert!(!world.membership(&empty, "eve@elsewhere.org").unwrap().guest, "without a domain nobody is a guest");
}
