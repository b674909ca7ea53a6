//! What the application asks Muster, with the crate `openidconnect`: signing in, refreshing, signing out.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use openidconnect::{
    AccessToken, AdditionalClaims, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdToken, IdTokenFields, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardErrorResponse,
    StandardTokenResponse, TokenResponse, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::Settings;

/// How long what Muster says of itself is kept: it publishes its next keys long before it signs with them.
const KEPT: Duration = Duration::from_secs(300);

/// How long a browser is waited for that was sent to Muster.
const WAITED: Duration = Duration::from_secs(3_600);

/// What Muster says of somebody beside the standard claims.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Claims {
    /// The session; a logout token names it.
    pub sid: Option<String>,
    /// Where they are.
    #[serde(default)]
    pub organizations: Vec<Organization>,
    /// Whether that is all: an ID token has room for few.
    pub organizations_complete: Option<bool>,
}

impl AdditionalClaims for Claims {}

/// An organization that somebody is in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// `member`, `editor` or `owner`.
    pub role: String,
    /// Their teams there.
    #[serde(default)]
    pub teams: Vec<String>,
}

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type Told = IdToken<Claims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
/// `CoreClient` with our claims.
type OidcClient = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why somebody is not let in, or not any more.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Muster does not answer, or not as it should.
    #[error("Muster cannot be asked: {0}")]
    Unreachable(String),
    /// Muster says no.
    #[error("Muster refuses: {0}")]
    Refused(String),
    /// What was brought is not what was asked for.
    #[error("{0}")]
    Forged(String),
}

/// A browser that was sent to Muster, and what must be known when it comes back.
pub struct Begun {
    state: CsrfToken,
    nonce: Nonce,
    verifier: String,
    at: Instant,
}

impl Begun {
    /// Whether it is no longer waited for.
    pub fn is_abandoned(&self) -> bool {
        self.at.elapsed() > WAITED
    }
}

/// Somebody who is signed in.
pub struct Person {
    /// Stays the same whatever their address is.
    pub sub: String,
    /// The session at Muster.
    pub sid: Option<String>,
    /// Their name, or their address.
    pub name: String,
    /// Where they are.
    pub organizations: Vec<Organization>,
    /// Until when that is believed without asking anew.
    pub fresh_until: Option<Instant>,
    id_token: Told,
    refresh_token: Option<RefreshToken>,
}

impl Person {
    /// Whether they are to be looked up anew.
    pub fn is_stale(&self) -> bool {
        self.fresh_until.is_none_or(|until| until <= Instant::now())
    }
}

/// Muster, as the application knows it.
pub struct Muster {
    issuer: String,
    client_id: ClientId,
    client_secret: ClientSecret,
    callback: String,
    http: reqwest::Client,
    discovered: Mutex<Option<(Instant, Arc<Discovered>)>>,
}

/// What Muster says of itself.
pub(crate) struct Discovered {
    pub(crate) metadata: ProviderMetadataWithLogout,
    client: OidcClient,
}

