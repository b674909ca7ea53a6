//! Invited people whose company signs them in (ORG-3, JIT-2).

use muster_engine::{Origin, invitations::Person};
use muster_model::Role;

use super::{ADA, HERE, Site};

async fn invite(site: &Site, organization: usize) -> String {
    let organization = site.server.organizations[organization].clone();
    let people = vec![Person { to: ADA.to_owned(), role: Role::Editor, team: Some("writers".to_owned()) }];
    site.server.app.invite(Origin::OPERATOR, organization, people).await.unwrap();
    crate::passwords::mailed(&site.server).remove(0)
}

#[tokio::test]
async fn jit_2_who_follows_the_link_is_signed_in_by_the_company_and_is_in() {
    let site = Site::new();
    let link = invite(&site, 1).await;
    let mut browser = site.browser();
    let page = browser.get(&link).await;
    assert!(page.words().contains("Your company signs you in") && !page.text.contains("password"), "{}", page.words());
    let people = browser.submit(&page, &page.form("/continue")).await;
    assert!(people.url.to_string().contains("9200"), "straight to the identity provider: {}", people.url);
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let page = browser.submit(&leaving, &leaving.only_form()).await;
    assert_eq!((page.status.as_u16(), page.url.to_string()), (200, format!("{HERE}/account")), "{}", page.words());
    assert!(page.words().contains("whale editor") && page.words().contains("writers"), "{}", page.words());
    assert!(site.server.world.is_member(&site.server.organizations[1], ADA));
}

#[tokio::test]
async fn org_3_who_was_signed_in_elsewhere_comes_back_from_the_company_to_answer() {
    let site = Site::new();
    // An organization that the connection does not cover: signing in accepts nothing.
    let other = site.server.world.organization("narwhal");
    let people = vec![Person { to: ADA.to_owned(), role: Role::Member, team: None }];
    site.server.app.invite(Origin::OPERATOR, other.clone(), people).await.unwrap();
    let link = crate::passwords::mailed(&site.server).remove(0);
    let mut browser = site.browser();
    let page = browser.get(&link).await;
    let people = browser.submit(&page, &page.form("/continue")).await;
    let leaving = site.pick(&mut browser, &people, &[]).await;
    let page = browser.submit(&leaving, &leaving.only_form()).await;
    assert_eq!(page.url.to_string(), link, "{}", page.words());
    let page = browser.submit(&page, &page.form("/decline")).await;
    assert_eq!(page.url.to_string(), format!("{HERE}/account"));
    assert!(!site.server.world.is_member(&other, ADA));
}

#[tokio::test]
async fn ten_3_an_owner_who_was_shown_the_link_of_a_username_learns_no_address_by_it() {
    let site = Site::new();
    site.sign_in(&mut site.browser()).await;
    let other = site.server.world.organization("narwhal");
    let olga = site.server.world.account("olga@elsewhere.org", true);
    site.server.world.set_member(&other, &olga, Role::Owner).unwrap();
    let ada = site.server.world.account_of(ADA).unwrap();
    let origin = Origin { actor: muster_model::Actor::Account(olga.id.0), ..Origin::OPERATOR };
    let people = vec![Person { to: ada.username, role: Role::Member, team: None }];
    let sent = site.server.node_without_mail().invite(origin, other, people).await.unwrap();
    let mut browser = site.browser();
    let page = browser.get(sent[0].link.as_ref().unwrap()).await;
    assert!(page.forms().iter().all(|form| !form.action.ends_with("/decline")), "{}", page.words());
    let next = browser.submit(&page, &page.form("/continue")).await;
    assert_eq!(next.url.path(), "/signin", "no hint goes to the identity provider");
    assert!(!page.text.contains(ADA) && !next.text.contains(ADA));
}
