//! SCIM-2: pages of long lists, beside writers.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use muster_engine::{
    EngineError, Env, Surroundings, directory, retention,
    search::{
        self, Anchors, Direction, Find, Next, Page, Shown, Sort, Source, Start, View, Walked,
        walk::{self, SORTED_AT_ONCE},
    },
};
use muster_model::{Connection, ConnectionId, DirectoryUserId, WalkId};
use muster_store::{Candidates, Counter, Listed, StoreError, Tx};
use muster_testkit::{World, person};
use uuid::Uuid;

const PEOPLE: usize = 600;

/// A list of a connection's users, and one who reads it.
struct Reader {
    world: World,
    okta: ConnectionId,
    anchors: &'static Anchors,
}

impl Reader {
    fn new(okta: ConnectionId, world: &World) -> Self {
        Self { world: world.clone(), okta, anchors: Box::leak(Box::default()) }
    }

    /// The ids of the page that begins there.
    fn page(&self, start: usize) -> Vec<Uuid> {
        let (okta, anchors, now) = (self.okta, self.anchors, self.world.clock.now());
        let start = Start::At(i64::try_from(start).unwrap());
        let page = Page { count: 100, bytes: u64::MAX, shown: Shown { groups: false, members: false } };
        let found = self.world.read(move |conn| {
            let connection = conn.connection(okta)?.unwrap();
            search::page(conn, now, &connection, anchors, &[Listed::Users], start, &page)
        });
        found.resources.iter().map(id).collect()
    }

    /// All ids, page by page.
    fn walk(&self) -> Vec<Uuid> {
        (1..).step_by(100).map(|start| self.page(start)).take_while(|page| !page.is_empty()).flatten().collect()
    }

    fn covers_the_last(&self) -> bool {
        self.anchors.covers(self.okta, Listed::Users, i64::try_from(PEOPLE).unwrap())
    }
}

fn people() -> (World, ConnectionId, Vec<DirectoryUserId>) {
    let world = World::new();
    let moby = world.organization("moby");
    let okta = world.connection("okta", &[&moby]).build();
    let ids = world.create_people(okta, PEOPLE);
    (world, okta, ids)
}

const LIFETIME: Duration = Duration::from_secs(3_600);

/// Walks the users of a connection by the end of their names, with `at_once` keys in memory while they are sorted.
struct Walk<'w> {
    world: &'w World,
    okta: ConnectionId,
    walked: Walked,
}

const PAGE: Page = Page { count: 100, bytes: u64::MAX, shown: Shown { groups: false, members: false } };

impl<'w> Walk<'w> {
    /// The ids of the first page, and the walk that goes on behind it.
    fn begin(world: &'w World, okta: ConnectionId, at_once: usize) -> (Vec<Uuid>, Self) {
        let (listing, order) = world.read(move |conn| {
            let connection = conn.connection(okta)?.unwrap();
            let find = Find { sources: &everybody(), matches: &mut |_| true };
            let sort = Sort { key: &mut mirrored, direction: Direction::Ascending };
            walk::begin(conn, &connection, find, sort, &PAGE, at_once)
        });
        assert_eq!(order.parts(), 1);
        let begun = world.by_hand(move |tx, env| walk::keep(tx, env, okta, &order, LIFETIME)).unwrap();
        let Some(Next::Kept(position)) = listing.next else { panic!("{:?}", listing.next) };
        let walked = Walked { walk: begun, position, total: listing.total };
        (listing.resources.iter().map(id).collect(), Self { world, okta, walked })
    }

