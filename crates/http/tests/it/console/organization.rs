//! What needs attention, settings, the activity log.

use super::{Site, at};

#[tokio::test]
async fn scim_9_seats_are_changed_and_told_of_when_they_run_out() {
    let site = Site::new();
    let mut owner = site.owner();
    let page = owner.get(&at("")).await;
    assert!(!page.words().contains("seats are taken"), "{}", page.words());
    let page = owner.get(&at("/settings")).await;
    let page = owner.submit(&page, &page.form("/seats").with("seats", "many")).await;
    assert_eq!(page.status, 400);
    assert_eq!(page.form("/seats").value("seats"), Some("many"), "what was typed is kept");
    let page = owner.submit(&page, &page.form("/seats").with("seats", "1")).await;
    assert!(page.words().contains("The seats are changed."), "{}", page.words());
    let page = owner.get(&at("")).await;
    assert!(page.words().contains("All 1 seats are taken"), "{}", page.words());
}

#[tokio::test]
async fn acc_3_a_renamed_organization_is_found_by_both_names() {
    let site = Site::new();
    let mut owner = site.owner();
    let page = owner.get(&at("/settings")).await;
    let page = owner.submit(&page, &page.form("/name").with("name", "finback")).await;
    assert_eq!(page.url.path(), "/console/orgs/finback/settings");
    let page = owner.get(&at("/members")).await;
    assert!(page.status == 200 && page.words().contains("finback"), "{}", page.words());
    let page = owner.get(&at("/settings")).await;
    let page = owner.submit(&page, &page.form("/name").with("name", "whale")).await;
    assert_eq!(page.status, 409, "{}", page.words());
}

#[tokio::test]
async fn org_9_the_log_is_filtered_and_goes_on() {
    let site = Site::new();
    let mut owner = site.owner();
    for number in 0..60 {
        site.server.member(site.moby(), &format!("person{number}@example.com"), muster_model::Role::Member);
    }
    let page = owner.get(&at("/activity?action=member")).await;
    let next = page.link("Next page");
    let further = owner.follow(&page, &next).await;
    assert!(further.words().contains("person0@example.com"), "{}", further.words());
    let page = owner.get(&at("/activity?name=person7@")).await;
    assert!(page.words().contains("person7@example.com") && !page.words().contains("person8@"), "{}", page.words());
    let page = owner.get(&at("/activity?from=2999-01-01")).await;
    assert!(page.words().contains("Nothing is found."), "{}", page.words());
}

#[tokio::test]
async fn org_7_and_org_9_members_and_the_log_are_exported() {
    let site = Site::new();
    let mut owner = site.owner();
    site.server.member(site.moby(), "ada@example.com", muster_model::Role::Member);
    let page = owner.get(&at("/members/export")).await;
    assert_eq!(page.header("content-type"), "text/csv; charset=utf-8");
    assert!(page.header("content-disposition").starts_with("attachment; filename=\"moby-members-"));
    assert!(page.text.contains("ada@example.com"), "{}", page.text);
    let page = owner.get(&at("/activity/export?name=ada@")).await;
    assert!(page.text.contains("ada@example.com") && !page.text.contains("olga@"), "{}", page.text);
    let mut member = site.with_role("mona@example.com", muster_model::Role::Member);
    assert_eq!(member.get(&at("/members/export")).await.status, 403);
    assert_eq!(member.get(&at("/activity/export")).await.status, 403);
    assert_eq!(site.stranger().get(&at("/members/export")).await.status, 404);
}
