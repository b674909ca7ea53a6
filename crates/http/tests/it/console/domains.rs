//! Domains.

use muster_model::Role;

use super::{Site, at, shown};

#[tokio::test]
async fn org_4_a_domain_is_claimed_and_its_record_shown() {
    let site = Site::new();
    let mut owner = site.owner();
    let page = owner.get(&at("/domains")).await;
    let refused = owner.submit(&page, &page.form("domain").with("domain", "gmail.com")).await;
    assert!(refused.status.is_client_error(), "{}", refused.words());
    assert_eq!(refused.form("domain").value("domain"), Some("gmail.com"), "what was typed is kept");
    let page = owner.submit(&page, &page.form("domain").with("domain", "Moby.example.ORG")).await;
    assert_eq!(page.url.path(), "/console/orgs/moby/domains/moby.example.org");
    for words in ["The domain is added.", "Waits for its record", "TXT", "muster-verification="] {
        assert!(page.words().contains(words), "{words}: {}", page.words());
    }
    let overview = owner.get(&at("")).await;
    assert!(overview.words().contains("The record of the domain moby.example.org has not been found yet."));

    let value = |page: &muster_testkit::browser::Page| page.elements("code")[2].text.clone();
    let renewed = owner.submit(&page, &page.form("/renew")).await;
    assert_ne!(value(&page), value(&renewed), "a new value");
    let page = owner.submit(&renewed, &renewed.form("/auto-provision").with("auto-provision", "yes")).await;
    assert!(page.words().contains("The domain is changed."), "{}", page.words());
    assert_eq!(page.form("/auto-provision").value("auto-provision"), Some("yes"));

    let page = owner.get(&at("/domains/moby.example.org/remove")).await;
    let form = page.forms().into_iter().find(|form| !form.action.contains("signout")).unwrap();
    let page = owner.submit(&page, &form).await;
    assert!(page.words().contains("The domain is removed."), "{}", page.words());
    assert_eq!(owner.get(&at("/domains/moby.example.org")).await.status, 404);
}

#[tokio::test]
async fn org_6_who_is_no_member_is_shown_exported_and_invited() {
    let site = Site::new();
    let mut owner = site.owner();
    let outsider = site.server.world.account("otto@example.com", true);
    site.server.member(site.moby(), "ada@example.com", Role::Member);
    let page = owner.get(&at("/domains/example.com")).await;
    assert!(page.words().contains("Verified"), "{}", page.words());
    let page = owner.get(&at("/domains/example.com/audit")).await;
    shown(&page);
    assert!(page.words().contains("otto@example.com") && !page.words().contains("ada@"), "{}", page.words());
    let file = owner.get(&at("/domains/example.com/audit/export")).await;
    assert!(file.text.contains(&outsider.username), "{}", file.text);
    let review = owner.submit(&page, &page.form("people")).await;
    assert!(review.words().contains("Invite 1 person"), "{}", review.words());
    let page = owner.get(&at("/domains/example.com/remove")).await;
    assert!(page.words().contains("okta"), "whose people cannot sign in then: {}", page.words());
}