impl Muster {
    /// By the settings; nothing is asked yet.
    pub fn new(settings: &Settings) -> Self {
        let no_redirects = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            issuer: settings.issuer.clone(),
            client_id: ClientId::new(settings.client_id.clone()),
            client_secret: ClientSecret::new(settings.client_secret.clone()),
            callback: format!("{}/callback", settings.base_url.as_str().trim_end_matches('/')),
            http: no_redirects.timeout(Duration::from_secs(10)).build().unwrap_or_default(),
            discovered: Mutex::new(None),
        }
    }

    /// Where a browser is sent to sign in, straight to an organization's identity provider if one is named.
    pub async fn begin(&self, organization: Option<&str>) -> Result<(Url, Begun), Failure> {
        let discovered = self.discovered().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request = discovered
            .client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(
                ["email", "profile", "organizations", "offline_access"].map(|scope| Scope::new(scope.to_owned())),
            )
            .set_pkce_challenge(challenge);
        let request = match organization {
            Some(organization) => request.add_extra_param("organization", organization.to_owned()),
            None => request,
        };
        let (url, state, nonce) = request.url();
        Ok((url, Begun { state, nonce, verifier: verifier.into_secret(), at: Instant::now() }))
    }

    /// Who came back, with what Muster sent along.
    pub async fn finish(&self, begun: &Begun, code: String, state: &str) -> Result<Person, Failure> {
        if state != begun.state.secret() {
            return Err(Failure::Forged("this answer is to another question: sign in anew".to_owned()));
        }
        let discovered = self.discovered().await?;
        let tokens = discovered
            .client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(unreachable)?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&|request| send(self.http.clone(), request))
            .await
            .map_err(refused)?;
        self.person(&discovered, &tokens, Some(&begun.nonce)).await
    }

    /// The same person as they are now; refused once their session is over.
    pub async fn look_up(&self, person: &Person) -> Result<Person, Failure> {
        let over = || Failure::Refused("the session is over".to_owned());
        let discovered = self.discovered().await?;
        let tokens = discovered
            .client
            .exchange_refresh_token(person.refresh_token.as_ref().ok_or_else(over)?)
            .map_err(unreachable)?
            .request_async(&|request| send(self.http.clone(), request))
            .await
            .map_err(refused)?;
        self.person(&discovered, &tokens, None).await
    }

    /// Where a browser is sent to sign out of Muster as well, and of everything else it signed in to there.
    pub async fn sign_out(&self, person: &Person, then: String) -> Result<Url, Failure> {
        let discovered = self.discovered().await?;
        let logout = discovered.metadata.additional_metadata().end_session_endpoint.clone();
        let logout = logout.ok_or_else(|| Failure::Unreachable("it has no address to sign out at".to_owned()))?;
        let request = LogoutRequest::from(logout)
            .set_id_token_hint(&person.id_token)
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(then).map_err(unreachable)?);
        Ok(request.http_get_url())
    }

    async fn person(&self, discovered: &Discovered, tokens: &Tokens, nonce: Option<&Nonce>) -> Result<Person, Failure> {
        let id_token = tokens.id_token().ok_or_else(|| Failure::Forged("there is no ID token".to_owned()))?;
        let verifier = discovered.client.id_token_verifier();
        // A token that follows another one has no nonce of its own.
        let claims = id_token
            .claims(&verifier, |found: Option<&Nonce>| match nonce {
                Some(asked) if found.map(Nonce::secret) != Some(asked.secret()) => {
                    Err("it answers another request".to_owned())
                }
                _ => Ok(()),
            })
            .map_err(|error| Failure::Forged(error.to_string()))?;
        let mut places = claims.additional_claims().clone();
        if places.organizations_complete == Some(false) {
            let Claims { sid, .. } = places;
            places = Claims { sid, ..self.user_info(discovered, tokens.access_token().clone()).await? };
        }
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        let email = claims.email().map(|email| email.to_string());
        let name = name.filter(|name| !name.is_empty()).or(email).unwrap_or_else(|| claims.subject().to_string());
        Ok(Person {
            sub: claims.subject().to_string(),
            sid: places.sid,
            name,
            organizations: places.organizations,
            fresh_until: tokens.expires_in().map(|rest| Instant::now() + rest),
            id_token: id_token.clone(),
            refresh_token: tokens.refresh_token().cloned(),
        })
    }

    /// What is too much for a token.
    async fn user_info(&self, discovered: &Discovered, token: AccessToken) -> Result<Claims, Failure> {
        let request = discovered.client.user_info(token, None).map_err(unreachable)?;
        let told: UserInfoClaims<Claims, CoreGenderClaim> =
            request.request_async(&|request| send(self.http.clone(), request)).await.map_err(unreachable)?;
        Ok(told.additional_claims().clone())
    }

    /// What Muster says of itself, at most some minutes ago.
    pub(crate) async fn discovered(&self) -> Result<Arc<Discovered>, Failure> {
        let known = self.discovered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, known)) = known.filter(|(at, _)| at.elapsed() < KEPT) {
            return Ok(known);
        }
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(unreachable)?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &|request| send(self.http.clone(), request))
            .await
            .map_err(unreachable)?;
        let client = OidcClient::from_provider_metadata(
            metadata.clone(),
            self.client_id.clone(),
            Some(self.client_secret.clone()),
        )
        .set_redirect_uri(RedirectUrl::new(self.callback.clone()).map_err(unreachable)?);
        let discovered = Arc::new(Discovered { metadata, client });
        let now = (Instant::now(), Arc::clone(&discovered));
        *self.discovered.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(discovered)
    }
}

/// Sends what the library wants sent.
async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = http.execute(request.try_into()?).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn unreachable(error: impl std::error::Error) -> Failure {
    Failure::Unreachable(whole(&error))
}

/// Why tokens were not given.
fn refused(
    error: RequestTokenError<impl std::error::Error + 'static, StandardErrorResponse<CoreErrorResponseType>>,
) -> Failure {
    match error {
        RequestTokenError::ServerResponse(answer) => Failure::Refused(answer.to_string()),
        error => unreachable(error),
    }
}

/// An error with what is beneath it.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut beneath = error.source();
    while let Some(error) = beneath {
        text = format!("{text}: {error}");
        beneath = error.source();
    }
    text
}
