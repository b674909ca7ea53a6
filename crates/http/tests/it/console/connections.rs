//! Connections: what owners see and do, and nobody else.

use muster_crypto::{TokenPrefix, TokenText};
use muster_model::{
    Account, ConnectionId, Role,
    connection::{Saml, SingleSignOn},
};
use muster_testkit::browser::{Browser, Page, Transport};
use serde_json::json;

use crate::{
    passwords::{browser, url},
    support::Server,
};

const ADA: &str = "ada@example.com";

/// Somebody with this role in `moby`, signed in; a stranger without one.
async fn visitor(server: &Server, email: &str, role: Option<Role>) -> (Account, Browser<impl Transport>) {
    let account = server.world.account(email, true);
    if let Some(role) = role {
        server.world.set_member(&server.organizations[0], &account, role).unwrap();
    }
    let text = TokenText::generate(TokenPrefix::Link).unwrap();
    server.world.sign_in_link(account.id, text.hash());
    let mut browser = browser(server);
    let page = browser.get(&url(&format!("/signin/link?token={}", text.expose()))).await;
    let page = browser.submit(&page, &page.only_form()).await;
    assert_eq!(page.status.as_u16(), 200, "{}", page.words());
    (account, browser)
}

/// A page of `moby`.
async fn see(browser: &mut Browser<impl Transport>, path: &str) -> Page {
    browser.get(&url(&format!("/console/orgs/moby{path}"))).await
}

fn one(server: &Server, rest: &str) -> String {
    format!("/connections/{}{rest}", server.connection)
}

/// The boxes that can be ticked, and whether they are.
fn picks(page: &Page) -> Vec<(String, bool)> {
    let boxes = page.elements("input").into_iter().filter(|input| input.attribute("type") == Some("checkbox"));
    boxes
        .map(|input| (input.attribute("value").unwrap_or_default().to_owned(), input.attribute("checked").is_some()))
        .collect()
}

/// The box of the one person on a page of unmanaged members whose line has this.
fn choice(page: &Page, email: &str) -> String {
    let at = page.text.find(email).unwrap();
    let before = &page.text[..at];
    let value = before.rfind("value=\"").unwrap() + 7;
    before[value..].split('"').next().unwrap().to_owned()
}

/// With a SAML identity provider.
fn with_saml() -> Server {
    let server = Server::new();
    server.world.settings(server.connection, |settings| {
        settings.sso = Some(SingleSignOn::Saml(Box::new(Saml {
            entity_id: "https://idp.example.com/<b>".to_owned(),
            sso_url: "https://idp.example.com/sso".to_owned(),
            ..Saml::default()
        })));
    });
    server
}

#[tokio::test]
async fn ten_3_connections_are_the_owners_alone() {
    let server = with_saml();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let (_, mut member) = visitor(&server, "mo@example.com", Some(Role::Member)).await;
    let (_, mut stranger) = visitor(&server, "eve@example.org", None).await;
    let rests =
        ["", "/scim", "/settings", "/log", "/replay", "/drift", "/unmanaged", "/held", "/conflicts", "/provider"];
    let pages = rests.map(|rest| one(&server, rest));
    for path in pages.iter().map(String::as_str).chain(["/connections", "/consents", "/blocks"]) {
        assert_eq!(see(&mut owner, path).await.status.as_u16(), 200, "{path}");
        assert_eq!(see(&mut member, path).await.status.as_u16(), 403, "{path}");
        assert_eq!(see(&mut stranger, path).await.status.as_u16(), 404, "{path}");
    }
    let elsewhere = server.world.connection("theirs", &[&server.organizations[1]]).build();
    for rest in rests {
        let path = format!("/connections/{elsewhere}{rest}");
        assert_eq!(see(&mut owner, &path).await.status.as_u16(), 404, "{path}");
    }
    assert_eq!(see(&mut owner, "/connections/none").await.status.as_u16(), 404);
}

#[tokio::test]
async fn ten_3_another_s_connection_is_named_and_no_more() {
    let server = Server::new();
    let whale = server.organizations[1].clone();
    let moby = server.organizations[0].clone();
    let theirs: ConnectionId = server.world.connection("theirs", &[&whale, &moby]).domains(&["whale.example"]).build();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let list = see(&mut owner, "/connections").await;
    assert!(list.words().contains("theirs Held elsewhere"), "{}", list.words());
    assert!(!list.text.contains(&format!("/connections/{theirs}")));
    // TEN-1: it can be kept out at any time, however it came to cover the organization.
    assert!(list.link("Withdraw consent").ends_with(&format!("/consents/{theirs}/withdraw")));
    assert!(list.link("okta").ends_with(&one(&server, "")));
}

