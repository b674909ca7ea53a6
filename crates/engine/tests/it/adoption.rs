//! MIG-1: existing members under SCIM management, in place.

use muster_engine::{
    EngineError, Refusal,
    adoption::{self, Candidate, Hindrance, Pick},
    plans::{Effect, Plan, PlanState, Proposal},
};
use muster_model::{ConnectionId, DirectoryUserId, Email, MembershipState, Role, Rule, Source, UserStatement};
use muster_testkit::{TestDocuments, World, person};
use uuid::Uuid;

use crate::plans::{apply, make, places};

fn candidates(world: &World, connection: ConnectionId) -> Vec<Candidate> {
    world.read(move |conn| {
        let connection = conn.connection(connection)?.unwrap();
        let from = DirectoryUserId(Uuid::nil());
        Ok(adoption::candidates(conn, &connection, &TestDocuments, None, from, 1_000)?.candidates)
    })
}

fn picks(candidates: &[Candidate]) -> Vec<Pick> {
    let unhindered = candidates.iter().filter(|candidate| candidate.hindrance.is_none());
    unhindered.map(|c| Pick { user: c.user, organization: c.organization, owner: false }).collect()
}

fn plan(world: &World, connection: ConnectionId, picks: Vec<Pick>) -> Plan {
    make(world, &Proposal::Adoption { connection, picks }).unwrap()
}

#[test]
fn mig_1_adoption_is_a_plan_first_and_leaves_role_teams_and_ids_as_they_are() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.account("ada@example.com", true);
    world.set_member(&moby, &ada, Role::Editor).unwrap();
    let user = world.create_user(okta, person("ada@example.com")).unwrap();
    let found = candidates(&world, okta);
    assert_eq!((found.len(), found[0].sources.as_slice(), found[0].hindrance), (1, [Source::Manual].as_slice(), None));

    let plan = plan(&world, okta, picks(&found));
    let member = &plan.outcome.members[0];
    assert_eq!(member.effects, [Effect::Moved, Effect::ManagementChanged]);
    let after = member.after.as_ref().unwrap();
    assert!(after.teams.contains("company") && after.managed_by.contains("okta") && after.role == Role::Editor);
    assert_eq!(candidates(&world, okta), found, "nothing is done yet");

    apply(&world, plan.id).unwrap();
    assert!(candidates(&world, okta).is_empty());
    let membership = world.membership(&moby, "ada@example.com").unwrap();
    assert_eq!((membership.role, membership.account), (Role::Editor, ada.id));
    let managing = world.grants(&moby, "ada@example.com").into_iter().find(|grant| grant.manages(okta)).unwrap();
    assert_eq!((managing.rule, managing.request.map(|r| r.0)), (Rule::Mig1, Some(plan.id.0)), "shown as one change");

    world.put_user(okta, user.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    assert!(!world.is_member(&moby, "ada@example.com"), "from now on its end is the membership's end");
    world.put_user(okta, user.id, person("ada@example.com")).unwrap();
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Editor);
    world.assert_ledger_tells_the_state();
}

#[test]
fn mig_1_a_push_after_adoption_changes_nothing() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.set_member(&moby, &world.account("ada@example.com", true), Role::Member).unwrap();
    let said = UserStatement { team: Some("crew".into()), ..person("ada@example.com") };
    let user = world.create_user(okta, said.clone()).unwrap();
    let made = plan(&world, okta, picks(&candidates(&world, okta)));
    apply(&world, made.id).unwrap();
    let before = (places(&world), world.grants(&moby, "ada@example.com").len());
    let renamed = UserStatement { external_id: Some("x".into()), ..said };
    world.put_user(okta, user.id, renamed).unwrap();
    assert_eq!((places(&world), world.grants(&moby, "ada@example.com").len()), before);
}

#[test]
fn mig_1_owners_are_adopted_only_when_named_singly() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.set_member(&moby, &world.account("ada@example.com", true), Role::Owner).unwrap();
    world.create_user(okta, person("ada@example.com")).unwrap();
    let found = candidates(&world, okta);
    assert_eq!(found[0].hindrance, Some(Hindrance::Owner));
    let pick = Pick { user: found[0].user, organization: moby.id, owner: false };
    assert!(plan(&world, okta, vec![pick]).outcome.members.is_empty(), "in bulk an owner is passed over");
    let singly = plan(&world, okta, vec![Pick { owner: true, ..pick }]);
    apply(&world, singly.id).unwrap();
    assert!(world.grants(&moby, "ada@example.com").iter().any(|grant| grant.manages(okta)));
    assert_eq!(world.membership(&moby, "ada@example.com").unwrap().role, Role::Owner);
}

