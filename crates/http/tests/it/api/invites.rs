//! Invitations and the members export over the API (ORG-3, ORG-7).

use muster_model::Role;
use serde_json::{Value, json};

use super::Client;
use crate::support::Server;

async fn bulk(client: &Client<'_>, body: Value) -> Vec<Value> {
    let answer = client.post("/v2/invites/bulk", body).await.due(202);
    answer.value()["invitees"].as_array().unwrap().clone()
}

async fn pending(client: &Client<'_>) -> Vec<Value> {
    client.get("/v2/orgs/moby/invites").await.due(200).value()["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn org_3_of_a_thousand_with_three_hundred_bad_ones_each_is_told_and_the_rest_invited() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let client = server.client(&ada).await;
    let person = |number: usize| match number % 10 {
        0 => format!("not an address {number}@"),
        1 => format!("nobody-{number}"),
        2 => "ada@example.com".to_owned(),
        _ => format!("p{number}@elsewhere.org"),
    };
    let people: Vec<String> = (0..1_000).map(person).collect();
    let body =
        |dry_run| json!({"org": "moby", "team": "crew", "role": "editor", "invitees": people, "dry_run": dry_run});
    let tried = bulk(&client, body(true)).await;
    assert_eq!(pending(&client).await.len(), 0, "nobody is invited by trying");
    let done = bulk(&client, body(false)).await;
    let count = |answers: &[Value], status: &str| answers.iter().filter(|answer| answer["status"] == status).count();
    for (status, expected) in
        [("invited", 700), ("invalid_email_or_docker_id", 200), ("existing_org_member", 1), ("duplicate", 99)]
    {
        assert_eq!((count(&tried, status), count(&done, status)), (expected, expected), "{status}");
    }
    for (answer, person) in done.iter().zip(&people) {
        assert_eq!(answer["invitee"], json!(person));
        assert_eq!(answer["invite"].is_object(), answer["status"] == "invited");
        assert_eq!(answer["detail"].is_string(), answer["status"] != "invited", "each bad one says why");
        assert!(answer["link"].is_null(), "a mail server is there");
    }
    let all = pending(&client).await;
    let invite = &all[0];
    assert_eq!((all.len(), &invite["invitee"]), (700, &json!("p3@elsewhere.org")));
    assert_eq!((&invite["team"], &invite["role"]), (&json!("crew"), &json!("editor")));
    assert_eq!(invite["inviter_username"], json!(ada.username));
    let page = client.get("/v2/orgs/moby/invites?page_size=500").await.due(200).value();
    let next = page["next"].as_str().unwrap().strip_prefix(crate::support::BASE_URL).unwrap().to_owned();
    let rest = client.get(&next).await.due(200).value();
    assert_eq!((page["data"].as_array().unwrap().len(), rest["data"].as_array().unwrap().len()), (500, 200));
    assert!(client.post("/v2/invites/bulk", json!({"org": "moby", "invitees": []})).await.status.is_client_error());
}

#[tokio::test]
async fn org_3_an_invitation_is_sent_again_and_taken_back_by_owners_of_its_organization_alone() {
    let server = Server::new();
    let (moby, whale) = (server.organizations[0].clone(), server.organizations[1].clone());
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let ed = server.member(&moby, "ed@example.com", Role::Editor);
    let bo = server.member(&whale, "bo@example.com", Role::Owner);
    let client = server.client(&ada).await;
    // By username: nobody learns the address (TEN-3).
    let invited = bulk(&client, json!({"org": "moby", "invitees": [bo.username, "eve@elsewhere.org"]})).await;
    assert_eq!(invited[0]["invite"]["invitee"], json!(bo.username));
    let id = invited[1]["invite"]["id"].as_str().unwrap();
    let (resend, cancel) = (format!("/v2/invites/{id}/resend"), format!("/v2/invites/{id}"));
    let other = server.client(&bo).await;
    for answer in [other.patch(&resend, json!({})).await, other.delete(&cancel).await] {
        let answer = answer.denied(404, "invitation");
        assert!(!answer.text.contains("moby"), "TEN-3: {}", answer.text);
    }
    server.client(&ed).await.delete(&cancel).await.denied(403, "only an owner");
    client.patch(&resend, json!({})).await.due(204);
    client.delete(&cancel).await.due(204);
    client.delete(&cancel).await.denied(404, "invitation");
    client.delete("/v2/invites/x").await.denied(404, "invitation");
    assert_eq!(pending(&client).await.len(), 1);
}

#[tokio::test]
async fn org_7_members_are_exported_whole_however_many_pages_they_are() {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    let ada = server.member(&moby, "ada@example.com", Role::Owner);
    let _ = server.world.create_people(server.connection, 600);
    let client = server.client(&ada).await;
    bulk(&client, json!({"org": "moby", "invitees": ["eve@elsewhere.org"]})).await;
    let answer = client.get("/v2/orgs/moby/members/export").await.due(200);
    let named = answer.header("content-disposition");
    assert!(named.starts_with("attachment; filename=\"moby-members-20") && named.ends_with(".csv\""), "{named}");
    let lines: Vec<&str> = answer.text.lines().collect();
    assert_eq!(lines.len(), 1 + 1 + 600 + 1);
    assert!(lines[0].starts_with("Name,Username,Email,Type,Role,Teams,Date Joined,Source,Managed By,External ID,"));
    let pushed: Vec<&&str> = lines.iter().filter(|line| line.contains(",scim,okta,")).collect();
    assert_eq!(pushed.len(), 600, "{}", lines[3]);
    assert!(lines[602].starts_with(",,eve@elsewhere.org,Invitee,Member,,"), "{}", lines[602]);
}