    /// The ids of the next page; `None` behind the last one.
    fn next(&mut self) -> Option<Vec<Uuid>> {
        let (okta, walked) = (self.okta, self.walked);
        let listing = self.world.read(move |conn| {
            let connection = conn.connection(okta)?.unwrap();
            let mut find = Find { sources: &everybody(), matches: &mut |_| true };
            walk::page(conn, &connection, &mut find, walked, &PAGE)
        });
        assert_eq!(listing.total, self.walked.total);
        let ids: Vec<Uuid> = listing.resources.iter().map(id).collect();
        match listing.next {
            Some(Next::Kept(position)) => self.walked.position = position,
            _ => self.walked.position = u64::MAX,
        }
        Some(ids).filter(|ids| !ids.is_empty())
    }
}

fn everybody() -> [Source; 1] {
    [Source { listed: Listed::Users, candidates: Candidates::default(), with_nested: false }]
}

fn mirrored(view: &View) -> String {
    let View::User(user, _) = view else { panic!("{view:?}") };
    user.user_name.chars().rev().collect()
}

fn id(view: &View) -> Uuid {
    match view {
        View::User(user, _) => user.id.0,
        View::Group(group, _) => group.id.0,
    }
}

/// So many more, in one transaction.
fn more(world: &World, okta: ConnectionId, count: usize) -> Vec<Uuid> {
    let create = move |tx: &mut Tx<'_>, env: &mut Env, connection: &Connection| {
        let people = (0..count).map(|number| person(&format!("q{number}@example.com")));
        people.map(|said| Ok(directory::create_user(tx, env, connection, said)?.id.0)).collect()
    };
    world.scim(okta, create).unwrap()
}

#[test]
fn scim_2_a_page_is_right_though_a_smaller_id_was_committed_after_a_larger_one_was_read() {
    let (world, okta, ids) = people();
    if world.read(|conn| Ok(conn.is_written_in_turn())) {
        return; // It cannot happen.
    }
    let reader = Reader::new(okta, &world);
    let mut expected: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    assert_eq!(reader.page(520), expected[519..]);
    // As of a transaction that began among the others and ended after them.
    let (first, late) = (ids[300], Uuid::from_u128(ids[300].0.as_u128() + 1));
    world
        .store
        .write_blocking::<_, StoreError, _>(move |tx| {
            let mut user = tx.directory_user(okta, first)?.unwrap();
            (user.id, user.user_name, user.account) = (DirectoryUserId(late), "late@example.com".to_owned(), None);
            tx.insert_directory_user(&user)?;
            tx.add_to_count(okta.0, Counter::Users, 1)
        })
        .unwrap();
    expected.insert(301, late);
    assert_eq!(reader.page(520), expected[519..]);
    assert_eq!(reader.walk(), expected);
}

#[test]
fn scim_2_pages_of_old_resources_are_found_without_reading_all() {
    let (world, okta, ids) = people();
    let reader = Reader::new(okta, &world);
    let mut expected: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    reader.page(520);
    let in_turn = world.read(|conn| Ok(conn.is_written_in_turn()));
    assert_eq!(reader.covers_the_last(), in_turn, "on PostgreSQL another id may still come between them");
    world.advance(Duration::from_secs(61));
    expected.push(world.create_user(okta, person("new@example.com")).unwrap().id.0);
    assert_eq!(reader.page(520), expected[519..]);
    assert!(reader.covers_the_last());
    world.advance(Duration::from_secs(61));
    expected.extend(more(&world, okta, 400));
    assert_eq!(reader.walk(), expected, "what is new is walked to");
    world.advance(Duration::from_secs(61));
    assert_eq!(reader.walk(), expected, "and kept once it is old");
    world.delete_user(okta, DirectoryUserId(expected.remove(7))).unwrap();
    assert_eq!(reader.walk(), expected);
}

