//! `/.search` (RFC 7644 §3.4.3), and lists over users and groups.

use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::{Server, encoded, person, team};

const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

fn request(mut parameters: Value) -> Value {
    parameters["schemas"] = json!([SEARCH]);
    parameters
}

/// The names of what was found: users by `userName`, groups by `displayName`.
fn names(list: &Value) -> Vec<&str> {
    let name = |found: &'_ Value| -> Option<String> {
        let name = found.get("userName").or(found.get("displayName"))?;
        Some(name.as_str()?.to_owned())
    };
    let found = list["Resources"].as_array().unwrap();
    assert_eq!(list["itemsPerPage"], json!(found.len()));
    assert!(found.iter().all(|found| name(found).is_some()), "{list}");
    found.iter().map(|found| found.get("userName").or(found.get("displayName")).unwrap().as_str().unwrap()).collect()
}

async fn directory() -> Server {
    let server = Server::new();
    let mut ids = Vec::new();
    for name in ["d", "b", "a"] {
        let mut body = person(&format!("{name}@example.com"));
        body["displayName"] = json!(format!("moby:{name}"));
        ids.push(server.post("/Users", body).await.due(201).id());
    }
    server.group("moby:C", &[&ids[0]]).await;
    server.group("moby:b", &[]).await;
    server
}

