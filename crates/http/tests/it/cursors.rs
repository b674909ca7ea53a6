//! Walks by cursor (RFC 9865).

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use http::Request;
use muster_engine::retention::Policy;
use muster_model::{ConnectionId, DirectoryUserId};
use muster_testkit::World;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{Answer, Server, encoded};

fn ids(page: &Value) -> Vec<String> {
    page["Resources"].as_array().unwrap().iter().map(|found| found["id"].as_str().unwrap().to_owned()).collect()
}

/// One page of a walk, and the cursor of the next.
async fn page(server: &Server, path: &str, query: &str, cursor: &str) -> (Value, Option<String>) {
    let page = server.get(&format!("{path}?{query}&cursor={cursor}")).await.due(200).value();
    assert_eq!(page["itemsPerPage"], json!(ids(&page).len()));
    assert_eq!((page.get("startIndex"), page.get("previousCursor")), (None, None));
    let next = page.get("nextCursor").map(|cursor| cursor.as_str().unwrap().to_owned());
    (page, next)
}

/// The ids of a whole walk, in order; `between` runs after each page.
async fn walk(server: &Server, path: &str, query: &str, mut between: impl FnMut()) -> Vec<String> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (page, next) = page(server, path, query, &cursor).await;
        seen.extend(ids(&page));
        between();
        match next {
            Some(next) => cursor = next,
            None => return seen,
        }
    }
}

async fn people(count: usize) -> (Server, Vec<String>) {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..count {
        let said = muster_testkit::person(&format!("user{:03}@example.com", (number * 7) % count));
        ids.push(server.world.create_user(server.connection, said).unwrap().id.to_string());
    }
    (server, ids)
}

#[tokio::test]
async fn scim_2_a_walk_by_cursor_meets_everything_once_in_the_order_of_the_list() {
    let (server, made) = people(23).await;
    let group = server.group("moby:devs", &made.iter().take(9).map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(walk(&server, "/Users", "count=5", || {}).await, made);
    assert_eq!(walk(&server, "/Users", "count=23", || {}).await, made);
    assert_eq!(walk(&server, "/Groups", "count=1", || {}).await, [group.as_str()]);
    let everything: Vec<String> = made.iter().cloned().chain([group]).collect();
    assert_eq!(walk(&server, "/", "count=4", || {}).await, everything);
    for query in [
        "sortBy=userName".to_owned(),
        "sortBy=userName&sortOrder=descending".to_owned(),
        "sortBy=active".to_owned(),
        "sortBy=title&sortOrder=descending".to_owned(),
        "sortBy=groups.display".to_owned(),
        format!("filter={}", encoded("userName co \"1\"")),
        format!("filter={}&sortBy=meta.created", encoded("groups pr or userName ew \"5@example.com\"")),
    ] {
        let by_index = server.get(&format!("/Users?{query}&count=200")).await.due(200).value();
        let by_cursor = walk(&server, "/Users", &format!("{query}&count=2"), || {}).await;
        assert_eq!(by_cursor, ids(&by_index), "{query}");
        assert!(!by_cursor.is_empty());
    }
    let (last, next) = page(&server, "/Users", "count=23", "").await;
    assert_eq!((next, &last["totalResults"]), (None, &json!(23)), "no cursor behind the last page");
    let (none, next) = page(&server, "/Users", "count=0", "").await;
    assert_eq!((ids(&none), next, &none["totalResults"]), (vec![], None, &json!(23)));
    let index = server.get("/Users?count=2").await.due(200).value();
    assert_eq!((index.get("nextCursor"), &index["startIndex"]), (None, &json!(1)), "pages by index are the default");
}

#[tokio::test]
async fn scim_2_a_search_by_post_walks_as_well() {
    let (server, made) = people(5).await;
    let (mut seen, mut cursor) = (Vec::new(), json!(""));
    loop {
        let body = json!({"cursor": cursor, "count": 2, "filter": "userName pr"});
        let page = server.post("/Users/.search", body).await.due(200).value();
        seen.extend(ids(&page));
        match page.get("nextCursor") {
            Some(next) => cursor = next.clone(),
            None => break,
        }
    }
    assert_eq!(seen, made);
}

#[tokio::test]
async fn scim_2_a_cursor_is_good_for_its_query_and_connection_only() {
    let (server, _) = people(5).await;
    let query = "count=2&sortBy=userName";
    let (_, cursor) = page(&server, "/Users", query, "").await;
    let cursor = cursor.unwrap();
    assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)), "{cursor}");
    let refused = |answer: Answer, scim_type: &str| {
        answer.refused(400, Some(scim_type), "");
    };
    for (path, scim_type) in [
        (format!("/Users?count=2&cursor={cursor}"), "invalidCursor"),
        (format!("/Users?{query}&sortOrder=descending&cursor={cursor}"), "invalidCursor"),
        (format!("/Users?{query}&filter=userName%20pr&cursor={cursor}"), "invalidCursor"),
        (format!("/?{query}&cursor={cursor}"), "invalidCursor"),
        (format!("/Users?{query}&cursor=A{cursor}"), "invalidCursor"),
        (format!("/Users?{query}&cursor={}", encoded("a b")), "invalidCursor"),
        (format!("/Users?count=3&sortBy=userName&cursor={cursor}"), "invalidCount"),
        (format!("/Users?count=x&sortBy=userName&cursor={cursor}"), "invalidCount"),
        (format!("/Users?{query}&startIndex=3&cursor={cursor}"), "invalidValue"),
    ] {
        refused(server.get(&path).await, scim_type);
    }
    let other = server.world.connection("entra", &[&server.organizations[1]]).build();
    let token = server.world.scim_token(other);
    let stranger = server
        .to("GET", &format!("/scim/v2/Users?{query}&cursor={cursor}"))
        .header("authorization", &format!("Bearer {}", token.expose()))
        .send()
        .await;
    refused(stranger, "invalidCursor");
    server.world.advance(Duration::from_secs(3_590));
    page(&server, "/Users", query, &cursor).await;
    server.world.advance(Duration::from_secs(20));
    refused(server.get(&format!("/Users?{query}&cursor={cursor}")).await, "expiredCursor");
}

