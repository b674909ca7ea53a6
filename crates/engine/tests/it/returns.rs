//! Who was away in one directory while another, or an owner, kept the membership: what comes back, and what went
//! meanwhile (SCIM-4, SCIM-5, SCIM-8, GRP-7, GRP-8).

use muster_engine::organizations;
use muster_model::{ConnectionId, MembershipState, Organization, Role, UserStatement};
use muster_testkit::{World, person};

use crate::grp::entry;

const ADA: &str = "ada@example.com";

fn away() -> UserStatement {
    UserStatement { active: false, ..person(ADA) }
}

fn at(organization: &str) -> UserStatement {
    UserStatement { organization: Some(organization.into()), ..person(ADA) }
}

/// `okta` over `moby`, its default, and `whale`.
fn world() -> (World, Organization, Organization, ConnectionId) {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    (world, moby, whale, okta)
}

fn add_to_team(world: &World, organization: &Organization, team: &'static str) {
    let (organization, account) = (organization.clone(), world.account_of(ADA).unwrap());
    world.by_hand(move |tx, env| organizations::add_to_team(tx, env, &organization, &account, team)).unwrap();
}

#[test]
fn scim_4_a_grant_that_slept_moves_with_the_user_who_comes_back_elsewhere() {
    let (world, moby, whale, okta) = world();
    let said = UserStatement { team: Some("crew".into()), ..at("whale") };
    let ada = world.create_user(okta, said.clone()).unwrap();
    world.put_user(okta, ada.id, UserStatement { active: false, ..said }).unwrap();
    world.set_member(&whale, &world.account_of(ADA).unwrap(), Role::Member).unwrap();
    world.put_user(okta, ada.id, person(ADA)).unwrap();
    assert_eq!(world.teams(&moby, ADA), ["company"]);
    world.create_group(okta, "whale:rowers", &[ada.id]).unwrap();
    assert_eq!(world.teams(&whale, ADA), ["rowers"], "the team of the place that she has left is none of hers");
    world.put_user(okta, ada.id, away()).unwrap();
    assert!(world.is_member(&whale, ADA), "there she is by an owner's word");
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_5_what_another_connection_remembers_outlives_a_user_that_comes_back_elsewhere() {
    let (world, moby, whale, okta) = world();
    let jump = world.connection("jump", &[&whale]).build();
    let stated = UserStatement { role: Some(Role::Editor), ..at("whale") };
    let ada = world.create_user(okta, at("whale")).unwrap();
    let other = world.create_user(jump, stated.clone()).unwrap();
    world.put_user(jump, other.id, UserStatement { active: false, ..stated.clone() }).unwrap();
    add_to_team(&world, &whale, "book-club");
    world.put_user(okta, ada.id, away()).unwrap();
    assert!(!world.is_member(&whale, ADA));
    world.put_user(okta, ada.id, person(ADA)).unwrap();
    assert!(world.is_member(&moby, ADA) && !world.is_member(&whale, ADA));
    world.put_user(jump, other.id, stated).unwrap();
    assert_eq!(world.teams(&whale, ADA), ["book-club"], "the owner's team comes back through who still remembers her");
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_5_groups_that_change_while_a_person_is_away_forget_nobody() {
    let (world, _, whale, okta) = world();
    world.settings(okta, |settings| settings.scim.membership_follows_groups = true);
    let ada = world.create_user(okta, person(ADA)).unwrap();
    let crew = world.create_group(okta, "whale:crew", &[ada.id]).unwrap();
    world.create_group(okta, "whale:rowers", &[ada.id]).unwrap();
    add_to_team(&world, &whale, "book-club");
    world.put_user(okta, ada.id, away()).unwrap();
    world.change_members(okta, crew.id, &[], &[ada.id]).unwrap();
    assert_eq!(world.membership(&whale, ADA).unwrap().state, MembershipState::Asleep { by: okta });
    world.put_user(okta, ada.id, person(ADA)).unwrap();
    assert_eq!(world.teams(&whale, ADA), ["book-club", "rowers"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_5_groups_of_one_connection_do_not_forget_what_another_put_to_sleep() {
    let (world, moby, whale, okta) = world();
    let jump = world
        .connection("jump", &[&whale, &moby])
        .set(|settings| settings.scim.membership_follows_groups = true)
        .build();
    let ada = world.create_user(okta, person(ADA)).unwrap();
    let other = world.create_user(jump, person(ADA)).unwrap();
    let group = world.create_group(jump, "moby:writers", &[other.id]).unwrap();
    add_to_team(&world, &moby, "book-club");
    world.put_user(jump, other.id, away()).unwrap();
    world.put_user(okta, ada.id, away()).unwrap();
    world.delete_group(jump, group.id).unwrap();
    world.put_user(okta, ada.id, person(ADA)).unwrap();
    assert_eq!(world.teams(&moby, ADA), ["book-club", "company"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_8_a_role_goes_with_its_group_while_its_directory_has_the_person_inactive() {
    let (world, _, whale, okta) = world();
    let entra = world
        .connection("entra", &[&whale])
        .mappings(vec![
            entry(1, "Admins", &whale, None, Some(Role::Owner)),
            entry(2, "Editors", &whale, None, Some(Role::Editor)),
        ])
        .build();
    world.set_member(&whale, &world.account("carol@example.org", true), Role::Owner).unwrap();
    world.create_user(okta, at("whale")).unwrap();
    let ada = world.create_user(entra, person(ADA)).unwrap();
    let role = || world.membership(&whale, ADA).unwrap().role;
    let admins = world.create_group(entra, "Admins", &[ada.id]).unwrap();
    let editors = world.create_group(entra, "Editors", &[ada.id]).unwrap();
    assert_eq!(role(), Role::Owner);
    world.put_user(entra, ada.id, away()).unwrap();
    world.change_members(entra, admins.id, &[], &[ada.id]).unwrap();
    assert_eq!(role(), Role::Editor, "the role of the group that is left");
    world.change_members(entra, admins.id, &[ada.id], &[]).unwrap();
    world.delete_group(entra, editors.id).unwrap();
    assert_eq!(role(), Role::Editor, "who is inactive wins no role");
    world.put_user(entra, ada.id, person(ADA)).unwrap();
    assert_eq!(role(), Role::Owner, "until the groups' word counts again");
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_4_what_a_link_gave_moves_once_the_connection_manages_the_membership() {
    let world = World::new();
    let moby = world.organization("moby");
    let (okta, jump) = (world.connection("okta", &[&moby]).build(), world.connection("jump", &[&moby]).build());
    let other = world.create_user(jump, person(ADA)).unwrap();
    world.put_user(jump, other.id, away()).unwrap();
    world.set_member(&moby, &world.account_of(ADA).unwrap(), Role::Member).unwrap();
    let team = |team: &str| UserStatement { team: Some(team.into()), ..person(ADA) };
    let ada = world.create_user(okta, team("writers")).unwrap();
    assert!(!world.grants(&moby, ADA).iter().any(|grant| grant.manages(okta)), "an owner had added her");
    world.put_user(jump, other.id, team("crew")).unwrap();
    world.put_user(okta, ada.id, team("developers")).unwrap();
    assert_eq!(world.teams(&moby, ADA), ["crew", "developers"], "the old team ends");
    world.assert_ledger_tells_the_state();
}