#[tokio::test]
async fn an_owner_reads_what_the_identity_provider_must_be_told_in_its_words() {
    let server = with_saml();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let page = see(&mut owner, &one(&server, "?guide=okta")).await;
    let words = page.words();
    assert!(words.contains("Audience URI (SP Entity ID)"), "{words}");
    assert!(words.contains(&format!("/sso/saml/{}/acs", server.connection)), "{words}");
    assert!(page.text.contains("https://idp.example.com/&#60;b&#62;"), "what others say is escaped");
    assert!(see(&mut owner, &one(&server, "?guide=entra")).await.words().contains("Reply URL"));
    let tried = owner.submit(&page, &page.form("/test")).await;
    assert!(tried.words().contains("/sso/test/"), "{}", tried.words());
    let bare = Server::new();
    let (_, mut owner) = visitor(&bare, ADA, Some(Role::Owner)).await;
    let page = see(&mut owner, &one(&bare, "")).await;
    assert!(page.words().contains("First state a SAML"), "{}", page.words());
}

#[tokio::test]
async fn scim_1_a_token_is_made_shown_once_rotated_and_revoked() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let page = see(&mut owner, &one(&server, "/scim")).await;
    let wrong = page.form("days").with("label", "Okta <prod>").with("days", "soon");
    let refused = owner.submit(&page, &wrong).await;
    assert_eq!(refused.status.as_u16(), 400, "{}", refused.words());
    assert!(refused.words().contains("use a whole number"), "{}", refused.words());
    assert_eq!(refused.form("days").value("label"), Some("Okta <prod>"), "what was typed is kept");
    let made = owner.submit(&refused, &refused.form("days").with("days", "30")).await;
    assert_eq!(made.status.as_u16(), 200);
    let secret = made.words().split_whitespace().find(|word| word.starts_with("mst_scim_")).unwrap().to_owned();
    let answer = server.to("GET", "/scim/v2/Users").header("authorization", &format!("Bearer {secret}"));
    answer.send().await.due(200);
    let page = see(&mut owner, &one(&server, "/scim")).await;
    assert!(!page.text.contains(&secret));
    assert!(page.text.contains("Okta &#60;prod&#62;"));
    let revoking = owner.follow(&page, &page.link("Revoke Okta <prod>")).await;
    let revoked = owner.submit(&revoking, &revoking.forms().pop().unwrap()).await;
    assert!(revoked.words().contains("The token is revoked"), "{}", revoked.words());
    server.to("GET", "/scim/v2/Users").header("authorization", &format!("Bearer {secret}")).send().await.due(401);
    let rotated = owner.submit(&revoked, &revoked.form("hours").with("hours", "0")).await;
    assert!(rotated.words().contains("mst_scim_"), "{}", rotated.words());
    assert_eq!(server.get("/Users").await.status.as_u16(), 401, "the others ended at once");
}

#[tokio::test]
async fn scim_7_disabling_is_a_plan_first() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    server.user("bo@example.com").await;
    let page = see(&mut owner, &one(&server, "/scim")).await;
    let plan = owner.submit(&page, &page.form("/scim/switch")).await;
    assert!(plan.url.path().contains("/plans/"), "{}: {}", plan.url, plan.words());
    assert_eq!(server.get("/Users").await.status.as_u16(), 200, "nothing is changed yet");
    let done = owner.submit(&plan, &plan.form("/apply")).await;
    assert!(done.words().contains("The plan is applied"), "{}", done.words());
    assert_eq!(server.get("/Users").await.status.as_u16(), 403);
    assert!(server.world.is_member(&server.organizations[0], "bo@example.com"));
}

#[tokio::test]
async fn mig_2_settings_are_a_plan_that_does_exactly_that_or_is_refused() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    server.user("bo@example.com").await;
    let page = see(&mut owner, &one(&server, "/settings")).await;
    let form = page.form("organization").with("organization", "whale");
    let plan = owner.submit(&page, &form).await;
    assert!(plan.words().contains("bo@example.com"), "{}", plan.words());
    server.user("cy@example.com").await;
    let late = owner.submit(&plan, &plan.form("/apply")).await;
    assert_eq!(late.status.as_u16(), 409, "{}", late.words());
    assert!(late.words().contains("changed since"), "{}", late.words());
    let plan = owner.submit(&page, &form).await;
    let done = owner.submit(&plan, &plan.form("/apply")).await;
    assert!(done.words().contains("The plan is applied"), "{}", done.words());
    assert!(server.world.is_member(&server.organizations[1], "bo@example.com"));
    let wrong = owner.submit(&page, &page.form("organization").with("team", "No Team!")).await;
    assert!(wrong.status.is_client_error(), "{}", wrong.words());
    assert_eq!(wrong.form("organization").value("team"), Some("No Team!"), "what was typed is kept");
}

