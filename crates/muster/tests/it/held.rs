//! MIG-3 from end to end: a mistake at the identity provider, and what its owner does about it.

use serde_json::{Value, json};

use crate::{
    client::{self, Client},
    process::{Folder, Server, errors},
};

/// Everybody, and nobody for a mistake of fifty to end.
const PEOPLE: usize = 60;
const HELD: usize = PEOPLE - 50;

struct Directory {
    folder: Folder,
    server: Server,
    client: Client,
    ids: Vec<String>,
}

impl Directory {
    fn new() -> Self {
        let folder = Folder::new();
        let server = Server::start(&folder);
        let token = folder.set_up();
        let mut client = Client::connect(server.address, &token).unwrap();
        let ids = (0..PEOPLE).map(|number| {
            let (status, user) = client.create(&format!("p{number}@example.com")).unwrap();
            assert_eq!(status, 201, "{user}");
            user["id"].as_str().unwrap().to_owned()
        });
        let ids = ids.collect();
        Self { folder, server, client, ids }
    }

    /// Says of everybody whether they are assigned: how often which status was answered.
    fn assign(&mut self, active: bool) -> (usize, usize) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "active", "value": active }],
        });
        let mut answers = (0, 0);
        for id in &self.ids {
            match self.client.send("PATCH", &format!("/scim/v2/Users/{id}"), Some(&body)).unwrap() {
                (200, _) => answers.0 += 1,
                (503, error) => {
                    assert!(error["detail"].as_str().unwrap().contains("held by the mass-change guard"), "{error}");
                    answers.1 += 1;
                }
                other => panic!("{other:?}"),
            }
        }
        answers
    }

    fn active(&mut self) -> u64 {
        let path = "/scim/v2/Users?filter=active%20eq%20true&count=0";
        self.client.send("GET", path, None).unwrap().1["totalResults"].as_u64().unwrap()
    }

    fn held(&self, arguments: &[&str]) -> Value {
        self.folder.json(&[&["held"], arguments, &["--connection", "okta"]].concat())
    }
}

#[test]
fn mig_3_everybody_unassigned_at_once_ends_fifty_and_the_rest_when_an_owner_approves() {
    let mut directory = Directory::new();
    assert_eq!(directory.assign(false), (50, HELD));
    assert_eq!(directory.assign(false), (50, HELD), "again: nothing new for those who are out, and nothing kept twice");
    let listed = directory.held(&["list"]);
    assert_eq!(listed["waiting"], json!(HELD));
    let memberships = json!([{ "organization": "moby", "memberships": HELD, "team_grants": 0 }]);
    assert_eq!(listed["would_end"], memberships);
    let first = &listed["held"][0];
    assert_eq!((&first["about"], &first["state"]), (&json!("p50@example.com"), &json!("held")));
    let shown = directory.held(&["show", first["id"].as_str().unwrap()]);
    assert_eq!(shown["held"][0]["body"]["Operations"][0]["value"], json!(false), "{shown}");
    let text = directory.folder.succeed(&["held", "list", "--connection", "okta"]);
    assert!(text.contains("10 held requests of okta would end 10 memberships of moby"), "{text}");

    let one = directory.held(&["approve", first["id"].as_str().unwrap(), "--lift", "0"]);
    assert_eq!((&one["waiting"], &one["held"][0]["state"]), (&json!(HELD - 1), &json!("applied")));
    assert_eq!(directory.active(), 9);
    let all = directory.held(&["approve"]);
    assert_eq!(all["waiting"], json!(0));
    assert!(all["held"].as_array().unwrap().iter().all(|line| line["state"] == "applied"), "{all}");
    assert_eq!(directory.active(), 0);
    assert_eq!(directory.assign(false), (PEOPLE, 0), "the identity provider tries again, and finds it done");
}

#[test]
fn mig_3_a_mistake_is_undone_by_assigning_again_and_the_rest_rejected() {
    let mut directory = Directory::new();
    assert_eq!(directory.assign(false), (50, HELD));
    let last = directory.ids.pop().unwrap();
    assert_eq!(directory.assign(true), (PEOPLE - 1, 0));
    assert_eq!(directory.active(), u64::try_from(PEOPLE).unwrap());
    let listed = directory.held(&["list"]);
    assert_eq!(listed["waiting"], json!(1), "what was said since supersedes what was held");

    // The server is not needed for a decision.
    directory.server.terminate();
    let (status, log) = directory.server.wait();
    assert!(status.success(), "{log}");
    let folder = &directory.folder;
    let rejected = folder.json(&["held", "reject", "--connection", "okta"]);
    assert_eq!((&rejected["waiting"], &rejected["held"][0]["state"]), (&json!(0), &json!("rejected")));
    assert_eq!(folder.succeed(&["held", "list", "--connection", "okta"]).trim(), "nothing is held for okta");
    let all = folder.json(&["held", "list", "--connection", "okta", "--all"]);
    let superseded = all["held"].as_array().unwrap().iter().filter(|line| line["state"] == "superseded").count();
    assert_eq!(superseded, HELD - 1);
    let nothing = folder.run(&["held", "approve", "--connection", "okta", &last]);
    assert!(errors(&nothing).contains("not found"), "{}", errors(&nothing));
}

#[test]
fn mig_3_an_approval_needs_no_server() {
    let mut directory = Directory::new();
    assert_eq!(directory.assign(false), (50, HELD));
    directory.server.terminate();
    directory.server.wait();
    let approved = directory.folder.json(&["held", "approve", "--connection", "okta"]);
    assert_eq!(approved["waiting"], json!(0), "{approved}");
    let told = directory.folder.json(&["explain", "p55@example.com"]);
    assert_eq!(told["memberships"][0]["state"], "asleep");
}

#[test]
fn mig_3_an_approval_without_a_server_lets_every_member_of_a_large_group_follow() {
    /// More than follow within the request.
    const MEMBERS: usize = 1_010;
    let folder = Folder::new();
    let server = Server::start(&folder);
    let token = folder.set_up();
    let mut client = Client::connect(server.address, &token).unwrap();
    let email = |number: usize| format!("p{number}@example.com");
    let mut members = Vec::new();
    for half in 0..2 {
        let operation = |number: usize| {
            let number = half * MEMBERS / 2 + number;
            let bulk_id = number.to_string();
            json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id, "data": client::user(&email(number)) })
        };
        let operations: Vec<Value> = (0..MEMBERS / 2).map(operation).collect();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations,
        });
        let (status, made) = client.send("POST", "/scim/v2/Bulk", Some(&body)).unwrap();
        assert_eq!(status, 200, "{made}");
        let ids = made["Operations"].as_array().unwrap().iter();
        members.extend(ids.map(|made| json!({ "value": made["location"].as_str().unwrap().rsplit('/').next() })));
    }
    let group = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "moby:crew", "members": members,
    });
    let (status, group) = client.send("POST", "/scim/v2/Groups", Some(&group)).unwrap();
    assert_eq!(status, 201, "{group}");
    let path = format!("/scim/v2/Groups/{}", group["id"].as_str().unwrap());
    assert_eq!(client.send("DELETE", &path, None).unwrap().0, 503);
    let is_in_crew =
        |number: usize| folder.json(&["explain", &email(number)])["memberships"].to_string().contains("crew");
    assert!(is_in_crew(MEMBERS - 1));
    server.terminate();
    server.wait();
    let approved = folder.json(&["held", "approve", "--connection", "okta"]);
    assert_eq!(approved["held"][0]["state"], "applied", "{approved}");
    assert!(!is_in_crew(0) && !is_in_crew(MEMBERS - 1));
}
