//! ORG-7: members whom no index finds: each filter, alone and together, page by page, and where a page gives up.

use muster_engine::{
    Surroundings,
    members::{Line, Part, Place, Query},
    sifting::{self, Sifted, Which},
};
use muster_model::{ConnectionId, Organization, Role, Source, UserStatement};
use muster_testkit::{World, person};

/// `moby`, provisioned by `okta`: `kim` is the last owner, whom the directory has deactivated, `ada` is told of differently by two
/// sources, `bob` is in a team, `gus` was added by hand and is a guest, `ivy` is invited.
struct Moby {
    world: World,
    moby: Organization,
    okta: ConnectionId,
}

impl Moby {
    fn new() -> Self {
        let world = World::new();
        let moby = world.organization("moby");
        let okta = world.connection("okta", &[&moby]).build();
        let owner = UserStatement { role: Some(Role::Owner), ..person("kim@example.com") };
        let kim = world.create_user(okta, owner.clone()).unwrap();
        world.put_user(okta, kim.id, UserStatement { active: false, ..owner }).unwrap();
        let ada = UserStatement { full_name: Some("Ada".into()), ..person("ada@example.com") };
        world.create_user(okta, ada).unwrap();
        world.sso_says(okta, &moby, "ada@example.com", Some("Countess"), None, None);
        let bob = world.create_user(okta, person("bob@example.com")).unwrap();
        world.create_group(okta, "moby:crew", &[bob.id]).unwrap();
        let gus = world.account("gus@elsewhere.org", true);
        world.set_member(&moby, &gus, Role::Editor).unwrap();
        world.invite(&moby, "ivy@elsewhere.org", None, Role::Member).unwrap();
        Self { world, moby, okta }
    }

    fn sift(&self, query: Query, which: Which, after: Option<Place>, limit: i64) -> Sifted {
        let (organization, now) = (self.moby.clone(), self.world.clock.now());
        self.world.read(move |conn| {
            let part = Part { after: after.clone(), skip: 0, limit };
            sifting::sift(conn, &organization, &query, &which, &part, now)
        })
    }

    /// Whom a list of members and the invited finds, in order of their names.
    fn found(&self, query: Query, which: Which) -> Vec<String> {
        let Sifted { people, next } = self.sift(Query { invitees: true, ..query }, which, None, 50);
        assert_eq!(next, None, "all at once");
        let mut names: Vec<String> = people.iter().map(|one| name(&one.line)).collect();
        names.sort();
        names
    }

    fn in_team(&self, name: &str) -> Which {
        let (id, name) = (self.moby.id, name.to_owned());
        let team = self.world.read(move |conn| Ok(conn.team_by_name(id, &name)?));
        assert!(team.is_some());
        Which { team, ..Which::default() }
    }
}

/// What is before the `@`.
fn name(line: &Line) -> String {
    let address = match line {
        Line::Member(member) => member.account.email.as_ref().unwrap().to_string(),
        Line::Invitee(invitation, _) => invitation.email.to_string(),
    };
    address.split('@').next().unwrap().to_owned()
}

#[test]
fn org_7_each_filter_finds_those_whom_it_names_and_nobody_else() {
    let moby = Moby::new();
    let which = Which::default;
    let all = |which| moby.found(Query::MEMBERS, which);
    assert!(which().is_everybody());
    assert_eq!(all(which()), ["ada", "bob", "gus", "ivy", "kim"]);
    assert_eq!(all(Which { guests: true, ..which() }), ["gus"]);
    assert_eq!(all(Which { in_conflict: true, ..which() }), ["ada"]);
    assert_eq!(all(Which { kept: true, ..which() }), ["kim"]);
    assert_eq!(all(Which { source: Some(Source::Scim), ..which() }), ["ada", "bob", "kim"]);
    assert_eq!(all(Which { source: Some(Source::Manual), ..which() }), ["gus"]);
    assert_eq!(all(Which { source: Some(Source::Invitation), ..which() }), ["ivy"]);
    assert_eq!(all(moby.in_team("crew")), ["bob"]);
    assert!(!moby.in_team("crew").is_everybody());
}

#[test]
fn org_7_filters_hold_together_and_with_what_is_searched_for() {
    let moby = Moby::new();
    let guests = Which { guests: true, ..Which::default() };
    assert_eq!(moby.found(Query::MEMBERS, Which { source: Some(Source::Scim), ..guests.clone() }), [""; 0]);
    assert_eq!(moby.found(Query { role: Some(Role::Editor), ..Query::MEMBERS }, guests.clone()), ["gus"]);
    assert_eq!(moby.found(Query { role: Some(Role::Owner), ..Query::MEMBERS }, guests.clone()), [""; 0]);
    let search = |text: &str| Query { search: Some(text.to_owned()), ..Query::MEMBERS };
    assert_eq!(moby.found(search("gus@"), guests), ["gus"]);
    // A team's members are not found by the list: it is looked at all the same.
    let crew = moby.in_team("crew");
    assert_eq!(moby.found(search("BOB@"), crew.clone()), ["bob"]);
    assert_eq!(moby.found(search("bob@").by_username(), crew.clone()), [""; 0], "addresses are not looked at");
    assert_eq!(moby.found(Query { role: Some(Role::Owner), ..Query::MEMBERS }, crew), [""; 0]);
}

#[test]
fn org_7_pages_of_whom_is_found_meet_each_once() {
    let moby = Moby::new();
    let people = moby.world.create_people(moby.okta, 450);
    moby.world.create_group(moby.okta, "moby:all", &people).unwrap();
    let scim = Which { source: Some(Source::Scim), ..Which::default() };
    for (which, expected) in [(scim, 453), (moby.in_team("all"), 450)] {
        for limit in [1, 7, 200, 453] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = moby.sift(Query::MEMBERS, which.clone(), after, limit);
                assert!(page.people.len() <= usize::try_from(limit).unwrap());
                assert!(page.next.is_none() || !page.people.is_empty(), "a page that goes on has somebody");
                seen.extend(page.people.iter().map(|one| name(&one.line)));
                after = page.next;
                if after.is_none() || (limit == 1 && seen.len() == 20) {
                    break;
                }
            }
            let all = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), all, "each once, {limit} at a time");
            assert_eq!(all, if limit == 1 { 20 } else { expected }, "{limit} at a time");
        }
    }
}

#[test]
fn org_7_a_page_that_finds_nobody_for_long_ends_and_says_how_to_go_on() {
    let moby = Moby::new();
    let _people = moby.world.create_people(moby.okta, 5_100);
    let zoe = moby.world.account("zoe@elsewhere.org", true);
    moby.world.set_member(&moby.moby, &zoe, Role::Member).unwrap();
    let guests = Which { guests: true, ..Which::default() };
    let first = moby.sift(Query::MEMBERS, guests.clone(), None, 10);
    let names = |page: &Sifted| page.people.iter().map(|one| name(&one.line)).collect::<Vec<_>>();
    assert_eq!(names(&first), ["gus"]);
    let rest = moby.sift(Query::MEMBERS, guests, first.next.clone(), 10);
    assert!(first.next.is_some(), "there was more to look through");
    assert_eq!((names(&rest), rest.next), (vec!["zoe".to_owned()], None));
}
