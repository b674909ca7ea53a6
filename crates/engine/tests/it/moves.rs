//! GRP-5, SCIM-14: large groups, whose members follow a rename or deletion in slices.

use muster_engine::{EngineError, Refusal, directory};
use muster_model::{ConnectionId, DirectoryGroupId, DirectoryUserId, Organization, Source};
use muster_testkit::{World, person};

const PEOPLE: usize = 1_010;

fn email(number: usize) -> String {
    format!("p{number}@example.com")
}

struct Large {
    world: World,
    moby: Organization,
    okta: ConnectionId,
    ids: Vec<DirectoryUserId>,
    group: DirectoryGroupId,
}

/// A group `moby:developers` that is just too large to move in one piece.
fn large(guarded: bool) -> Large {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).set(|settings| settings.scim.mass_change_guard = guarded).build();
    let ids = world.create_people(okta, PEOPLE);
    let group = world.create_group(okta, "moby:developers", &ids).unwrap().id;
    assert!(i64::try_from(PEOPLE).unwrap() > directory::INLINE);
    Large { world, moby, okta, ids, group }
}

impl Large {
    fn in_team(&self, team: &str) -> usize {
        let (moby, team) = (self.moby.id, team.to_owned());
        self.world.read(move |conn| {
            let Some(team) = conn.team_by_name(moby, &team)? else { return Ok(0) };
            let mut holders = conn.team_grant_holders(team.id, 10_000)?;
            holders.dedup();
            Ok(holders.len())
        })
    }

    fn teams(&self, number: usize) -> Vec<String> {
        let mut teams = self.world.teams(&self.moby, &email(number));
        teams.retain(|team| team != "company");
        teams
    }

    fn finish(&self) {
        while self.world.move_slice() {}
    }
}

#[test]
fn grp_5_a_large_group_that_is_deleted_is_gone_at_once_and_its_members_leave_in_slices() {
    let large = large(false);
    let Large { world, okta, ids, group, .. } = &large;
    world.delete_group(*okta, *group).unwrap();
    assert!(matches!(world.delete_group(*okta, *group), Err(EngineError::NotFound { .. })));
    let anew = world.create_group(*okta, "moby:developers", &ids[1_000..1_001]).unwrap();
    assert!(world.move_slice());
    let left = PEOPLE - large.in_team("developers");
    assert!(left > 0 && left < PEOPLE, "a slice at a time: {left}");
    world.delete_user(*okta, ids[1_005]).unwrap();
    large.finish();
    assert_eq!(large.in_team("developers"), 1, "who is in the new group stays");
    assert_eq!(large.teams(1_000), ["developers"]);
    assert_eq!(world.user(*okta, ids[3]).unwrap().groups, 0);
    let members = world.read({
        let group = *group;
        move |conn| Ok(conn.group_members(group, uuid::Uuid::nil(), 10)?)
    });
    assert!(members.is_empty() && anew.members == 1);
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_5_members_of_a_large_group_follow_its_renames_whatever_happens_meanwhile() {
    let large = large(false);
    let Large { world, okta, ids, group, .. } = &large;
    let eve = world.create_user(*okta, person("eve@example.com")).unwrap();
    world.rename_group(*okta, *group, "moby:designers").unwrap();
    assert!(world.move_slice());
    assert_eq!(large.teams(0), ["designers"], "the first have followed");
    assert_eq!(large.teams(1_009), ["developers"], "the last have not");
    world.change_members(*okta, *group, &[eve.id], &ids[1_008..1_009]).unwrap();
    assert!(large.teams(1_008).is_empty(), "who leaves meanwhile leaves where the group was");
    assert_eq!(world.teams(&large.moby, "eve@example.com"), ["company", "designers"]);
    world.rename_group(*okta, *group, "moby:testers").unwrap();
    assert!(world.move_slice());
    world.rename_group(*okta, *group, "moby:designers").unwrap();
    world.change_members(*okta, *group, &[], &ids[1_007..1_008]).unwrap();
    large.finish();
    assert_eq!((large.in_team("developers"), large.in_team("testers")), (0, 0));
    assert_eq!(large.in_team("designers"), PEOPLE + 1 - 2);
    let grants = world.grants(&large.moby, &email(5));
    let designer = grants.iter().find(|grant| grant.rule.id() == "GRP-1").unwrap();
    assert_eq!((designer.source, designer.connection), (Source::Scim, Some(*okta)));
    assert!(
        !world
            .read({
                let (okta, group) = (*okta, *group);
                move |conn| Ok(conn.directory_group(okta, group)?)
            })
            .unwrap()
            .moving
    );
    world.assert_ledger_tells_the_state();
}

#[test]
fn grp_5_a_group_that_has_shrunk_while_it_moves_moves_in_one_piece() {
    let large = large(false);
    let Large { world, okta, ids, group, .. } = &large;
    world.rename_group(*okta, *group, "moby:designers").unwrap();
    assert!(world.move_slice());
    world.change_members(*okta, *group, &[], &ids[..20]).unwrap();
    world.rename_group(*okta, *group, "moby:testers").unwrap();
    assert!(!world.move_slice(), "nothing is left to follow");
    let present = ["developers", "designers", "testers"].map(|team| large.in_team(team));
    assert_eq!(present, [0, 0, PEOPLE - 20]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn mig_3_what_a_large_group_will_end_is_counted_before() {
    let large = large(true);
    let Large { world, okta, group, .. } = &large;
    for held in [
        world.delete_group(*okta, *group).unwrap_err(),
        world.rename_group(*okta, *group, "moby:designers").unwrap_err(),
    ] {
        assert!(matches!(held, EngineError::Refused(Refusal::Held(_))), "{held}");
    }
    assert!(!world.move_slice(), "nothing of it has begun");
    let (okta, group, kept) = (*okta, *group, world.held(*okta)[0].id);
    world
        .scim(okta, move |tx, env, connection| {
            muster_engine::guard::approve(tx, env, connection.id, kept)?;
            directory::delete_group(tx, env, connection, group, |_| true)
        })
        .unwrap();
    large.finish();
    assert_eq!(large.in_team("developers"), 0);
    world.assert_ledger_tells_the_state();
}
