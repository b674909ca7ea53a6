//! What came each day, on the overview and on a connection's page.

use std::time::Duration;

use super::{Site, at, shown};

const NONE: &str = "No directory sent anything in the last 14 days.";

#[tokio::test]
async fn what_a_directory_sends_is_on_the_charts_of_owners() {
    let site = Site::new();
    let mut owner = site.owner();
    let connection = format!("/connections/{}", site.server.connection);
    for path in ["", connection.as_str()] {
        let page = owner.get(&at(path)).await;
        shown(&page);
        assert!(page.words().contains(NONE) && !page.text.contains("role=\"img\""), "{path}: {}", page.words());
    }
    let user = site.server.user("ada@example.com").await;
    site.server.get(&format!("/Users/{user}")).await.due(200);
    site.server.get("/Users/00000000-0000-0000-0000-000000000000").await.due(404);
    site.server.patch(&format!("/Users/{user}"), serde_json::json!("nonsense")).await.due(400);
    site.server.app.write_reads().await;
    let told = "directories sent 3 requests that succeeded; 1 was refused.";
    for path in ["", connection.as_str()] {
        let page = owner.get(&at(path)).await;
        assert!(page.words().contains(told), "{path}: {}", page.words());
        assert!(page.text.contains("role=\"img\"") && !page.text.contains("style="), "{path}");
    }
    site.server.world.advance(Duration::from_hours(24 * 14));
    let mut owner = site.signed_in(&site.server.world.account_of("olga@example.com").unwrap());
    let page = owner.get(&at("")).await;
    assert!(page.words().contains(NONE), "{}", page.words());
}

#[tokio::test]
async fn ten_3_only_owners_see_charts_and_only_of_their_connections() {
    let site = Site::new();
    site.server.user("ada@example.com").await;
    site.server.app.write_reads().await;
    let mut member = site.with_role("mona@example.com", muster_model::Role::Member);
    let page = member.get(&at("")).await;
    shown(&page);
    assert!(!page.words().contains("Requests of directories"), "{}", page.words());
    // Whale is covered by the connection, too, but it is not whale's.
    let whale = site.server.organizations[1].clone();
    let wil = site.server.member(&whale, "wil@whale.org", muster_model::Role::Owner);
    let page = site.signed_in(&wil).get(&at("").replace("moby", "whale")).await;
    shown(&page);
    assert!(!page.words().contains("Requests of directories"), "{}", page.words());
}