#[tokio::test]
async fn pre_3_conflicts_are_shown_with_both_words_and_lead_from_the_overview() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let none = see(&mut owner, &one(&server, "/conflicts")).await;
    assert!(none.words().contains("agree about everybody"), "{}", none.words());
    server.user("bo@example.com").await;
    let moby = &server.organizations[0];
    server.world.sso_says(server.connection, moby, "bo@example.com", Some("Bo <b>Else</b>"), None, None);
    let overview = see(&mut owner, "").await;
    assert!(overview.words().contains("disagree about 1 account"), "{}", overview.words());
    let link = overview.elements("a").into_iter().find(|link| link.text == "Look at it").unwrap();
    let page = owner.follow(&overview, link.attribute("href").unwrap()).await;
    for words in ["bo@example.com", "full_name", "Single sign-on: Bo <b>Else</b>", "Directory: "] {
        assert!(page.words().contains(words), "{words}: {}", page.words());
    }
    let (_, mut member) = visitor(&server, "mo@example.com", Some(Role::Member)).await;
    assert_eq!(see(&mut member, &one(&server, "/conflicts")).await.status.as_u16(), 403);
}

#[tokio::test]
async fn jit_8_a_plan_without_jit_says_who_could_not_sign_in_any_more() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let outsider = server.world.account("otto@example.com", true);
    let page = see(&mut owner, &one(&server, "/settings")).await;
    let plan = owner.submit(&page, &page.form("organization").without("jit")).await;
    assert!(plan.words().contains("Who could not sign in any more"), "{}", plan.words());
    assert!(plan.text.contains(outsider.email.unwrap().as_str()), "{}", plan.words());
}

#[tokio::test]
async fn scim_11_the_log_leads_to_traces_that_tell_the_story() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    server.user("bo@example.com").await;
    let refused = server.post("/Users", crate::support::person("bo@example.com")).await;
    assert_eq!(refused.status.as_u16(), 409);
    let id = refused.header("x-request-id").to_owned();
    let all = see(&mut owner, &one(&server, "/log")).await;
    assert!(all.words().contains("Changed something") && all.words().contains("Refused"), "{}", all.words());
    let errors = see(&mut owner, &one(&server, "/log?which=errors")).await;
    assert!(!errors.words().contains("Changed something"), "{}", errors.words());
    let trace = see(&mut owner, &one(&server, &format!("/log/{id}"))).await;
    let words = trace.words();
    assert!(words.contains("What was checked and decided") && words.contains("HTTP 409"), "{words}");
    assert!(words.contains("bo@example.com"), "{words}");
    let none = see(&mut owner, &one(&server, "/log?user=nobody@example.com")).await;
    assert!(none.words().contains("Nothing is found"), "{}", none.words());
    let (_, mut member) = visitor(&server, "mo@example.com", Some(Role::Member)).await;
    assert_eq!(see(&mut member, &one(&server, &format!("/log/{id}"))).await.status.as_u16(), 403);
    assert_eq!(see(&mut owner, &one(&server, "/log/none")).await.status.as_u16(), 404);
}

#[tokio::test]
async fn mig_3_held_changes_are_approved_or_rejected_as_they_are_shown() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let none = see(&mut owner, &one(&server, "/held")).await;
    assert!(none.words().contains("No change waits"), "{}", none.words());
    let mut ids = Vec::new();
    for number in 0..53 {
        ids.push(server.user(&format!("p{number}@example.com")).await);
    }
    for id in &ids {
        server.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await;
    }
    let waiting = server.world.held(server.connection).len();
    assert!(waiting >= 2, "{waiting}");
    let page = see(&mut owner, &one(&server, "")).await;
    let page = owner.follow(&page, &page.link("Held changes")).await;
    assert!(page.words().contains("p52@example.com"), "{}", page.words());
    let page = owner.submit(&page, &page.form("/held/approve")).await;
    assert!(page.words().contains("is decided"), "{}", page.words());
    assert!(server.world.is_member(&server.organizations[0], "p52@example.com"), "only the first was approved");
    let page = owner.submit(&page, &page.form("/held/reject")).await;
    assert!(page.words().contains("discarded"), "{}", page.words());
    assert!(server.world.is_member(&server.organizations[0], "p51@example.com"));
    let (_, mut member) = visitor(&server, "mo@example.com", Some(Role::Member)).await;
    assert_eq!(see(&mut member, &one(&server, "/held")).await.status.as_u16(), 403);
}

