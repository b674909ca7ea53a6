//! SCIM-11: one or a range of recorded requests is replayed, except where the resource was written since.

use std::time::Duration;

use muster_engine::Surroundings;
use muster_http::{Replay, Replayed, Verdict, Which};
use muster_model::{Actor, RequestId};
use serde_json::json;

use crate::support::{Answer, Server, person};

fn id(answer: &Answer) -> RequestId {
    answer.header("x-request-id").parse().unwrap()
}

fn of(server: &Server, which: Which) -> Replay {
    Replay { connection: server.connection, which, apply: true, confirmed: Vec::new(), actor: Actor::Operator }
}

fn told(replayed: &Replayed) -> Vec<String> {
    let tell = |verdict: &Verdict| match verdict {
        Verdict::Repeated(repeated) => format!("{} {}", repeated.outcome, repeated.status),
        Verdict::WrittenSince => "written since".to_owned(),
        Verdict::Impossible(why) => why.to_string(),
    };
    replayed.results.iter().map(|(_, verdict)| tell(verdict)).collect()
}

#[tokio::test]
async fn scim_11_a_request_is_skipped_where_the_resource_was_written_since_unless_it_is_confirmed() {
    let server = Server::new();
    let user = server.user("ada@example.com").await;
    let path = format!("/Users/{user}");
    let titled = async |title: &str| server.patch(&path, json!([{"op": "add", "path": "title", "value": title}])).await;
    let (first, second) = (titled("one").await.due(200), titled("two").await.due(200));
    let refused = server.patch(&path, json!([{"op": "add", "path": "active", "value": "perhaps"}])).await.due(400);
    let title = async || server.get(&path).await.value()["title"].as_str().unwrap().to_owned();

    let both = of(&server, Which::These(vec![id(&second), id(&first)]));
    assert_eq!(told(&server.app.replay(&both).await.unwrap()), ["written since", "unchanged 200"]);
    assert_eq!(title().await, "two");
    let again = of(&server, Which::These(vec![id(&refused)]));
    assert_eq!(told(&server.app.replay(&again).await.unwrap()), ["refused 400"], "nothing wrote it since");

    let mut confirmed = of(&server, Which::These(vec![id(&first)]));
    confirmed.confirmed = vec![id(&first)];
    confirmed.apply = false;
    assert_eq!(told(&server.app.replay(&confirmed).await.unwrap()), ["changed 200"]);
    assert_eq!(title().await, "two", "a rehearsal leaves nothing behind");
    confirmed.apply = true;
    assert_eq!(told(&server.app.replay(&confirmed).await.unwrap()), ["changed 200"]);
    assert_eq!(title().await, "one");

    server.delete(&path).await.due(204);
    let gone = of(&server, Which::These(vec![id(&second)]));
    assert_eq!(told(&server.app.replay(&gone).await.unwrap()), ["written since"], "a deletion is a write");
}

#[tokio::test]
async fn scim_11_a_range_is_replayed_in_order_under_todays_limits() {
    let server = Server::new();
    server.world.seats(&server.organizations[0], 1);
    server.user("zero@example.com").await;
    server.world.advance(Duration::from_secs(60));
    let from = server.world.clock.now();
    let names = ["one@example.com", "two@example.com", "three@example.com"];
    for name in names {
        server.post("/Users", person(name)).await.due(403);
    }
    server.get("/Users?count=x").await.due(400);
    server.world.seats(&server.organizations[0], 3);
    let range = of(&server, Which::Between(from, from.after(Duration::from_secs(3_600))));
    let replayed = server.app.replay(&range).await.unwrap();
    assert_eq!(told(&replayed), ["changed 201", "changed 201", "refused 403"], "two seats were free");
    assert!(server.world.is_member(&server.organizations[0], "two@example.com"));
    let replayed = server.app.replay(&range).await.unwrap();
    let expected = ["refused 409", "refused 409", "refused 403"];
    assert_eq!(told(&replayed), expected, "what was replayed is not in the range itself");
}

