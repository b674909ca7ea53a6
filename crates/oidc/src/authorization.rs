//! How a browser is sent to the provider (OpenID Connect Core §3.1.2.1).

use std::time::Duration;

use openidconnect::{
    CsrfToken, LoginHint, Nonce, PkceCodeChallenge, Scope,
    core::{CoreAuthPrompt, CoreAuthenticationFlow},
};

use crate::{
    client::{Client, Pending},
    exchange,
    provider::Provider,
};

/// What is asked of a provider.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'r> {
    /// A key by which the caller finds what it remembers of this sign-in. It tells nothing, and cannot be guessed.
    pub state: &'r str,
    /// What the caller remembers.
    pub pending: Pending,
    /// What is asked for beside `openid`.
    pub scopes: &'r [String],
    /// The address that the person typed.
    pub login_hint: Option<&'r str>,
}

impl AuthorizationRequest<'_> {
    /// The address to send the browser to.
    #[must_use]
    pub fn url(&self, client: &Client, provider: &Provider) -> String {
        let library = exchange::library(client, provider);
        let (state, nonce) = (self.state.to_owned(), self.pending.nonce());
        let mut request = library
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&self.pending.verifier()));
        for scope in self.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        if let Some(hint) = self.login_hint {
            request = request.set_login_hint(LoginHint::new(hint.to_owned()));
        }
        if let Some(domain) = provider.issuer().hosted_domain() {
            request = request.add_extra_param("hd", domain.to_owned());
        }
        if self.pending.forced {
            // `prompt` is what providers heed; `max_age` makes them say in the ID token that they did.
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        let (url, ..) = request.url();
        url.into()
    }
}
