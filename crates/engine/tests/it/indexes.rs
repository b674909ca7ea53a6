//! ORG-1, ORG-3, ORG-6, ORG-7, ORG-9: lists, searches and exports cost what they answer. None of their queries reads a whole
//! table or index, as the database itself tells how it carries them out.

use muster_engine::{
    EngineError, Surroundings,
    activity::{self, Filter, Scope, stream},
    authority, conflicts, domains,
    members::{self, Part, Place, Query},
    returns, roster, sessions,
    tokens::access,
};
use muster_model::{AccountId, InvitationId, Organization, Role, Stream, domain::Holder};
use muster_store::{Conn, MEMBERS_COUNTED, QueryPlan};
use muster_testkit::World;
use uuid::Uuid;

/// Who comes before everybody.
const NOBODY: AccountId = AccountId(Uuid::nil());

/// An organization that is too large to be searched member by member.
struct Large {
    world: World,
    moby: Organization,
}

impl Large {
    fn new() -> Self {
        let world = World::new();
        let moby = world.organization("moby");
        let okta = world.connection("okta", &[&moby]).build();
        let people = world.create_people(okta, 1_100);
        world.create_group(okta, "moby:crew", &people[..10]).unwrap();
        world.invite(&moby, "eve@elsewhere.org", None, Role::Member).unwrap();
        Self { world, moby }
    }

    /// Every query of some work uses an index.
    fn uses_indexes<T: Send + 'static>(
        &self,
        what: &str,
        work: impl Fn(&mut Conn<'_>, &Organization) -> Result<T, EngineError> + Send + 'static,
    ) -> T {
        let organization = self.moby.clone();
        let (done, plans) = self.world.read(move |conn| conn.explained(|conn| work(conn, &organization)));
        assert!(!plans.is_empty(), "{what} asks nothing");
        for plan in &plans {
            assert_eq!(plan.whole_scans(), Vec::<&str>::new(), "{what}: {plan:#?}");
        }
        done
    }
}

#[test]
fn org_1_lists_searches_and_exports_of_an_organization_use_indexes() {
    let large = Large::new();
    let now = large.world.clock.now();
    let part = |after: Option<Place>| Part { after, skip: 0, limit: 26 };
    for role in [None, Some(Role::Owner), Some(Role::Member)] {
        let query = Query { role, invitees: true, ..Query::MEMBERS };
        large.uses_indexes("members", move |conn, moby| members::list(conn, moby, &query, &part(None), now));
        let search = Query { search: Some("p1".to_owned()), role, ..Query::MEMBERS };
        large.uses_indexes("members found", move |conn, moby| members::list(conn, moby, &search, &part(None), now));
    }
    let further = Place::Member(NOBODY);
    large.uses_indexes("members further down", move |conn, moby| {
        members::list(conn, moby, &Query::MEMBERS, &part(Some(further.clone())), now)
    });
    large.uses_indexes("the members' export", move |conn, moby| roster::page(conn, moby, None, 500, now));
    large.uses_indexes("invitations", |conn, moby| {
        Ok(conn.pending_invitations_after(moby.id, InvitationId(Uuid::nil()), 100)?)
    });
    for search in ["eve", ""].map(|text| Some(text.to_owned()).filter(|text| !text.is_empty())) {
        let query = Query { members: false, invitees: true, search, ..Query::MEMBERS };
        let found =
            large.uses_indexes("invitees", move |conn, moby| members::list(conn, moby, &query, &part(None), now));
        assert_eq!((found.count, found.lines.len()), (1, 1));
    }
    large.uses_indexes("whom of many one has invited", |conn, moby| {
        Ok(conn.pending_invitations_among(moby.id, &["a@b.org".to_owned(), "eve@elsewhere.org".to_owned()])?)
    });
    large.uses_indexes("sessions", move |conn, moby| {
        sessions::list_in(conn, moby.id, sessions::Which::Live, sessions::Place::default(), 25, now)
    });
    large.uses_indexes("sessions that ended", move |conn, moby| {
        sessions::list_in(conn, moby.id, sessions::Which::Ended, sessions::Place::default(), 25, now)
    });
    large.uses_indexes("somebody's sessions that ended", move |conn, _| {
        sessions::list_ended(conn, AccountId(Uuid::nil()), now)
    });
    large.uses_indexes("access tokens that ended", move |conn, moby| {
        access::list_ended(conn, access::Holder::Organization(moby.id), now)
    });
    large.uses_indexes("accounts found", |conn, _| Ok(conn.accounts_found("p1", 10)?));
    large.uses_indexes("who is kept out", |conn, moby| returns::blocked(conn, moby, NOBODY, 100));
    large.uses_indexes("access tokens", |conn, moby| access::list(conn, access::Holder::Organization(moby.id)));
}