#[tokio::test]
async fn mig_1_members_are_adopted_by_a_plan_that_is_looked_at_first() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let none = see(&mut owner, &one(&server, "/unmanaged")).await;
    assert!(none.words().contains("There is nobody"), "{}", none.words());
    // Members by hand, whom the directory pushes afterwards: one of them an owner.
    for (email, role) in [("bo@example.com", Role::Member), ("cy@example.com", Role::Owner)] {
        server.member(&server.organizations[0], email, role);
        server.user(email).await;
    }
    let page = see(&mut owner, &one(&server, "/scim")).await;
    let page = owner.follow(&page, &page.link("Look at them")).await;
    let words = page.words();
    assert!(words.contains("bo@example.com") && words.contains("an owner: name it singly"), "{words}");
    let form = page.form("/unmanaged");
    let nobody = owner.submit(&page, &form.clone().by("who", "chosen")).await;
    assert_eq!(nobody.status.as_u16(), 400, "{}", nobody.words());
    // Whom the directory places in one organization is adopted there, and only there, whoever else has them as a member.
    let (bo, cy) = (choice(&page, "bo@example.com"), choice(&page, "cy@example.com"));
    let address = url(&format!("/console/orgs/moby{}", one(&server, "/unmanaged")));
    let both = form.clone().with_extra("pick-1", &bo).with_extra("pick-2", &cy).by("who", "chosen");
    let refused = owner.submit(&page, &both).await;
    assert_eq!(refused.status.as_u16(), 400, "{}", refused.words());
    assert!(refused.words().contains("an owner: name it singly"), "{}", refused.words());
    let kept: Vec<String> =
        picks(&refused).into_iter().filter(|(_, is_picked)| *is_picked).map(|(pick, _)| pick).collect();
    assert_eq!(kept.len(), 2, "what was chosen stays chosen: {kept:?}");
    for odd in ["bo@example.com", "00000000-0000-7000-8000-000000000000:moby", &bo.replace(":moby", ":kraken")] {
        let refused = owner.submit(&page, &form.clone().with_extra("pick-1", odd).by("who", "chosen")).await;
        assert!(refused.status.is_client_error(), "{odd}: {}", refused.words());
    }
    let bo = [("who", "chosen"), ("pick-1", bo.as_str())];
    let plan = owner.post_from(&url(""), &address, &bo).await;
    assert!(plan.url.path().contains("/plans/") && plan.words().contains("bo@example.com"), "{}", plan.words());
    let done = owner.submit(&plan, &plan.form("/apply")).await;
    assert_eq!(done.status.as_u16(), 200, "{}", done.words());
    let left = see(&mut owner, &one(&server, "/unmanaged")).await.words();
    assert!(!left.contains("bo@example.com") && left.contains("cy@example.com"), "{left}");
    let (_, mut member) = visitor(&server, "mo@example.com", Some(Role::Member)).await;
    assert_eq!(see(&mut member, &one(&server, "/unmanaged")).await.status.as_u16(), 403);
    assert_ne!(member.post_from(&url(""), &address, &bo).await.status.as_u16(), 200);
}

#[tokio::test]
async fn mig_1_a_member_of_two_organizations_is_adopted_in_the_one_that_was_chosen() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let ada = server.world.account_of(ADA).unwrap();
    server.world.set_member(&server.organizations[1], &ada, Role::Owner).unwrap();
    let account = server.member(&server.organizations[0], "bo@example.com", Role::Member);
    server.world.set_member(&server.organizations[1], &account, Role::Member).unwrap();
    let bo = server.user("bo@example.com").await;
    server.group("moby:crew", &[&bo]).await;
    server.group("whale:crew", &[&bo]).await;
    let page = see(&mut owner, &one(&server, "/unmanaged")).await;
    let picks = picks(&page);
    assert_eq!(picks.len(), 2, "one line for each organization: {}", page.words());
    let (whale, _) = picks.iter().find(|(pick, _)| pick.ends_with(":whale")).unwrap();
    let form = page.form("/unmanaged").with_extra("pick-2", whale).by("who", "chosen");
    let plan = owner.submit(&page, &form).await;
    assert!(plan.url.path().contains("/plans/"), "{}", plan.words());
    owner.submit(&plan, &plan.form("/apply")).await;
    let left = see(&mut owner, &one(&server, "/unmanaged")).await;
    let left: Vec<String> = self::picks(&left).into_iter().map(|(pick, _)| pick).collect();
    assert!(left.len() == 1 && left[0].ends_with(":moby"), "{left:?}");
}