/// Each call makes two users and deletes one of those that are to go.
fn disturb(world: World, server: &Server, going: Vec<String>) -> impl FnMut() + use<> {
    let connection = server.connection;
    let (mut round, mut going) = (0, going.into_iter());
    move || {
        round += 1;
        // One in front of everything and one behind, and one that was there goes.
        for name in [format!("aaa{round:03}@example.com"), format!("zzz{round:03}@example.com")] {
            world.create_user(connection, muster_testkit::person(&name)).unwrap();
        }
        if let Some(id) = going.next() {
            world.delete_user(connection, id.parse().unwrap()).unwrap();
        }
    }
}

#[tokio::test]
async fn scim_2_each_survivor_comes_once_while_others_come_and_go() {
    for query in [
        "count=7".to_owned(),
        "count=7&sortBy=userName".to_owned(),
        "count=7&sortBy=userName&sortOrder=descending".to_owned(),
        format!("count=7&filter={}", encoded("userName co \"@example\"")),
        format!("count=7&filter={}&sortBy=meta.created", encoded("active eq true")),
    ] {
        let (server, made) = people(60).await;
        let going: Vec<String> = made.iter().step_by(3).cloned().collect();
        let between = disturb(server.world.clone(), &server, going.iter().rev().cloned().collect());
        let seen = walk(&server, "/Users", &query, between).await;
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for id in &seen {
            *times.entry(id).or_default() += 1;
        }
        assert!(times.values().all(|times| *times == 1), "{query}: twice");
        for id in made.iter().filter(|id| !going.contains(id)) {
            assert!(times.contains_key(id.as_str()), "{query}: {id} was missed");
        }
    }
}

/// Gives everybody another name between two pages: who was met comes behind who was not, and the other way round.
fn shuffle(world: World, connection: ConnectionId, ids: &[String]) -> impl FnMut() + use<> {
    let ids: Vec<DirectoryUserId> = ids.iter().map(|id| id.parse().unwrap()).collect();
    let mut round = 0;
    move || {
        round += 1;
        for (number, id) in ids.iter().enumerate() {
            let place = if round % 2 == 0 { number } else { ids.len() - number };
            let said = muster_testkit::person(&format!("user{place:03}round{round}@example.com"));
            world.put_user(connection, *id, said).unwrap();
        }
    }
}

#[tokio::test]
async fn scim_2_each_survivor_comes_once_though_everybody_is_renamed_between_the_pages() {
    let all = encoded("userName sw \"user\"");
    for query in [
        "count=4&sortBy=userName".to_owned(),
        "count=4&sortBy=userName&sortOrder=descending".to_owned(),
        "count=4&sortBy=meta.lastModified".to_owned(),
        format!("count=4&filter={all}"),
        format!("count=4&sortBy=userName&filter={all}"),
    ] {
        let (server, mut made) = people(23).await;
        let mut seen = walk(&server, "/Users", &query, shuffle(server.world.clone(), server.connection, &made)).await;
        seen.sort();
        made.sort();
        assert_eq!(seen, made, "{query}");
    }
}

