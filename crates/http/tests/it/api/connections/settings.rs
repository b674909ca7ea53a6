//! A connection stated, changed and removed by its owners (SCIM-1, SSO-12, GRP-8, TEN-1).

use muster_model::Role;
use muster_simulator::sso::{IdentityProvider, Options};
use serde_json::{Value, json};

use crate::{
    api::Client,
    support::{SCIM, Server, person},
};

/// An owner's server, with the path of its connection.
fn site() -> (Server, String) {
    let server = Server::new();
    let moby = server.organizations[0].clone();
    server.member(&moby, "ada@example.com", Role::Owner);
    let path = format!("/v2/connections/{}", server.connection);
    (server, path)
}

async fn owner(server: &Server) -> Client<'_> {
    server.client(&server.world.account_of("ada@example.com").unwrap()).await
}

/// An identity provider that nobody runs.
fn saml() -> Value {
    let idp = IdentityProvider::new("https://idp.example.com", Options::default()).unwrap();
    json!({"metadata": idp.metadata()})
}

#[tokio::test]
async fn what_a_patch_does_not_name_stays_and_the_change_is_told() {
    let (server, path) = site();
    let owner = owner(&server).await;
    let before = owner.get(&format!("{path}/settings")).await.due(200).value();
    assert_eq!(before["settings"]["name"], "okta");
    assert_eq!(before["endpoints"]["scim"]["base_url"], "https://muster.test/scim/v2");
    let patch = json!({"default_team": "people", "precedence": {"role": "scim"}});
    let after = owner.patch(&format!("{path}/settings"), patch.clone()).await.due(200).value();
    let mut expected = before["settings"].clone();
    expected["default_team"] = json!("people");
    expected["precedence"] = json!({"full_name": "sso", "role": "scim", "session_minutes": "sso"});
    assert_eq!(after["settings"], expected);
    assert_eq!(after["changes"][0]["event"], "connection.update");
    assert_eq!(owner.get(&format!("{path}/settings")).await.due(200).value()["settings"], expected);
    let again = owner.patch(&format!("{path}/settings"), patch).await.due(200).value();
    assert_eq!(again["changes"], json!([]), "what is so already is not written again");
}

#[tokio::test]
async fn a_wrong_field_is_named_and_nothing_is_changed() {
    let (server, path) = site();
    let owner = owner(&server).await;
    let before = owner.get(&format!("{path}/settings")).await.due(200).value();
    for (patch, field, says) in [
        (json!({"jitt": true}), "body", "unknown field `jitt`"),
        (json!({"default_organization": "nowhere"}), "default_organization", "does not cover it"),
        (json!({"organizations": ["moby", "whale", "narwhal"]}), "organizations", "no such organization of yours"),
        (json!({"domains": ["elsewhere.org"]}), "domains", "does not have this domain"),
        (json!({"mapping": [{"pattern": "eng", "organization": "narwhal"}]}), "organization", "does not cover it"),
        (json!({"name": "other"}), "name", "stays as it is"),
        (json!({"company": "docks"}), "company", "stays as it is"),
        (json!({"saml": {"metadata": "<no"}}), "saml.metadata", "cannot be used"),
        (json!({"saml": {"metadata_file": "/etc/passwd"}}), "saml.metadata_file", "files are read by"),
        (json!({"successor": "nobody"}), "successor", "no such connection"),
        (json!({"pilots": ["no address"]}), "pilots", "no address"),
        (json!({"default_team": "a b"}), "default_team", "letters"),
    ] {
        let answer = owner.patch(&format!("{path}/settings"), patch.clone()).await.denied(400, says);
        assert!(answer.value()["errinfo"].get(field).is_some(), "{patch}: {}", answer.text);
    }
    assert_eq!(owner.get(&format!("{path}/settings")).await.due(200).value(), before);
    let enforced = owner.patch(&format!("{path}/settings"), json!({"enforced": true})).await;
    assert!(!enforced.status.is_success(), "SSO-11: nobody has signed in through it: {}", enforced.text);
}

