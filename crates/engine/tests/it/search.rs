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
    EngineError, Env, Surroundings, directory,
    search::{self, Anchors, Page, Shown, Start, View},
};
use muster_model::{Connection, ConnectionId, DirectoryUserId};
use muster_store::{Counter, Listed, StoreError, Tx};
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
        let page = Page::<()> { start: Start::At(i64::try_from(start).unwrap()), count: 100, bytes: u64::MAX };
        let found = self.world.read(move |conn| {
            let connection = conn.connection(okta)?.unwrap();
            let shown = Shown { groups: false, members: false };
            search::page(conn, now, &connection, anchors, &[Listed::Users], &page, shown)
        });
        let id = |view: &View| match view {
            View::User(user, _) => user.id.0,
            View::Group(group, _) => group.id.0,
        };
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
