//! The console's pages, as people of one kind and another meet them.

mod connections;

use muster_crypto::{TokenPrefix, TokenText};
use muster_model::{Account, Role};
use muster_testkit::browser::{Browser, Page, Transport};

use crate::{
    passwords::{browser, url},
    support::Server,
};

/// Somebody with this role in `moby`, signed in; a stranger without one.
pub(crate) async fn visitor(server: &Server, email: &str, role: Option<Role>) -> (Account, Browser<impl Transport>) {
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
pub(crate) async fn see(browser: &mut Browser<impl Transport>, path: &str) -> Page {
    browser.get(&url(&format!("/console/orgs/moby{path}"))).await
}