#[test]
fn org_7_an_export_looks_members_up_and_reads_no_directory_for_a_page() {
    let large = Large::new();
    let (now, moby) = (large.world.clock.now(), large.moby.clone());
    let (page, plans) = large.world.read(move |conn| conn.explained(|conn| roster::page(conn, &moby, None, 500, now)));
    assert_eq!(page.people.len(), 500);
    let asked = |table: &str| {
        let steps = plans.iter().filter(|plan| plan.sql.contains(table)).flat_map(|plan| &plan.steps);
        steps.cloned().collect::<Vec<String>>()
    };
    for (table, alias) in [("FROM directory_users", "SEARCH d "), ("FROM subjects", "SEARCH s ")] {
        let steps = asked(table);
        assert!(!steps.is_empty());
        // In SQLite's words; where PostgreSQL begins, it decides by what it knows of the tables.
        assert!(steps.iter().all(|step| !step.starts_with(alias) || step.contains("(account=?")), "{steps:#?}");
    }
}

#[test]
fn org_1_a_search_that_finds_more_than_are_counted_answers_its_first_page() {
    let large = Large::new();
    let now = large.world.clock.now();
    let query = Query { search: Some("p".to_owned()), ..Query::MEMBERS };
    let found = large.uses_indexes("a wide search", move |conn, moby| {
        let part = Part { after: None, skip: 0, limit: 26 };
        members::list(conn, moby, &query, &part, now)
    });
    assert_eq!((found.count, found.lines.len()), (MEMBERS_COUNTED, 26));
}

#[test]
fn org_1_lists_of_teams_use_indexes() {
    let large = Large::new();
    let anybody = large.world.account_of("p1@example.com").unwrap().id;
    let crew = large.uses_indexes("teams", |conn, moby| Ok(conn.teams_page(moby.id, "cr", "", 0, 26)?));
    let crew = crew.first().unwrap().id;
    large.uses_indexes("how many teams", |conn, moby| Ok(conn.teams_count(moby.id, "")?));
    large.uses_indexes("somebody's teams", move |conn, moby| Ok(conn.teams_of(moby.id, anybody)?));
    large.uses_indexes("a team's members", move |conn, _| Ok(conn.team_members(crew, NOBODY, 0, 26)?));
    large.uses_indexes("somebody's organizations", move |conn, _| authority::organizations_of(conn, anybody));
}

#[test]
fn org_6_the_audit_of_a_domain_and_lists_of_domains_use_indexes() {
    let large = Large::new();
    let of = |moby: &Organization| Holder::Organization(moby.id);
    large.uses_indexes("domains", move |conn, moby| domains::list(conn, of(moby), "", 26));
    large.uses_indexes("how many domains", move |conn, moby| domains::count(conn, of(moby)));
    large.uses_indexes("the audit", move |conn, moby| domains::audit(conn, of(moby), "example.com", NOBODY, 100));
    large.uses_indexes("conflicts", |conn, moby| {
        let okta = conn.connections_covering(moby.id)?[0];
        let okta = conn.connection(okta)?.unwrap();
        conflicts::page(conn, &okta, NOBODY, 100)
    });
}

#[test]
fn org_9_the_activity_log_its_export_and_its_streams_use_indexes() {
    let large = Large::new();
    large.world.by_hand(|tx, env| stream::register(tx, env, Stream::File)).unwrap();
    let anybody = large.world.account_of("p1@example.com").unwrap().id;
    let now = large.world.clock.now();
    for scope in [Scope::Organization(large.moby.id), Scope::Account(anybody), Scope::Everything] {
        large
            .uses_indexes("the activity log", move |conn, _| activity::page(conn, scope, &Filter::default(), None, 25));
    }
    large.uses_indexes("what a stream does next", move |conn, _| stream::next(conn, Stream::File, now));
    large.uses_indexes("a stream's batch", |conn, _| stream::batch(conn, Stream::File));
    large.uses_indexes("how streams do", |conn, _| stream::health(conn));
}

#[test]
fn a_query_that_no_index_serves_is_noticed() {
    let large = Large::new();
    let plans: Vec<QueryPlan> = large.world.read(|conn| {
        let (_, plans) = conn.explained(|conn| {
            let sql = "SELECT full_name FROM accounts WHERE full_name = ?1";
            Ok::<_, EngineError>(conn.query(sql, ["Ada".into()], |row| row.get::<String>(0))?)
        })?;
        Ok(plans)
    });
    assert!(plans.iter().any(|plan| !plan.whole_scans().is_empty()), "{plans:#?}");
}
