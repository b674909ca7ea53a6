//! SCIM-11, MIG-3: recorded requests that are run again.

use muster_engine::directory::Unwritten;
use muster_http::{Purpose, Repeated, Rerun, RerunError, logged_body};
use muster_model::{Actor, Source};
use muster_store::RequestRow;
use serde_json::json;

use crate::support::{Answer, Server, person};

const REHEARSED: Rerun = Rerun { purpose: Purpose::Replay, actor: Actor::Operator, apply: false, unwritten: None };
const APPLIED: Rerun = Rerun { apply: true, ..REHEARSED };

async fn again(server: &Server, answer: &Answer, rerun: Rerun) -> Repeated {
    server.app.rerun(&server.logged(answer).unwrap(), rerun).await.unwrap()
}

fn row(server: &Server, repeated: &Repeated) -> Option<RequestRow> {
    let id = repeated.id;
    server.world.read(move |conn| Ok(conn.request(id)?))
}

async fn total(server: &Server) -> u64 {
    server.get("/Users?count=0").await.due(200).value()["totalResults"].as_u64().unwrap()
}

#[tokio::test]
async fn scim_11_a_refused_request_is_rehearsed_and_then_replayed_under_todays_rules() {
    let server = Server::new();
    server.world.seats(&server.organizations[0], 0);
    let mut body = person("ada@example.com");
    body["password"] = json!("hunter2");
    let sending = server.scim("POST", "/Users?attributes=id").header("user-agent", "Okta SCIM Client 1.0.0");
    let refused = sending.json(body).send().await.due(403);

    let rehearsed = again(&server, &refused, REHEARSED).await;
    assert_eq!((rehearsed.outcome, rehearsed.status), ("refused", 403), "still no seat");
    assert!(rehearsed.detail.as_deref().unwrap().contains("Not enough seats"), "{rehearsed:?}");
    server.world.seats(&server.organizations[0], 1);
    let rehearsed = again(&server, &refused, REHEARSED).await;
    assert_eq!((rehearsed.outcome, rehearsed.status, rehearsed.version), ("changed", 201, Some(1)));
    assert!(rehearsed.steps.iter().any(|step| step.note.to_string() == "joined moby"), "{rehearsed:?}");
    assert_eq!((total(&server).await, row(&server, &rehearsed)), (0, None), "a rehearsal leaves nothing behind");

    let applied = again(&server, &refused, APPLIED).await;
    assert_eq!((applied.outcome, applied.status, total(&server).await), ("changed", 201, 1));
    let logged = row(&server, &applied).unwrap();
    assert_eq!((logged.kind.as_str(), logged.token, logged.dialect.as_deref()), ("replay", None, Some("Okta")));
    assert_eq!(logged.repeats, Some(server.logged(&refused).unwrap().id));
    assert_eq!((logged.resource, &logged.steps), (applied.resource, &applied.steps));
    let kept = logged_body(&server.sealer, &logged).unwrap().unwrap();
    assert!(String::from_utf8(kept).unwrap().contains("\"redacted\""), "what is replayed can be replayed again");
    let resource = applied.resource.unwrap();
    let ledger = server.world.read(move |conn| Ok(conn.history(resource, 10)?));
    assert_eq!((ledger[0].source, ledger[0].actor), (Source::Replay, Actor::Operator));
    assert_eq!(ledger[0].request, Some(applied.id));
    let grants = server.world.grants(&server.organizations[0], "ada@example.com");
    assert!(
        grants.iter().all(|grant| grant.source == Source::Scim),
        "what is said remains the directory's: {grants:?}"
    );
}

