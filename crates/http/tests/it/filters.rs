//! Whatever an index narrows, a filter finds what the evaluator accepts: no less, and no more.

use muster_scim::{Notes, ResourceType, filter::Filter};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{ENTERPRISE, Server, encoded};

/// A directory with near misses: names that differ in case, share prefixes, are addresses of others.
async fn directory(server: &Server) -> (Vec<Value>, Vec<Value>) {
    let people = [
        json!({"userName": "ada@example.com", "externalId": "A", "title": "a", "emails": [{"value": "ada@example.com", "type": "work"}]}),
        json!({"userName": "Adam@example.com", "externalId": "a", "emails": [{"value": "ADA@example.com", "type": "home"}, {"value": "x@other.test", "primary": true}]}),
        json!({"userName": "b@example.com", "externalId": "A", "active": false, "displayName": "ada@example.com"}),
        json!({"userName": "élodie@example.com", "title": "", "emails": [{"type": "work"}]}),
        json!({"userName": "ÉL@example.com", "active": false, ENTERPRISE: {"manager": {"value": "A"}}}),
        json!({"userName": "c_d%@example.com", "emails": [{"value": "a@b.test", "type": "a"}]}),
    ];
    let mut ids = Vec::new();
    for person in people {
        ids.push(server.post("/Users", person).await.due(201).id());
    }
    let groups = [("moby:A", &ids[..2]), ("moby:a b", &ids[1..4]), ("élodie", &[][..]), ("ÉLO", &ids[5..])];
    for (name, members) in groups {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let body = json!({"displayName": name, "externalId": name.to_lowercase(), "members": members});
        server.post("/Groups", body).await.due(201);
    }
    (resources(server, "/Users").await, resources(server, "/Groups").await)
}

async fn resources(server: &Server, path: &str) -> Vec<Value> {
    server.get(path).await.due(200).value()["Resources"].as_array().unwrap().clone()
}

/// A value that some resource has, nearly has, or has not.
fn text(ids: Vec<String>) -> impl Strategy<Value = String> {
    let words = [
        "ada@example.com",
        "ADA@EXAMPLE.COM",
        "adam@example.com",
        "a",
        "A",
        "ad",
        "",
        "él",
        "ÉL",
        "élodie@example.com",
        "c_d%@example.com",
        "moby:a",
        "MOBY:A B",
        "élo",
        "work",
        "x@other.test",
        "nobody",
        "A@B.test",
        "User",
    ];
    let words: Vec<String> = words.map(str::to_owned).into_iter().chain(ids).collect();
    prop::sample::select(words).prop_map(|word| json!(word).to_string())
}

fn filter(resource_type: ResourceType, ids: Vec<String>) -> impl Strategy<Value = String> {
    let attributes = match resource_type {
        ResourceType::User => vec![
            "id",
            "userName",
            "externalId",
            "displayName",
            "title",
            "emails",
            "emails.value",
            "emails.type",
            "groups",
            "groups.value",
            "groups.display",
            "meta.resourceType",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
            "urn:ietf:params:scim:schemas:core:2.0:User:userName",
        ],
        ResourceType::Group => {
            vec!["id", "displayName", "externalId", "members", "members.value", "members.type", "meta.resourceType"]
        }
    };
    let (multi_valued, kind) = match resource_type {
        ResourceType::User => ("emails", "type"),
        ResourceType::Group => ("members", "type"),
    };
    let operator = prop::sample::select(vec!["eq", "eq", "eq", "ne", "co", "sw", "ew", "gt", "le"]);
    let comparison = (prop::sample::select(attributes.clone()), operator, text(ids.clone()))
        .prop_map(|(attribute, operator, value)| format!("{attribute} {operator} {value}"));
    let other = match resource_type {
        ResourceType::User => vec!["active eq true", "active ne true", "active eq false", "active pr"],
        ResourceType::Group => vec!["members.type eq \"User\"", "displayName pr"],
    };
    let other = prop::sample::select(other).prop_map(str::to_owned);
    let present = prop::sample::select(attributes).prop_map(|attribute| format!("{attribute} pr"));
    let within = (text(ids.clone()), text(ids), prop::sample::select(vec!["and", "or"]))
        .prop_map(move |(value, other, word)| format!("{multi_valued}[value eq {value} {word} {kind} eq {other}]"));
    let leaf = prop_oneof![6 => comparison, 1 => present, 2 => within, 2 => other];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" and "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}

fn ids_of(resources: &[Value]) -> Vec<String> {
    resources.iter().map(|resource| resource["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn scim_2_no_index_loses_a_match() {
    let runtime = Runtime::new().unwrap();
    let (server, (users, groups)) = runtime.block_on(async {
        let server = Server::new();
        server.world.settings(server.connection, |settings| {
            settings.scim.user_names = muster_model::connection::UserNames::Any;
            settings.scim.other_domains = true;
        });
        let directory = directory(&server).await;
        (server, directory)
    });
    let ids: Vec<String> = ids_of(&users).into_iter().chain(ids_of(&groups)).collect();
    for (resource_type, resources) in [(ResourceType::User, &users), (ResourceType::Group, &groups)] {
        let path = resource_type.endpoint();
        proptest!(ProptestConfig::with_cases(400), |(text in filter(resource_type, ids.clone()))| {
            let filter = Filter::parse(&text, &[resource_type], &mut Notes::default()).unwrap();
            let matching: Vec<Value> = resources.iter().filter(|resource| filter.matches(resource)).cloned().collect();
            let list = runtime.block_on(server.get(&format!("{path}?filter={}", encoded(&text)))).due(200).value();
            prop_assert_eq!(&list["totalResults"], &json!(matching.len()), "{}", text);
            prop_assert_eq!(list["Resources"].as_array().unwrap(), &matching, "{}", text);
        });
    }
}
