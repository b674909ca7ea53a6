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

/// The address of a page of the company.
fn pod(path: &str) -> String {
    format!("{HERE}/console/companies/pod{path}")
}

#[tokio::test]
async fn ten_1_a_company_s_domains_and_connections_have_pages_for_its_owners_alone() {
    let site = Site::new();
    let (mut olga, mut stranger) = (site.owner(), site.stranger());
    let cora = site.server.world.account("cora@pod.example", true);
    // The domains of an organization that joins a company pass to it.
    site.server.world.company_owner("pod", site.moby(), &cora);
    let mut cora = site.signed_in(&cora);
    let page = cora.get(&pod("")).await;
    let page = cora.follow(&page, &page.link("Domains of the company")).await;
    assert!(page.words().contains("example.com"), "{}", page.words());

    let added = cora.submit(&page, &page.form("domain").with("domain", "Pod.Example")).await;
    assert_eq!(added.url.path(), "/console/companies/pod/domains/pod.example");
    let renewed = cora.submit(&added, &added.form("/renew")).await;
    assert_eq!((renewed.status.as_u16(), renewed.url.path()), (200, "/console/companies/pod/domains/pod.example"));
    let wrong = cora.submit(&page, &page.form("domain").with("domain", "no domain")).await;
    assert_eq!((wrong.status.as_u16(), wrong.form("domain").value("domain")), (400, Some("no domain")));

    // People of a domain join the organization that the owner names.
    let page = cora.get(&pod("/domains/example.com")).await;
    let page = cora.submit(&page, &page.form("into").with("into", "moby")).await;
    assert!(page.words().contains("The domain is changed."), "{}", page.words());
    assert_eq!(page.form("into").value("into"), Some("moby"));
    let whale = cora.submit(&page, &page.form("into").with("into", "whale")).await;
    assert_eq!(whale.status, 404, "not the company's: {}", whale.words());
    let page = cora.submit(&page, &page.form("into").with("into", "")).await;
    assert_eq!(page.form("into").value("into"), Some(""));
    let page = cora.get(&pod("/domains/example.com/audit")).await;
    shown(&page);
    let page = cora.get(&pod("/domains/pod.example/remove")).await;
    let form = page.forms().into_iter().find(|form| !form.action.contains("signout")).unwrap();
    let page = cora.submit(&page, &form).await;
    assert_eq!(page.url.path(), "/console/companies/pod/domains");
    assert!(!page.words().contains("pod.example"), "{}", page.words());

    // A connection of the company.
    let page = cora.get(&pod("/connections/new")).await;
    assert!(page.words().contains("It covers moby."), "{}", page.words());
    let made = cora.submit(&page, &page.form("name").with("name", "pod-okta").with("role", "member")).await;
    shown(&made);
    let path = made.url.path().to_owned();
    assert!(path.starts_with("/console/companies/pod/connections/"), "{path}");
    for rest in ["", "/scim", "/settings", "/log", "/held", "/conflicts", "/domains", "/provider", "/tests", "/groups"]
    {
        let address = format!("{HERE}{path}{rest}");
        shown(&cora.get(&address).await);
        assert_eq!(olga.get(&address).await.status, 404, "an organization's owner: {rest}");
        assert_eq!(stranger.get(&address).await.status, 404, "{rest}");
        let through = address.replace("/companies/pod/", "/orgs/moby/");
        assert_eq!(cora.get(&through).await.status, 404, "not under an organization's address: {rest}");
    }
    let scim = cora.get(&format!("{HERE}{path}/scim")).await;
    let token = cora.submit(&scim, &scim.form("/scim/tokens").with("label", "okta")).await;
    assert!(token.elements("code").iter().any(|code| code.attribute("data-copy").is_some()), "{}", token.words());

    // In the lists of the company and of its organization; with a link for whom it is.
    let listed = cora.get(&pod("/connections")).await;
    assert!(listed.link("pod-okta").ends_with(&path), "{}", listed.words());
    let id = path.rsplit('/').next().unwrap().to_owned();
    let listed = cora.get(&format!("{HERE}/console/orgs/moby/connections")).await;
    assert!(listed.words().contains("Held by the company pod") && listed.text.contains(&id), "{}", listed.words());
    let listed = olga.get(&format!("{HERE}/console/orgs/moby/connections")).await;
    assert!(listed.words().contains("pod-okta") && !listed.text.contains(&id), "{}", listed.words());
    for path in ["/domains", "/connections", "/domains/example.com", "/connections/new"] {
        assert_eq!(olga.get(&pod(path)).await.status, 404, "{path}");
    }
}
