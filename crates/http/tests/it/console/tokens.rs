//! Access tokens.

use muster_model::Role;

use super::{HERE, Site, at};

#[tokio::test]
async fn sec_1_a_token_is_made_shown_once_switched_off_and_ended() {
    let site = Site::new();
    let mut owner = site.owner();
    let mut mona = site.with_role("mona@example.com", Role::Member);
    for (browser, address, identifier) in
        [(&mut owner, at("/tokens"), "moby"), (&mut mona, format!("{HERE}/account/tokens"), "mona@example.com")]
    {
        let page = browser.get(&address).await;
        let form = page.form("label").with("label", "nightly report");
        let refused = browser.submit(&page, &form).await;
        assert!(refused.status.is_client_error(), "without a scope: {}", refused.words());
        assert_eq!(refused.form("label").value("label"), Some("nightly report"), "what was typed is kept");
        let form = form.with("organizations:read", "yes").with("days", "30");
        let made = browser.submit(&page, &form).await;
        let secret = made.elements("code").into_iter().find(|code| code.attribute("data-copy").is_some()).unwrap().text;
        let exchange = async |expected: u16| {
            let body = serde_json::json!({"identifier": identifier, "secret": secret});
            let answer = site.server.to("POST", "/v2/auth/token").json(body).send().await;
            assert_eq!(answer.status.as_u16(), expected);
        };
        exchange(200).await;
        let page = browser.get(&address).await;
        assert!(!page.text.contains(&secret) && page.words().contains("Works"), "{}", page.words());
        let page = browser.submit(&page, &page.form("/switch")).await;
        assert!(page.words().contains("The token is switched off."), "{}", page.words());
        exchange(401).await;
        let page = browser.submit(&page, &page.form("/switch")).await;
        exchange(200).await;
        let page = browser.follow(&page, &page.link("End")).await;
        let form = page.forms().into_iter().find(|form| !form.action.contains("signout")).unwrap();
        let page = browser.submit(&page, &form).await;
        assert!(page.words().contains("The token has ended."), "{}", page.words());
        exchange(401).await;
    }
    assert_eq!(mona.get(&at("/tokens")).await.status, 403);
}

#[tokio::test]
async fn ten_3_nobody_reaches_somebody_else_s_token() {
    let site = Site::new();
    let mut owner = site.owner();
    let page = owner.get(&at("/tokens")).await;
    let form = page.form("label").with("label", "nightly").with("members:read", "yes");
    let page = owner.submit(&page, &form).await;
    let end = page.link("End");
    let id = end.split('/').rev().nth(1).unwrap();
    let mut stranger = site.stranger();
    assert_eq!(stranger.get(&end).await.status, 404);
    assert_eq!(stranger.get(&format!("{HERE}/account/tokens/{id}/end")).await.status, 404);
    let mut form = page.form("/switch");
    form.action = format!("/account/tokens/{id}/switch");
    let page = stranger.get(&format!("{HERE}/account/tokens")).await;
    assert_eq!(stranger.submit(&page, &form).await.status, 404);
}

#[tokio::test]
async fn whoever_finds_a_browser_signed_in_makes_no_token() {
    let site = Site::new();
    let mut owner = site.owner();
    site.server.world.advance(std::time::Duration::from_mins(11));
    for address in [at("/tokens"), format!("{HERE}/account/tokens")] {
        let page = owner.get(&address).await;
        let form = page.form("label").with("label", "nightly").with("members:read", "yes");
        let page = owner.submit(&page, &form).await;
        assert_eq!(page.url.path(), "/account/confirm", "{}", page.words());
        let page = owner.get(&address).await;
        assert!(page.words().contains("There are no access tokens yet."), "{}", page.words());
    }
    let scim = at(&format!("/connections/{}/scim", site.server.connection));
    let page = owner.get(&scim).await;
    let tokens = page.form("/scim/tokens").with("label", "another");
    assert_eq!(owner.submit(&page, &tokens).await.url.path(), "/account/confirm");
    assert_eq!(owner.submit(&page, &page.form("/scim/rotate")).await.url.path(), "/account/confirm");
}

#[tokio::test]
async fn ses_3_tokens_that_ended_say_when_and_why() {
    let site = Site::new();
    let mut owner = site.owner();
    for (address, why) in
        [(at("/tokens"), "ended by an owner"), (format!("{HERE}/account/tokens"), "ended by the person")]
    {
        let page = owner.get(&address).await;
        assert!(page.words().contains("No token ended in the last 30 days."), "{}", page.words());
        for label in ["nightly", "monthly"] {
            let form = page.form("label").with("label", label).with("members:read", "yes").with("days", "30");
            owner.submit(&page, &form).await;
        }
        let page = owner.get(&address).await;
        let page = owner.submit(&page, &page.form("/switch")).await;
        assert!(page.words().contains("Switched off 20"), "{}", page.words());
        let page = owner.follow(&page, &page.link("End")).await;
        let form = page.forms().into_iter().find(|form| !form.action.contains("signout")).unwrap();
        owner.submit(&page, &form).await;
        let page = owner.get(&address).await;
        let (_, ended) = page.text.split_once("Ended in the last 30 days").unwrap();
        assert!(ended.contains(why) && ended.contains("nightly") && !ended.contains("monthly"), "{}", page.words());
    }
    site.server.world.advance(std::time::Duration::from_hours(24 * 30));
    let mut owner = site.signed_in(&site.server.world.account_of("olga@example.com").unwrap());
    let page = owner.get(&at("/tokens")).await;
    let (_, ended) = page.text.split_once("Ended in the last 30 days").unwrap();
    assert!(ended.contains("monthly") && ended.contains("its time was over"), "{}", page.words());
    site.server.world.advance(std::time::Duration::from_hours(24 * 31));
    let mut owner = site.signed_in(&site.server.world.account_of("olga@example.com").unwrap());
    let page = owner.get(&at("/tokens")).await;
    assert!(page.words().contains("No token ended in the last 30 days."), "{}", page.words());
}
