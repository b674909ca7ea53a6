//! `/Groups`: members, and what answers show of them.

use serde_json::{Value, json};

use crate::support::{BASE_URL, Server, team};

fn members(group: &Value) -> Vec<&str> {
    group["members"].as_array().map_or(&[][..], Vec::as_slice).iter().map(|m| m["value"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn grp_2_a_group_is_created_changed_and_deleted() {
    let server = Server::new();
    let (ada, bo) = (server.user("ada@example.com").await, server.user("bo@example.com").await);
    let created = server.post("/Groups", team("moby:devs", &[&ada])).await.due(201);
    let id = created.id();
    assert_eq!(created.header("location"), format!("{BASE_URL}/scim/v2/Groups/{id}"));
    let reference = format!("{BASE_URL}/scim/v2/Users/{ada}");
    assert_eq!(created.value()["members"], json!([{"value": ada, "$ref": reference, "type": "User"}]));
    assert_eq!(server.world.teams(&server.organizations[0], "ada@example.com"), ["company", "devs"]);

    let path = format!("/Groups/{id}");
    let patched = server
        .patch(
            &path,
            json!([
                {"op": "remove", "path": format!("members[value eq \"{ada}\"]")},
                {"op": "add", "path": "members", "value": [{"value": bo}]},
                {"op": "replace", "value": {"id": id, "displayName": "whale:devs"}},
            ]),
        )
        .await
        .due(200);
    assert_eq!(members(&patched.value()), [bo.as_str()]);
    assert_eq!(patched.header("etag"), "W/\"2\"");
    assert_eq!(server.world.teams(&server.organizations[1], "bo@example.com"), ["devs"]);
    let user = server.get(&format!("/Users/{bo}")).await.due(200);
    assert_eq!(user.value()["groups"][0]["display"], json!("whale:devs"));
    assert_eq!(user.header("etag"), "W/\"2\"", "a user's version counts its groups");

    server.delete(&path).await.due(204);
    server.get(&path).await.refused(404, None, &id);
    assert_eq!(server.get(&format!("/Users/{bo}")).await.value().get("groups"), None);
}

#[tokio::test]
async fn scim_12_a_put_without_members_keeps_them() {
    let server = Server::new();
    let ada = server.user("ada@example.com").await;
    let id = server.group("moby:devs", &[&ada]).await;
    let path = format!("/Groups/{id}");
    let kept = server.put(&path, json!({"displayName": "moby:backend"})).await.due(200).value();
    assert_eq!(members(&kept), [ada.as_str()]);
    let emptied = server.put(&path, json!({"displayName": "moby:backend", "members": []})).await.due(200).value();
    assert_eq!(emptied.get("members"), None);
    let unchanged = server.put(&path, json!({"displayName": "moby:backend", "members": []})).await.due(200);
    assert_eq!(unchanged.value()["meta"]["version"], emptied["meta"]["version"]);
}

#[tokio::test]
async fn scim_12_entra_removes_only_the_members_it_lists() {
    let server = Server::new();
    let (ada, bo) = (server.user("ada@example.com").await, server.user("bo@example.com").await);
    let id = server.group("moby:devs", &[&ada, &bo]).await;
    let operations = json!([{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": ada}]}]);
    let group = server.patch(&format!("/Groups/{id}"), operations).await.due(200).value();
    assert_eq!(members(&group), [bo.as_str()]);
    let nested = server.group("moby:all", &[&bo, &id]).await;
    let operations = json!([{"op": "remove", "path": "members[type eq \"Group\"]"}]);
    let group = server.patch(&format!("/Groups/{nested}"), operations).await.due(200).value();
    assert_eq!(members(&group), [bo.as_str()]);
}

#[tokio::test]
async fn scim_14_a_patch_of_a_large_group_answers_204_unless_attributes_asks() {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..101 {
        ids.push(server.user(&format!("user{number:03}@example.com")).await);
    }
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let id = server.group("moby:devs", &all[..100]).await;
    let path = format!("/Groups/{id}");
    let external = |id: &str| json!([{"op": "replace", "path": "externalId", "value": id}]);
    let shown = server.patch(&path, external("a")).await.due(200).value();
    assert_eq!(members(&shown).len(), 100);
    let one_more = json!([{"op": "add", "path": "members", "value": [{"value": all[100]}]}]);
    let answer = server.patch(&path, one_more.clone()).await.due(204);
    assert_eq!((answer.text.as_str(), answer.header("etag")), ("", "W/\"3\""));
    assert_eq!(answer.header("location"), format!("{BASE_URL}/scim/v2/Groups/{id}"));
    let asked = server.patch(&format!("{path}?attributes=members"), external("b")).await.due(200);
    assert_eq!(members(&asked.value()).len(), 101);
    let unchanged = server.patch(&path, one_more).await.due(204);
    assert_eq!(unchanged.header("etag"), "W/\"4\"");
    server.patch(&format!("{path}?excludedAttributes=members"), external("c")).await.due(204);
    assert_eq!(members(&server.get(&path).await.due(200).value()).len(), 101);
}

#[tokio::test]
async fn scim_14_thousands_of_members_fit_in_one_request() {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..1_200 {
        let said = muster_testkit::person(&format!("user{number:04}@example.com"));
        ids.push(server.world.create_user(server.connection, said).unwrap().id.to_string());
    }
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let created = server.post("/Groups", team("moby:devs", &all)).await.due(201);
    assert_eq!(members(&created.value()).len(), 1_200, "more than are read in passing");
    let path = format!("/Groups/{}", created.id());
    assert_eq!(members(&server.get(&path).await.due(200).value()).len(), 1_200);
    assert_eq!(server.get(&format!("{path}?excludedAttributes=members")).await.due(200).value().get("members"), None);
    let many: Vec<Value> = (0..10_001).map(|_| json!({"value": uuid::Uuid::now_v7()})).collect();
    let refused = server.patch(&path, json!([{"op": "add", "path": "members", "value": many}])).await;
    refused.refused(413, None, "further requests");
}

#[tokio::test]
async fn scim_14_two_adds_at_once_both_stick() {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..8 {
        ids.push(server.user(&format!("user{number}@example.com")).await);
    }
    let group = server.group("moby:devs", &[]).await;
    let path = format!("/Groups/{group}");
    let adds = ids.iter().map(|id| {
        let operations = json!([{"op": "add", "path": "members", "value": [{"value": id}]}]);
        server.patch(&path, operations)
    });
    for answer in futures_util::future::join_all(adds).await {
        answer.due(200);
    }
    assert_eq!(members(&server.get(&path).await.value()).len(), 8);
}
