//! Lists of people (ORG-1, ORG-2, TEN-3).

use muster_model::Role;
use serde_json::{Value, json};

use super::Client;
use crate::support::Server;

/// Every page of a list, by following `next`.
async fn walk(client: &Client<'_>, path: &str) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = client.get(&path).await.due(200).value();
        all.extend(page["results"].as_array().unwrap().iter().cloned());
        next = page["next"].as_str().map(|next| next.strip_prefix("https://muster.test").unwrap().to_owned());
    }
    all
}

/// The usernames of a list, without the digits that make them unique.
fn usernames(list: &[Value]) -> Vec<&str> {
    let name = |member: &'_ Value| member["username"].as_str().unwrap().trim_end_matches(char::is_numeric).len();
    list.iter().map(|member| &member["username"].as_str().unwrap()[..name(member)]).collect()
}

#[tokio::test]
async fn org_1_pages_by_number_and_by_following_next_hold_everybody_once() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    for number in 0..11 {
        server.member(
            &moby,
            &format!("p{number:02}@example.com"),
            if number < 2 { Role::Editor } else { Role::Member },
        );
    }
    server.member(&server.organizations[1], "other@example.com", Role::Member);
    let client = server.client(&ada).await;
    let walked = walk(&client, "/v2/orgs/moby/members?page_size=5").await;
    let mut numbered = Vec::new();
    for page in 1..=3 {
        let page = client.get(&format!("/v2/orgs/moby/members?page_size=5&page={page}")).await.due(200).value();
        assert_eq!(page["count"], 12);
        numbered.extend(page["results"].as_array().unwrap().iter().cloned());
    }
    assert_eq!((walked.len(), &walked), (12, &numbered));
    let page = client.get("/v2/orgs/moby/members?page_size=5&page=2").await.value();
    assert!(page["previous"].as_str().unwrap().contains("page=1&page_size=5"));
    assert_eq!(usernames(&walk(&client, "/v2/orgs/moby/members?role=owner").await), ["ada"]);
    assert_eq!(walk(&client, "/v2/orgs/moby/members?role=editor&page_size=1").await.len(), 2);
    let members = client.get("/v2/orgs/moby/members?role=member").await.value();
    assert_eq!((&members["count"], members["results"].as_array().unwrap().len()), (&json!(9), 9));
    let beyond = client.get("/v2/orgs/moby/members?page=7").await.due(200).value();
    assert_eq!((&beyond["count"], &beyond["results"], &beyond["next"]), (&json!(12), &json!([]), &Value::Null));
}

#[tokio::test]
async fn ten_3_a_search_finds_by_username_and_for_owners_by_address() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let bo = server.member(&moby, "bo@example.com", Role::Member);
    server.member(&moby, "adam@example.com", Role::Member);
    let taken = server.world.account("ad@elsewhere.org", true);
    server.world.set_member(&moby, &taken, Role::Member).unwrap();
    server.member(&server.organizations[1], "adele@example.com", Role::Member);
    let client = server.client(&ada).await;
    let found = walk(&client, "/v2/orgs/moby/members?search=AD&page_size=1").await;
    assert_eq!(usernames(&found), ["ad", "ada", "adam"], "by username");
    assert_eq!(usernames(&walk(&client, "/v2/orgs/moby/members?search=ada%40").await), ["ada"], "by address");
    assert_eq!(usernames(&walk(&client, "/v2/orgs/moby/members?search=ad&role=owner").await), ["ada"]);
    assert!(walk(&client, "/v2/orgs/moby/members?search=%25").await.is_empty());
    let member = server.client(&bo).await;
    assert!(walk(&member, "/v2/orgs/moby/members?search=ada%40").await.is_empty(), "no addresses for members");
    let seen = walk(&member, "/v2/orgs/moby/members").await;
    assert!(seen.iter().all(|line| line["email"] == "" && line["last_seen_at"] == Value::Null), "{seen:?}");
    member.get("/v2/orgs/moby/members?type=all").await.denied(403, "only an owner");
}

#[tokio::test]
async fn org_3_those_who_are_invited_follow_the_members() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let bo = server.world.account("bo@elsewhere.org", true);
    server.world.invite(&moby, "eve@example.com", Some("devs"), Role::Editor).unwrap();
    server.world.invite(&moby, &bo.username, None, Role::Member).unwrap();
    let client = server.client(&ada).await;
    let all = walk(&client, "/v2/orgs/moby/members?type=all&page_size=1").await;
    let lines: Vec<_> =
        all.iter().map(|line| (line["role"].as_str().unwrap(), line["email"].as_str().unwrap())).collect();
    assert_eq!(lines, [("Owner", "ada@example.com"), ("Invitee", "eve@example.com"), ("Invitee", "")], "{all:?}");
    assert_eq!((&all[1]["groups"], &all[1]["type"]), (&json!(["devs"]), &json!("Invitee")));
    assert_eq!(walk(&client, "/v2/orgs/moby/members?invites=true").await.len(), 3);
    assert_eq!(walk(&client, "/v2/orgs/moby/members?type=invitee&search=ev").await.len(), 1);
    assert!(walk(&client, "/v2/orgs/moby/members?type=invitee&search=bo").await.is_empty());
    let second = client.get("/v2/orgs/moby/members?type=all&page=2&page_size=2").await.due(200).value();
    assert_eq!((&second["count"], second["results"].as_array().unwrap().len()), (&json!(3), 1));
}

