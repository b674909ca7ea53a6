//! A client library that nobody here wrote (the crate `openidconnect`) signs in, refreshes and asks who it is.

use axum::body::Body;
use http_body_util::BodyExt;
use muster_engine::Surroundings;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EmptyAdditionalClaims, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
    core::{CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreProviderMetadata},
};
use tower::ServiceExt;

use super::{CALLBACK, World, brought};
use crate::console::HERE;

#[tokio::test]
async fn the_crate_openidconnect_signs_in_refreshes_and_asks_who_it_is() {
    let world = World::new();
    let product = world.product();
    let router = world.site.server.router.clone();
    let http = move |request: HttpRequest| {
        let router = router.clone();
        async move {
            let answer = router.oneshot(request.map(Body::from)).await.unwrap();
            let (head, body) = answer.into_parts();
            let body = body.collect().await.unwrap().to_bytes().to_vec();
            Ok::<HttpResponse, std::io::Error>(HttpResponse::from_parts(head, body))
        }
    };
    let issuer = IssuerUrl::new(HERE.to_owned()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.unwrap();
    let secret = ClientSecret::new(product.secret.as_ref().unwrap().expose().to_owned());
    let client =
        CoreClient::from_provider_metadata(metadata, ClientId::new(product.client.id.to_string()), Some(secret))
            .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (address, state, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("email".to_owned()))
        .add_scope(Scope::new("profile".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let answer = brought(&world.browser().get(address.as_str()).await);
    assert_eq!(&answer["state"], state.secret());
    let code = AuthorizationCode::new(answer["code"].clone());
    let tokens = client.exchange_code(code).unwrap().set_pkce_verifier(verifier).request_async(&http).await.unwrap();
    // By the clock of the tests.
    let now = world.site.server.world.clock.now().seconds();
    let clock = move || openidconnect_time(now);
    let id_verifier = client.id_token_verifier().set_time_fn(clock);
    let id_token = tokens.id_token().unwrap();
    let claims = id_token.claims(&id_verifier, &nonce).unwrap();
    assert_eq!(claims.subject().as_str(), world.ada.id.to_string());
    assert_eq!(claims.email().unwrap().as_str(), "ada@example.com");
    let hash = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&id_verifier).unwrap(),
    );
    assert_eq!(claims.access_token_hash(), Some(&hash.unwrap()));
    let fresh =
        client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap().request_async(&http).await.unwrap();
    let info = client
        .user_info(fresh.access_token().clone(), Some(claims.subject().clone()))
        .unwrap()
        .request_async::<EmptyAdditionalClaims, _, CoreGenderClaim>(&http)
        .await
        .unwrap();
    assert_eq!(info.preferred_username().unwrap().as_str(), world.ada.username);
}

fn openidconnect_time(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap()
}
