//! SCIM-11, PRE-2: what is kept how long of the request log, by a clock that stands.

use std::time::Duration;

use muster_engine::retention::{self, Policy, Progress, Removed};
use muster_http::logged_reads;
use muster_model::RequestId;
use serde_json::json;

use crate::support::{Answer, Server, person};

const DAY: Duration = Duration::from_hours(24);

fn id(answer: &Answer) -> RequestId {
    answer.header("x-request-id").parse().unwrap()
}

fn counted(server: &Server) -> i64 {
    server.world.read(retention::log_bytes)
}

/// What the log really takes, by counting all of it.
fn real(server: &Server) -> i64 {
    let all = server.world.read(|conn| Ok(conn.logged_bytes(uuid::Uuid::nil(), uuid::Uuid::max())?));
    all.into_iter().map(|(_, bytes)| bytes).sum()
}

fn chunks(server: &Server) -> usize {
    let connection = server.connection;
    server.world.read(move |conn| Ok(conn.read_chunks(connection, 1_000)?)).len()
}

/// One change, one refusal and a read.
async fn a_days_work(server: &Server, name: &str) -> [Answer; 3] {
    let changed = server.post("/Users", person(name)).await.due(201);
    let refused = server.post("/Users", person(name)).await.due(409);
    let read = server.get("/Users?count=1").await.due(200);
    // Writes the lines of reads without waiting for the second to pass.
    server.app.close().await;
    [changed, refused, read]
}

#[tokio::test]
async fn scim_11_the_log_is_kept_for_seven_days_and_what_was_decided_for_thirty() {
    let server = Server::new();
    let policy = Policy::default();
    let [changed, refused, _] = a_days_work(&server, "ada@example.com").await;
    server.world.advance(DAY * 7 - Duration::from_secs(60));
    assert_eq!(server.world.retain(&policy, 1), Removed::default(), "a minute before");
    assert!(counted(&server) > 0 && counted(&server) == real(&server));

    server.world.advance(Duration::from_secs(121));
    let removed = server.world.retain(&policy, 1);
    assert_eq!((removed.requests, removed.bodies, removed.read_chunks), (1, 1, 1));
    assert_eq!(server.logged(&refused), None);
    let kept = server.logged(&changed).unwrap();
    assert!(kept.body.is_none() && !kept.steps.is_empty(), "what was decided is kept (PRE-2)");
    assert_eq!((chunks(&server), counted(&server)), (0, real(&server)));
    server.world.advance(Duration::from_secs(61));
    assert_eq!(server.world.retain(&policy, 1), Removed::default(), "once is enough");

    server.world.advance(DAY * 23);
    assert_eq!(server.world.retain(&policy, 1).requests, 1);
    assert_eq!((server.logged(&changed), counted(&server), real(&server)), (None, 0, 0));
}

#[tokio::test]
async fn scim_11_the_log_is_bounded_by_bytes_and_the_oldest_go_first() {
    let server = Server::new();
    let mut answers = Vec::new();
    for number in 0..20 {
        answers.extend(a_days_work(&server, &format!("person{number}@example.com")).await.into_iter().take(2));
        server.world.advance(Duration::from_secs(600));
    }
    assert_eq!(server.world.retain(&Policy::default(), 1), Removed::default());
    let all = counted(&server);
    assert_eq!(all, real(&server));
    server.world.advance(Duration::from_secs(61));
    let bound = all / 4;
    let removed = server.world.retain(&Policy { log_bytes: bound, ..Policy::default() }, 1);
    assert!(removed.requests > 25 && removed.read_chunks >= 13 && removed.bodies == 0, "{removed:?}");
    let left = real(&server);
    assert!(left <= bound && left > bound / 2, "{left} of {bound}");
    assert_eq!(counted(&server), left);
    let kept: Vec<bool> = answers.iter().map(|answer| server.logged(answer).is_some()).collect();
    assert!(kept.is_sorted() && kept[39], "the newest are kept: {kept:?}");
    let connection = server.connection;
    let lines = server.world.read(move |conn| Ok(conn.read_chunks(connection, 1_000)?));
    let oldest = lines.iter().flat_map(|chunk| logged_reads(chunk).unwrap()).map(|line| line.id).min().unwrap();
    assert!(oldest > id(&answers[20]), "reads and changes go together");
}

#[tokio::test]
async fn scim_11_one_connections_noise_costs_the_others_nothing() {
    let server = Server::new();
    let other = server.world.connection("entra", &[&server.organizations[0]]).domains(&["quiet.example"]).build();
    let token = server.world.scim_token(other);
    let quiet = server.to("POST", "/scim/v2/Users").header("authorization", &format!("Bearer {}", token.expose()));
    let quiet = quiet.json(person("ada@quiet.example")).send().await.due(201);
    for _ in 0..30 {
        server.post("/Users", json!({"userName": 7})).await.due(400);
    }
    server.world.advance(Duration::from_secs(600));
    let removed = server.world.retain(&Policy { log_bytes: 2_000, ..Policy::default() }, 1);
    assert!(removed.requests >= 20, "{removed:?}");
    assert!(server.logged(&quiet).is_some_and(|row| row.body.is_some()));
}

