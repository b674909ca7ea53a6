//! What people do on their own page.

use muster_model::Role;

use super::{HERE, Site};

#[tokio::test]
async fn org_3_invitations_are_answered_on_the_account_page() {
    let site = Site::new();
    site.owner();
    let ada = site.server.world.account("ada@example.com", true);
    let whale = &site.server.organizations[1];
    site.server.member(whale, "wil@example.com", Role::Owner);
    site.server.world.invite(site.moby(), "ada@example.com", None, Role::Editor).unwrap();
    site.server.world.invite(whale, "ada@example.com", None, Role::Member).unwrap();
    let mut browser = site.signed_in(&ada);
    let page = browser.get(&format!("{HERE}/account")).await;
    assert!(page.words().contains("Invitations moby editor"), "{}", page.words());
    let mut accept = page.form("/accept");
    let page = browser.submit(&page, &accept).await;
    assert_eq!(site.server.world.membership(site.moby(), "ada@example.com").unwrap().role, Role::Editor);
    let page = browser.submit(&page, &page.form("/decline")).await;
    assert!(!page.words().contains("Invitations"), "{}", page.words());
    assert!(!site.server.world.is_member(whale, "ada@example.com"));
    // Once is enough, and nobody answers for others.
    let again = browser.submit(&page, &accept).await;
    assert_eq!(again.status, 404, "{}", again.words());
    let bo = site.server.world.account("bo@example.com", true);

    site.server.world.invite(site.moby(), "bo@example.com", None, Role::Owner).unwrap();
    let page = site.signed_in(&bo).get(&format!("{HERE}/account")).await;
    accept.action = page.form("/accept").action;
    let stolen = browser.submit(&page, &accept).await;
    assert_eq!(stolen.status, 404, "{}", stolen.words());
    assert!(!site.server.world.is_member(site.moby(), "bo@example.com"));
}

#[tokio::test]
async fn acc_1_an_invitation_is_shown_to_whoever_has_shown_that_the_address_is_theirs() {
    let site = Site::new();
    site.owner();
    let ada = site.server.world.account("ada@example.com", false);
    site.server.world.invite(site.moby(), "ada@example.com", None, Role::Owner).unwrap();
    let page = site.signed_in(&ada).get(&format!("{HERE}/account")).await;
    assert!(!page.words().contains("Invitations"), "{}", page.words());
}

#[tokio::test]
async fn org_2_somebody_leaves_and_the_last_owner_does_not() {
    let site = Site::new();
    let mut owner = site.owner();
    let mut ada = site.with_role("ada@example.com", Role::Member);
    let page = ada.get(&format!("{HERE}/account/organizations/moby/leave")).await;
    let page = ada.submit(&page, &page.forms().remove(0)).await;
    assert!(page.words().contains("You are in no organization."), "{}", page.words());
    assert!(!site.server.world.is_member(site.moby(), "ada@example.com"));
    let page = ada.get(&format!("{HERE}/account/organizations/moby/leave")).await;
    assert_eq!(page.status, 404, "{}", page.words());

    let page = owner.get(&format!("{HERE}/account/organizations/moby/leave")).await;
    let page = owner.submit(&page, &page.forms().remove(0)).await;
    assert_eq!(page.status, 409, "{}", page.words());
    assert!(page.words().contains("last owner"), "{}", page.words());
    assert!(site.server.world.is_member(site.moby(), "olga@example.com"));
}
