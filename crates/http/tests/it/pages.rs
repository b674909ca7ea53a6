//! SCIM-11: the request log is read in order, whole, and a page at a time.

use std::time::Duration;

use muster_http::{Logged, log_page, logged_read};
use muster_model::RequestId;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Server, person};

/// The whole log, page by page.
fn whole(server: &Server) -> (Vec<Logged>, usize) {
    let (connection, mut before, mut pages, mut all) = (server.connection, Uuid::max(), 0, Vec::new());
    loop {
        let work = move |conn: &mut muster_store::Conn<'_>| log_page(conn, connection, before);
        let page = server.world.store.scan_blocking(work).unwrap();
        (all, pages) = ([all, page.requests].concat(), pages + 1);
        match page.next {
            Some(next) => before = next,
            None => return (all, pages),
        }
    }
}

#[tokio::test]
async fn scim_11_changes_refusals_and_reads_are_told_in_the_order_in_which_they_came() {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..150 {
        server.world.advance(Duration::from_secs(if number % 50 == 0 { 3_600 } else { 1 }));
        let name = format!("person{number}@example.com");
        for answer in [
            server.post("/Users", person(&name)).await.due(201),
            server.get("/Users?count=1").await.due(200),
            server.post("/Users", json!({"userName": 7})).await.due(400),
        ] {
            ids.push(answer.header("x-request-id").parse::<RequestId>().unwrap());
        }
        if number % 7 == 0 {
            // A chunk of its own for these reads.
            server.app.close().await;
        }
    }
    server.app.close().await;
    let (all, pages) = whole(&server);
    ids.reverse();
    assert_eq!(all.iter().map(Logged::id).collect::<Vec<_>>(), ids, "each once, newest first");
    assert!(pages > 1, "{pages}");
    let outcomes: Vec<&str> = all.iter().take(3).map(Logged::outcome).collect();
    assert_eq!(outcomes, ["refused", "read", "changed"]);
    assert_eq!(all[0].detail(), Some("`userName` must be a string, not a number"));
}

#[tokio::test]
async fn scim_11_a_read_is_found_by_its_trace_id() {
    let server = Server::new();
    let mut reads = Vec::new();
    for _ in 0..40 {
        let answer = server.get("/Users?count=1").await.due(200);
        reads.push(answer.header("x-request-id").parse::<RequestId>().unwrap());
        server.app.close().await;
        server.world.advance(Duration::from_secs(30));
    }
    let connection = server.connection;
    for id in reads {
        let find = move |conn: &mut muster_store::Conn<'_>| logged_read(conn, connection, id);
        assert_eq!(server.world.store.scan_blocking(find).unwrap().unwrap().id, id);
    }
    let other = RequestId(Uuid::max());
    let find = move |conn: &mut muster_store::Conn<'_>| logged_read(conn, connection, other);
    assert_eq!(server.world.store.scan_blocking(find).unwrap(), None);
}