#[tokio::test]
async fn scim_11_a_long_range_is_run_again_part_by_part() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    for number in 0..60 {
        server.user(&format!("b{number}@example.com")).await;
    }
    server.world.advance(std::time::Duration::from_mins(1));
    let choice = see(&mut owner, &one(&server, "/replay")).await;
    let tried = owner.submit(&choice, &choice.form("/replay").with("from", "2000-01-01T00:00")).await;
    let apply = tried.form("/replay/apply");
    let shown = |form: &muster_testkit::browser::Form| {
        form.fields().iter().filter(|(name, _)| name.starts_with("shown-")).count()
    };
    assert_eq!(shown(&apply), 50, "{}", tried.words());
    let rest = owner.submit(&tried, &apply).await;
    assert!(
        rest.words().contains("They were run again") && rest.words().contains("There are more"),
        "{}",
        rest.words()
    );
    let tried = owner.submit(&rest, &rest.form("/replay")).await;
    let apply = tried.form("/replay/apply");
    assert_eq!(shown(&apply), 10, "{}", tried.words());
    let done = owner.submit(&tried, &apply).await;
    assert!(done.url.path().ends_with("/log") && done.words().contains("They were run again"), "{}", done.words());
}

#[tokio::test]
async fn scim_11_requests_are_run_again_once_it_was_shown_what_comes_of_it() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let id = server.user("bo@example.com").await;
    let path = format!("/Users/{id}");
    let off = json!([{"op": "replace", "path": "displayName", "value": "First"}]);
    let first = server.patch(&path, off).await.header("x-request-id").to_owned();
    let on = json!([{"op": "replace", "path": "displayName", "value": "Second"}]);
    let second = server.patch(&path, on).await.header("x-request-id").to_owned();
    let name = async || server.get(&path).await.value()["displayName"].as_str().unwrap().to_owned();
    // The resource was written since the first: it is left out, unless that is confirmed.
    let trace = see(&mut owner, &one(&server, &format!("/log/{first}"))).await;
    let tried = owner.submit(&trace, &trace.form("/replay")).await;
    assert!(tried.words().contains("The resource was written since"), "{}", tried.words());
    assert_eq!(name().await, "Second");
    let forms = tried.forms();
    let although = forms.into_iter().find(|form| form.has("although_written")).unwrap();
    let confirmed = owner.submit(&tried, &although).await;
    assert!(confirmed.words().contains("Changed something"), "{}", confirmed.words());
    assert_eq!(name().await, "Second", "it was only tried");
    let done = owner.submit(&confirmed, &confirmed.form("/replay/apply")).await;
    assert!(done.words().contains("They were run again"), "{}", done.words());
    assert!(done.words().contains("Replay"), "the log shows what was run again: {}", done.words());
    assert_eq!(name().await, "First");
    server.world.advance(std::time::Duration::from_mins(1));
    // A range; a time that is none; a request of nobody's.
    let choice = see(&mut owner, &one(&server, "/replay")).await;
    let range = choice.form("/replay").with("from", "2000-01-01T00:00");
    let tried = owner.submit(&choice, &range).await;
    assert!(tried.words().contains("POST /Users"), "{}", tried.words());
    assert!(tried.form("/replay/apply").value("shown-1").is_some(), "what is run is what was shown");
    let wrong = owner.submit(&choice, &choice.form("/replay").with("from", "yesterday")).await;
    assert_eq!(wrong.status.as_u16(), 400, "{}", wrong.words());
    assert_eq!(wrong.form("/replay").value("from"), Some("yesterday"), "what was typed is kept");
    let (_, mut member) = visitor(&server, "mo@example.com", Some(Role::Member)).await;
    let address = url(&format!("/console/orgs/moby{}", one(&server, "/replay/apply")));
    let refused = member.post_from(&url(""), &address, &[("shown-1", second.as_str())]).await;
    assert_eq!(refused.status.as_u16(), 403, "{}", refused.words());
    assert_eq!(name().await, "First");
}

