//! Discovery tells what is there.

use serde_json::json;

use crate::support::{BASE_URL, Server};

#[tokio::test]
async fn scim_2_discovery_is_complete() {
    let server = Server::new();
    let config = server.get("/ServiceProviderConfig").await.due(200).value();
    assert_eq!(config["patch"]["supported"], json!(true));
    assert_eq!(config["bulk"], json!({"supported": true, "maxOperations": 1_000, "maxPayloadSize": 5 * 1024 * 1024}));
    let pagination = json!({
        "cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 100, "maxPageSize": 200,
        "cursorTimeout": 3_600,
    });
    assert_eq!(config["pagination"], pagination);
    assert_eq!(config["meta"]["location"], json!(format!("{BASE_URL}/scim/v2/ServiceProviderConfig")));
    assert_eq!(server.get("/ResourceTypes").await.due(200).value()["totalResults"], json!(2));
    assert_eq!(server.get("/ResourceTypes/user").await.due(200).value()["endpoint"], json!("/Users"));
    let schemas = server.get("/Schemas?count=1&startIndex=7").await.due(200).value();
    assert_eq!(schemas["totalResults"], json!(4), "other parameters are ignored");
    for schema in schemas["Resources"].as_array().unwrap() {
        let path = format!("/Schemas/{}", schema["id"].as_str().unwrap());
        assert_eq!(&server.get(&path).await.due(200).value(), schema);
    }
    server.get("/ResourceTypes/Robot").await.refused(404, None, "Robot");
    server.get("/Schemas/urn:unknown").await.refused(404, None, "urn:unknown");
    for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
        server.get(&format!("{path}?filter=id%20pr")).await.refused(403, None, "filter");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let answer = server.scim(method, path).json(json!({})).send().await.refused(405, None, "Allow");
            assert_eq!(answer.header("allow"), "GET,HEAD", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn scim_2_a_connection_is_nobody_so_there_is_no_me() {
    let server = Server::new();
    server.get("/Me").await.refused(501, None, "a person");
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let answer = server.scim(method, "/Me").json(json!({})).send().await.refused(405, None, "Allow");
        assert_eq!(answer.header("allow"), "GET,HEAD", "{method}");
    }
    server.to("GET", "/scim/v2/Me").send().await.due(401);
}
