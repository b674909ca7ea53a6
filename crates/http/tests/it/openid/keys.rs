//! Our keys towards providers to which we prove by signing who we are.

use std::time::Duration;

use muster_engine::Surroundings;
use muster_model::connection::{ClientAuthentication, KeyPurpose};
use muster_simulator::sso::OidcApplication;
use serde_json::Value;

use super::{Site, application};

/// What is at the connection's address for keys.
async fn published(site: &Site) -> Vec<Value> {
    let set = site.server.to("GET", &format!("/sso/oidc/{}/jwks", site.connection)).send().await.due(200);
    assert_eq!(set.header("content-type"), "application/jwk-set+json");
    set.value()["keys"].as_array().unwrap().clone()
}

/// Lets the provider know these keys, and no secret.
fn register(site: &Site, keys: &[Value]) {
    let keys = keys.iter().map(|key| serde_json::from_value(key.clone()).unwrap()).collect();
    site.provider().register_oidc(OidcApplication { keys, client_secret: None, ..application() });
}

#[tokio::test]
async fn sso_8_a_provider_learns_our_keys_from_us_and_the_next_before_it_signs() {
    let site = Site::with(|oidc| oidc.authentication = ClientAuthentication::PrivateKeyJwt).await;
    let first = published(&site).await;
    assert_eq!(first.len(), 1);
    assert!(first[0].get("d").is_none() && first[0]["use"] == "sig" && first[0]["kid"].is_string(), "{first:?}");
    register(&site, &first);
    site.sign_in(&mut site.browser()).await;
    // The next one is announced a day before it signs; whoever knows only the first goes on until then.
    let day = Duration::from_secs(86_400);
    let from = site.server.world.clock.now().after(day);
    site.server.app.add_own_key(site.connection, KeyPurpose::Signing, from).await.unwrap();
    let both = published(&site).await;
    assert!(both.len() == 2 && both.contains(&first[0]), "{both:?}");
    site.sign_in(&mut site.browser()).await;
    site.server.world.advance(day);
    let page = site.sign_in_with(&mut site.browser(), &[]).await;
    assert!(page.status.is_client_error(), "the first signs no more: {}", page.words());
    register(&site, &both);
    site.sign_in(&mut site.browser()).await;
}

#[tokio::test]
async fn sso_8_nobody_makes_us_make_keys_that_nothing_needs() {
    let site = Site::new().await;
    assert_eq!(published(&site).await, Vec::<Value>::new());
    let none = "/sso/oidc/0190f5fe-7c2a-7000-8000-0123456789ab/jwks";
    site.server.to("GET", none).send().await.due(404);
    site.server.to("GET", "/sso/oidc/nothing/jwks").send().await.due(404);
}
