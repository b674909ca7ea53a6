//! Section 6: group mapping by SCIM.

use muster_engine::organizations;
use muster_model::{
    MappingId, MembershipState, Organization, Role, UserStatement, mapping::Entry, membership::Ending, texts,
};
use muster_testkit::{World, person};

pub(crate) fn entry(
    n: u128,
    pattern: &str,
    organization: &Organization,
    team: Option<&str>,
    role: Option<Role>,
) -> Entry {
    Entry {
        id: MappingId(uuid::Uuid::from_u128(n)),
        pattern: pattern.into(),
        organization: organization.id,
        team: team.map(Into::into),
        role,
    }
}

#[test]
fn grp_1_a_group_puts_its_members_into_the_team_and_the_organization() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let group = world.create_group(okta, " Whale : Harpooners ", &[ada.id]).unwrap();
    assert_eq!(group.members, 1);
    assert!(world.is_member(&whale, "ada@example.com"));
    assert_eq!(world.teams(&whale, "ada@example.com"), ["harpooners"]);
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    assert_eq!(world.membership(&whale, "ada@example.com").unwrap().role, Role::Member);
    let user = world.user(okta, ada.id).unwrap();
    assert_eq!((user.groups, user.version), (1, 2), "the user's entity tag moves with its groups");
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_1_a_team_called_owners_gives_no_role() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_group(okta, "moby:owners", &[ada.id]).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Member);
}

