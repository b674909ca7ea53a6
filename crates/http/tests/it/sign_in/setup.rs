//! SEC-2: a connection set up by link, from the owner's draft to the first sign-in; and what a link does not reach.

use std::time::Duration;

use muster_model::{ConnectionState, Role};
use muster_simulator::sso::SamlApplication;
use muster_testkit::browser::{Browser, Page};

use super::{ADA, HERE, IDP, Memory, Site};
use crate::{
    console::{at, session_of},
    openid_provider::OpenIdProvider,
};

/// Where the steps of the connection that was made are.
fn path_of(page: &Page) -> String {
    page.url.path().to_owned()
}

impl Site {
    /// A browser in which an owner of moby is signed in.
    fn owner(&self) -> Browser<Memory> {
        let owner = self.server.member(&self.server.organizations[0], "olga@example.com", Role::Owner);
        let mut browser = self.browser();
        browser.set_cookie(HERE, &session_of(&self.server, &owner));
        browser
    }

    /// A draft that an owner makes: its page.
    async fn draft(&self, owner: &mut Browser<Memory>) -> Page {
        let page = owner.get(&at("/connections/new")).await;
        let form = page.forms().into_iter().find(|form| form.has("name")).unwrap();
        let page = owner.submit(&page, &form.with("name", "Fresh")).await;
        assert_eq!(page.status, 200, "{}", page.words());
        assert!(page.words().contains("The draft is made"), "{}", page.words());
        page
    }

    /// A link to a draft, as its owner is shown it.
    async fn link(&self, owner: &mut Browser<Memory>, draft: &Page) -> String {
        let form = draft.forms().into_iter().find(|form| form.has("label")).unwrap();
        let page = owner.submit(draft, &form.with("label", "Whale's IT")).await;
        let codes = page.elements("code").into_iter().map(|code| code.text);
        codes.into_iter().find(|text| text.contains("/setup/mst_setup_")).unwrap()
    }

    /// A browser that has begun with a link: it, and the steps.
    async fn begun(&self, link: &str) -> (Browser<Memory>, Page) {
        let mut browser = self.browser();
        let start = browser.get(link).await;
        assert_eq!(start.status, 200, "{}", start.words());
        let steps = browser.submit(&start, &start.only_form()).await;
        assert_eq!(steps.status, 200, "{}", steps.words());
        (browser, steps)
    }

    /// Pastes the IdP's metadata, and tells the IdP of us.
    async fn provide(&self, browser: &mut Browser<Memory>, steps: &str) -> Page {
        let page = browser.get(&format!("{HERE}{steps}/provider")).await;
        let id = steps.rsplit('/').next().unwrap();
        let ours = |path: &str| format!("{HERE}/sso/saml/{id}/{path}");
        assert!(page.text.contains(&ours("acs")) && page.text.contains(&ours("metadata")), "{}", page.words());
        self.idp.register_saml(SamlApplication::new(&ours("acs"), &ours("metadata")));
        let form = page.forms().into_iter().find(|form| form.has("metadata")).unwrap();
        let form = form.with("way", "paste").with("metadata", &self.idp.metadata());
        let page = browser.submit(&page, &form).await;
        assert!(page.words().contains("It is saved"), "{}", page.words());
        page
    }

    async fn add_domain(&self, browser: &mut Browser<Memory>, steps: &str, name: &str) -> Page {
        let page = browser.get(&format!("{HERE}{steps}/domains")).await;
        let form = page.forms().into_iter().find(|form| form.has("domain")).unwrap();
        browser.submit(&page, &form.with("domain", name)).await
    }

    /// A test sign-in, edited at the IdP: what it shows.
    async fn try_out(&self, browser: &mut Browser<Memory>, steps: &str, edits: &[(&str, &str)]) -> Page {
        let page = browser.get(&format!("{HERE}{steps}/tests")).await;
        let people = browser.submit(&page, &page.form("/tests")).await;
        assert!(people.url.to_string().starts_with(IDP), "{}: {}", people.url, people.words());
        let leaving = self.pick(browser, &people, edits).await;
        browser.submit(&leaving, &leaving.only_form()).await
    }

