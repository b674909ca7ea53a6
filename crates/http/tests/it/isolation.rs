//! SCIM-8: what belongs to another connection is not there.

use muster_engine::{EngineError, Surroundings};
use muster_http::{Approval, HttpError, Replay, Which};
use muster_model::{Actor, ConnectionId, RequestId};
use serde_json::{Value, json};

use crate::support::{Answer, PATCH, SCIM, Server, encoded, person, team};

/// Another connection over the same organizations, and what its client sends.
struct Other<'s> {
    server: &'s Server,
    connection: ConnectionId,
    bearer: String,
}

impl<'s> Other<'s> {
    fn of(server: &'s Server) -> Self {
        let organizations: Vec<_> = server.organizations.iter().collect();
        let connection = server.world.connection("entra", &organizations).build();
        let bearer = format!("Bearer {}", server.world.scim_token(connection).expose());
        Self { server, connection, bearer }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let sending = self.server.to(method, &format!("{SCIM}{path}")).header("authorization", &self.bearer);
        sending.json(body).send().await
    }

    async fn patch(&self, path: &str, operations: Value) -> Answer {
        self.send("PATCH", path, json!({"schemas": [PATCH], "Operations": operations})).await
    }
}

#[tokio::test]
async fn scim_8_another_connections_resources_are_404_to_every_method() {
    let server = Server::new();
    let ada = server.user("ada@example.com").await;
    let group = server.group("moby:devs", &[&ada]).await;
    let organizations: Vec<_> = server.organizations.iter().collect();
    let other = server.world.connection("entra", &organizations).build();
    let bearer = format!("Bearer {}", server.world.scim_token(other).expose());
    let send = async |method: &str, path: &str, body: Value| {
        server.to(method, &format!("{SCIM}{path}")).header("authorization", &bearer).json(body).send().await
    };
    let patch = json!({"schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": "x:y"}]});
    let (user, group_path) = (format!("/Users/{ada}"), format!("/Groups/{group}"));
    let unknown = "0190f5fe-7c2a-7000-8000-0123456789ab";
    for (path, put) in [(&user, person("ada@example.com")), (&group_path, team("moby:devs", &[]))] {
        for (method, body) in [
            ("GET", Value::Null),
            ("HEAD", Value::Null),
            ("PUT", put),
            ("PATCH", patch.clone()),
            ("DELETE", Value::Null),
        ] {
            let foreign = send(method, path, body.clone()).await.due(404);
            let id = if path == &user { &ada } else { &group };
            let absent = send(method, &path.replace(id.as_str(), unknown), body).await.due(404);
            assert_eq!(foreign.text.replace(id.as_str(), unknown), absent.text, "the two cannot be told apart");
        }
    }
    for (path, filter) in [
        ("/Users", "userName eq \"ada@example.com\"".to_owned()),
        ("/Users", format!("id eq \"{ada}\"")),
        ("/Users", format!("groups.value eq \"{group}\"")),
        ("/Users", "userName pr".to_owned()),
        ("/Groups", format!("members eq \"{ada}\"")),
        ("/Groups", "displayName eq \"moby:devs\"".to_owned()),
    ] {
        let list = send("GET", &format!("{path}?filter={}", encoded(&filter)), Value::Null).await.due(200).value();
        assert_eq!(list["totalResults"], json!(0), "{filter}");
    }
    for path in ["/Users", "/Groups"] {
        assert_eq!(send("GET", path, Value::Null).await.due(200).value()["totalResults"], json!(0));
    }
    for member in [&ada, &group] {
        let answer = send("POST", "/Groups", team("moby:others", &[member])).await;
        answer.refused(400, Some("invalidValue"), "is not a user or group of this connection");
    }
    // Names are unique within a connection only.
    send("POST", "/Users", person("ada@example.com")).await.due(201);
    send("POST", "/Groups", team("moby:devs", &[])).await.due(201);
    assert_eq!(server.get(&user).await.due(200).value()["userName"], json!("ada@example.com"));
}

