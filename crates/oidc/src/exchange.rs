//! A code becomes tokens (OpenID Connect Core §3.1.3).

use std::cell::Cell;

use bytes::Bytes;
use http::{Response, StatusCode};
use openidconnect::{
    AuthType, AuthUrl, AuthorizationCode, Client as LibraryClient, ClientId, ClientSecret, CodeTokenRequest,
    EmptyAdditionalClaims, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, JsonWebKeySet,
    OAuth2TokenResponse, RequestTokenError, StandardErrorResponse, TokenUrl,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJweContentEncryptionAlgorithm,
        CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenResponse,
    },
};

use serde_json::Value;

use crate::{
    client::{Client, ClientAuthentication, Pending},
    error::{ProviderError, SignInError},
    json,
    keys::VerificationKey,
    provider::Provider,
    transport::{Transport, Unreachable},
};

/// RFC 7523 §2.2.
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The library's client, with our keys.
pub(crate) type Library = LibraryClient<
    EmptyAdditionalClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    VerificationKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    CoreTokenResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// What a code was redeemed for.
pub(crate) struct Redeemed {
    pub(crate) id_token: String,
    pub(crate) access_token: String,
}

/// The library's client for a client of ours at a provider.
pub(crate) fn library(client: &Client, provider: &Provider) -> Library {
    let issuer = IssuerUrl::from_url(provider.authorization_endpoint.clone());
    // ID tokens are checked in `token`, with the provider's keys of that moment: this client has none.
    let library = LibraryClient::new(ClientId::new(client.id.clone()), issuer, JsonWebKeySet::new(Vec::new()))
        .set_auth_uri(AuthUrl::from_url(provider.authorization_endpoint.clone()))
        .set_token_uri(TokenUrl::from_url(provider.token_endpoint.clone()))
        .set_redirect_uri(client.redirect_uri.clone());
    match &client.authentication {
        ClientAuthentication::Basic(secret) => {
            library.set_client_secret(ClientSecret::new(secret.clone())).set_auth_type(AuthType::BasicAuth)
        }
        ClientAuthentication::Post(secret) => {
            library.set_client_secret(ClientSecret::new(secret.clone())).set_auth_type(AuthType::RequestBody)
        }
        ClientAuthentication::None | ClientAuthentication::PrivateKey(_) => {
            library.set_auth_type(AuthType::RequestBody)
        }
    }
}

/// Redeems a code.
pub(crate) async fn redeem(
    client: &Client,
    transport: &impl Transport,
    provider: &Provider,
    code: &str,
    pending: &Pending,
    jti: &str,
    now: i64,
) -> Result<Redeemed, SignInError> {
    let library = library(client, provider);
    let assertion = match &client.authentication {
        ClientAuthentication::PrivateKey(key) => {
            let audience = provider.token_endpoint.as_str();
            Some(key.assertion(&client.id, audience, jti, now).map_err(SignInError::Key)?)
        }
        ClientAuthentication::None | ClientAuthentication::Basic(_) | ClientAuthentication::Post(_) => None,
    };
    let exchange = || {
        let exchange = library.exchange_code(AuthorizationCode::new(code.to_owned()));
        let exchange = exchange.set_pkce_verifier(pending.verifier());
        match &assertion {
            Some(signed) => exchange
                .add_extra_param("client_assertion_type", ASSERTION_TYPE)
                .add_extra_param("client_assertion", signed),
            None => exchange,
        }
    };
    let request = written(exchange()).map_err(|error| refusal(error, client))?;
    let why = |why| SignInError::Provider(ProviderError::Unreachable { what: WHAT, why });
    let answer = transport.send(request.map(Bytes::from)).await.map_err(why)?;
    let is_refusal = || json::object(answer.body()).is_ok_and(|stated| json::text(&stated, "error").is_some());
    if answer.status() != StatusCode::OK && !is_refusal() {
        let (address, status) = (provider.token_endpoint.to_string(), answer.status().as_u16());
        return Err(ProviderError::Status { what: "request for tokens", address, status }.into());
    }
    let (answer, id_token) = without_id_token(answer)?;
    let answer = read(exchange(), &answer).map_err(|error| refusal(error, client))?;
    let id_token = id_token.ok_or(SignInError::NoIdToken)?;
    Ok(Redeemed { id_token, access_token: answer.access_token().secret().clone() })
}

/// Takes the ID token out of an answer, so that nobody reads it before [`crate::token`] has looked at its shape.
fn without_id_token(mut answer: Response<Bytes>) -> Result<(Response<Bytes>, Option<String>), SignInError> {
    if answer.status() != StatusCode::OK {
        return Ok((answer, None));
    }
    let unreadable = |why| ProviderError::Unreadable { what: WHAT, why };
    let mut stated = json::object(answer.body()).map_err(unreadable)?;
    let id_token = match stated.remove("id_token") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => return Err(unreadable("`id_token` is no text".to_owned()).into()),
    };
    *answer.body_mut() = Bytes::from(Value::Object(stated).to_string());
    Ok((answer, id_token))
}

type Exchange<'a> = CodeTokenRequest<'a, StandardErrorResponse<CoreErrorResponseType>, CoreTokenResponse>;

/// The request that the library writes. It would send it itself, by a future that cannot move between threads; so it is
/// stopped where it would send, and later handed the answer.
fn written(exchange: Exchange<'_>) -> Result<HttpRequest, Refusal> {
    let written = Cell::new(None);
    let stop = |request| {
        written.set(Some(request));
        Err(Unreachable("it is not sent yet".to_owned()))
    };
    let stopped = exchange.request(&stop);
    match (written.take(), stopped) {
        (Some(request), _) => Ok(request),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => Err(RequestTokenError::Other("no request was written".to_owned())),
    }
}

/// What the library reads in an answer.
fn read(exchange: Exchange<'_>, answer: &Response<Bytes>) -> Result<CoreTokenResponse, Refusal> {
    let answer = |_| Ok::<HttpResponse, Unreachable>(answer.clone().map(|body| body.to_vec()));
    exchange.request(&answer)
}

const WHAT: &str = "answer of the token endpoint";

type Refusal = RequestTokenError<Unreachable, StandardErrorResponse<CoreErrorResponseType>>;

fn refusal(error: Refusal, client: &Client) -> SignInError {
    match error {
        RequestTokenError::ServerResponse(answer) => SignInError::NotRedeemed {
            code: answer.error().to_string().chars().take(100).collect(),
            description: answer.error_description().map(|said| said.chars().take(500).collect()),
            redirect_uri: client.redirect_uri.to_string(),
        },
        RequestTokenError::Request(why) => ProviderError::Unreachable { what: WHAT, why }.into(),
        // The body is left out: it may hold tokens.
        RequestTokenError::Parse(error, _) => {
            ProviderError::Unreadable { what: WHAT, why: error.inner().to_string().chars().take(200).collect() }.into()
        }
        RequestTokenError::Other(why) => ProviderError::Unreadable { what: WHAT, why }.into(),
    }
}
