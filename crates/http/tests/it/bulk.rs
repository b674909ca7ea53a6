//! `/Bulk` (RFC 7644 §3.7).

use muster_http::{Limits, logged_body};
use muster_model::RequestId;
use serde_json::{Value, json};

use crate::support::{Answer, BASE_URL, ENTERPRISE, PATCH, Server, person, team};

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

async fn send(server: &Server, operations: Value, fail_on_errors: Option<u64>) -> Answer {
    let mut body = json!({"schemas": [REQUEST], "Operations": operations});
    if let Some(errors) = fail_on_errors {
        body["failOnErrors"] = json!(errors);
    }
    server.post("/Bulk", body).await
}

/// The answers to the operations.
async fn bulk(server: &Server, operations: Value) -> Vec<Value> {
    let body = send(server, operations, None).await.due(200).value();
    assert_eq!(body["schemas"], json!([RESPONSE]));
    body["Operations"].as_array().unwrap().clone()
}

fn post(bulk_id: &str, data: Value) -> Value {
    let path = if data.get("displayName").is_some() { "/Groups" } else { "/Users" };
    json!({"method": "POST", "path": path, "bulkId": bulk_id, "data": data})
}

fn employee(user_name: &str, manager: &str) -> Value {
    let mut body = person(user_name);
    body[ENTERPRISE] = json!({"manager": {"value": manager}});
    body
}

fn statuses(operations: &[Value]) -> Vec<&str> {
    operations.iter().map(|operation| operation["status"].as_str().unwrap()).collect()
}

fn path(operation: &Value) -> String {
    operation["location"].as_str().unwrap().strip_prefix(&format!("{BASE_URL}/scim/v2")).unwrap().to_owned()
}