#[tokio::test]
async fn scim_1_scim_is_enabled_once_single_sign_on_is_set_up_and_shows_its_token_once() {
    let (server, path) = site();
    let owner = owner(&server).await;
    let wanted = json!({"name": "entra", "organizations": ["moby"], "scim": {"enabled": true}});
    owner.post("/v2/connections", wanted.clone()).await.denied(400, "set up single sign-on first");
    let mut wanted = wanted;
    wanted["saml"] = saml();
    let made = owner.post("/v2/connections", wanted.clone()).await.due(201).value();
    let token = made["endpoints"]["scim"]["token"].as_str().unwrap();
    let id = made["endpoints"]["id"].as_str().unwrap();
    assert_eq!(made["endpoints"]["saml"]["acs_url"], format!("https://muster.test/sso/saml/{id}/acs"));
    let sent = server.to("GET", &format!("{SCIM}/Users")).header("authorization", &format!("Bearer {token}"));
    sent.send().await.due(200);
    let seen = owner.get(&format!("/v2/connections/{id}/settings")).await.due(200);
    assert!(!seen.text.contains(token));
    owner.post("/v2/connections", wanted).await.denied(409, "choose another");
    let listed = owner.get("/v2/connections?name=entra").await.due(200).value();
    assert_eq!((&listed["count"], &listed["results"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(owner.get("/v2/connections").await.due(200).value()["count"], 2);
    assert!(owner.get(&path).await.due(200).text.contains("okta"));
}

#[tokio::test]
async fn ten_1_a_connection_is_made_for_what_is_ones_own_and_covers_nothing_else() {
    let (server, _) = site();
    let whale = server.organizations[1].clone();
    server.member(&whale, "bo@example.com", Role::Owner);
    let narwhal = server.world.organization("narwhal");
    server.member(&narwhal, "cy@example.com", Role::Owner);
    let owner = owner(&server).await;
    for (wanted, field) in [
        (json!({"name": "x", "organizations": ["whale"]}), "organizations"),
        (json!({"name": "x", "organizations": ["moby", "narwhal"]}), "organizations"),
        (json!({"name": "x", "organizations": ["moby"], "organization": "whale"}), "organization"),
        (json!({"name": "x", "organizations": ["moby"], "company": "docks"}), "company"),
    ] {
        let answer = owner.post("/v2/connections", wanted.clone()).await.denied(400, "yours");
        assert!(answer.value()["errinfo"].get(field).is_some(), "{wanted}: {}", answer.text);
    }
    // What there is and what there is not cannot be told apart.
    let text = async |name: &str| {
        let answer = owner.post("/v2/connections", json!({"name": "x", "organizations": [name]})).await.due(400);
        answer.value()["detail"].as_str().unwrap().replace(name, "_")
    };
    assert_eq!(text("narwhal").await, text("nowhere").await);
}

#[tokio::test]
async fn scim_1_tokens_are_made_rotated_and_revoked() {
    let (server, path) = site();
    let owner = owner(&server).await;
    let works = async |token: &str| {
        let sent = server.to("GET", &format!("{SCIM}/Users")).header("authorization", &format!("Bearer {token}"));
        sent.send().await.status.as_u16()
    };
    let new = json!({"label": "Okta, production", "days": 30});
    let made = owner.post(&format!("{path}/scim/tokens"), new).await.due(201).value();
    let text = made["token"].as_str().unwrap().to_owned();
    assert!(made["expires_at"].is_string() && works(&text).await == 200, "{made}");
    let seen = owner.get(&format!("{path}/scim")).await.due(200);
    assert!(!seen.text.contains(&text) && seen.text.contains("Okta, production"));
    let token = format!("{path}/scim/tokens/{}", made["id"].as_str().unwrap());
    owner.delete(&token).await.due(204);
    assert_eq!(works(&text).await, 401);
    owner.delete(&format!("{path}/scim/tokens/01900000-0000-7000-8000-000000000000")).await.denied(404, "not found");
    let rotated = owner.post(&format!("{path}/scim/rotate"), json!({"overlap_hours": 0})).await.due(201).value();
    assert_eq!(works(rotated["token"].as_str().unwrap()).await, 200);
    assert_eq!(works(server.token.expose()).await, 401, "without an overlap the others end at once");
    for (body, field) in [(json!({"label": " "}), "label"), (json!({"days": 0}), "days")] {
        let answer = owner.post(&format!("{path}/scim/tokens"), body).await.due(400);
        assert!(answer.value()["errinfo"].get(field).is_some(), "{}", answer.text);
    }
}

#[tokio::test]
async fn grp_8_the_mapping_table_is_replaced_and_people_follow() {
    let (server, path) = site();
    let owner = owner(&server).await;
    let bo = server.user("bo@example.com").await;
    server.group("engineers", &[&bo]).await;
    let table = json!({"mappings": [{"pattern": "eng*", "organization": "whale", "team": "crew", "role": "editor"}]});
    let after = owner.put(&format!("{path}/mappings"), table.clone()).await.due(200).value();
    assert_eq!((&after, owner.get(&format!("{path}/mappings")).await.due(200).value()), (&table, table.clone()));
    assert!(server.world.is_member(&server.organizations[1], "bo@example.com"));
    let wrong = json!({"mappings": [{"pattern": " ", "organization": "whale"}]});
    owner.put(&format!("{path}/mappings"), wrong).await.denied(400, "name a group");
    owner.put(&format!("{path}/mappings"), json!({"mappings": []})).await.due(200);
    assert!(server.world.is_member(&server.organizations[1], "bo@example.com"), "GRP-7: nobody leaves by it");
}

#[tokio::test]
async fn sso_12_a_removed_connection_covers_nothing_and_its_members_stay() {
    let (server, path) = site();
    let owner = owner(&server).await;
    server.post("/Users", person("bo@example.com")).await.due(201);
    owner.delete(&path).await.due(204);
    assert_eq!(server.get("/Users").await.status.as_u16(), 401, "its tokens end");
    assert!(server.world.is_member(&server.organizations[0], "bo@example.com"));
    assert_eq!(owner.get("/v2/connections").await.due(200).value()["count"], 0);
    owner.delete(&path).await.due(204);
}

#[tokio::test]
async fn sso_8_keys_of_ours_come_and_go_and_a_connection_can_be_tried() {
    let (server, path) = site();
    let owner = owner(&server).await;
    owner.post(&format!("{path}/test"), json!(null)).await.denied(400, "no identity provider to sign in at");
    owner.patch(&format!("{path}/settings"), json!({"saml": saml()})).await.due(200);
    let seen = owner.post(&format!("{path}/keys"), json!({"purpose": "signing", "days": 7})).await.due(201).value();
    assert_eq!(seen["keys"][0]["state"], "next");
    let fingerprint = seen["keys"][0]["fingerprint"].as_str().unwrap();
    owner.delete(&format!("{path}/keys/{fingerprint}")).await.due(204);
    owner.delete(&format!("{path}/keys/{fingerprint}")).await.denied(404, "not found");
    owner.post(&format!("{path}/keys"), json!({"purpose": "opening"})).await.denied(400, "`signing` or `encryption`");
    let link = owner.post(&format!("{path}/test"), json!(null)).await.due(201).value();
    assert!(link["url"].as_str().unwrap().starts_with("https://muster.test/"));
    let refreshed = owner.post(&format!("{path}/refresh"), json!(null)).await.due(200).value();
    assert_eq!(refreshed["result"], "not-now", "there is none to fetch");
}

#[tokio::test]
async fn sso_1_a_client_secret_is_kept_with_the_settings_and_never_shown() {
    let (server, path) = site();
    let owner = owner(&server).await;
    let oidc = json!({"issuer": "https://op.example.com", "client_id": "muster", "client_secret": "s3cret-of-ours"});
    let after = owner.patch(&format!("{path}/settings"), json!({"oidc": oidc})).await.due(200);
    assert!(!after.text.contains("s3cret-of-ours") && after.value()["settings"]["saml"].is_null());
    let id = server.connection;
    let sealed = server.world.read(move |conn| Ok(conn.connection_secret(id)?)).unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"s3cret"));
    owner.patch(&format!("{path}/settings"), json!({"jit": false})).await.due(200);
    let kept = server.world.read(move |conn| Ok(conn.connection_secret(id)?)).unwrap();
    assert_eq!(kept, sealed, "a secret that is not stated stays");
    assert!(!owner.get(&format!("{path}/settings")).await.text.contains("s3cret-of-ours"));
}

#[tokio::test]
async fn sec_2_set_up_links_are_made_for_drafts_shown_once_and_revoked() {
    let (server, path) = site();
    let owner = owner(&server).await;
    let label = || json!({"label": "IT of Whale"});
    owner.post(&format!("{path}/setup-links"), label()).await.denied(400, "no draft");
    let stated = json!({"name": "fresh", "organization": "moby", "organizations": ["moby"], "state": "draft"});
    let fresh = owner.post("/v2/connections", stated).await.due(201).value();
    let links = format!("/v2/connections/{}/setup-links", fresh["endpoints"]["id"].as_str().unwrap());
    owner.post(&links, json!({"label": " "})).await.denied(400, "whom the link is for");
    let made = owner.post(&links, label()).await.due(201).value();
    let url = made["url"].as_str().unwrap().to_owned();
    assert!(url.contains("/setup/mst_setup_"), "{made}");
    let seen = owner.get(&links).await.due(200);
    assert!(!seen.text.contains("mst_setup_") && seen.text.contains("IT of Whale"), "{}", seen.text);
    let at = |url: &str| url.split_once("/setup/").map(|(_, link)| format!("/setup/{link}")).unwrap();
    let open = async || server.to("GET", &at(&url)).send().await.status.as_u16();
    assert_eq!(open().await, 200);
    owner.delete(&format!("{links}/{}", made["id"].as_str().unwrap())).await.due(204);
    assert_eq!(open().await, 404);
    // Five at a time, which are forgotten when the connection is removed.
    for _ in 0..5 {
        owner.post(&links, label()).await.due(201);
    }
    owner.post(&links, label()).await.denied(400, "revoke one first");
}