    fn fresh(&self) -> muster_model::Connection {
        self.server.world.read(|conn| Ok(conn.connection_by_name("Fresh")?)).unwrap()
    }
}

#[tokio::test]
async fn sec_2_from_a_draft_to_the_first_sign_in() {
    let site = Site::new();
    // Nobody comes in another way than through what is set up here.
    site.server.world.settings(site.connection, |settings| settings.sso = None);
    let mut owner = site.owner();
    let draft = site.draft(&mut owner).await;
    let link = site.link(&mut owner, &draft).await;
    let (mut it, steps) = site.begun(&link).await;
    let here = path_of(&steps);
    assert!(steps.words().contains("You see no members"), "{}", steps.words());
    let page = site.provide(&mut it, &here).await;
    assert!(page.text.contains(IDP), "the entity id is known: {}", page.words());
    let page = site.add_domain(&mut it, &here, "example.com").await;
    assert!(page.words().contains("Verified"), "its holder has proven it: {}", page.words());
    let tested = site.try_out(&mut it, &here, &[("groups", "moby:backend")]).await;
    let words = tested.words();
    for told in ["would be signed in", "leads to `moby`, team `backend`", "Back to the set-up", ADA] {
        assert!(words.contains(told), "{told}: {words}");
    }
    assert!(!words.contains("What would change") && !site.is_known(ADA), "{words}");
    let steps = it.get(&format!("{HERE}{here}")).await;
    assert!(steps.words().contains("would have been let in"), "{}", steps.words());
    let page = it.submit(&steps, &steps.form("/ready")).await;
    assert!(page.words().contains("The owners are told"), "{}", page.words());
    // The owner sees it, and activates it: as a plan, first.
    let page = owner.get(&draft.url.to_string()).await;
    assert!(page.words().contains("What activating means is shown first"), "{}", page.words());
    let plan = owner.submit(&page, &page.form("/state")).await;
    assert!(plan.url.path().contains("/plans/"), "{}: {}", plan.url, plan.words());
    let done = owner.submit(&plan, &plan.form("/apply")).await;
    assert_eq!(done.status, 200, "{}", done.words());
    assert_eq!(site.fresh().state, ConnectionState::Active);
    // The link is over, also for whoever has begun.
    for path in [here.clone(), format!("{here}/provider"), format!("{here}/domains")] {
        let page = it.get(&format!("{HERE}{path}")).await;
        assert_eq!(page.status, 404, "{}", page.words());
        assert!(page.words().contains("works no more"), "{}", page.words());
    }
    // And people sign in.
    let mut ada = site.browser();
    let account = site.sign_in(&mut ada).await;
    assert_eq!(account.url.path(), "/account", "{}", account.words());
    assert!(account.words().contains("moby"), "{}", account.words());
}