fn id(operation: &Value) -> String {
    path(operation).rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn scim_2_operations_are_answered_one_by_one() {
    let server = Server::new();
    let (bo, cy) = (server.user("bo@example.com").await, server.user("cy@example.com").await);
    let done = bulk(
        &server,
        json!([
            post("a", person("ada@example.com")),
            {"method": "PUT", "path": format!("/Users/{bo}"), "bulkId": "b", "data": employee("bo@example.com", &cy)},
            {"method": "patch", "path": format!("Users/{bo}"), "version": "W/\"2\"", "data": {
                "schemas": [PATCH], "Operations": [{"op": "Replace", "path": "active", "value": "False"}],
            }},
            {"method": "DELETE", "path": format!("/Users/{cy}")},
            {"method": "DELETE", "path": format!("/Users/{cy}")},
            post("d", person("ADA@example.com")),
            post("e", json!({"userName": 7})),
            {"method": "GET", "path": format!("/Users/{bo}")},
            {"method": "PATCH", "path": format!("/Users/{bo}"), "version": "W/\"2\"", "data": {
                "schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "x"}],
            }},
            post("g", team("moby:devs", &[&bo])),
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["201", "200", "200", "204", "404", "409", "400", "400", "412", "201"]);
    let user = format!("{BASE_URL}/scim/v2/Users/{bo}");
    assert_eq!(done[0]["location"].as_str().unwrap().rsplit_once('/').unwrap().0, format!("{BASE_URL}/scim/v2/Users"));
    assert_eq!(
        done[1],
        json!({"location": user, "method": "PUT", "bulkId": "b", "version": "W/\"2\"", "status": "200"})
    );
    assert_eq!(done[2], json!({"location": user, "method": "PATCH", "version": "W/\"3\"", "status": "200"}));
    assert_eq!(done[3].get("version"), None);
    let gone = format!("{BASE_URL}/scim/v2/Users/{cy}");
    assert_eq!((&done[4]["location"], &done[4]["response"]["status"]), (&json!(gone), &json!("404")));
    assert_eq!((done[5].get("location"), &done[5]["response"]["scimType"]), (None, &json!("uniqueness")));
    assert_eq!(done[6]["response"]["scimType"], json!("invalidValue"));
    assert!(done[7]["response"]["detail"].as_str().unwrap().contains("`method`"), "{}", done[7]);
    let read = server.get(&format!("/Users/{bo}")).await.due(200).value();
    assert_eq!((&read["active"], read.get("title")), (&json!(false), None));
    assert_eq!(read[ENTERPRISE]["manager"]["value"], json!(cy));
}

#[tokio::test]
async fn scim_2_references_are_resolved_in_any_order() {
    let server = Server::new();
    let group = server.group("moby:old", &[]).await;
    let done = bulk(
        &server,
        json!([
            post("team", json!({"displayName": "moby:devs", "members": [{"value": "bulkId:bo"}, {"value": "bulkId:ada"}]})),
            {"method": "PATCH", "path": format!("/Groups/{group}"), "data": {"schemas": [PATCH], "Operations": [
                {"op": "add", "path": "members", "value": [{"value": "bulkId:ada"}]},
            ]}},
            post("ada", employee("ada@example.com", "bulkId:bo")),
            {"method": "PUT", "path": "/Users/bulkId:bo", "data": {"userName": "bo@example.com", "title": "boss"}},
            post("bo", person("bo@example.com")),
            {"method": "PATCH", "path": format!("/Groups/{group}"), "data": {"schemas": [PATCH], "Operations": [
                {"op": "remove", "path": "members[value eq \"bulkId:ada\"]"},
            ]}},
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["201", "200", "201", "200", "201", "200"], "{done:?}");
    let (ada, bo) = (id(&done[2]), id(&done[4]));
    let devs = server.get(&path(&done[0])).await.due(200).value();
    let members: Vec<&str> =
        devs["members"].as_array().unwrap().iter().map(|member| member["value"].as_str().unwrap()).collect();
    assert!(members.len() == 2 && members.contains(&ada.as_str()) && members.contains(&bo.as_str()));
    assert_eq!(server.get(&path(&done[2])).await.value()[ENTERPRISE]["manager"]["value"], json!(bo));
    assert_eq!(server.get(&path(&done[4])).await.value()["title"], json!("boss"));
    assert_eq!(server.get(&format!("/Groups/{group}")).await.value().get("members"), None);
    assert_eq!(server.world.teams(&server.organizations[0], "ada@example.com"), ["company", "devs"]);
}

#[tokio::test]
async fn scim_2_circles_are_closed() {
    let server = Server::new();
    let done = bulk(
        &server,
        json!([
            post("ada", employee("ada@example.com", "bulkId:bo")),
            post("bo", employee("bo@example.com", "bulkId:ada")),
            post("cy", employee("cy@example.com", "bulkId:cy")),
            post("g", json!({"displayName": "moby:g", "members": [{"value": "bulkId:h"}, {"value": "bulkId:ada"}]})),
            post("h", json!({"displayName": "moby:h", "members": [{"value": "bulkId:g"}]})),
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["201"; 5], "{done:?}");
    for (one, other) in [(0, 1), (1, 0), (2, 2)] {
        let read = server.get(&path(&done[one])).await.due(200);
        assert_eq!(read.value()[ENTERPRISE]["manager"]["value"], json!(id(&done[other])));
        // A group that takes somebody in raises that user's version, too.
        if one > 0 {
            let version = done[one]["version"].as_str().unwrap();
            assert_eq!(read.header("etag"), version, "the version after the circle is closed");
        }
    }
    let h = server.get(&path(&done[4])).await.due(200).value();
    assert_eq!(
        h["members"],
        json!([{
            "value": id(&done[3]), "$ref": format!("{BASE_URL}/scim/v2/Groups/{}", id(&done[3])), "type": "Group",
        }])
    );
}

#[tokio::test]
async fn scim_2_what_cannot_be_resolved_fails_alone() {
    let server = Server::new();
    server.user("taken@example.com").await;
    let done = bulk(
        &server,
        json!([
            post("ada", employee("ada@example.com", "bulkId:nobody")),
            post("bo", employee("bo@example.com", "bulkId:taken")),
            post("taken", person("taken@example.com")),
            {"method": "DELETE", "path": "/Users/bulkId:taken"},
            post("cy", employee("cy@example.com", "bulkId:circle")),
            post("circle", employee("taken@example.com", "bulkId:cy")),
            post("dee", person("dee@example.com")),
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["400", "409", "409", "409", "409", "409", "201"], "{done:?}");
    assert!(done[0]["response"]["detail"].as_str().unwrap().contains("bulkId:nobody"));
    assert!(done[1]["response"]["detail"].as_str().unwrap().contains("made nothing"));
    assert_eq!(server.get("/Users").await.value()["totalResults"], json!(2));
}

#[tokio::test]
async fn scim_2_what_was_made_without_its_reference_is_no_success() {
    let server = Server::new();
    server.user("taken@example.com").await;
    // Made without its manager, who is then refused; the bulk ends before the circle could be closed.
    let circle = json!([
        post("cy", employee("taken@example.com", "bulkId:dee")),
        post("dee", employee("dee@example.com", "bulkId:cy")),
    ]);
    let body = send(&server, circle, Some(1)).await.due(200).value();
    let done = body["Operations"].as_array().unwrap();
    let dee = done.iter().find(|operation| operation["bulkId"] == "dee").unwrap();
    assert_eq!(statuses(done), ["409", "409"], "{body}");
    assert!(dee["location"].is_string() && dee["response"]["detail"].as_str().unwrap().contains("`cy`"), "{dee}");
}

#[tokio::test]
async fn scim_2_a_version_that_no_header_could_carry_never_runs_without_it() {
    let server = Server::new();
    let bo = server.user("bo@example.com").await;
    let delete = json!([{"method": "DELETE", "path": format!("/Users/{bo}"), "version": "W/\"7\"\n"}]);
    assert_eq!(statuses(&bulk(&server, delete).await), ["400"]);
    server.get(&format!("/Users/{bo}")).await.due(200);
}

#[tokio::test]
async fn scim_2_a_bulk_stops_after_so_many_errors() {
    let server = Server::new();
    let bad = |bulk_id: &str| post(bulk_id, json!({}));
    let operations =
        json!([post("a", person("a@example.com")), bad("b"), bad("c"), post("d", person("d@example.com"))]);
    for (errors, done) in [(1, vec!["201", "400"]), (2, vec!["409", "400"]), (3, vec!["409", "400", "400"])] {
        let body = send(&server, operations.clone(), Some(errors)).await.due(200).value();
        assert_eq!(statuses(body["Operations"].as_array().unwrap()), done, "{errors}");
    }
    assert_eq!(server.get("/Users").await.value()["totalResults"], json!(1));
    let body = send(&server, operations, None).await.due(200).value();
    assert_eq!(statuses(body["Operations"].as_array().unwrap()), ["409", "400", "400", "201"]);
}

#[tokio::test]
async fn scim_2_what_is_too_large_is_refused_before_anything_runs() {
    let limits = Limits { group_body: 200_000, ..Limits::default() };
    let server = Server::with(limits);
    let config = server.get("/ServiceProviderConfig").await.due(200).value();
    assert_eq!(config["bulk"], json!({"supported": true, "maxOperations": 1_000, "maxPayloadSize": 200_000}));
    let operation = post("a", person("a@example.com"));
    let mut operations = vec![operation.clone()];
    operations.extend((0..1_000).map(|_| json!({})));
    send(&server, json!(operations), None).await.refused(413, None, "at most 1000");
    let mut large = operation.clone();
    large["data"]["title"] = json!("x".repeat(200_000));
    send(&server, json!([operation, large]), None).await.refused(413, None, "200000 bytes");
    server.post("/Bulk", json!([])).await.refused(400, Some("invalidSyntax"), "object");
    server.post("/Bulk", json!({"Operations": 1})).await.refused(400, Some("invalidSyntax"), "Operations");
    assert_eq!(server.get("/Users").await.value()["totalResults"], json!(0));
    let text = server.scim("POST", "/Bulk").header("content-type", "text/plain").bytes("{}").send().await;
    text.refused(415, None, "");
    server.to("POST", "/scim/v2/Bulk").send().await.due(401);
    server.get("/Bulk").await.refused(405, None, "Allow");
    assert_eq!(bulk(&server, json!([])).await, Vec::<Value>::new());
}

#[tokio::test]
async fn scim_11_each_operation_is_on_the_log_as_a_request_of_its_own() {
    let server = Server::new();
    let mut ada = person("ada@example.com");
    ada["password"] = json!("hunter2");
    let operations = json!([
        post("bo", employee("bo@example.com", "bulkId:ada")),
        post("ada", ada),
        post("again", person("ada@example.com")),
        post("bad", json!({"password": "hunter2"})),
    ]);
    let body = json!({"schemas": [REQUEST], "Operations": operations});
    let sending = server.scim("POST", "/Bulk").header("user-agent", "Okta SCIM Client 1.0.0").json(body);
    let answer = sending.send().await.due(200);
    let whole: RequestId = answer.header("x-request-id").parse().unwrap();
    assert!(server.logged(&answer).is_none(), "the whole is a line");
    let connection = server.connection;
    let mut rows = server.world.read(move |conn| Ok(conn.requests(connection, 10)?));
    rows.reverse();
    let told: Vec<_> =
        rows.iter().map(|row| (row.method.as_str(), row.target.as_str(), row.status, row.outcome.as_str())).collect();
    assert_eq!(
        told,
        [
            ("POST", "/Users", 201, "changed"),
            ("POST", "/Users", 201, "changed"),
            ("POST", "/Users", 409, "refused"),
            ("POST", "/Users", 400, "refused"),
        ]
    );
    assert!(rows.iter().all(|row| row.part_of == Some(whole) && row.dialect.as_deref() == Some("Okta")));
    let bodies: Vec<Value> = rows
        .iter()
        .map(|row| serde_json::from_slice(&logged_body(&server.sealer, row).unwrap().unwrap()).unwrap())
        .collect();
    assert_eq!(bodies[0]["password"], json!("redacted"));
    let made = rows[0].resource.unwrap().to_string();
    assert_eq!(bodies[1][ENTERPRISE]["manager"]["value"], json!(made), "references are resolved: it can be run again");
    let ledger = server.world.read({
        let id = rows[1].resource.unwrap();
        move |conn| Ok(conn.history(id, 10)?)
    });
    assert_eq!(ledger[0].request, Some(rows[1].id));
    server.app.close().await;
    let chunks = server.world.read(move |conn| Ok(conn.read_chunks(connection, 10)?));
    let lines: Vec<_> = chunks.iter().flat_map(|chunk| muster_http::logged_reads(chunk).unwrap()).collect();
    assert_eq!((lines.len(), lines[0].target.as_str(), lines[0].outcome.as_str()), (1, "/Bulk", "changed"));
    assert_eq!(lines[0].id, whole);
}

#[tokio::test]
async fn scim_8_a_bulk_reaches_no_other_connection() {
    let server = Server::new();
    let stranger = {
        let other = server.world.connection("entra", &[&server.organizations[1]]).build();
        server.world.create_user(other, muster_testkit::person("stranger@example.com")).unwrap().id
    };
    let done = bulk(
        &server,
        json!([
            {"method": "DELETE", "path": format!("/Users/{stranger}")},
            post("g", team("moby:devs", &[&stranger.to_string()])),
        ]),
    )
    .await;
    assert_eq!(statuses(&done), ["404", "400"]);
}

#[tokio::test]
async fn mig_3_operations_of_a_bulk_are_held_singly() {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..53 {
        ids.push(server.user(&format!("p{number}@example.com")).await);
    }
    let off = |id: &String| {
        json!({"method": "PATCH", "path": format!("/Users/{id}"), "data": {
            "schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": false}],
        }})
    };
    let mut operations: Vec<Value> = ids.iter().map(off).collect();
    operations.push(post("new", person("new@example.com")));
    let done = bulk(&server, json!(operations)).await;
    assert!(statuses(&done[..50]).iter().all(|status| *status == "200"));
    assert_eq!(statuses(&done[50..]), ["503", "503", "503", "201"], "what ends nothing goes on");
    assert!(done[50]["response"]["detail"].as_str().unwrap().contains("mass-change guard"), "{}", done[50]);
    assert_eq!(server.world.held(server.connection).len(), 3);
}
