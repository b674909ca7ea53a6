//! MIG-3 as clients meet it.

use http::StatusCode;
use muster_http::{Approval, Settled};
use muster_model::{Actor, HeldChangeId, HeldState, Source};
use serde_json::{Value, json};

use crate::support::{Answer, Server, person};

/// A server whose directory has this many people, of whom fifty have just been unassigned.
async fn after_fifty(people: usize) -> (Server, Vec<String>) {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..people {
        ids.push(server.user(&email(number)).await);
    }
    for id in &ids[..50] {
        off(&server, id).await.due(200);
    }
    (server, ids)
}

fn email(number: usize) -> String {
    format!("p{number}@example.com")
}

async fn off(server: &Server, id: &str) -> Answer {
    server.patch(&format!("/Users/{id}"), json!([{"op": "Replace", "path": "active", "value": "False"}])).await
}

async fn approve(server: &Server) -> Vec<HeldState> {
    approve_only(server, Vec::new()).await.into_iter().map(|settled| settled.state).collect()
}

async fn approve_only(server: &Server, only: Vec<HeldChangeId>) -> Vec<Settled> {
    let approval = Approval { connection: server.connection, only, lift: None, actor: Actor::Operator };
    server.app.approve_held(approval).await.unwrap()
}

fn is_active(answer: &Answer) -> bool {
    answer.value()["active"] == Value::Bool(true)
}

#[tokio::test]
async fn mig_3_a_held_request_is_503_with_retry_after_and_kept_once_however_often_it_comes() {
    let (server, ids) = after_fifty(52).await;
    for _ in 0..3 {
        let held = off(&server, &ids[50]).await.refused(503, None, "held by the mass-change guard");
        assert_eq!(held.header("retry-after"), "900");
        let row = server.logged(&held).unwrap();
        assert_eq!((row.status, row.outcome.as_str()), (503, "refused"));
        assert_eq!(row.steps.last().unwrap().rule.id(), "MIG-3");
    }
    assert_eq!(server.world.held(server.connection).len(), 1);
    server.delete(&format!("/Users/{}", ids[50])).await.refused(503, None, "waits for a decision");
    assert_eq!(server.world.held(server.connection).len(), 2, "another request about the same user, behind it");
    assert!(is_active(&server.get(&format!("/Users/{}", ids[50])).await), "it reads as before");
    server.post("/Users", person("new@example.com")).await.due(201);
    assert_eq!(server.get(&format!("/Users/{}", ids[51])).await.status, StatusCode::OK);
}

#[tokio::test]
async fn mig_3_an_approval_is_the_directorys_word_by_the_hand_of_who_approved() {
    let (server, ids) = after_fifty(51).await;
    let held = off(&server, &ids[50]).await.due(503);
    assert_eq!(approve(&server).await, [HeldState::Applied]);
    assert!(!is_active(&server.get(&format!("/Users/{}", ids[50])).await));
    assert!(!server.world.is_member(&server.organizations[0], &email(50)));
    let resource = ids[50].parse().unwrap();
    let ledger = server.world.read(move |conn| Ok(conn.history(resource, 10)?));
    let last = ledger.last().unwrap();
    assert_eq!((last.source, last.actor), (Source::Scim, Actor::Operator));
    let request = last.request.unwrap();
    let row = server.world.read(move |conn| Ok(conn.request(request)?)).unwrap();
    assert_eq!((row.kind.as_str(), row.repeats), ("approval", Some(server.logged(&held).unwrap().id)));
    let understood = |step: &muster_model::trace::Step| step.note.to_string().starts_with("understood: ");
    assert!(row.steps.iter().any(understood), "the dialect is understood again: {:?}", row.steps);
    off(&server, &ids[50]).await.due(200);
    assert!(approve(&server).await.is_empty(), "nothing is left");
}

#[tokio::test]
async fn mig_3_approval_goes_in_order_and_skips_what_was_written_since() {
    let (server, ids) = after_fifty(54).await;
    let group = server.group("moby:crew", &[&ids[50], &ids[51], &ids[52]]).await;
    for id in &ids[50..53] {
        off(&server, id).await.due(503);
    }
    server.delete(&format!("/Users/{}", ids[50])).await.due(503);
    // A group's change moves its members' versions, and says nothing about the members.
    server
        .patch(&format!("/Groups/{group}"), json!([{"op": "add", "path": "members", "value": [{"value": ids[53]}]}]))
        .await
        .due(200);
    server.delete(&format!("/Groups/{group}")).await.due(204);
    server.put(&format!("/Users/{}", ids[51]), person(&email(51))).await.due(200);
    assert_eq!(approve(&server).await, [HeldState::Applied, HeldState::Applied, HeldState::Applied]);
    server.get(&format!("/Users/{}", ids[50])).await.due(404);
    assert!(is_active(&server.get(&format!("/Users/{}", ids[51])).await), "what the directory said since stays");
    assert!(!is_active(&server.get(&format!("/Users/{}", ids[52])).await));
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn mig_3_operations_of_a_bulk_are_held_singly() {
    let server = Server::new();
    let mut ids = Vec::new();
    for number in 0..52 {
        ids.push(server.user(&email(number)).await);
    }
    let operation = |id: &String| {
        let operations = json!([{"op": "replace", "path": "active", "value": false}]);
        let data = json!({"schemas": [crate::support::PATCH], "Operations": operations});
        json!({"method": "PATCH", "path": format!("/Users/{id}"), "data": data})
    };
    let operations: Vec<Value> = ids.iter().map(operation).collect();
    let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations});
    let answer = server.post("/Bulk", body).await.due(200).value();
    let statuses: Vec<&str> =
        answer["Operations"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!((&statuses[..50], &statuses[50..]), (&["200"; 50][..], &["503", "503"][..]));
    assert_eq!(approve(&server).await, [HeldState::Applied, HeldState::Applied]);
    assert!(!is_active(&server.get(&format!("/Users/{}", ids[51])).await));
}