#[tokio::test]
async fn sec_2_a_revoked_link_is_out_at_once_and_old_ones_are_too() {
    let site = Site::new();
    let mut owner = site.owner();
    let draft = site.draft(&mut owner).await;
    let link = site.link(&mut owner, &draft).await;
    let (mut it, steps) = site.begun(&link).await;
    let here = path_of(&steps);
    let page = owner.get(&draft.url.to_string()).await;
    assert!(page.words().contains("Whale's IT"), "{}", page.words());
    let page = owner.follow(&page, &page.link("Revoke")).await;
    assert!(page.words().contains("What they have set up stays"), "{}", page.words());
    let page = owner.submit(&page, &page.form("/revoke")).await;
    assert!(page.words().contains("The link works no more"), "{}", page.words());
    assert_eq!(it.get(&format!("{HERE}{here}")).await.status, 404);
    assert_eq!(it.get(&link).await.status, 404);
    let refused = it.post_from(HERE, &format!("{HERE}{here}/domains"), &[("domain", "planted.example")]).await;
    assert_eq!(refused.status, 404, "{}", refused.words());
    // A new one, and after seven days.
    let draft = owner.get(&draft.url.to_string()).await;
    let link = site.link(&mut owner, &draft).await;
    let (mut it, _) = site.begun(&link).await;
    site.server.world.advance(Duration::from_hours(13));
    assert_eq!(it.get(&format!("{HERE}{here}")).await.status, 404, "a browser forgets after half a day");
    let (mut it, _) = site.begun(&link).await;
    site.server.world.advance(Duration::from_hours(7 * 24));
    assert_eq!(it.get(&format!("{HERE}{here}")).await.status, 404);
    assert_eq!(site.browser().get(&link).await.status, 404);
}