#[test]
fn grp_3_and_grp_4_groups_that_do_not_map_are_kept_and_reported() {
    let world = World::new();
    let (moby, _acme) = (world.organization("moby"), world.organization("acme"));
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let malformed = world.create_group(okta, "Everyone", &[ada.id]).unwrap();
    let uncovered = world.create_group(okta, "acme:developers", &[ada.id]).unwrap();
    assert!(malformed.targets.is_empty() && uncovered.targets.is_empty());
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    let reports = world.reports(okta);
    assert!(reports.contains(&("GRP-3".into(), texts::MALFORMED_GROUPS.into())), "{reports:?}");
    assert!(reports.iter().any(|(rule, detail)| rule == "GRP-4" && detail.contains("'acme'")), "{reports:?}");
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_5_renaming_moves_members_deleting_ends_grants_and_teams_stay() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let group = world.create_group(okta, "moby:developers", &[ada.id, bob.id]).unwrap();
    world.rename_group(okta, group.id, "moby:engineers").unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "engineers"]);
    assert_eq!(world.teams(&moby, "bob@example.com"), ["company", "engineers"]);
    world.delete_group(okta, group.id).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    let id = moby.id;
    let teams = world.read(move |conn| Ok(conn.teams(id)?));
    let names: Vec<_> = teams.iter().map(|team| team.name.as_str()).collect();
    assert_eq!(names, ["company", "developers", "engineers"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_5_a_team_renamed_by_hand_keeps_mapping_and_a_deleted_one_comes_back() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let group = world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
    let organization = moby.clone();
    let team = world
        .by_hand(move |tx, env| {
            let team = tx.team_by_name(organization.id, "developers")?.unwrap();
            organizations::change_team(tx, env, &organization, team.id, "hackers", "")
        })
        .unwrap();
    world.change_members(okta, group.id, &[bob.id], &[]).unwrap();
    assert_eq!(world.teams(&moby, "bob@example.com"), ["company", "hackers"]);

    let organization = moby.clone();
    world.by_hand(move |tx, env| organizations::delete_team(tx, env, &organization, team.id)).unwrap();
    assert_eq!(world.teams(&moby, "bob@example.com"), ["company"]);
    let carol = world.create_user(okta, person("carol@example.com")).unwrap();
    world.change_members(okta, group.id, &[carol.id], &[]).unwrap();
    assert_eq!(world.teams(&moby, "carol@example.com"), ["company", "hackers"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_5_deleting_a_default_team_by_hand_leaves_the_members_in_the_organization() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let organization = moby.clone();
    world
        .by_hand(move |tx, env| {
            let team = tx.team_by_name(organization.id, "company")?.unwrap();
            organizations::delete_team(tx, env, &organization, team.id)
        })
        .unwrap();
    assert!(world.is_member(&moby, "ada@example.com") && world.teams(&moby, "ada@example.com").is_empty());
    let away = UserStatement { active: false, ..person("ada@example.com") };
    world.put_user(okta, ada.id, away).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"), "SCIM still manages the membership");
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_6_a_member_stays_in_a_team_while_one_grant_says_so() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let by_form = world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
    let (organization, account) = (moby.clone(), world.account_of("ada@example.com").unwrap());
    world.by_hand(move |tx, env| organizations::add_to_team(tx, env, &organization, &account, "developers")).unwrap();
    world.change_members(okta, by_form.id, &[], &[ada.id]).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "developers"], "the manual grant stays");
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_6_two_groups_that_map_to_one_team_are_two_grants() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world
        .connection("okta", &[&moby])
        .mappings(vec![entry(1, "Platform*", &moby, Some("developers"), None)])
        .build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let one = world.create_group(okta, "Platform EU", &[ada.id]).unwrap();
    let two = world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
    world.change_members(okta, one.id, &[], &[ada.id]).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "developers"]);
    world.change_members(okta, two.id, &[], &[ada.id]).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_7_groups_leave_the_organization_alone_unless_the_setting_says_otherwise() {
    for follows in [false, true] {
        let world = World::new();
        let (moby, whale) = (world.organization("moby"), world.organization("whale"));
        let okta = world
            .connection("okta", &[&moby, &whale])
            .set(|settings| settings.scim.membership_follows_groups = follows)
            .build();
        let ada = world.create_user(okta, person("ada@example.com")).unwrap();
        let one = world.create_group(okta, "whale:one", &[ada.id]).unwrap();
        let two = world.create_group(okta, "whale:two", &[ada.id]).unwrap();
        let home = world.create_group(okta, "moby:developers", &[ada.id]).unwrap();
        world.change_members(okta, one.id, &[], &[ada.id]).unwrap();
        assert!(world.is_member(&whale, "ada@example.com"), "one group is left");
        world.change_members(okta, two.id, &[], &[ada.id]).unwrap();
        assert_eq!(world.is_member(&whale, "ada@example.com"), !follows);
        world.change_members(okta, home.id, &[], &[ada.id]).unwrap();
        assert!(world.is_member(&moby, "ada@example.com"), "the person's own grant holds the default organization");
        if follows {
            let ended = world.membership(&whale, "ada@example.com").unwrap().state;
            assert_eq!(ended, MembershipState::Ended { why: Ending::Groups, by: Some(okta) });
            world.change_members(okta, one.id, &[ada.id], &[]).unwrap();
            assert!(world.is_member(&whale, "ada@example.com"));
        }
        world.assert_ledger_tells_the_state();
    }
}