#[tokio::test]
async fn mig_3_todays_rules_decide_about_what_was_held() {
    let (server, ids) = after_fifty(52).await;
    off(&server, &ids[50]).await.due(503);
    off(&server, &ids[51]).await.due(503);
    server.world.settings(server.connection, |settings| settings.scim.enabled = false);
    assert_eq!(approve(&server).await, [HeldState::Refused, HeldState::Refused]);
    assert!(server.world.is_member(&server.organizations[0], &email(50)), "SCIM-7: members stay");
}

#[tokio::test]
async fn mig_3_what_was_held_earlier_is_not_done_after_what_was_held_later() {
    let (server, ids) = after_fifty(53).await;
    let titled = async |id: &str, title: &str| {
        let operations = json!([
            {"op": "replace", "path": "active", "value": false}, {"op": "replace", "path": "title", "value": title},
        ]);
        server.patch(&format!("/Users/{id}"), operations).await.due(503);
    };
    titled(&ids[50], "first").await;
    titled(&ids[50], "second").await;
    titled(&ids[51], "gone").await;
    server.delete(&format!("/Users/{}", ids[51])).await.due(503);
    let held: Vec<HeldChangeId> = server.world.held(server.connection).into_iter().map(|held| held.id).collect();
    let states = async |only: Vec<HeldChangeId>| {
        approve_only(&server, only).await.into_iter().map(|settled| settled.state).collect::<Vec<_>>()
    };
    assert_eq!(states(vec![held[1]]).await, [HeldState::Applied]);
    assert_eq!(states(vec![held[3]]).await, [HeldState::Applied]);
    assert_eq!(states(vec![held[0], held[2]]).await, [HeldState::Skipped, HeldState::Skipped]);
    let user = server.get(&format!("/Users/{}", ids[50])).await.due(200).value();
    assert_eq!((&user["title"], &user["active"]), (&json!("second"), &json!(false)));
    server.get(&format!("/Users/{}", ids[51])).await.due(404);
}

#[tokio::test]
async fn mig_3_a_resource_stops_at_its_first_request_that_cannot_be_done_now() {
    let (server, ids) = after_fifty(52).await;
    for id in &ids[50..] {
        off(&server, id).await.due(503);
        server.delete(&format!("/Users/{id}")).await.due(503);
    }
    // A row that cannot be read is the server's failure, and no refusal.
    let (account, moby) = (server.world.account_of(&email(50)).unwrap().id, server.organizations[0].id);
    let spoil = move |tx: &mut muster_store::Tx<'_>| {
        let vals: [muster_store::Val; 2] = [moby.into(), account.into()];
        tx.exec("UPDATE memberships SET role = 'spoilt' WHERE organization = ?1 AND account = ?2", vals)
    };
    assert_eq!(server.world.store.write_blocking(spoil).unwrap(), 1);
    let settled = approve_only(&server, Vec::new()).await;
    let told: Vec<(HeldState, bool)> = settled
        .iter()
        .map(|one| (one.state, one.detail.as_deref().is_some_and(|why| why.contains("is not done yet"))))
        .collect();
    let (held, done) = (HeldState::Held, (HeldState::Applied, false));
    assert_eq!(told, [(held, false), (held, true), done, done], "{settled:?}");
    assert_eq!(server.world.held(server.connection).len(), 2, "they still wait");
}

#[tokio::test]
async fn mig_3_of_one_resource_ten_requests_are_kept_and_the_oldest_stay() {
    let (server, ids) = after_fifty(51).await;
    for number in 0..14 {
        let title = format!("title {}", number % 12);
        let operations = json!([
            {"op": "replace", "path": "active", "value": false}, {"op": "add", "path": "title", "value": title},
        ]);
        server.patch(&format!("/Users/{}", ids[50]), operations).await.refused(503, None, "mass-change guard");
    }
    assert_eq!(server.world.held(server.connection).len(), 10);
    assert_eq!(approve(&server).await, [HeldState::Applied; 10]);
    assert_eq!(server.get(&format!("/Users/{}", ids[50])).await.value()["title"], "title 9");
}