#[tokio::test]
async fn mig_3_what_an_owner_has_still_to_decide_about_is_kept_until_then_and_no_longer() {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..53 {
        ids.push(server.user(&format!("p{number}@example.com")).await);
    }
    let off = async |id: &str| {
        server.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await
    };
    for id in &ids[..50] {
        off(id).await.due(200);
    }
    let held = [off(&ids[50]).await.due(503), off(&ids[51]).await.due(503), off(&ids[52]).await.due(503)];
    let day = Policy { log: DAY, details: DAY, log_bytes: 1, ..Policy::default() };
    let is_kept = |answer: &Answer| server.logged(answer).is_some_and(|row| row.body.is_some());
    server.world.advance(DAY * 2);
    assert!(server.world.retain(&day, 1).requests >= 100, "everything else goes by days, or by bytes");
    assert!(held.iter().all(is_kept));
    let (connection, first) = (server.connection, server.world.held(server.connection)[0].id);
    let reject = move |tx: &mut muster_store::Tx<'_>, env: &mut muster_engine::Env| {
        muster_engine::guard::settle(tx, env, connection, first, muster_model::HeldState::Rejected, None)
    };
    server.world.by_hand(reject).unwrap();
    server.world.advance(Duration::from_secs(61));
    assert_eq!(server.world.retain(&day, 1).requests, 1);
    assert_eq!(held.iter().map(is_kept).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(counted(&server), real(&server));
    server.world.advance(Duration::from_secs(61));
    assert_eq!(server.world.retain(&day, 1), Removed::default());

    let told = |server: &Server| {
        let nil = muster_model::HeldChangeId(uuid::Uuid::nil());
        server.world.read(move |conn| Ok(conn.held_changes(connection, nil, 10)?)).len()
    };
    assert_eq!(told(&server), 3);

    server.world.advance(DAY * 5);
    assert_eq!(server.world.retain(&day, 1).requests, 2, "what has expired waits for nobody");
    assert_eq!((counted(&server), real(&server), told(&server)), (0, 0, 0));
}

#[tokio::test]
async fn scim_11_a_node_that_dies_in_the_middle_is_followed_by_another() {
    let server = Server::new();
    for number in 0..300 {
        server.post("/Users", json!({"userName": number})).await.due(400);
    }
    server.world.advance(DAY * 8);
    let policy = Policy::default();
    let mut slices = 0;
    let half = loop {
        slices += 1;
        match server.world.retain_slice(&policy, 1) {
            Progress::More(removed) if removed.requests > 0 => break removed.requests,
            Progress::More(_) => {}
            other => panic!("{other:?} after {slices} slices"),
        }
    };
    assert!(half < 300, "one slice is small");
    assert_eq!(server.world.retain(&policy, 2), Removed::default(), "the other node waits for the lease to end");
    assert_eq!(counted(&server), real(&server), "each slice is whole");
    server.world.advance(Duration::from_secs(61));
    assert_eq!(server.world.retain(&policy, 2).requests, 300 - half);
    assert_eq!((counted(&server), real(&server)), (0, 0));
    assert_eq!(server.world.retain_slice(&policy, 1), Progress::NotDue, "the first one finds nothing to do");
}

#[tokio::test]
async fn scim_11_two_nodes_at_once_remove_and_count_everything_once() {
    let server = Server::new();
    for number in 0..500 {
        server.post("/Users", json!({"userName": number})).await.due(400);
    }
    server.world.advance(DAY * 8);
    let world = &server.world;
    let removed: u64 = std::thread::scope(|scope| {
        let nodes = [1, 2].map(|node| scope.spawn(move || world.retain(&Policy::default(), node).requests));
        nodes.into_iter().map(|node| node.join().unwrap()).sum()
    });
    assert_eq!((removed, counted(&server), real(&server)), (500, 0, 0));
}

#[tokio::test]
async fn scim_11_space_that_became_free_is_used_again() {
    if std::env::var("MUSTER_TEST_POSTGRES").is_ok() {
        return; // There it is the work of the database's own vacuum.
    }
    let server = Server::new();
    let (policy, mut sizes) = (Policy { details: DAY * 7, ..Policy::default() }, Vec::new());
    for _ in 0..6 {
        for number in 0..400 {
            server.post("/Users", json!({"userName": number, "title": "x".repeat(300)})).await.due(400);
        }
        server.world.advance(DAY * 8);
        server.world.retain(&policy, 1);
        let pages = "SELECT page_count FROM pragma_page_count";
        sizes.push(server.world.read(move |conn| Ok(conn.one(pages, [], |row| row.get::<i64>(0))?)));
    }
    assert!(sizes[5] <= sizes[1], "{sizes:?}");
}

#[tokio::test]
async fn scim_11_the_background_removes_by_itself_and_says_how_much() {
    let server = Server::new();
    server.post("/Users", json!({"userName": 7})).await.due(400);
    server.world.advance(DAY * 8);
    server.app.start_retention(Policy::default());
    let router = muster_http::operations_router(&server.app);
    server
        .eventually(async || {
            let request = http::Request::get("/metrics").body(axum::body::Body::empty()).unwrap();
            let response = tower::ServiceExt::oneshot(router.clone(), request).await.unwrap();
            let page = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
            let page = String::from_utf8(page.to_vec()).unwrap();
            page.contains("muster_retention_removed_total{what=\"requests\"} 1")
                && page.contains("muster_request_log_bytes 0")
        })
        .await;
}