#[tokio::test]
async fn scim_2_who_does_not_match_any_more_is_left_out_of_a_sorted_walk() {
    for filter in ["userName sw \"user\"", "userName eq \"user001@example.com\" or userName eq \"user002@example.com\""]
    {
        let (server, _) = people(5).await;
        let query = format!("count=1&sortBy=userName&filter={}", encoded(filter));
        let found = server.get(&format!("/Users?{query}")).await.due(200).value()["totalResults"].clone();
        let last = server.get(&format!("/Users?{query}&sortOrder=descending")).await.due(200).value();
        let last = ids(&last).remove(0);
        let (world, connection, leaving) = (server.world.clone(), server.connection, last.parse().unwrap());
        let rename = move || {
            world.put_user(connection, leaving, muster_testkit::person("other@example.com")).unwrap();
        };
        let seen = walk(&server, "/Users", &query, rename).await;
        assert_eq!(json!(seen.len() + 1), found, "{filter}");
        assert!(!seen.contains(&last), "{filter}");
    }
}

#[tokio::test]
async fn scim_2_a_sorted_walk_by_groups_judges_them_anew() {
    let (server, made) = people(6).await;
    let group = server.group("moby:devs", &made.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let filter = encoded(&format!("groups.value eq \"{group}\""));
    let query = format!("count=2&sortBy=userName&filter={filter}");
    let (first, cursor) = page(&server, "/Users", &query, "").await;
    let mut left: Vec<String> = made.iter().filter(|id| !ids(&first).contains(id)).cloned().collect();
    let gone = left.remove(0);
    let path = format!("members[value eq \"{gone}\"]");
    server.patch(&format!("/Groups/{group}"), json!([{"op": "remove", "path": path}])).await.due(200);
    let (mut seen, mut cursor) = (Vec::new(), cursor);
    while let Some(next) = cursor {
        let (rest, next) = page(&server, "/Users", &query, &next).await;
        seen.extend(ids(&rest));
        cursor = next;
    }
    seen.sort();
    left.sort();
    assert_eq!(seen, left);
}

#[tokio::test]
async fn scim_2_a_sorted_walk_goes_on_elsewhere_and_for_as_long_as_somebody_walks() {
    let (server, made) = people(12).await;
    let mut seen = Vec::new();
    let mut cursor = Some(String::new());
    while let Some(at) = cursor {
        let (found, next) = page(&server, "/Users", "count=1&sortBy=userName", &at).await;
        seen.extend(ids(&found));
        cursor = next;
        server.world.advance(Duration::from_secs(3_500));
        server.world.retain(&Policy::default(), 1);
    }
    assert_eq!(seen.len(), made.len());
    let (_, cursor) = page(&server, "/Users", "count=1&sortBy=userName", "").await;
    let path = format!("/scim/v2/Users?count=1&sortBy=userName&cursor={}", cursor.unwrap());
    let ask = |router: Router| {
        let authorization = format!("Bearer {}", server.token.expose());
        let request = Request::builder().uri(&path).header("authorization", authorization).body(Body::empty());
        async move { router.oneshot(request.unwrap()).await.unwrap().status() }
    };
    assert_eq!(ask(muster_http::router(&server.another_node())).await, 200);
    for _ in 0..20 {
        page(&server, "/Users", "count=1&sortBy=userName", "").await;
    }
    assert_eq!(ask(server.router.clone()).await, 400, "its order ended for those of newer walks");
}

#[tokio::test(flavor = "multi_thread")]
async fn scim_2_each_survivor_comes_once_under_writers_that_never_rest() {
    let (server, made) = people(120).await;
    // So many endings in an hour are a mistake elsewhere (MIG-3).
    server.world.settings(server.connection, |settings| settings.scim.mass_change_guard = false);
    let stop = Arc::new(AtomicBool::new(false));
    let (stopped, connection) = (Arc::clone(&stop), server.connection);
    let world = server.world.clone();
    let writer = std::thread::spawn(move || {
        let mut round = 0;
        while !stopped.load(Ordering::Relaxed) {
            round += 1;
            let said = muster_testkit::person(&format!("user{:03}x{round}@example.com", round % 120));
            let user = world.create_user(connection, said).unwrap();
            world.delete_user(connection, user.id).unwrap();
        }
        round
    });
    for query in ["count=3", "count=11&sortBy=userName"] {
        let seen = walk(&server, "/Users", query, || {}).await;
        let mut unique = seen.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), seen.len(), "{query}: twice");
        let survivors: Vec<&String> = seen.iter().filter(|id| made.contains(id)).collect();
        assert_eq!(survivors.len(), made.len(), "{query}: missed");
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.join().unwrap() > 0);
}
