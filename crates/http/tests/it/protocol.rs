//! HTTP around SCIM: paths, HEAD, encodings, and the operations pages.

use axum::{Router, body::Body};
use http::Request;
use http_body_util::BodyExt;
use muster_http::operations_router;
use serde_json::json;
use tower::ServiceExt;

use crate::support::{BASE_URL, Server, person};

#[tokio::test]
async fn scim_2_both_paths_are_the_same_thing_under_their_own_locations() {
    let server = Server::new();
    let bearer = format!("Bearer {}", server.token.expose());
    let alias = async |method: &str, path: &str| {
        server.to(method, &format!("/v2/scim/2.0{path}")).header("authorization", &bearer)
    };
    let created = alias("POST", "/Users").await.json(person("ada@example.com")).send().await.due(201);
    let id = created.id();
    assert_eq!(created.header("location"), format!("{BASE_URL}/v2/scim/2.0/Users/{id}"));
    let group = server.group("moby:devs", &[&id]).await;
    let read = alias("GET", &format!("/Users/{id}")).await.send().await.due(200).value();
    assert_eq!(read["groups"][0]["$ref"], json!(format!("{BASE_URL}/v2/scim/2.0/Groups/{group}")));
    let read = server.get(&format!("/Users/{id}")).await.due(200).value();
    assert_eq!(read["meta"]["location"], json!(format!("{BASE_URL}/scim/v2/Users/{id}")));
    alias("GET", "/Nothing").await.send().await.refused(404, None, "");
}

#[tokio::test]
async fn scim_2_urls_come_in_many_spellings() {
    let server = Server::new();
    let id = server.user("ada+x@example.com").await;
    for path in [
        "/Users/",
        "/Users?",
        "/Users?&",
        "/Users?filter=userName+eq+%22ada%2Bx@example.com%22&",
        "/Users?FILTER=userName%20eq%20%22ADA%2Bx%40example.com%22&startIndex=1&count=100",
        "/Users?filter=emails%5Btype%20eq%20%22work%22%5D.value%20eq%20%22ada%2Bx%40example.com%22",
    ] {
        assert_eq!(server.get(path).await.due(200).value()["totalResults"], json!(1), "{path}");
    }
    for path in [format!("/Users/{id}?"), format!("/Users/{id}/"), format!("/Users/{}", id.to_uppercase())] {
        server.get(&path).await.due(200);
    }
    server.put(&format!("/Users/{id}?"), person("ada+x@example.com")).await.due(200);
    server.get("/ServiceProviderConfig/").await.due(200);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    for path in [format!("/Users/{id}"), "/Users".to_owned(), "/Users/nobody".to_owned()] {
        let (get, head) = (server.get(&path).await, server.scim("HEAD", &path).send().await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""));
        assert_eq!(
            (head.header("etag"), head.header("content-type")),
            (get.header("etag"), get.header("content-type"))
        );
    }
}

#[tokio::test]
async fn every_answer_has_an_id() {
    let server = Server::new();
    let mut ids: Vec<String> = Vec::new();
    for path in ["/healthz", "/scim/v2/Users", "/nothing"] {
        ids.push(server.to("GET", path).send().await.header("x-request-id").to_owned());
    }
    assert!(ids.iter().all(|id| id.len() == 36) && ids.is_sorted(), "{ids:?}");
}

#[tokio::test]
async fn outside_scim_errors_are_pages() {
    let server = Server::new();
    let answer = server.to("GET", "/nothing").send().await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.text.contains(answer.header("x-request-id")), "{}", answer.text);
    let answer = server.to("POST", "/healthz").send().await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "GET,HEAD"));
}

async fn page(router: &Router, path: &str) -> (u16, String) {
    let response = router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_operations_pages_tell_how_the_server_is() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    server.get(&format!("/Users/{id}")).await.due(200);
    server.to("GET", "/scim/v2/Users").send().await.due(401);
    server.get("/nothing").await.due(404);
    let operations = operations_router(&server.app);
    assert_eq!(page(&operations, "/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(page(&operations, "/readyz").await, (200, "ready\n".to_owned()));
    assert_eq!(page(&server.router, "/readyz").await, (200, "ready\n".to_owned()));
    assert_eq!(page(&server.router, "/metrics").await.0, 404, "not where clients are");
    let (status, metrics) = page(&operations, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "muster_http_requests_total{method=\"GET\",route=\"/scim/v2/Users/{id}\",status=\"200\"} 1",
        "muster_http_requests_total{method=\"GET\",route=\"/scim/v2/Users\",status=\"401\"} 1",
        "muster_http_request_duration_seconds_count{method=\"POST\",route=\"/scim/v2/Users\"} 1",
        "muster_unauthorized_total{reason=\"missing\"} 1",
        "muster_read_log_dropped_total 0",
        "muster_build_info{version=\"0.1.0\"} 1",
        "muster_store_queued_writes 0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("ada"), "no personal data");
    assert!(!metrics.contains(&id) && !metrics.contains("nothing"), "clients cannot invent labels");
}

#[tokio::test]
async fn a_store_that_is_closed_is_503_and_not_ready() {
    let server = Server::new();
    server.get("/Users").await.due(200);
    server.world.store.clone().close().await;
    let answer = server.post("/Users", person("ada@example.com")).await;
    let answer = answer.refused(503, None, "the database cannot be reached");
    assert_eq!(answer.header("retry-after"), "5");
    assert_eq!(server.to("GET", "/readyz").send().await.status, 503);
    assert_eq!(server.to("GET", "/healthz").send().await.status, 200);
}
