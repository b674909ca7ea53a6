//! Pages, totals and order.

use serde_json::{Value, json};

use crate::support::{Server, encoded, person};

fn names(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().unwrap().iter().map(|user| user["userName"].as_str().unwrap()).collect()
}

async fn five() -> Server {
    let server = Server::new();
    for name in ["d", "b", "E", "a", "c"] {
        server.user(&format!("{name}@example.com")).await;
    }
    server
}

#[tokio::test]
async fn scim_2_pages_are_by_position_and_totals_are_of_all() {
    let server = five().await;
    let cases = [
        ("", (5, 1, 5)),
        ("?startIndex=2&count=2", (5, 2, 2)),
        ("?startIndex=5&count=10", (5, 5, 1)),
        ("?startIndex=6", (5, 6, 0)),
        ("?startIndex=9999999999", (5, 9_999_999_999_i64, 0)),
        ("?startIndex=0&count=1", (5, 1, 1)),
        ("?startIndex=-3&count=1", (5, 1, 1)),
        ("?count=0", (5, 1, 0)),
        ("?count=-1", (5, 1, 0)),
        ("?count=100000", (5, 1, 5)),
    ];
    for (query, (total, start, items)) in cases {
        let list = server.get(&format!("/Users{query}")).await.due(200).value();
        assert_eq!(list["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
        let found = (&list["totalResults"], &list["startIndex"], &list["itemsPerPage"]);
        assert_eq!(found, (&json!(total), &json!(start), &json!(items)), "{query}");
        assert_eq!(list["Resources"].as_array().unwrap().len(), items, "{query}");
    }
    assert_eq!(server.get("/Groups").await.due(200).value()["totalResults"], json!(0));
}

#[tokio::test]
async fn scim_2_a_list_shows_what_a_read_shows() {
    let server = five().await;
    let list = server.get("/Users").await.due(200);
    for user in list.value()["Resources"].as_array().unwrap() {
        let read = server.get(&format!("/Users/{}", user["id"].as_str().unwrap())).await.due(200);
        assert!(list.text.contains(&read.text));
    }
}

#[tokio::test]
async fn scim_2_a_walk_meets_every_survivor_once() {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..600 {
        let said = muster_testkit::person(&format!("user{number}@example.com"));
        ids.push(server.world.create_user(server.connection, said).unwrap().id.to_string());
    }
    let last = server.get("/Users?startIndex=599&count=10").await.due(200).value();
    assert_eq!(last["Resources"][0]["id"], json!(ids[598]));
    server.delete(&format!("/Users/{}", ids[0])).await.due(204);
    let last = server.get("/Users?startIndex=599&count=10").await.due(200).value();
    assert_eq!((&last["totalResults"], &last["Resources"][0]["id"]), (&json!(599), &json!(ids[599])));
    let mut walked = Vec::new();
    for start in (1..).step_by(100).take(7) {
        let page = server.get(&format!("/Users?startIndex={start}&count=100&attributes=id")).await.due(200).value();
        walked.extend(page["Resources"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()));
    }
    assert_eq!(walked, ids[1..]);
}

#[tokio::test]
async fn scim_2_lists_are_sorted() {
    let server = five().await;
    let sorted = server.get("/Users?sortBy=userName").await.due(200).value();
    assert_eq!(names(&sorted), ["a@example.com", "b@example.com", "c@example.com", "d@example.com", "E@example.com"]);
    let sorted = server.get("/Users?sortBy=emails&sortOrder=descending&startIndex=2&count=2").await.due(200).value();
    assert_eq!(names(&sorted), ["d@example.com", "c@example.com"]);
    assert_eq!(sorted["totalResults"], json!(5));
    let mut titled = person("f@example.com");
    titled["title"] = json!("x");
    server.post("/Users", titled).await.due(201);
    let sorted = server.get("/Users?sortBy=title").await.due(200).value();
    assert_eq!(names(&sorted)[..2], ["f@example.com", "d@example.com"], "absent values come last, by id");
}

#[tokio::test]
async fn scim_2_filters_of_both_kinds_find_the_same() {
    let server = five().await;
    let ids = server.get("/Users").await.value();
    let id = ids["Resources"][1]["id"].as_str().unwrap().to_owned();
    let group = server.group("moby:Devs", &[&id]).await;
    let cases = [
        ("userName eq \"B@EXAMPLE.com\"".to_owned(), vec!["b@example.com"]),
        (format!("id eq \"{id}\""), vec!["b@example.com"]),
        ("emails[type eq \"work\"].value eq \"b@example.com\"".to_owned(), vec!["b@example.com"]),
        ("emails.value eq \"b@example.com\" and active eq true".to_owned(), vec!["b@example.com"]),
        (format!("groups.value eq \"{group}\""), vec!["b@example.com"]),
        ("groups.display eq \"moby:devs\"".to_owned(), vec!["b@example.com"]),
        ("userName sw \"e\"".to_owned(), vec!["E@example.com"]),
        (
            "userName ew \"@EXAMPLE.COM\" and not (userName sw \"a\" or userName ge \"c\")".to_owned(),
            vec!["b@example.com"],
        ),
        ("userName eq \"nobody@example.com\"".to_owned(), vec![]),
        ("active eq false".to_owned(), vec![]),
        (format!("meta.resourceType eq \"User\" and id eq \"{id}\""), vec!["b@example.com"]),
    ];
    for (filter, found) in cases {
        let list = server.get(&format!("/Users?filter={}", encoded(&filter))).await.due(200).value();
        assert_eq!(names(&list), found, "{filter}");
        assert_eq!(list["totalResults"], json!(found.len()), "{filter}");
    }
    for filter in [
        "displayName eq \"MOBY:devs\"".to_owned(),
        format!("members eq \"{id}\""),
        format!("id eq \"{group}\" and members eq \"{id}\""),
        format!("members[value eq \"{id}\" and type eq \"User\"]"),
    ] {
        let path = format!("/Groups?excludedAttributes=members&filter={}", encoded(&filter));
        let list = server.get(&path).await.due(200).value();
        assert_eq!(list["totalResults"], json!(1), "{filter}");
        assert_eq!(list["Resources"][0].get("members"), None);
        let list = server.get(&format!("/Groups?filter={}", encoded(&filter))).await.due(200).value();
        assert_eq!(list["Resources"][0]["members"][0]["value"], json!(id), "{filter}");
    }
    let probe = format!("id eq \"{group}\" and members eq \"{group}\"");
    let list = server.get(&format!("/Groups?filter={}", encoded(&probe))).await.due(200).value();
    assert_eq!(list["totalResults"], json!(0));
}