#[tokio::test]
async fn org_1_and_org_2_an_owner_changes_roles_and_removes_but_never_the_last_owner() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    server.member(&moby, "bo@example.com", Role::Member);
    let client = server.client(&ada).await;
    let changed = client.put("/v2/orgs/moby/members/~bo", json!({"role": "editor"})).await.due(200).value();
    assert_eq!((&changed["role"], &changed["email"]), (&json!("Editor"), &json!("bo@example.com")));
    client.put("/v2/orgs/moby/members/~ada", json!({"role": "member"})).await.denied(409, "last owner");
    client.delete("/v2/orgs/moby/members/~ada").await.denied(409, "last owner");
    client.put("/v2/orgs/moby/members/nobody", json!({"role": "editor"})).await.denied(404, "nobody not found");
    client.put("/v2/orgs/moby/members/~bo", json!({"role": "Boss"})).await.denied(400, "`role`: unknown variant");
    client.delete("/v2/orgs/moby/members/~bo?block=true").await.due(204);
    client.get("/v2/orgs/moby/members/~bo").await.denied(404, "not found");
    client.delete("/v2/orgs/moby/members/~bo").await.denied(404, "not found");
    assert!(server.world.membership(&moby, "bo@example.com").unwrap().blocked);
    server.world.assert_ledger_tells_the_state();
}

#[tokio::test]
async fn org_2_the_answer_warns_of_who_comes_back_and_a_block_is_read_and_lifted() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    server.user("bo@example.com").await;
    let client = server.client(&ada).await;
    let removed = client.delete("/v2/orgs/moby/members/~bo").await.due(200).value();
    let by: Vec<_> = removed["returns"].as_array().unwrap().iter().map(|way| way["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["scim", "jit"]);
    assert!(removed["returns"][0]["warning"].as_str().unwrap().contains("`okta`"), "{removed}");

    server.world.set_member(&moby, &server.world.account_of("bo@example.com").unwrap(), Role::Member).unwrap();
    client.delete("/v2/orgs/moby/members/~bo?block=true").await.due(204);
    let blocks = client.get("/v2/orgs/moby/blocks").await.due(200).value();
    let bo = server.named("~bo");
    assert_eq!((&blocks["results"][0]["username"], &blocks["next"]), (&json!(bo), &Value::Null));
    assert!(blocks["results"][0]["removed_at"].is_string());
    client.delete("/v2/orgs/moby/blocks/~ada").await.denied(404, "block");
    client.delete("/v2/orgs/moby/blocks/nobody").await.denied(404, "block");
    client.delete("/v2/orgs/moby/blocks/~bo").await.due(204);
    assert_eq!(client.get("/v2/orgs/moby/blocks").await.due(200).value()["results"], json!([]));
}

#[tokio::test]
async fn pre_2_a_member_is_explained_with_what_concerns_the_organization_and_nothing_else() {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let wil = server.member(&whale, "wil@whale.org", Role::Owner);
    let id = server.user("bo@example.com").await;
    server.group("moby:devs", &[&id]).await;
    let world = &server.world;
    let theirs = world.connection("theirs", &[&whale]).domains(&["whale.org"]).build();
    world.sso_says(theirs, &whale, "bo@example.com", Some("Secret"), Some(Role::Owner), None);
    world.set_member(&whale, &world.account_of("bo@example.com").unwrap(), Role::Member).unwrap();
    let owner = server.client(&ada).await;
    let answer = owner.get("/v2/orgs/moby/members/~bo/explain").await.due(200);
    for other in ["theirs", "whale"] {
        assert!(!answer.text.contains(other), "{other} in {}", answer.text);
    }
    // What the person is called is seen by everybody there, who says so is not.
    let told = answer.value();
    assert_eq!((&told["account"]["full_name"], &told["values"][0]["effective"]), (&json!("Secret"), &json!("Secret")));
    assert_eq!((&told["account"]["email"], &told["account"]["conflict"]), (&json!("bo@example.com"), &json!(false)));
    let said = &told["values"][0]["said"];
    assert_eq!(
        (&said[0]["value"], &said[0]["source"], &said[0]["connection"]),
        (&json!("Ada Lovelace"), &json!("scim"), &json!("okta"))
    );
    assert_eq!(said.as_array().unwrap().len(), 1);
    let place = &told["memberships"][0];
    assert_eq!((&place["organization"], &place["managed_by"]), (&json!("moby"), &json!(["okta"])));
    let teams: Vec<&Value> = place["grants"].as_array().unwrap().iter().map(|grant| &grant["team"]).collect();
    assert!(teams.contains(&&json!("devs")), "{teams:?}");
    assert_eq!(told["directory_users"][0]["id"], json!(id));
    let events: Vec<&str> = told["history"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row["changes"].as_array().unwrap())
        .map(|change| change["event"].as_str().unwrap())
        .collect();
    assert!(events.contains(&"account.create") && events.contains(&"team.member.add"), "{events:?}");
    // The other organization's owner sees theirs, which is of no directory of theirs.
    let other = server.client(&wil).await;
    let told = other.get("/v2/orgs/whale/members/~bo/explain").await.due(200).value();
    assert_eq!((&told["values"][0]["said"][0]["value"], &told["directory_users"]), (&json!("Secret"), &json!([])));
    assert_eq!(told["memberships"].as_array().unwrap().len(), 1);
    other.get("/v2/orgs/moby/members/~bo/explain").await.denied(404, "organization moby");
    other.get("/v2/orgs/whale/members/~ada/explain").await.denied(404, "member");
}