#[test]
fn scim_2_a_page_is_right_beside_a_transaction_that_ends_late() {
    let (world, okta, ids) = people();
    if world.read(|conn| Ok(conn.is_written_in_turn())) {
        return; // Ids are committed in their order.
    }
    let reader = Reader::new(okta, &world);
    let (began, wait_for_begin) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let late = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            world.scim(okta, move |tx, env, connection| {
                let late = directory::create_user(tx, env, connection, person("late@example.com"))?;
                if counted.fetch_add(1, Ordering::Relaxed) == 0 {
                    began.send(()).unwrap();
                    wait.lock().unwrap().recv_timeout(Duration::from_secs(20)).unwrap();
                }
                Ok::<_, EngineError>(late.id)
            })
        });
        wait_for_begin.recv_timeout(Duration::from_secs(20)).unwrap();
        let next = more(&world, okta, 200);
        assert_eq!(reader.page(780), next[179..]);
        go_on.send(()).unwrap();
        let late = writer.join().unwrap().unwrap();
        // One that collided, as serializable ones may, has been made anew, above the others.
        let collided = runs.load(Ordering::Relaxed) > 1;
        assert!(late > ids[PEOPLE - 1] && (late.0 < next[199]) != collided, "it is among the others");
        late
    });
    let mut all = reader.walk();
    assert_eq!(all.len(), PEOPLE + 201);
    assert!(all.is_sorted() && all.contains(&late.0));
    all.dedup();
    assert_eq!(all.len(), PEOPLE + 201);
}

#[test]
fn scim_2_a_sorted_list_is_the_same_however_few_keys_are_kept_while_it_is_sorted() {
    let (world, okta, _) = people();
    let mut whole: Option<Vec<Uuid>> = None;
    for at_once in [SORTED_AT_ONCE, 600, 599, 250] {
        let (mut seen, mut walk) = Walk::begin(&world, okta, at_once);
        assert_eq!(walk.walked.total, 600);
        while let Some(page) = walk.next() {
            seen.extend(page);
        }
        assert_eq!(seen.len(), PEOPLE, "{at_once}");
        assert_eq!(*whole.get_or_insert_with(|| seen.clone()), seen, "{at_once}");
    }
    let whole = whole.unwrap();
    let names = world.read(move |conn| {
        let mut names = Vec::new();
        for id in &whole {
            names.push(conn.directory_user(okta, DirectoryUserId(*id))?.unwrap().user_name);
        }
        Ok(names)
    });
    let mut sorted = names.clone();
    sorted.sort_by_key(|name| name.chars().rev().collect::<String>());
    assert_eq!(names, sorted);
}

#[test]
fn scim_2_a_connection_keeps_its_newest_walks_until_they_expire() {
    let (world, okta, _) = people();
    let entra = world.connection("entra", &[&world.organization("whale")]).build();
    let there = |walk: WalkId, of: ConnectionId| {
        let now = world.clock.now();
        world.read(move |conn| walk::expiry(conn, of, walk, now)).is_some()
    };
    let walks: Vec<WalkId> = (0..21).map(|_| Walk::begin(&world, okta, 1_000).1.walked.walk).collect();
    let kept: Vec<bool> = walks.iter().map(|walk| there(*walk, okta)).collect();
    assert_eq!((kept[0], kept[1..].iter().all(|kept| *kept)), (false, true), "the oldest ended for the newest");
    let (older, newest) = (walks[19], walks[20]);
    assert!(!there(newest, entra), "it is another connection's");
    assert!(!world.by_hand(move |tx, env| walk::prolong(tx, env, entra, newest, LIFETIME)).unwrap());
    world.advance(LIFETIME);
    assert!(world.by_hand(move |tx, env| walk::prolong(tx, env, okta, newest, LIFETIME)).unwrap());
    world.advance(LIFETIME + Duration::from_secs(1));
    assert_eq!((there(older, okta), there(newest, okta)), (false, true), "prolonged");
    let left = |world: &World| world.read(move |conn| Ok(conn.walks(okta)?));
    assert_eq!(left(&world), 20);
    world.retain(&retention::Policy::default(), 1);
    assert_eq!(left(&world), 1);
    let slice = |walk| world.read(move |conn| Ok(conn.walk_slice(okta, walk, 0)?)).is_some();
    assert_eq!((slice(older), slice(newest)), (false, true));
}