#[test]
fn grp_8_the_table_gives_roles_that_follow_the_groups_and_an_explicit_role_beats_it() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world
        .connection("okta", &[&moby, &whale])
        .mappings(vec![
            entry(1, "Editors", &moby, None, Some(Role::Editor)),
            entry(2, "Admins", &moby, Some("admins"), Some(Role::Owner)),
            entry(3, "Admins", &whale, None, Some(Role::Editor)),
        ])
        .build();
    let carol = world.account("carol@example.org", true);
    world.set_member(&moby, &carol, Role::Owner).unwrap();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let role = |organization| world.membership(organization, "ada@example.com").map(|membership| membership.role);
    let editors = world.create_group(okta, "editors", &[ada.id]).unwrap();
    assert_eq!(role(&moby), Some(Role::Editor));
    let admins = world.create_group(okta, "Admins", &[ada.id]).unwrap();
    assert_eq!((role(&moby), role(&whale)), (Some(Role::Owner), Some(Role::Editor)), "the highest wins");
    world.change_members(okta, admins.id, &[], &[ada.id]).unwrap();
    assert_eq!(role(&moby), Some(Role::Editor));
    let explicit = UserStatement { role: Some(Role::Member), ..person("ada@example.com") };
    world.put_user(okta, ada.id, explicit).unwrap();
    assert_eq!(role(&moby), Some(Role::Member), "an explicit dockerRole beats the table");
    world.change_members(okta, admins.id, &[ada.id], &[]).unwrap();
    assert_eq!((role(&moby), role(&whale)), (Some(Role::Member), Some(Role::Editor)), "only in its own target");
    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    assert_eq!(role(&moby), Some(Role::Owner), "cleared, the table speaks again");
    world.change_members(okta, editors.id, &[], &[ada.id]).unwrap();
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_8_an_explicit_role_that_the_table_gives_as_well_outlives_the_group() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta =
        world.connection("okta", &[&moby]).mappings(vec![entry(1, "Editors", &moby, None, Some(Role::Editor))]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let editors = world.create_group(okta, "Editors", &[ada.id]).unwrap();
    let explicit = UserStatement { role: Some(Role::Editor), ..person("ada@example.com") };
    world.put_user(okta, ada.id, explicit).unwrap();
    world.change_members(okta, editors.id, &[], &[ada.id]).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Editor, "dockerRole still says so");
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_8_a_renamed_group_takes_the_role_that_it_gave_along() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta =
        world.connection("okta", &[&moby]).mappings(vec![entry(1, "Admins", &moby, None, Some(Role::Owner))]).build();
    let carol = world.account("carol@example.org", true);
    world.set_member(&moby, &carol, Role::Owner).unwrap();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let role = || world.membership(&moby, "ada@example.com").unwrap().role;
    let group = world.create_group(okta, "Admins", &[ada.id]).unwrap();
    assert_eq!(role(), Role::Owner);
    world.rename_group(okta, group.id, "moby:alumni").unwrap();
    assert_eq!(role(), Role::Member, "no group of hers gives a role any more");
    world.rename_group(okta, group.id, "Admins").unwrap();
    assert_eq!(role(), Role::Owner);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_2_inactive_users_and_nested_groups_are_members_that_map_nobody() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let away = UserStatement { active: false, ..person("ada@example.com") };
    let ada = world.create_user(okta, away).unwrap();
    let inner = world.create_group(okta, "moby:inner", &[]).unwrap();
    let group = world.create_group(okta, "moby:outer", &[ada.id, muster_model::DirectoryUserId(inner.id.0)]).unwrap();
    assert_eq!(group.members, 2);
    assert!(world.reports(okta).iter().any(|(rule, _)| rule == "SCIM-3"), "a nested group is reported");
    assert!(world.account_of("ada@example.com").is_none());
    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "outer"], "placed when the person becomes active");
    world.delete_group(okta, inner.id).unwrap();
    let outer = group.id;
    assert_eq!(world.read(move |conn| Ok(conn.directory_group(okta, outer)?)).unwrap().members, 1);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_8_remapping_moves_members_when_the_table_changes() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    world.create_group(okta, "Platform", &[ada.id]).unwrap();
    let table = vec![entry(1, "plat*", &moby, Some("platform"), None)];
    world
        .scim(okta, move |tx, env, connection| {
            let mut connection = connection.clone();
            connection.mappings.clone_from(&table);
            muster_engine::directory::remap_groups(tx, env, &connection)
        })
        .unwrap();
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company", "platform"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn scim_4_a_place_that_groups_made_moves_once_the_user_names_it() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let crew = world.create_group(okta, "whale:crew", &[ada.id]).unwrap();
    let named = UserStatement { organization: Some("whale".into()), ..person("ada@example.com") };
    world.put_user(okta, ada.id, named.clone()).unwrap();
    assert!(world.is_member(&whale, "ada@example.com") && !world.is_member(&moby, "ada@example.com"));
    world.change_members(okta, crew.id, &[], &[ada.id]).unwrap();
    assert!(world.is_member(&whale, "ada@example.com"), "dockerOrg holds it now");
    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    assert!(!world.is_member(&whale, "ada@example.com"), "and where the grant moves, the old organization ends");
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
    world.assert_ledger_tells_the_state();

    world.change_members(okta, crew.id, &[ada.id], &[]).unwrap();
    world.put_user(okta, ada.id, named).unwrap();
    world.put_user(okta, ada.id, person("ada@example.com")).unwrap();
    assert_eq!(world.teams(&whale, "ada@example.com"), ["crew"], "unless another grant holds it");
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_8_who_comes_in_anew_has_the_role_of_all_groups_and_not_of_the_one_that_was_pushed() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world
        .connection("okta", &[&moby, &whale])
        .mappings(vec![entry(1, "Editors", &whale, None, Some(Role::Editor))])
        .build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let role = || world.membership(&whale, "ada@example.com").map(|membership| membership.role);
    world.create_group(okta, "Editors", &[ada.id]).unwrap();
    assert_eq!(role(), Some(Role::Editor));
    world.remove_member(&whale, &world.account_of("ada@example.com").unwrap(), false).unwrap();
    world.create_group(okta, "whale:crew", &[ada.id]).unwrap();
    assert!(world.is_member(&whale, "ada@example.com"));
    assert_eq!(role(), Some(Role::Editor), "the group that was pushed gives none, another of hers does");
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_7_what_the_person_states_outlives_the_groups_that_had_said_it_before() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world
        .connection("okta", &[&moby, &whale])
        .set(|settings| settings.scim.membership_follows_groups = true)
        .build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let group = world.create_group(okta, "whale:crew", &[ada.id]).unwrap();
    let stated = UserStatement { organization: Some("whale".into()), ..person("ada@example.com") };
    world.put_user(okta, ada.id, stated).unwrap();
    world.delete_group(okta, group.id).unwrap();
    assert!(world.is_member(&whale, "ada@example.com"), "her dockerOrg says so, not the group alone");
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_8_a_role_goes_with_its_group_though_other_groups_brought_the_membership_back() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta =
        world.connection("okta", &[&moby]).mappings(vec![entry(1, "Editors", &moby, None, Some(Role::Editor))]).build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let role = || world.membership(&moby, "ada@example.com").unwrap().role;
    let editors = world.create_group(okta, "Editors", &[ada.id]).unwrap();
    world.remove_member(&moby, &world.account_of("ada@example.com").unwrap(), false).unwrap();
    world.create_group(okta, "moby:crew", &[ada.id]).unwrap();
    assert_eq!(role(), Role::Editor, "she is in both groups");
    world.delete_group(okta, editors.id).unwrap();
    assert_eq!(role(), Role::Member);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_5_a_renamed_group_keeps_the_memberships_that_it_made() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world
        .connection("okta", &[&moby, &whale])
        .set(|settings| settings.scim.membership_follows_groups = true)
        .build();
    let ada = world.create_user(okta, person("ada@example.com")).unwrap();
    let bob = world.create_user(okta, person("bob@example.com")).unwrap();
    let group = world.create_group(okta, "whale:crew", &[ada.id, bob.id]).unwrap();
    // Of Ada an owner says so, too.
    world.set_member(&whale, &world.account_of("ada@example.com").unwrap(), Role::Editor).unwrap();
    let joined = || world.membership(&whale, "bob@example.com").unwrap().joined;
    let before = joined();
    world.advance(std::time::Duration::from_secs(60));
    world.rename_group(okta, group.id, "whale:rowers").unwrap();
    for email in ["ada@example.com", "bob@example.com"] {
        assert_eq!(world.teams(&whale, email), ["rowers"]);
        assert!(world.grants(&whale, email).iter().any(|grant| grant.manages(okta)), "{email} is managed as before");
    }
    assert_eq!(joined(), before, "nobody has left");
    world.assert_ledger_tells_the_state();
}
