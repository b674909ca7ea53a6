//! `/Users`: what a client writes and reads.

use serde_json::{Value, json};

use crate::support::{BASE_URL, DOCKER, ENTERPRISE, Server, USER, person};

#[tokio::test]
async fn scim_5_a_user_is_created_read_changed_and_deleted() {
    let server = Server::new();
    let created = server.post("/Users", person("ada@example.com")).await.due(201);
    let (id, user) = (created.id(), created.value());
    let location = format!("{BASE_URL}/scim/v2/Users/{id}");
    assert_eq!(created.header("location"), location);
    assert_eq!(created.header("etag"), "W/\"1\"");
    assert_eq!(created.header("content-type"), "application/scim+json");
    assert_eq!(user["meta"]["location"], json!(location));
    assert_eq!(user["meta"]["version"], json!("W/\"1\""));
    assert_eq!(user["meta"]["resourceType"], json!("User"));
    assert!(server.world.is_member(&server.organizations[0], "ada@example.com"));

    let read = server.get(&format!("/Users/{id}")).await.due(200);
    assert_eq!(read.text, created.text);
    assert_eq!(read.header("etag"), "W/\"1\"");

    let changed =
        server.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await;
    assert_eq!(changed.clone().due(200).value()["active"], json!(false));
    assert_eq!(changed.header("etag"), "W/\"2\"");
    assert!(!server.world.is_member(&server.organizations[0], "ada@example.com"));

    let deleted = server.delete(&format!("/Users/{id}")).await.due(204);
    assert_eq!(deleted.text, "");
    for method in ["GET", "DELETE"] {
        server.scim(method, &format!("/Users/{id}")).send().await.refused(404, None, &id);
    }
    let again = server.post("/Users", person("ADA@example.com")).await.due(201);
    assert_ne!(again.id(), id, "the userName is free, the id is not used again");
}

#[tokio::test]
async fn pre_4_reads_return_what_was_written() {
    let server = Server::new();
    let body = json!({
        "schemas": [USER, ENTERPRISE, DOCKER],
        "externalId": "00uEXT", "userName": "Élodie.O'Neil+x_y@example.com", "displayName": "e\u{301} 🦀 \u{202e}",
        "name": {"formatted": " Élodie ", "givenName": "Élodie"}, "nickName": "É", "title": "CTO", "locale": "fr-FR",
        "emails": [{"value": "a@example.com", "type": "home"}, {"value": "b@example.com", "type": "work", "primary": true}],
        "phoneNumbers": [{"value": "(555) 1-2", "type": "work"}], "active": true,
        ENTERPRISE: {"employeeNumber": "7", "department": "R&D", "manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d"}},
        DOCKER: {"dockerRole": "editor", "dockerTeam": "backend", "dockerSessionMinutes": 60},
    });
    let user = server.post("/Users", body.clone()).await.due(201).value();
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&user[name], value, "{name}");
    }
    let account = server.world.account_of("élodie.o'neil+x_y@example.com").unwrap();
    assert_eq!(account.full_name, "Élodie");
    assert_eq!(server.world.teams(&server.organizations[0], "élodie.o'neil+x_y@example.com"), ["backend"]);
}

#[tokio::test]
async fn scim_12_a_put_keeps_what_it_does_not_name() {
    let server = Server::new();
    let mut body = person("ada@example.com");
    body["title"] = json!("Countess");
    body["active"] = json!(false);
    let id = server.post("/Users", body).await.due(201).id();
    let path = format!("/Users/{id}");
    let put = server.put(&path, json!({"userName": "ada@example.com", "name": {"familyName": "King"}})).await.due(200);
    let user = put.value();
    assert_eq!((&user["active"], &user["title"]), (&json!(false), &json!("Countess")));
    assert_eq!(user["name"], json!({"givenName": "Ada", "familyName": "King"}));
    assert_eq!(put.header("location"), format!("{BASE_URL}/scim/v2/Users/{id}"));
    let put = server.put(&path, json!({"userName": "ada@example.com", "active": null, "title": null, "emails": []}));
    let user = put.await.due(200).value();
    assert_eq!((&user["active"], user.get("title"), user.get("emails")), (&json!(false), None, None));
    let removed = server.patch(&path, json!([{"op": "remove", "path": "active"}])).await.due(200);
    assert_eq!(removed.value()["active"], json!(false), "absent is not true either");
}

#[tokio::test]
async fn scim_13_what_changes_nothing_writes_nothing() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    let path = format!("/Users/{id}");
    let read = server.get(&path).await.due(200);
    let rows = server.ledger_rows(&id);
    let stored = server.stored();
    let same: Value = read.value();
    let unchanged = [
        server.put(&path, same).await,
        server.patch(&path, json!([{"op": "Replace", "path": "active", "value": "True"}])).await,
        server.patch(&path, json!([{"op": "replace", "value": {"password": "2nz161or"}}])).await,
        server.patch(&path, json!([{"op": "add", "path": "emails", "value": [{"value": "ada@example.com", "type": "work", "primary": true}]}])).await,
        server.patch(&path, json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "remove", "path": "title"}])).await,
    ];
    for answer in unchanged {
        let answer = answer.due(200);
        assert_eq!((answer.text.as_str(), answer.header("etag")), (read.text.as_str(), "W/\"1\""));
        assert_eq!(server.logged(&answer), None, "no row: it is a line in the log of reads");
    }
    assert_eq!(server.ledger_rows(&id), rows);
    server.stored_nothing_since(&stored);
}