#[tokio::test]
async fn what_differs_from_the_directory_is_shown_and_then_repaired() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    server.user("bo@example.com").await;
    let page = see(&mut owner, &one(&server, "/drift")).await;
    let same = owner.submit(&page, &page.form("/drift")).await;
    assert!(same.words().contains("Nothing differs"), "{}", same.words());
    // Removed by hand, while the directory has the person active.
    let account = server.world.account_of("bo@example.com").unwrap();
    server.world.remove_member(&server.organizations[0], &account, false).unwrap();
    let found = owner.submit(&page, &page.form("/drift")).await;
    assert!(
        found.words().contains("nothing is changed yet") && found.words().contains("bo@example.com"),
        "{}",
        found.words()
    );
    let repair = found.forms().into_iter().find(|form| form.value("do") == Some("repair")).unwrap();
    let repaired = owner.submit(&found, &repair).await;
    assert!(repaired.words().contains("This was repaired"), "{}", repaired.words());
    let same = owner.submit(&page, &page.form("/drift")).await;
    assert!(same.words().contains("Nothing differs"), "{}", same.words());
    let (_, mut member) = visitor(&server, "mo@example.com", Some(Role::Member)).await;
    assert_eq!(see(&mut member, &one(&server, "/drift")).await.status.as_u16(), 403);
}

#[tokio::test]
async fn scim_5_whoever_is_deactivated_is_found_with_why() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let id = server.user("bo@example.com").await;
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    server.patch(&format!("/Users/{id}"), off).await.due(200);
    let bo = server.world.account_of("bo@example.com").unwrap();
    let all = see(&mut owner, "/members").await;
    assert!(!all.words().contains("bo@example.com"), "{}", all.words());
    let none = see(&mut owner, "/members?search=bo%40").await;
    let suspended = owner.follow(&none, &none.link("Look among those")).await;
    assert!(suspended.words().contains("bo@example.com"), "{}", suspended.words());
    let page = see(&mut owner, &format!("/members/{}", bo.username)).await;
    assert!(page.status.is_success() && page.words().contains("Suspended"), "{}", page.words());
    assert!(!page.text.contains("/remove\""), "who is out cannot be removed: {}", page.words());
    let (_, mut member) = visitor(&server, "mo@example.com", Some(Role::Member)).await;
    let hidden = see(&mut member, &format!("/members/{}", bo.username)).await;
    assert_eq!(hidden.status.as_u16(), 404, "{}", hidden.words());
    assert!(!see(&mut member, "/members?kind=suspended").await.words().contains("bo"));
}

#[tokio::test]
async fn sso_12_a_connection_is_removed_once_it_was_shown_what_that_ends() {
    let server = with_saml();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let (_, mut member) = visitor(&server, "mo@example.com", Some(Role::Member)).await;
    assert_eq!(see(&mut member, &one(&server, "/remove")).await.status.as_u16(), 403);
    let page = see(&mut owner, &one(&server, "/remove")).await;
    assert!(page.words().contains("Members, teams and roles stay"), "{}", page.words());
    let gone = owner.submit(&page, &page.form("/remove")).await;
    assert!(gone.words().contains("The connection is removed"), "{}", gone.words());
    assert_eq!(server.get("/Users").await.status.as_u16(), 401);
    // SSO-11: enforcing is offered once an owner has come through.
    let server = with_saml();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let page = see(&mut owner, &one(&server, "")).await;
    assert!(page.words().contains("an owner must have signed in"), "{}", page.words());
    assert!(page.forms().iter().all(|form| form.value("to") != Some("enforced")));
}

#[tokio::test]
async fn scim_11_a_trace_id_leads_to_what_happened() {
    let server = Server::new();
    let (_, mut owner) = visitor(&server, ADA, Some(Role::Owner)).await;
    let trace = server.get("/Users/none").await.header("x-request-id").to_owned();
    server.user("bo@example.com").await;
    server.app.write_reads().await;
    let log = see(&mut owner, &one(&server, "/log")).await;
    let form = log.forms().into_iter().find(|form| form.has("user")).unwrap();
    let story = owner.submit(&log, &form.clone().with("user", &format!(" {trace} "))).await;
    assert!(story.url.path().ends_with(&format!("/log/{trace}")), "{} {}", story.url, story.words());
    let other = owner.submit(&log, &form.with("user", "0190f5fe-7c2a-7000-8000-0123456789ab")).await;
    assert!(other.words().contains("Nothing is found") || other.status.is_success(), "{}", other.words());
}
