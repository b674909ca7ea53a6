//! SSO-12's SCIM half: a successor takes people over, each with its first push.

use muster_engine::{
    EngineError, Refusal,
    adoption::Pick,
    declare::{self, Declaration},
    plans::Proposal,
};
use muster_model::{
    ConnectionId, ConnectionState, MembershipState, Organization, Role, Source, UserStatement, directory::Unprovisioned,
};
use muster_store::Conn;
use muster_testkit::{World, person};

use crate::plans::{apply, declared, make};

/// `okta` over `moby` and `whale`, with people in it, then `entra`, its successor, over `moby`.
struct Swap {
    world: World,
    moby: Organization,
    whale: Organization,
    okta: ConnectionId,
}

impl Swap {
    fn new() -> Self {
        let (world, moby, whale, okta) = crate::plans::world();
        Self { world, moby, whale, okta }
    }

    /// Makes `entra`, and names it the successor.
    fn begin(&self) -> ConnectionId {
        let entra = self.connect();
        self.succeed();
        entra
    }

    /// Makes `entra`, beside `okta`.
    fn connect(&self) -> ConnectionId {
        self.declare(|stated| {
            let mut entra = stated.connections[0].clone();
            entra.name = "entra".into();
            entra.organizations = vec!["moby".into()];
            stated.connections.push(entra);
        })
        .unwrap();
        self.world.read(|conn| Ok(conn.connection_by_name("entra")?)).unwrap().id
    }

    fn succeed(&self) {
        let okta = |stated: &mut Declaration| {
            let okta = stated.connections.iter_mut().find(|stated| stated.name == "okta");
            okta.unwrap().successor = Some("entra".into());
        };
        self.declare(okta).unwrap();
    }

    fn declare(&self, change: impl FnOnce(&mut Declaration)) -> Result<(), EngineError> {
        let plan = make(&self.world, &declared(&self.world, change))?;
        apply(&self.world, plan.id).map(drop)
    }

    /// As [`Swap::declare`], and removes what is not stated.
    fn prune(&self, change: impl FnOnce(&mut Declaration)) -> Result<(), EngineError> {
        let Proposal::Declaration { declaration, .. } = declared(&self.world, change) else { return Ok(()) };
        let plan = make(&self.world, &Proposal::Declaration { declaration, prune: true })?;
        apply(&self.world, plan.id).map(drop)
    }

    fn managed_by(&self, connection: ConnectionId, email: &str) -> bool {
        self.world.grants(&self.moby, email).iter().any(|grant| grant.manages(connection))
    }
}

const ADA: &str = "ada@example.com";

fn ada() -> UserStatement {
    UserStatement { full_name: Some("Ada".into()), ..person(ADA) }
}

