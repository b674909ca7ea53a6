//! A company over several organizations.

use muster_model::Role;

use super::{HERE, Site, shown};

#[tokio::test]
async fn org_1_an_owner_of_a_company_makes_organizations_and_owners() {
    let site = Site::new();
    let cora = site.server.world.account("cora@example.com", true);
    site.server.world.company_owner("pod", site.moby(), &cora);
    let mut browser = site.signed_in(&cora);
    let page = browser.get(&format!("{HERE}/console")).await;
    assert!(page.words().contains("pod"), "{}", page.words());
    let page = browser.get(&format!("{HERE}/console/companies/pod")).await;
    shown(&page);
    let form = page.form("/organizations").with("name", "Fin Back");
    let page = browser.submit(&page, &form).await;
    assert_eq!(page.status, 400, "{}", page.words());
    let form = page.form("/organizations").with("name", "finback").with("seats", "7");
    let page = browser.submit(&page, &form).await;
    assert!(page.words().contains("The organization is made.") && page.words().contains("finback"), "{}", page.words());

    let ada = site.server.member(site.moby(), "ada@example.com", Role::Member);
    let add = page.form("username").with("username", "nobody");
    let page = browser.submit(&page, &add).await;
    assert!(page.status == 400 && page.words().contains("nobody with the username nobody"), "{}", page.words());
    let add = page.form("username").with("username", &ada.username);
    let page = browser.submit(&page, &add).await;
    assert!(page.words().contains("The person is an owner of the company."), "{}", page.words());
    let mut of_ada = site.signed_in(&ada);
    shown(&of_ada.get(&format!("{HERE}/console/orgs/finback/settings")).await);
    let form = page.forms().into_iter().find(|form| form.action.contains(&ada.username)).unwrap();
    browser.submit(&page, &form).await;
    assert_eq!(of_ada.get(&format!("{HERE}/console/companies/pod")).await.status, 404);
    assert_eq!(site.owner().get(&format!("{HERE}/console/companies/pod")).await.status, 404, "an organization's owner");
}
