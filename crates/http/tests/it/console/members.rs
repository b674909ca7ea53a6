//! Members.

use muster_model::Role;

use super::{HERE, Site, at, make_team, shown};
use crate::support::person;

#[tokio::test]
async fn org_1_an_owner_finds_somebody_and_changes_the_role() {
    let site = Site::new();
    let mut owner = site.owner();
    let ada = site.server.member(site.moby(), "ada@example.com", Role::Member);
    site.server.member(site.moby(), "bo@example.com", Role::Editor);
    let page = owner.get(&at("/members?search=ada@")).await;
    assert!(page.words().contains("1 person") && !page.words().contains("bo@example.com"), "{}", page.words());
    let page = owner.get(&at("/members?role=editor")).await;
    assert!(page.words().contains("bo@example.com") && !page.words().contains("ada@example.com"), "{}", page.words());
    let page = owner.get(&at("/members?search=nobody")).await;
    assert!(page.words().contains("Nobody is found."), "{}", page.words());

    let page = owner.get(&at(&format!("/members/{}", ada.username))).await;
    let page = owner.submit(&page, &page.form("/role").with("role", "editor")).await;
    assert!(page.words().contains("The role is changed."), "{}", page.words());
    assert_eq!(site.server.world.membership(site.moby(), "ada@example.com").unwrap().role, Role::Editor);
}

#[tokio::test]
async fn pre_2_a_member_s_page_says_who_said_what() {
    let site = Site::new();
    let mut owner = site.owner();
    site.server.post("/Users", person("ada@example.com")).await.due(201);
    let username = site.server.world.account_of("ada@example.com").unwrap().username;
    let page = owner.get(&at(&format!("/members/{username}"))).await;
    shown(&page);
    for words in ["Managed by okta", "Because of", "the person", "SCIM-", "Holds", "What happened"] {
        assert!(page.words().contains(words), "{words}: {}", page.words());
    }
}

#[tokio::test]
async fn org_2_removing_says_what_brings_the_person_back() {
    let site = Site::new();
    let mut owner = site.owner();
    site.server.post("/Users", person("ada@example.com")).await.due(201);
    let username = site.server.world.account_of("ada@example.com").unwrap().username;
    let page = owner.get(&at(&format!("/members/{username}/remove"))).await;
    assert!(page.words().contains("its next write adds them again"), "{}", page.words());
    let form = page.forms().into_iter().find(|form| form.has("block")).unwrap();
    let page = owner.submit(&page, &form.with("block", "yes")).await;
    assert!(page.words().contains("The member is removed."), "{}", page.words());
    let membership = site.server.world.membership(site.moby(), "ada@example.com").unwrap();
    assert!(membership.blocked && !membership.is_active(), "{membership:?}");
}

#[tokio::test]
async fn org_1_the_last_owner_stays_and_is_told_why() {
    let site = Site::new();
    let mut owner = site.owner();
    let olga = site.server.world.account_of("olga@example.com").unwrap().username;
    let page = owner.get(&at(&format!("/members/{olga}/remove"))).await;
    let form = page.forms().into_iter().find(|form| form.has("block")).unwrap();
    let page = owner.submit(&page, &form).await;
    assert!(page.status.is_client_error(), "{}", page.status);
    assert!(page.words().contains("last owner"), "{}", page.words());
    assert!(site.server.world.is_member(site.moby(), "olga@example.com"));
}

#[tokio::test]
async fn names_are_text_and_nothing_else() {
    let site = Site::new();
    let mut owner = site.owner();
    let mut said = person("ada@example.com");
    said["name"]["givenName"] = "<script>alert(1)</script>".into();
    said["displayName"] = "\"><img src=x onerror=alert(1)>".into();
    site.server.post("/Users", said).await.due(201);
    let username = site.server.world.account_of("ada@example.com").unwrap().username;
    let member = at(&format!("/members/{username}"));
    for address in [at("/members"), member.clone(), format!("{member}/remove"), at("/activity")] {
        let page = owner.get(&address).await;
        shown(&page);
        assert!(!page.text.contains("<script>alert") && !page.text.contains("<img src=x"), "{address}");
    }
}

#[tokio::test]
async fn ses_4_an_owner_signs_a_member_out() {
    let site = Site::new();
    let mut owner = site.owner();
    let gus = site.server.member(site.moby(), "gus@elsewhere.org", Role::Member);
    site.signed_in(&gus);
    let page = owner.get(&at(&format!("/members/{}", gus.username))).await;
    assert!(page.words().contains("No session that you may see."), "nobody here holds his domain: {}", page.words());

    let ada = site.server.member(site.moby(), "ada@example.com", Role::Member);
    let mut browser = site.signed_in(&ada);
    let page = owner.get(&at("/sessions")).await;
    assert!(page.words().contains("ada@example.com") && !page.words().contains("gus@"), "{}", page.words());
    let form = page.forms().into_iter().find(|form| form.action.contains(&ada.username)).unwrap();
    let page = owner.submit(&page, &form).await;
    assert!(page.words().contains("The session is over"), "{}", page.words());
    assert_eq!(browser.get(&format!("{HERE}/account")).await.url.path(), "/signin");
}

#[tokio::test]
async fn org_8_members_are_found_by_what_they_are_and_where_they_come_from() {
    let site = Site::new();
    let mut owner = site.owner();
    site.server.member(site.moby(), "gus@elsewhere.org", Role::Member);
    let bo = site.server.member(site.moby(), "bo@example.com", Role::Editor);
    site.server.post("/Users", person("ada@example.com")).await.due(201);
    make_team(&mut owner, "backend").await;
    let page = owner.get(&at("/teams/backend")).await;
    owner.submit(&page, &page.form("/members").with("member", &bo.username)).await;
    let people = ["olga@", "gus@", "bo@", "ada@"];
    for (query, found) in [
        ("kind=guest", &["gus@"][..]),
        ("source=scim", &["ada@"]),
        ("source=manual", &["olga@", "gus@", "bo@"]),
        ("source=manual&role=editor", &["bo@"]),
        ("source=manual&search=g", &["gus@"]),
        ("team=backend", &["bo@"]),
        ("team=backend&role=member", &[]),
        ("team=back", &[]),
        ("kind=conflict", &[]),
    ] {
        let page = owner.get(&at(&format!("/members?{query}"))).await;
        shown(&page);
        for person in people {
            assert_eq!(page.words().contains(person), found.contains(&person), "{query} {person}: {}", page.words());
        }
    }
}

#[tokio::test]
async fn whoever_is_sifted_is_on_one_page_once() {
    let site = Site::new();
    let mut owner = site.owner();
    for number in 0..230 {
        let domain = if number % 2 == 0 { "example.com" } else { "elsewhere.org" };
        site.server.member(site.moby(), &format!("person{number:03}@{domain}"), Role::Member);
    }
    let mut page = owner.get(&at("/members?kind=guest")).await;
    let mut seen = Vec::new();
    loop {
        let words = page.words();
        seen.extend(words.split_whitespace().filter(|word| word.contains('@')).map(str::to_owned));
        let Some(next) = page.elements("a").into_iter().find(|link| link.text == "Next page") else { break };
        page = owner.follow(&page, next.attribute("href").unwrap()).await;
    }
    let expected: Vec<String> =
        (0..230).filter(|one| one % 2 == 1).map(|one| format!("person{one:03}@elsewhere.org")).collect();
    seen.sort();
    assert_eq!(seen, expected);
}