#[tokio::test]
async fn scim_2_a_search_by_post_answers_as_the_list_by_get() {
    let server = directory().await;
    for (by_get, by_post) in [
        ("/Users", "{}"),
        ("/Users?startIndex=2&count=1&attributes=userName", r#"{"startIndex":2,"count":1,"attributes":["userName"]}"#),
        (
            "/Users?filter=userName%20sw%20%22b%22&excludedAttributes=emails",
            r#"{"filter":"userName sw \"b\"","excludedAttributes":["emails"]}"#,
        ),
        ("/Users?sortBy=userName&sortOrder=descending", r#"{"sortBy":"userName","sortOrder":"descending"}"#),
        ("/Groups?filter=members%20pr", r#"{"filter":"members pr"}"#),
        ("/Groups?sortBy=displayName&count=0", r#"{"sortBy":"displayName","count":0}"#),
    ] {
        let get = server.get(by_get).await.due(200);
        let path = format!("{}/.search", by_get.split('?').next().unwrap());
        let parameters = request(serde_json::from_str(by_post).unwrap());
        let post = server.post(&path, parameters).await.due(200);
        assert_eq!((post.text.as_str(), post.header("content-type")), (get.text.as_str(), "application/scim+json"));
    }
}

#[tokio::test]
async fn scim_2_a_search_at_the_root_spans_users_and_groups() {
    let server = directory().await;
    let all = ["d@example.com", "b@example.com", "a@example.com", "moby:C", "moby:b"];
    let by_name = ["moby:a", "moby:b", "moby:b", "moby:C", "moby:d"];
    let cases = [
        (json!({}), all.to_vec(), 5),
        (json!({"startIndex": 3, "count": 2}), all[2..4].to_vec(), 5),
        (json!({"startIndex": 5}), all[4..].to_vec(), 5),
        (json!({"startIndex": 6}), vec![], 5),
        (json!({"filter": "meta.resourceType eq \"User\""}), all[..3].to_vec(), 3),
        (json!({"filter": "meta.resourceType eq \"Group\"", "count": 1}), all[3..4].to_vec(), 2),
        (json!({"filter": "displayName eq \"MOBY:b\""}), vec!["b@example.com", "moby:b"], 2),
        (json!({"filter": "userName sw \"a\" or members pr"}), vec!["a@example.com", "moby:C"], 2),
        (json!({"filter": "not (userName pr)"}), all[3..].to_vec(), 2),
        (json!({"filter": "groups.display eq \"moby:c\""}), vec!["d@example.com"], 1),
        (json!({"filter": "meta.resourceType pr", "startIndex": 4, "count": 1}), all[3..4].to_vec(), 5),
        (json!({"sortBy": "userName"}), vec!["a@example.com", "b@example.com", "d@example.com", "moby:C", "moby:b"], 5),
        (json!({"sortBy": "userName", "sortOrder": "descending", "count": 3}), vec!["moby:C", "moby:b", all[0]], 5),
    ];
    for (parameters, found, total) in cases {
        let list = server.post("/.search", request(parameters.clone())).await.due(200).value();
        assert_eq!((names(&list), &list["totalResults"]), (found, &json!(total)), "{parameters}");
    }
    let list = server.post("/.search", request(json!({"sortBy": "displayName"}))).await.due(200).value();
    let shown: Vec<&str> =
        list["Resources"].as_array().unwrap().iter().map(|found| found["displayName"].as_str().unwrap()).collect();
    assert_eq!(shown, by_name);
    let list = server.post("/.search", request(json!({"attributes": ["displayName", "members"]}))).await.due(200);
    let list = list.value();
    assert_eq!(list["Resources"][0].as_object().unwrap().keys().collect::<Vec<_>>(), ["schemas", "id", "displayName"]);
    assert_eq!(list["Resources"][3]["members"].as_array().unwrap().len(), 1);
    let by_get = server.get(&format!("/?filter={}", encoded("displayName eq \"moby:b\""))).await.due(200).value();
    assert_eq!(names(&by_get), ["b@example.com", "moby:b"]);
}

#[tokio::test]
async fn scim_2_a_search_is_refused_as_a_list_is() {
    let server = directory().await;
    for (parameters, status, scim_type) in [
        (json!({"filter": "colour eq \"red\""}), 400, "invalidFilter"),
        (json!({"filter": 7}), 400, "invalidValue"),
        (json!({"sortBy": "name"}), 400, "invalidValue"),
        (json!({"attributes": ["id"], "excludedAttributes": ["name"]}), 400, "invalidValue"),
        (json!({"cursor": "nonsense"}), 400, "invalidCursor"),
        (json!({"cursor": "", "startIndex": 1}), 400, "invalidValue"),
        (json!({"cursor": "", "count": "x"}), 400, "invalidCount"),
    ] {
        for path in ["/.search", "/Users/.search", "/Groups/.search"] {
            server.post(path, request(parameters.clone())).await.refused(status, Some(scim_type), "");
        }
    }
    server.post("/.search", json!([])).await.refused(400, Some("invalidSyntax"), "object");
    let text = server.scim("POST", "/.search").header("content-type", "text/plain").bytes("{}").send().await;
    text.refused(415, None, "application/scim+json");
    for path in ["/.search", "/Users/.search", "/Groups/.search"] {
        let answer = server.get(path).await.refused(405, None, "Allow");
        assert_eq!(answer.header("allow"), "POST", "{path}");
        server.to("POST", &format!("/scim/v2{path}")).send().await.due(401);
    }
}

#[tokio::test]
async fn scim_11_a_search_is_a_read() {
    let server = directory().await;
    let search = server.post("/Users/.search", request(json!({"filter": "userName pr"}))).await.due(200);
    assert!(server.logged(&search).is_none(), "no body of a read is kept");
    server.app.close().await;
    let connection = server.connection;
    let chunks = server.world.read(move |conn| Ok(conn.read_chunks(connection, 10)?));
    let lines: Vec<_> = chunks.iter().flat_map(|chunk| muster_http::logged_reads(chunk).unwrap()).collect();
    let lines: Vec<_> =
        lines.iter().map(|line| (line.method.as_str(), line.target.as_str(), line.outcome.as_str())).collect();
    assert_eq!(lines, [("POST", "/Users/.search", "read")]);
}

#[tokio::test]
async fn scim_2_a_page_that_grows_too_large_ends_early_and_says_so() {
    let limits = muster_http::Limits { page_bytes: 6_000, ..muster_http::Limits::default() };
    let server = Server::with(limits);
    let ada = server.user("ada@example.com").await;
    for number in 0..6 {
        let mut body = team(&format!("moby:team{number}"), &[&ada]);
        body["externalId"] = json!("x".repeat(1_000));
        server.post("/Groups", body).await.due(201);
    }
    for order in ["", "&sortBy=displayName", "&filter=displayName%20pr", "&filter=members%20pr"] {
        let (mut seen, mut start) = (Vec::new(), 1);
        loop {
            let page = server.get(&format!("/Groups?startIndex={start}&count=6{order}")).await.due(200).value();
            assert_eq!(page["totalResults"], json!(6));
            let found = names(&page);
            assert!((1..6).contains(&found.len()), "{order}: {found:?}");
            start += found.len();
            seen.extend(found.into_iter().map(str::to_owned));
            if seen.len() == 6 {
                break;
            }
        }
        assert!(seen.is_sorted(), "{order}: {seen:?}");
    }
    let small = server.get("/Groups?excludedAttributes=members,externalId").await.due(200).value();
    assert!(small["itemsPerPage"].as_u64().unwrap() >= 3);
}

#[tokio::test]
async fn large_answers_together_take_no_more_than_their_room() {
    let limits = muster_http::Limits { answers: 1024 * 1024, ..muster_http::Limits::default() };
    let server = Server::with(limits);
    for name in ["a", "b", "c"] {
        let mut body = person(&format!("{name}@example.com"));
        body["title"] = json!("x".repeat(300_000));
        server.post("/Users", body).await.due(201);
    }
    let request = || {
        let bearer = format!("Bearer {}", server.token.expose());
        let request = http::Request::get("/scim/v2/Users").header("authorization", bearer);
        server.router.clone().oneshot(request.body(axum::body::Body::empty()).unwrap())
    };
    let unsent = request().await.unwrap();
    assert_eq!(unsent.status(), 200);
    let refused = server.get("/Users").await.refused(503, None, "busy");
    assert_eq!(refused.header("retry-after"), "1");
    server.get("/Users?count=0").await.due(200);
    drop(unsent);
    let list = server.get("/Users").await.due(200);
    assert_eq!((list.value()["itemsPerPage"].as_u64(), list.text.len() > 900_000), (Some(3), true));
}
