//! SCIM-8: what belongs to another connection is not there.

use serde_json::{Value, json};

use crate::support::{PATCH, SCIM, Server, encoded, person, team};

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