#[test]
fn sso_12_the_successors_first_push_takes_memberships_over_under_a_new_id() {
    let swap = Swap::new();
    let world = &swap.world;
    let old = world.create_user(swap.okta, UserStatement { role: Some(Role::Editor), ..ada() }).unwrap();
    world.create_group(swap.okta, "moby:eng", &[old.id]).unwrap();
    let before = world.membership(&swap.moby, ADA).unwrap();
    let entra = swap.begin();
    assert!(swap.managed_by(swap.okta, ADA), "nothing happens before the first push");

    let new = world.create_user(entra, ada()).unwrap();
    assert_ne!(new.id, old.id);
    assert_eq!(new.account, old.account, "the person stays who it was");
    let after = world.membership(&swap.moby, ADA).unwrap();
    assert_eq!((after.joined, after.role), (before.joined, Role::Editor), "inherited until entra says otherwise");
    assert_eq!(world.teams(&swap.moby, ADA), ["company", "eng"]);
    assert!(swap.managed_by(entra, ADA) && !swap.managed_by(swap.okta, ADA));
    let name = world.account_of(ADA).unwrap().names;
    assert!(name.get(Source::Scim, Some(swap.okta)).is_none() && name.get(Source::Scim, Some(entra)).is_some());
    assert_eq!(world.user(swap.okta, old.id).unwrap().unprovisioned, Some(Unprovisioned::TakenOver));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_what_the_old_connection_says_of_who_was_taken_over_does_nothing() {
    let swap = Swap::new();
    let world = &swap.world;
    let old = world.create_user(swap.okta, ada()).unwrap();
    let entra = swap.begin();
    world.create_user(entra, ada()).unwrap();
    world.put_user(swap.okta, old.id, UserStatement { active: false, ..ada() }).unwrap();
    assert!(world.is_member(&swap.moby, ADA), "everybody is unassigned from the old application");
    world.put_user(swap.okta, old.id, UserStatement { full_name: Some("Old".into()), ..ada() }).unwrap();
    world.delete_user(swap.okta, old.id).unwrap();
    let again = world.create_user(swap.okta, ada()).unwrap();
    assert_eq!((again.account, again.unprovisioned), (None, Some(Unprovisioned::TakenOver)));
    assert_eq!(world.account_of(ADA).unwrap().full_name, "Ada");
    assert!(world.is_member(&swap.moby, ADA) && !swap.managed_by(swap.okta, ADA));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_inherited_teams_stand_until_the_successors_own_groups_name_them() {
    let swap = Swap::new();
    let world = &swap.world;
    let old = world.create_user(swap.okta, ada()).unwrap();
    world.create_group(swap.okta, "moby:eng", &[old.id]).unwrap();
    let entra = swap.begin();
    let new = world.create_user(entra, ada()).unwrap();
    let group = world.create_group(entra, "moby:eng", &[]).unwrap();
    assert_eq!(world.teams(&swap.moby, ADA), ["company", "eng"], "an empty group says nothing of her yet");
    world.change_members(entra, group.id, &[new.id], &[]).unwrap();
    world.change_members(entra, group.id, &[], &[new.id]).unwrap();
    assert_eq!(world.teams(&swap.moby, ADA), ["company"], "now the team is entra's word alone");
}

#[test]
fn sso_12_who_slept_comes_back_through_the_successor_with_role_and_teams() {
    let swap = Swap::new();
    let world = &swap.world;
    let said = UserStatement { role: Some(Role::Editor), ..ada() };
    let old = world.create_user(swap.okta, said.clone()).unwrap();
    world.put_user(swap.okta, old.id, UserStatement { active: false, ..said }).unwrap();
    let entra = swap.begin();
    let asleep = world.membership(&swap.moby, ADA).unwrap().state;
    assert_eq!(asleep, MembershipState::Asleep { by: swap.okta });
    world.create_user(entra, ada()).unwrap();
    assert_eq!(world.membership(&swap.moby, ADA).unwrap().role, Role::Editor);
    assert!(world.is_member(&swap.moby, ADA) && swap.managed_by(entra, ADA));
    assert_eq!(world.teams(&swap.moby, ADA), ["company"]);
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_a_role_set_by_hand_outlives_a_successor_that_says_what_was_said_before() {
    let swap = Swap::new();
    let world = &swap.world;
    let said = UserStatement { role: Some(Role::Editor), ..ada() };
    world.create_user(swap.okta, said.clone()).unwrap();
    world.set_member(&swap.moby, &world.account_of(ADA).unwrap(), Role::Member).unwrap();
    let entra = swap.begin();
    world.create_user(entra, said).unwrap();
    assert_eq!(world.membership(&swap.moby, ADA).unwrap().role, Role::Member, "PRE-5: SCIM says nothing new");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_a_name_that_the_successor_had_said_already_holds_once_it_takes_the_person_over() {
    let swap = Swap::new();
    let world = &swap.world;
    let entra = swap.connect();
    let by_entra = UserStatement { full_name: Some("Ada of Entra".into()), ..ada() };
    let new = world.create_user(entra, by_entra.clone()).unwrap();
    world.advance(std::time::Duration::from_secs(60));
    world.create_user(swap.okta, UserStatement { full_name: Some("Ada of Okta".into()), ..ada() }).unwrap();
    world.put_user(entra, new.id, UserStatement { active: false, ..by_entra.clone() }).unwrap();
    assert_eq!(world.account_of(ADA).unwrap().full_name, "Ada of Okta", "who said it last");
    swap.succeed();
    world.put_user(entra, new.id, by_entra).unwrap();
    assert_eq!(world.account_of(ADA).unwrap().full_name, "Ada of Entra", "PRE-5: nobody else says anything");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_a_role_that_the_successor_had_said_already_holds_once_it_takes_the_person_over() {
    let swap = Swap::new();
    let world = &swap.world;
    world.set_member(&swap.moby, &world.account("carol@example.org", true), Role::Owner).unwrap();
    let entra = swap.connect();
    let by_entra = UserStatement { role: Some(Role::Member), ..ada() };
    let new = world.create_user(entra, by_entra.clone()).unwrap();
    world.advance(std::time::Duration::from_secs(60));
    world.create_user(swap.okta, UserStatement { role: Some(Role::Owner), ..ada() }).unwrap();
    world.put_user(entra, new.id, UserStatement { active: false, ..by_entra.clone() }).unwrap();
    swap.succeed();
    world.put_user(entra, new.id, by_entra).unwrap();
    assert_eq!(world.membership(&swap.moby, ADA).unwrap().role, Role::Member, "PRE-5: nobody says owner any more");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_a_place_that_was_inherited_ends_where_the_successors_own_groups_had_placed_the_person() {
    let swap = Swap::new();
    let world = &swap.world;
    let entra = swap.connect();
    let cover = |stated: &mut Declaration| {
        let entra = stated.connections.iter_mut().find(|stated| stated.name == "entra");
        entra.unwrap().organizations.push("whale".into());
    };
    swap.declare(cover).unwrap();
    let new = world.create_user(entra, ada()).unwrap();
    world.create_group(entra, "whale:rowers", &[new.id]).unwrap();
    let at_whale = UserStatement { organization: Some("whale".into()), team: Some("crew".into()), ..ada() };
    world.create_user(swap.okta, at_whale).unwrap();
    world.put_user(entra, new.id, UserStatement { active: false, ..ada() }).unwrap();
    swap.succeed();
    world.put_user(entra, new.id, ada()).unwrap();
    assert_eq!(world.teams(&swap.whale, ADA), ["rowers"], "SCIM-4: the person's own grant is elsewhere now");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_what_the_predecessor_had_withdrawn_does_not_outlast_the_successors_own_word() {
    let swap = Swap::new();
    let world = &swap.world;
    let entra = swap.connect();
    let cover = |stated: &mut Declaration| {
        let entra = stated.connections.iter_mut().find(|stated| stated.name == "entra");
        entra.unwrap().organizations.push("whale".into());
    };
    swap.declare(cover).unwrap();
    let new = world.create_user(entra, ada()).unwrap();
    world.create_group(entra, "whale:rowers", &[new.id]).unwrap();
    let old = world.create_user(swap.okta, ada()).unwrap();
    world.create_group(swap.okta, "whale:divers", &[old.id]).unwrap();
    world.put_user(swap.okta, old.id, UserStatement { active: false, ..ada() }).unwrap();
    swap.succeed();
    world.put_user(entra, new.id, UserStatement { external_id: Some("x".into()), ..ada() }).unwrap();
    assert_eq!(world.teams(&swap.whale, ADA), ["rowers"]);
    world.put_user(entra, new.id, UserStatement { active: false, ..ada() }).unwrap();
    assert!(!world.is_member(&swap.whale, ADA) && !world.is_member(&swap.moby, ADA), "SCIM-5: deactivating ends both");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_what_was_inherited_ends_with_the_successors_word() {
    let swap = Swap::new();
    let world = &swap.world;
    let account = world.account(ADA, true);
    world.set_member(&swap.moby, &account, Role::Member).unwrap();
    world.create_user(swap.okta, UserStatement { role: Some(Role::Editor), ..ada() }).unwrap();
    let entra = swap.begin();
    let new = world.create_user(entra, ada()).unwrap();
    assert_eq!(world.membership(&swap.moby, ADA).unwrap().role, Role::Editor);
    world.put_user(entra, new.id, UserStatement { active: false, ..ada() }).unwrap();
    let after = world.membership(&swap.moby, ADA).unwrap();
    assert_eq!((after.state, after.role), (MembershipState::Active, Role::Member), "a link ends with what it said");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_who_was_taken_over_stays_so_though_the_old_connection_deactivates_and_activates() {
    let swap = Swap::new();
    let world = &swap.world;
    let old = world.create_user(swap.okta, ada()).unwrap();
    let entra = swap.begin();
    let new = world.create_user(entra, ada()).unwrap();
    world.put_user(swap.okta, old.id, UserStatement { active: false, ..ada() }).unwrap();
    world.delete_user(entra, new.id).unwrap();
    world.put_user(swap.okta, old.id, ada()).unwrap();
    assert!(!world.is_member(&swap.moby, ADA), "the successor has let her go");
}

#[test]
fn sso_12_where_the_successor_covers_nothing_the_membership_stays_by_hand() {
    let swap = Swap::new();
    let world = &swap.world;
    let old = world.create_user(swap.okta, ada()).unwrap();
    world.create_group(swap.okta, "whale:divers", &[old.id]).unwrap();
    let entra = swap.begin();
    world.create_user(entra, ada()).unwrap();
    assert_eq!(world.teams(&swap.whale, ADA), ["divers"]);
    assert!(world.grants(&swap.whale, ADA).iter().all(|grant| grant.source == Source::Manual));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_a_link_that_was_a_mistake_can_be_taken_back() {
    let swap = Swap::new();
    let world = &swap.world;
    let old = world.create_user(swap.okta, ada()).unwrap();
    let entra = swap.begin();
    let new = world.create_user(entra, ada()).unwrap();
    swap.declare(|stated| {
        for connection in &mut stated.connections {
            connection.successor = None;
        }
    })
    .unwrap();
    world.put_user(swap.okta, old.id, UserStatement { external_id: Some("x".into()), ..ada() }).unwrap();
    assert!(swap.managed_by(swap.okta, ADA), "okta speaks for her again");
    world.delete_user(entra, new.id).unwrap();
    assert!(world.is_member(&swap.moby, ADA));
}

#[test]
fn sso_12_a_successor_is_exported_and_wrong_ones_are_refused() {
    let swap = Swap::new();
    swap.begin();
    let exported = swap.world.read(declare::export);
    let okta = exported.connections.iter().find(|connection| connection.name == "okta").unwrap();
    assert_eq!(okta.successor.as_deref(), Some("entra"));
    let name = |wanted: &'static str, of: &'static str| {
        swap.declare(move |stated| {
            let connection = stated.connections.iter_mut().find(|connection| connection.name == of).unwrap();
            connection.successor = Some(wanted.into());
        })
    };
    for (wanted, of, expected) in [
        ("okta", "okta", "cannot succeed itself"),
        ("okta", "entra", "succeed each other"),
        ("nobody", "entra", "no such connection"),
    ] {
        let Err(EngineError::Refused(Refusal::Field { text, .. })) = name(wanted, of) else { panic!("{wanted}") };
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn sso_12_a_predecessor_that_is_only_switched_off_is_succeeded_as_ever() {
    let swap = Swap::new();
    let world = &swap.world;
    world.create_user(swap.okta, UserStatement { role: Some(Role::Editor), ..ada() }).unwrap();
    let entra = swap.begin();
    let state = |state: ConnectionState| {
        swap.declare(move |stated| {
            let okta = stated.connections.iter_mut().find(|connection| connection.name == "okta").unwrap();
            okta.state = state;
        })
    };
    state(ConnectionState::Off).unwrap();
    let new = world.create_user(entra, ada()).unwrap();
    assert!(swap.managed_by(entra, ADA) && !swap.managed_by(swap.okta, ADA));
    assert_eq!(world.membership(&swap.moby, ADA).unwrap().role, Role::Editor);
    world.put_user(entra, new.id, UserStatement { active: false, ..ada() }).unwrap();
    assert!(!world.is_member(&swap.moby, ADA), "what was inherited ends with the successor's word");
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_whom_a_removed_predecessor_let_go_is_linked_until_adopted() {
    let swap = Swap::new();
    let world = &swap.world;
    world.create_user(swap.okta, ada()).unwrap();
    let entra = swap.begin();
    swap.prune(|stated| stated.connections.retain(|connection| connection.name != "okta")).unwrap();
    assert!(world.grants(&swap.moby, ADA).iter().all(|grant| grant.source == Source::Manual));
    let new = world.create_user(entra, ada()).unwrap();
    assert!(!swap.managed_by(entra, ADA), "its grants were made manual, to be ended by owners");
    let picks = vec![Pick { user: new.id, organization: swap.moby.id, owner: false }];
    let plan = make(world, &Proposal::Adoption { connection: entra, picks }).unwrap();
    apply(world, plan.id).unwrap();
    assert!(swap.managed_by(entra, ADA));
    world.assert_ledger_tells_the_state();
}

#[test]
fn sso_12_a_removed_successor_is_nobodys_any_more() {
    let swap = Swap::new();
    let world = &swap.world;
    let old = world.create_user(swap.okta, ada()).unwrap();
    let entra = swap.begin();
    world.create_user(entra, ada()).unwrap();
    // Named, but not stated.
    let Err(EngineError::Refused(Refusal::Field { text, .. })) =
        swap.prune(|stated| stated.connections.retain(|connection| connection.name != "entra"))
    else {
        panic!("a successor that is removed at once")
    };
    assert!(text.contains("would be removed"), "{text}");
    swap.prune(|stated| {
        stated.connections.retain(|connection| connection.name != "entra");
        stated.connections[0].successor = None;
    })
    .unwrap();
    let exported = world.read(declare::export);
    assert_eq!((exported.connections.len(), exported.connections[0].successor.as_ref()), (1, None));
    let related = world.read(move |conn| {
        let of = |id: ConnectionId, conn: &mut Conn<'_>| Ok::<_, EngineError>(conn.connection(id)?.unwrap().settings);
        Ok((of(swap.okta, conn)?.successor, of(entra, conn)?.predecessor))
    });
    assert_eq!(related, (None, None));
    world.put_user(swap.okta, old.id, UserStatement { external_id: Some("x".into()), ..ada() }).unwrap();
    assert_eq!(world.user(swap.okta, old.id).unwrap().unprovisioned, None, "okta speaks for her again");
    world.assert_ledger_tells_the_state();
}
