//! The account page: only one's own, and the sessions on it.

use std::time::Duration;

use muster_engine::erasure::Progress;
use muster_model::Actor;

use super::{ADA, HERE, Site, steps};

#[tokio::test]
async fn ses_3_a_person_ends_another_session_of_their_own() {
    let site = Site::new();
    let (mut laptop, mut phone) = (site.browser(), site.browser());
    phone.header("user-agent", "Mozilla/5.0 (iPhone; CPU) Version/18 Safari/604.1");
    site.sign_in(&mut phone).await;
    let account = site.sign_in(&mut laptop).await;
    assert!(account.words().contains("Safari on iPhone"), "{}", account.words());
    let after = laptop.submit(&account, &account.form("/account/sessions/end")).await;
    let (live, ended) = after.text.split_once("Ended in the last 30 days").unwrap();
    assert!(!live.contains("Safari on iPhone"), "{}", after.words());
    assert!(ended.contains("Safari on iPhone") && ended.contains("ended by the person from another session"));
    let page = phone.get(&format!("{HERE}/account")).await;
    assert!(page.words().contains("ended by the person from another session"), "{}", page.words());
    assert!(laptop.get(&format!("{HERE}/account")).await.words().contains(ADA));
}

#[tokio::test]
async fn ten_3_nobody_ends_somebody_else_s_session() {
    let site = Site::new();
    let (mut ada, mut bo) = (site.browser(), site.browser());
    site.sign_in(&mut ada).await;
    let account = site.sign_in_with(&mut bo, &[("email", "bo@example.com"), ("given_name", "Bo")]).await;
    assert!(account.words().contains("bo@example.com"));
    let id = site.server.world.account_of(ADA).unwrap().id;
    let session = site.server.world.read(move |conn| Ok(conn.sessions_of(id)?)).remove(0);
    let form = account.form("signout");
    let mut form = form.with_extra("session", &session.id.to_string());
    form.action = "/account/sessions/end".to_owned();
    bo.submit(&account, &form).await;
    assert!(ada.get(&format!("{HERE}/account")).await.words().contains(ADA), "Ada is still signed in");
}

#[tokio::test]
async fn ses_4_who_is_deactivated_is_out_with_the_next_request() {
    let site = Site::new();
    site.server.world.settings(site.connection, |settings| settings.scim.enabled = true);
    let user = site.server.user(ADA).await;
    let mut browser = site.browser();
    assert!(site.sign_in(&mut browser).await.words().contains("the directory of okta"));
    let operations = serde_json::json!([{ "op": "replace", "path": "active", "value": false }]);
    site.server.patch(&format!("/Users/{user}"), operations).await.due(200);
    let page = browser.get(&format!("{HERE}/account")).await;
    assert!(page.words().contains("deactivated by the identity provider"), "{}", page.words());
    // JIT-10: nor does signing in let them in again.
    let page = site.sign_in(&mut browser).await;
    assert!(page.words().contains("Access denied"), "{}", page.words());
}

#[tokio::test]
async fn acc_2_an_erased_person_is_out_of_every_sign_in_on_the_log() {
    let site = Site::new();
    let mut browser = site.browser();
    // A refusal before there was an account, a sign-in, and one of somebody else.
    site.server.world.settings(site.connection, |settings| settings.jit = false);
    assert_eq!(site.sign_in(&mut site.browser()).await.status, 403);
    site.server.world.settings(site.connection, |settings| settings.jit = true);
    site.sign_in(&mut browser).await;
    site.sign_in_with(&mut site.browser(), &[("email", "bo@example.com"), ("given_name", "Bo"), ("family_name", "B")])
        .await;
    let account = site.server.world.account_of(ADA).unwrap().id;
    let erasure = site.server.app.erase(account, Actor::Operator).await.unwrap();
    while !matches!(site.server.app.erase_slice(erasure.id, false).await.unwrap(), Progress::Done) {
        site.server.world.advance(Duration::from_secs(61));
    }
    let page = browser.get(&format!("{HERE}/account")).await;
    assert_eq!(page.url.path(), "/signin", "signed out at once");
    let connection = site.connection;
    let rows = site.server.world.read(move |conn| Ok(conn.requests(connection, 100)?));
    let mut others = 0;
    for row in &rows {
        let body = muster_http::logged_body(&site.server.sealer, row).unwrap().unwrap_or_default();
        let text = format!("{} {} {}", String::from_utf8(body).unwrap(), steps(row), row.target).to_lowercase();
        assert!(!text.contains("lindqvist"), "{text}");
        others += usize::from(text.contains("bo@example.com"));
    }
    assert_eq!(others, 1, "what is another's stays");
}