#[tokio::test]
async fn scim_2_answers_are_projected() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    server.group("moby:devs", &[&id]).await;
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let path = format!("/Users/{id}");
    let selected =
        server.get(&format!("{path}?attributes=USERNAME,name.givenName,groups.display")).await.due(200).value();
    assert_eq!(names(&selected), ["schemas", "id", "userName", "name", "groups"]);
    assert_eq!(selected["name"], json!({"givenName": "Ada"}));
    assert_eq!(selected["groups"], json!([{"display": "moby:devs"}]));
    let without = server.get(&format!("{path}?excludedAttributes=groups,emails,meta,id")).await.due(200).value();
    assert_eq!(names(&without), ["schemas", "id", "userName", "name", "active"]);
    for (method, path, body) in [
        ("POST", "/Users?attributes=userName".to_owned(), person("bo@example.com")),
        ("PUT", format!("{path}?attributes=userName"), person("ada@example.com")),
        ("GET", format!("{path}?attributes=userName"), Value::Null),
    ] {
        let answer = server.scim(method, &path).json(body).send().await;
        assert_eq!(names(&answer.value()), ["schemas", "id", "userName"], "{method}");
    }
    let listed = server.get("/Users?attributes=userName").await.due(200).value();
    assert_eq!(names(&listed["Resources"][0]), ["schemas", "id", "userName"]);
}

#[tokio::test]
async fn scim_2_etags_guard_reads_and_writes() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    let path = format!("/Users/{id}");
    for known in ["W/\"1\"", "\"1\"", "*", "\"7\", W/\"1\""] {
        let answer = server.scim("GET", &path).header("if-none-match", known).send().await.due(304);
        assert_eq!((answer.text.as_str(), answer.header("etag")), ("", "W/\"1\""));
    }
    server.scim("GET", &path).header("if-none-match", "W/\"2\"").send().await.due(200);
    let title = |title: &str| json!({"userName": "ada@example.com", "title": title});
    let stale = server.scim("PUT", &path).header("if-match", "W/\"9\"").json(title("x")).send().await;
    stale.refused(412, None, "version 1");
    server.scim("DELETE", &path).header("if-match", "W/\"9\"").send().await.refused(412, None, "version 1");
    let fresh = server.scim("PUT", &path).header("if-match", "W/\"1\"").json(title("y")).send().await.due(200);
    assert_eq!(fresh.header("etag"), "W/\"2\"");
    server.scim("PUT", &path).header("if-match", "*").json(title("z")).send().await.due(200);
    server.scim("PUT", &path).header("if-none-match", "*").json(title("q")).send().await.refused(412, None, "");
    server.scim("GET", &path).header("if-match", "\"1\"").send().await.refused(412, None, "");
}

#[tokio::test]
async fn scim_2_of_many_writers_with_one_tag_exactly_one_wins() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    let path = format!("/Users/{id}");
    let attempts = (0..16).map(|number| {
        let body = json!({"userName": "ada@example.com", "title": format!("title {number}")});
        server.scim("PUT", &path).header("if-match", "W/\"1\"").json(body).send()
    });
    let answers = futures_util::future::join_all(attempts).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(won.len(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 412)));
    assert_eq!(server.get(&path).await.text, won[0].text);
}

#[tokio::test]
async fn scim_5_of_many_creators_of_one_name_exactly_one_wins() {
    let server = Server::new();
    let attempts = (0..16).map(|number| {
        let name = if number % 2 == 0 { "ada@example.com" } else { "ADA@Example.com" };
        server.post("/Users", person(name))
    });
    let answers = futures_util::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.refused(409, Some("uniqueness"), "");
    }
}

#[tokio::test]
async fn scim_12_entra_makes_an_email_by_a_filter() {
    let server = Server::new();
    let id = server.post("/Users", json!({"userName": "ada@example.com"})).await.due(201).id();
    let operations = json!([
        {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "ada@example.com"},
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Add", "path": format!("{DOCKER}:dockerRole"), "value": "editor"},
    ]);
    let answer = server.patch(&format!("/Users/{id}"), operations).await.due(200);
    let user = answer.value();
    assert_eq!(user["emails"], json!([{"type": "work", "value": "ada@example.com"}]));
    assert_eq!((&user["active"], &user[DOCKER]["dockerRole"]), (&json!(false), &json!("editor")));
    let row = server.logged(&answer).unwrap();
    assert_eq!(row.dialect.as_deref(), Some("Microsoft Entra ID"));
    let steps: Vec<String> = row.steps.iter().map(|step| format!("{} {}", step.rule, step.note)).collect();
    assert!(steps.iter().any(|step| step.starts_with("SCIM-12 understood: `active` came as a string")), "{steps:?}");
    assert!(steps.iter().any(|step| step.contains("matched nothing, so the value was made")), "{steps:?}");
}
