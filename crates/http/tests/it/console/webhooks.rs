//! Webhooks on the console.

use muster_model::Role;

use super::{HERE, Site, at};
use crate::webhooks::Receiver;

#[tokio::test]
async fn an_owner_adds_a_webhook_tries_it_and_sees_what_it_was_sent() {
    let site = Site::new();
    let receiver = Receiver::new().await;
    let mut owner = site.owner();
    let page = owner.get(&at("/webhooks")).await;
    assert!(page.words().contains("Nothing is sent anywhere yet"), "{}", page.words());
    let form = || page.forms().into_iter().find(|form| form.has("url")).unwrap();
    for (url, events, says) in
        [("https://10.0.0.1/", "", "no public address"), ("https://hooks.example/", "member.gone", "no event")]
    {
        let refused = owner.submit(&page, &form().with("name", "app").with("url", url).with("events", events)).await;
        assert!(refused.words().contains(says) && refused.text.contains(url), "{}", refused.words());
    }
    let filled = form().with("name", "app").with("url", &receiver.url).with("events", "member.*, team.create");
    let made = owner.submit(&page, &filled).await;
    let secret = made.text.split('>').find(|text| text.starts_with("whsec_")).unwrap();
    let secret = secret.split('<').next().unwrap().to_owned();
    let test = made.forms().into_iter().find(|form| form.action.ends_with("/test")).unwrap();
    let tried = owner.submit(&made, &test).await;
    assert!(tried.words().contains("The web server took it"), "{}", tried.words());
    assert!(!tried.text.contains(&secret), "it is shown once");
    assert!(receiver.arrived()[0].is_signed(&secret));
    // What happens arrives, and is on the page with whom it is about.
    site.server.member(site.moby(), "cy@example.com", Role::Member);
    site.server.eventually(async || receiver.arrived().len() == 2).await;
    let address = format!("{HERE}{}", test.action.trim_end_matches("/test"));
    let mut seen = owner.get(&address).await;
    for _ in 0..500 {
        if seen.words().contains("Delivered member")
            || seen.words().contains("member.added") && seen.words().contains("Tries: 1")
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        seen = owner.get(&address).await;
    }
    assert!(seen.words().contains("member.added") && seen.text.contains("/members/"), "{}", seen.words());
    // The receipt is on the member's page.
    let cy = owner.get(&at(&site.server.named("/members/~cy"))).await;
    assert!(cy.words().contains("What products were sent") && cy.words().contains("member.added"), "{}", cy.words());
    let again = seen.forms().into_iter().find(|form| form.has("position")).unwrap();
    assert!(owner.submit(&seen, &again).await.words().contains("It is sent again"));
    site.server.eventually(async || receiver.arrived().len() == 3).await;
    assert_eq!(receiver.arrived()[1].id(), receiver.arrived()[2].id());
    // Another secret, off, and gone.
    let rotate = seen.forms().into_iter().find(|form| form.action.ends_with("/secret")).unwrap();
    assert!(owner.submit(&seen, &rotate).await.text.contains("whsec_"));
    let switch = seen.forms().into_iter().find(|form| form.action.ends_with("/switch")).unwrap();
    let off = owner.submit(&seen, &switch).await;
    assert!(off.words().contains("It is sent nothing any more"), "{}", off.words());
    let asks = owner.get(&format!("{address}/remove")).await;
    let gone =
        owner.submit(&asks, &asks.forms().into_iter().find(|form| !form.action.contains("signout")).unwrap()).await;
    assert!(gone.words().contains("The webhook is removed"), "{}", gone.words());
    // Members see nothing of it.
    let member = site.server.world.account_of("cy@example.com").unwrap();
    assert_eq!(site.signed_in(&member).get(&at("/webhooks")).await.status, 403);
}