#[tokio::test]
async fn scim_11_what_this_replay_wrote_is_not_since_and_what_others_wrote_is() {
    let server = Server::new();
    let user = server.user("ada@example.com").await;
    let path = format!("/Users/{user}");
    server.world.settings(server.connection, |settings| settings.scim.enabled = false);
    server.app.forget_connections();
    let titled = async |title: &str| server.patch(&path, json!([{"op": "add", "path": "title", "value": title}])).await;
    let missed = [titled("one").await.due(403), titled("two").await.due(403)];
    server.world.settings(server.connection, |settings| settings.scim.enabled = true);
    server.app.forget_connections();
    let both = of(&server, Which::These(missed.iter().map(id).collect()));
    assert_eq!(told(&server.app.replay(&both).await.unwrap()), ["changed 200", "changed 200"]);
    assert_eq!(server.get(&path).await.value()["title"], "two");
    titled("three").await.due(200);
    let confirmed = Replay { confirmed: vec![id(&missed[0])], ..both };
    let expected = ["changed 200", "written since"];
    assert_eq!(told(&server.app.replay(&confirmed).await.unwrap()), expected, "one is confirmed, and only that one");
    assert_eq!(server.get(&path).await.value()["title"], "one");
}

#[tokio::test]
async fn ten_3_only_the_connections_own_requests_are_replayed() {
    let server = Server::new();
    let created = server.post("/Users", person("ada@example.com")).await.due(201);
    let other = server.world.connection("entra", &[&server.organizations[0]]).domains(&["other.example"]).build();
    let foreign = Replay { connection: other, ..of(&server, Which::These(vec![id(&created)])) };
    assert_eq!(server.app.replay(&foreign).await.unwrap_err().status(), 404);
}

#[tokio::test]
async fn scim_11_a_dry_run_of_a_range_adds_up_what_its_requests_take() {
    let server = Server::new();
    server.world.seats(&server.organizations[0], 1);
    server.user("zero@example.com").await;
    server.world.advance(Duration::from_secs(60));
    let from = server.world.clock.now();
    for name in ["one@example.com", "ONE@example.com", "two@example.com", "three@example.com"] {
        server.post("/Users", person(name)).await.due(403);
    }
    server.post("/Users", json!({"userName": ""})).await.due(400);
    server.world.seats(&server.organizations[0], 3);
    let range = of(&server, Which::Between(from, from.after(Duration::from_secs(3_600))));
    let dry = Replay { apply: false, ..range.clone() };
    let tried = server.app.replay(&dry).await.unwrap();
    let expected = ["changed 201", "refused 409", "changed 201", "refused 403", "refused 400"];
    assert_eq!(told(&tried), expected, "two seats were free, and one name was said twice");
    let alone = |replayed: &Replayed| {
        replayed.results.iter().any(|(_, verdict)| matches!(verdict, Verdict::Repeated(repeated) if repeated.alone))
    };
    assert!(!alone(&tried));
    let Verdict::Repeated(last) = &tried.results[3].1 else { panic!("{:?}", tried.results[3]) };
    assert!(last.detail.as_deref().unwrap().contains("Not enough seats"), "{last:?}");
    assert!(last.steps.iter().any(|step| step.rule == muster_model::Rule::Scim9), "{last:?}");
    assert_eq!(server.get("/Users").await.value()["totalResults"], 1, "a rehearsal leaves nothing behind");
    assert!(!server.world.is_member(&server.organizations[0], "one@example.com"));

    let done = server.app.replay(&range).await.unwrap();
    assert_eq!(told(&done), expected, "what was tried is what is done");
}

#[tokio::test]
async fn scim_11_a_dry_run_of_many_requests_tries_each_alone_and_says_so() {
    let server = Server::new();
    server.world.seats(&server.organizations[0], 1);
    server.user("zero@example.com").await;
    server.world.advance(Duration::from_secs(60));
    let from = server.world.clock.now();
    for number in 0..201 {
        server.post("/Users", person(&format!("p{number}@example.com"))).await.due(403);
    }
    server.world.seats(&server.organizations[0], 2);
    let which = Which::Between(from, from.after(Duration::from_secs(3_600)));
    let dry = Replay { apply: false, ..of(&server, which) };
    let tried = server.app.replay(&dry).await.unwrap();
    assert_eq!(tried.results.len(), 201);
    for (_, verdict) in &tried.results {
        assert!(
            matches!(verdict, Verdict::Repeated(repeated) if repeated.alone && repeated.status == 201),
            "{verdict:?}"
        );
    }
}