#[tokio::test]
async fn scim_11_every_kind_of_write_can_be_run_again() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    let group = server.group("moby:crew", &[&id]).await;
    let put =
        server.put(&format!("/Users/{id}"), json!({"userName": "ada@example.com", "title": "one"})).await.due(200);
    let patch =
        server.patch(&format!("/Users/{id}"), json!([{"op": "Replace", "path": "title", "value": "two"}])).await;
    let left = server.patch(&format!("/Groups/{group}"), json!([{"op": "remove", "path": "members"}])).await.due(200);
    server.put(&format!("/Groups/{group}"), json!({"displayName": "moby:crew", "members": [{"value": id}]})).await;

    assert_eq!(again(&server, &patch.due(200), APPLIED).await.outcome, "unchanged");
    let again_put = again(&server, &put, APPLIED).await;
    assert!(again_put.outcome == "changed" && again_put.version.is_some(), "{again_put:?}");
    assert_eq!(server.get(&format!("/Users/{id}")).await.value()["title"], "one");
    assert_eq!(again(&server, &left, APPLIED).await.outcome, "changed");
    assert!(server.get(&format!("/Groups/{group}")).await.value().get("members").is_none());

    let deleted = server.delete(&format!("/Users/{id}")).await.due(204);
    let again_deleted = again(&server, &deleted, APPLIED).await;
    assert_eq!((again_deleted.outcome, again_deleted.status), ("refused", 404));
    assert_eq!(row(&server, &again_deleted).unwrap().kind, "replay", "a refusal is logged too");
}

#[tokio::test]
async fn scim_11_what_cannot_be_run_again_says_why() {
    let server = Server::new();
    let read = server.get("/Users?count=x").await.due(400);
    let broken = server.scim("POST", "/Users").bytes("{\"userName\":").send().await.due(400);
    let created = server.post("/Users", person("ada@example.com")).await.due(201);
    let rerun = async |row: &RequestRow| server.app.rerun(row, APPLIED).await.unwrap_err();
    assert!(matches!(rerun(&server.logged(&read).unwrap()).await, RerunError::NotAWrite(_)));
    assert!(matches!(rerun(&server.logged(&broken).unwrap()).await, RerunError::NoBody));
    let row = server.logged(&created).unwrap();
    let elsewhere = RequestRow { id: server.logged(&broken).unwrap().id, ..row.clone() };
    assert!(matches!(rerun(&elsewhere).await, RerunError::Unreadable(_)), "a body opens only in its own row");
    assert!(matches!(rerun(&RequestRow { connection: None, ..row }).await, RerunError::NoConnection));
}

#[tokio::test]
async fn scim_7_nothing_is_run_again_while_scim_is_disabled() {
    let server = Server::new();
    let created = server.post("/Users", person("ada@example.com")).await.due(201);
    server.delete(&format!("/Users/{}", created.id())).await.due(204);
    server.world.settings(server.connection, |settings| settings.scim.enabled = false);
    let repeated = again(&server, &created, APPLIED).await;
    assert_eq!((repeated.outcome, repeated.status), ("refused", 403), "{repeated:?}");
}

#[tokio::test]
async fn scim_11_whether_the_resource_was_written_since_is_decided_in_the_transaction_that_writes_it() {
    let server = Server::new();
    let id = server.user("ada@example.com").await;
    let titled = async |title: &str| {
        server.patch(&format!("/Users/{id}"), json!([{"op": "add", "path": "title", "value": title}])).await.due(200)
    };
    let first = server.logged(&titled("one").await).unwrap();
    let resource = id.parse().unwrap();
    let (request, at) = (first.id, first.at);
    let since = server.world.read(move |conn| Ok(conn.ledger_row_of(request, resource, at)?)).unwrap().id.0;
    let unwritten = Rerun { unwritten: Some(Unwritten { resource, since, except: None }), ..APPLIED };
    let repeated = server.app.rerun(&first, unwritten).await.unwrap();
    assert_eq!((repeated.outcome, repeated.overtaken), ("unchanged", false));
    // Nobody has looked before: the transaction does.
    titled("two").await;
    let repeated = server.app.rerun(&first, unwritten).await.unwrap();
    assert_eq!((repeated.outcome, repeated.overtaken, repeated.status), ("refused", true, 409));
    assert_eq!(row(&server, &repeated).unwrap().steps.last().unwrap().rule.id(), "SCIM-11");
    let rehearsed = server.app.rerun(&first, Rerun { apply: false, ..unwritten }).await.unwrap();
    assert!(rehearsed.overtaken && rehearsed.alone);
    assert_eq!(server.get(&format!("/Users/{id}")).await.value()["title"], "two");
}