#[test]
fn mig_1_adopting_somebody_who_is_inactive_ends_the_membership() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.set_member(&moby, &world.account("ada@example.com", true), Role::Member).unwrap();
    let user = world.create_user(okta, person("ada@example.com")).unwrap();
    world.put_user(okta, user.id, UserStatement { active: false, ..person("ada@example.com") }).unwrap();
    assert!(world.is_member(&moby, "ada@example.com"), "linked, not managed (SCIM-6)");
    assert_eq!(world.reports(okta).len(), 1);
    let found = candidates(&world, okta);
    assert_eq!(found[0].hindrance, Some(Hindrance::Inactive));
    let pick = Pick { user: user.id, organization: moby.id, owner: false };
    let plan = plan(&world, okta, vec![pick]);
    assert_eq!(plan.outcome.members[0].effects, [Effect::Removed]);
    apply(&world, plan.id).unwrap();
    let state = world.membership(&moby, "ada@example.com").unwrap().state;
    assert_eq!(state, MembershipState::Asleep { by: okta });
    assert!(world.reports(okta).is_empty(), "what was reported is over");
}

#[test]
fn mig_1_what_the_directory_does_not_say_it_cannot_manage() {
    let world = World::new();
    let (moby, whale) = (world.organization("moby"), world.organization("whale"));
    let okta = world.connection("okta", &[&moby, &whale]).build();
    let ada = world.account("ada@example.com", true);
    world.set_member(&whale, &ada, Role::Member).unwrap();
    let user = world.create_user(okta, person("ada@example.com")).unwrap();
    assert_eq!(candidates(&world, okta)[0].hindrance, Some(Hindrance::Elsewhere));
    let pick = Pick { user: user.id, organization: whale.id, owner: false };
    assert!(plan(&world, okta, vec![pick]).outcome.members.is_empty());
    world.create_group(okta, "whale:divers", &[user.id]).unwrap();
    let by_group = plan(&world, okta, vec![pick]);
    apply(&world, by_group.id).unwrap();
    let managing = world.grants(&whale, "ada@example.com").into_iter().find(|grant| grant.manages(okta)).unwrap();
    assert_eq!(managing.rule, Rule::Grp1, "what only groups made, only groups hold");
    world
        .put_user(okta, user.id, UserStatement { external_id: Some("x".into()), ..person("ada@example.com") })
        .unwrap();
    assert!(
        world.grants(&whale, "ada@example.com").iter().any(|grant| grant.manages(okta)),
        "and the next push keeps it"
    );
}

#[test]
fn mig_1_naming_somebody_whom_the_directory_does_not_know_says_so() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.set_member(&moby, &world.account("ada@example.com", true), Role::Member).unwrap();
    world.create_user(okta, person("bob@example.com")).unwrap();
    for (email, expected) in [("ada@example.com", "has not pushed"), ("bob@example.com", "manage already")] {
        let email = Email::parse(email).unwrap();
        let refused = world.store.read_blocking(move |conn| {
            let connection = conn.connection(okta)?.unwrap();
            adoption::named(conn, &connection, &TestDocuments, None, std::slice::from_ref(&email))
        });
        let Err(EngineError::Refused(Refusal::Invalid(text))) = refused else { panic!("{refused:?}") };
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn mig_1_more_than_a_batch_is_applied_in_resumable_batches() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    world.set_member(&moby, &world.account("ada@example.com", true), Role::Member).unwrap();
    let user = world.create_user(okta, person("ada@example.com")).unwrap();
    // Batches are cut by number: the person is in the second one.
    let nobody = Pick { user: DirectoryUserId(Uuid::from_u128(1)), organization: moby.id, owner: false };
    let mut picks = vec![nobody; adoption::AT_ONCE];
    picks.push(Pick { user: user.id, ..nobody });
    let plan = plan(&world, okta, picks);
    assert_eq!(apply(&world, plan.id).unwrap().plan.state, PlanState::Applying { done: 1 });
    assert_eq!(candidates(&world, okta).len(), 1);
    assert_eq!(apply(&world, plan.id).unwrap().plan.state, PlanState::Applied);
    assert!(candidates(&world, okta).is_empty());
}

#[test]
fn mig_1_removing_by_hand_and_letting_scim_create_anew_works_too() {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ada = world.account("ada@example.com", true);
    world.set_member(&moby, &ada, Role::Editor).unwrap();
    let user = world.create_user(okta, person("ada@example.com")).unwrap();
    world.remove_member(&moby, &ada, false).unwrap();
    world.put_user(okta, user.id, person("ada@example.com")).unwrap();
    assert!(world.grants(&moby, "ada@example.com").iter().any(|grant| grant.manages(okta)));
    assert_eq!(world.teams(&moby, "ada@example.com"), ["company"]);
}