#[tokio::test]
async fn sec_2_a_link_opens_nothing_but_its_draft() {
    let site = Site::new();
    let mut owner = site.owner();
    let draft = site.draft(&mut owner).await;
    let link = site.link(&mut owner, &draft).await;
    let (mut it, steps) = site.begun(&link).await;
    let here = path_of(&steps);
    // The connection that is in use, and the console.
    let other = format!("{HERE}/setup/connection/{}", site.connection);
    for path in ["", "/provider", "/domains", "/tests", "/directory", "/groups"] {
        assert_eq!(it.get(&format!("{other}{path}")).await.status, 404, "{path}");
        assert_eq!(it.get(&format!("{HERE}{here}{path}")).await.status, 200, "{path}");
    }
    assert_eq!(it.get(&at("/members")).await.url.path(), "/signin");
    assert_eq!(it.get(&format!("{HERE}/account")).await.url.path(), "/signin");
    // No page of it tells of anybody.
    for path in ["", "/provider", "/domains", "/tests", "/directory", "/groups"] {
        let page = it.get(&format!("{HERE}{here}{path}")).await;
        assert!(!page.text.contains("olga"), "{path}");
    }
    // A form of another site, a browser that has not begun, a link that is none.
    let domains = format!("{HERE}{here}/domains");
    let planted = it.post_from("https://attacker.example", &domains, &[("domain", "x.example")]).await;
    assert_ne!(planted.status, 200);
    assert_eq!(site.browser().get(&format!("{HERE}{here}")).await.status, 404);
    assert_eq!(site.browser().get(&format!("{HERE}/setup/mst_setup_nothing")).await.status, 404);
    // Not even its text opens another surface (SEC-1).
    let token = link.rsplit('/').next().unwrap();
    for path in ["/v2/orgs", "/scim/v2/Users"] {
        let mut program = site.browser();
        program.header("authorization", &format!("Bearer {token}"));
        assert_eq!(program.get(&format!("{HERE}{path}")).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn sec_2_a_test_by_link_tells_nothing_of_members() {
    let site = Site::new();
    let mut owner = site.owner();
    let ada = site.server.member(&site.server.organizations[0], ADA, Role::Owner);
    let draft = site.draft(&mut owner).await;
    let link = site.link(&mut owner, &draft).await;
    let (mut it, steps) = site.begun(&link).await;
    let here = path_of(&steps);
    site.provide(&mut it, &here).await;
    site.add_domain(&mut it, &here, "example.com").await;
    let words = site.try_out(&mut it, &here, &[]).await.words();
    assert!(words.contains("would be signed in"), "{words}");
    for kept in [ada.username.as_str(), "owner", "account with this address", "already a member"] {
        assert!(!words.contains(kept), "{kept}: {words}");
    }
    // An owner's own test tells what it would come to.
    let page = owner.get(&format!("{}/tests", draft.url.to_string().split('?').next().unwrap())).await;
    let people = owner.submit(&page, &page.form("/tests")).await;
    let leaving = site.pick(&mut owner, &people, &[]).await;
    let words = owner.submit(&leaving, &leaving.only_form()).await.words();
    assert!(words.contains("account with this address"), "{words}");
    // Of the owner's test the link's holder learns nothing.
    let page = it.get(&format!("{HERE}{here}/tests")).await;
    assert_eq!(page.words().matches("Would have been let in").count(), 1, "{}", page.words());
}

#[tokio::test]
async fn scim_1_a_token_is_shown_once_and_answered_403_until_the_connection_is_in_use() {
    let site = Site::new();
    let mut owner = site.owner();
    let draft = site.draft(&mut owner).await;
    let link = site.link(&mut owner, &draft).await;
    let (mut it, steps) = site.begun(&link).await;
    let here = path_of(&steps);
    let page = it.get(&format!("{HERE}{here}/directory")).await;
    let page = it.submit(&page, &page.form("/switch")).await;
    assert!(page.words().contains("single sign-on first"), "{}", page.words());
    site.provide(&mut it, &here).await;
    let page = it.get(&format!("{HERE}{here}/directory")).await;
    let page = it.submit(&page, &page.form("/switch")).await;
    let page = it.submit(&page, &page.form("/token")).await;
    let token = page.elements("code").into_iter().map(|code| code.text).find(|text| text.starts_with("mst_scim_"));
    let token = token.unwrap();
    assert!(!it.get(&format!("{HERE}{here}/directory")).await.text.contains(&token));
    let mut client = site.browser();
    client.header("authorization", &format!("Bearer {token}"));
    let answer = client.get(&format!("{HERE}/scim/v2/Users")).await;
    assert_eq!(answer.status, 403, "{}", answer.text);
}

#[tokio::test]
async fn what_is_typed_wrongly_is_told_and_kept() {
    let site = Site::new();
    let mut owner = site.owner();
    let draft = site.draft(&mut owner).await;
    let link = site.link(&mut owner, &draft).await;
    let (mut it, steps) = site.begun(&link).await;
    let here = path_of(&steps);
    let page = site.add_domain(&mut it, &here, "gmail.com").await;
    assert_eq!(page.status, 400, "{}", page.words());
    assert!(page.text.contains("value=\"gmail.com\""), "{}", page.words());
    let page = it.get(&format!("{HERE}{here}/provider")).await;
    let form = page.forms().into_iter().find(|form| form.has("metadata")).unwrap();
    for (way, field, value, told) in [
        ("paste", "metadata", "<html>", "metadata cannot be used"),
        ("paste", "metadata", "", "paste it"),
        ("url", "metadata-url", "ftp://idp", "not an https URL"),
        ("url", "metadata-url", "https://nobody.invalid/metadata", "has no public address"),
        ("parts", "certificates", "AAAA", "certificate 1"),
    ] {
        let refused = it.submit(&page, &form.clone().with("way", way).with(field, value)).await;
        assert_eq!(refused.status, 400, "{}", refused.words());
        assert!(refused.words().contains(told), "{told}: {}", refused.words());
    }
    let page = it.get(&format!("{HERE}{here}/groups")).await;
    let form =
        page.forms().into_iter().find(|form| form.has("pattern") && form.has("team") && !form.fields().is_empty());
    let form = form.unwrap().with("pattern", "<b>eng*</b>").with("organization", "moby").with("team", "back end");
    let page = it.submit(&page, &form).await;
    assert_eq!(page.status, 400, "{}", page.words());
    assert!(page.text.contains("&#60;b&#62;eng*"), "what was typed is kept, and no markup");
    let tried = page.forms().into_iter().find(|form| form.has("groups")).unwrap();
    let page = it.submit(&page, &tried.with("groups", "moby:dev\nwhale:dev\nodd")).await;
    let words = page.words();
    assert!(words.contains("moby · dev") && words.contains("whale is no organization"), "{words}");
}

#[tokio::test]
async fn sec_2_what_an_owner_has_seen_is_what_is_activated_or_nothing() {
    let site = Site::new();
    let mut owner = site.owner();
    let draft = site.draft(&mut owner).await;
    let link = site.link(&mut owner, &draft).await;
    let (mut it, steps) = site.begun(&link).await;
    let here = path_of(&steps);
    site.provide(&mut it, &here).await;
    site.add_domain(&mut it, &here, "example.com").await;
    let page = owner.get(&draft.url.to_string()).await;
    let plan = owner.submit(&page, &page.form("/state")).await;
    assert!(plan.words().contains("No test sign-in by these settings has passed yet"), "{}", plan.words());
    // Meanwhile, by the link.
    let page = it.get(&format!("{HERE}{here}/groups")).await;
    let form = page.forms().into_iter().find(|form| form.has("pattern") && form.has("team")).unwrap();
    let page = it.submit(&page, &form.with("pattern", "*").with("organization", "moby").with("role", "owner")).await;
    assert!(page.words().contains("The row is added"), "{}", page.words());
    let refused = owner.submit(&plan, &plan.form("/apply")).await;
    assert!(refused.status.as_u16() >= 400, "{}", refused.words());
    assert_eq!(site.fresh().state, ConnectionState::Draft);
    // Looked at anew, the row is told of.
    let page = owner.get(&draft.url.to_string()).await;
    let plan = owner.submit(&page, &page.form("/state")).await;
    assert!(plan.words().contains("* → moby · owner"), "{}", plan.words());
}

#[tokio::test]
async fn sec_2_a_client_secret_is_not_shown_to_another_issuer() {
    let site = Site::new();
    let mut owner = site.owner();
    let draft = site.draft(&mut owner).await;
    let path = draft.url.path().to_owned();
    let (theirs, evil) = (OpenIdProvider::start(), OpenIdProvider::start());
    let page = owner.get(&format!("{HERE}{path}/provider?protocol=oidc")).await;
    let form = |page: &Page| page.forms().into_iter().find(|form| form.has("issuer")).unwrap();
    let stated =
        form(&page).with("issuer", &theirs.issuer).with("client-id", "muster").with("client-secret", "of the owner");
    let page = owner.submit(&page, &stated).await;
    assert!(page.words().contains("One is kept") && !page.text.contains("of the owner"), "{}", page.words());
    let id = site.fresh().id;
    let secret = |site: &Site| site.server.world.read(move |conn| Ok(conn.connection_secret(id)?));
    let before = secret(&site);
    assert!(before.is_some());
    let link = site.link(&mut owner, &draft).await;
    let (mut it, steps) = site.begun(&link).await;
    let here = path_of(&steps);
    // The same issuer keeps it, also with another client.
    let page = it.get(&format!("{HERE}{here}/provider")).await;
    let page = it.submit(&page, &form(&page).with("client-id", "another")).await;
    assert!(page.words().contains("It is saved"), "{}", page.words());
    assert_eq!(secret(&site), before);
    // Another one is not taken without a secret of its own, nor where nobody answers.
    let without = it.submit(&page, &form(&page).with("issuer", &evil.issuer)).await;
    assert!(without.words().contains("enter the secret"), "{}", without.words());
    let silent = form(&page).with("issuer", "http://127.0.0.1:9").with("client-secret", "of the holder");
    let silent = it.submit(&page, &silent).await;
    assert!(
        silent.words().contains("cannot be fetched") && !silent.text.contains("of the holder"),
        "{}",
        silent.words()
    );
    assert_eq!(secret(&site), before);
    let moved = form(&page).with("issuer", &evil.issuer).with("authentication", "none");
    let page = it.submit(&page, &moved).await;
    assert!(page.words().contains("It is saved"), "{}", page.words());
    assert_eq!(secret(&site), None);
}