#[tokio::test]
async fn scim_8_searches_references_and_conditions_do_not_reach_another_connection() {
    let server = Server::new();
    let ada = server.user("ada@example.com").await;
    let group = server.group("moby:devs", &[&ada]).await;
    let other = Other::of(&server);
    for path in ["/.search", "/Users/.search", "/Groups/.search"] {
        for filter in [None, Some(format!("id eq \"{ada}\" or id eq \"{group}\""))] {
            let mut search = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]});
            if let Some(filter) = &filter {
                search["filter"] = json!(filter);
            }
            let list = other.send("POST", path, search).await.due(200).value();
            assert_eq!(list["totalResults"], json!(0), "{path} {filter:?}");
        }
    }
    let bob = other.send("POST", "/Users", person("bob@example.com")).await.due(201).id();
    let own = other.send("POST", "/Groups", team("moby:ops", &[&bob])).await.due(201).id();
    let path = format!("/Groups/{own}");
    for member in [&ada, &group] {
        let add = json!([{"op": "add", "path": "members", "value": [{"value": member}]}]);
        other.patch(&path, add).await.refused(400, Some("invalidValue"), "is not a user or group of this connection");
        other.send("PUT", &path, team("moby:ops", &[&bob, member])).await.due(400);
        let remove = json!([{"op": "remove", "path": format!("members[value eq \"{member}\"]")}]);
        other.patch(&path, remove).await;
    }
    assert_eq!(other.send("GET", &path, Value::Null).await.due(200).value()["members"].as_array().unwrap().len(), 1);
    let matching = server.to("DELETE", &format!("{SCIM}/Users/{ada}")).header("authorization", &other.bearer);
    matching.header("if-match", "*").send().await.due(404);
    let kept = server.get(&format!("/Groups/{group}")).await.due(200).value();
    assert_eq!(kept["members"][0]["value"], json!(ada), "nothing of the first connection's has changed");
}

#[tokio::test]
async fn scim_8_recorded_and_held_requests_of_another_connection_are_not_found() {
    let server = Server::new();
    let other = Other::of(&server);
    let made = server.post("/Users", person("ada@example.com")).await.due(201);
    let request: RequestId = made.header("x-request-id").parse().unwrap();
    let replay = |which| Replay {
        connection: other.connection,
        which,
        apply: true,
        confirmed: vec![request],
        actor: Actor::Operator,
    };
    let refused = server.app.replay(&replay(Which::These(vec![request]))).await;
    assert!(matches!(refused, Err(HttpError::Engine(EngineError::NotFound { .. }))), "{refused:?}");
    let (from, to) = (muster_model::Timestamp(0), server.world.clock.now());
    let range = server.app.replay(&replay(Which::Between(from, to))).await.unwrap();
    assert!(range.results.is_empty(), "a range is the connection's own: {range:?}");

    // The guard holds something of the first connection.
    let mut people = Vec::new();
    for number in 0..51 {
        people.push(server.user(&format!("p{number}@example.com")).await);
    }
    for id in &people {
        server.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await;
    }
    let held = server.world.held(server.connection);
    assert_eq!(held.len(), 1);
    let approval =
        Approval { connection: other.connection, only: vec![held[0].id], lift: None, actor: Actor::Operator };
    let refused = server.app.approve_held(approval).await;
    assert!(matches!(refused, Err(HttpError::Engine(EngineError::NotFound { .. }))), "{refused:?}");
    assert!(server.world.held(other.connection).is_empty());
    assert_eq!(server.world.held(server.connection).len(), 1, "it waits as before");
}

#[tokio::test]
async fn scim_8_a_membership_of_two_connections_ends_with_the_last_and_each_ends_its_own_teams() {
    let server = Server::new();
    let other = Other::of(&server);
    let moby = &server.organizations[0];
    let ada = "ada@example.com";
    let here = server.user(ada).await;
    let there = other.send("POST", "/Users", person(ada)).await.due(201).id();
    assert_ne!(here, there, "each has a resource of its own");
    server.group("moby:devs", &[&here]).await;
    server.group("moby:both", &[&here]).await;
    other.send("POST", "/Groups", team("moby:ops", &[&there])).await.due(201);
    other.send("POST", "/Groups", team("moby:both", &[&there])).await.due(201);
    let teams = || server.world.teams(moby, ada);
    assert_eq!(teams(), ["both", "company", "devs", "ops"]);

    let active = |active: bool| json!([{"op": "replace", "path": "active", "value": active}]);
    server.patch(&format!("/Users/{here}"), active(false)).await.due(200);
    assert_eq!(teams(), ["both", "company", "ops"], "its own team grants end, and nothing else");
    let read = other.send("GET", &format!("/Users/{there}"), Value::Null).await.due(200).value();
    assert_eq!(read["active"], json!(true), "the other one's resource is as it wrote it (PRE-4)");
    other.patch(&format!("/Users/{there}"), active(false)).await.due(200);
    assert!(!server.world.is_member(moby, ada), "none of them has the user active");
    server.patch(&format!("/Users/{here}"), active(true)).await.due(200);
    assert_eq!(teams(), ["both", "company", "devs"], "it wakes what is its own");
    other.send("DELETE", &format!("/Users/{there}"), Value::Null).await.due(204);
    assert!(server.world.is_member(moby, ada), "the other one's deletion is of its own user");
    server.delete(&format!("/Users/{here}")).await.due(204);
    assert!(!server.world.is_member(moby, ada));
    server.world.assert_ledger_tells_the_state();
}
