//! `/oauth2/authorize`: a browser comes from a product, and goes back with a code once it is known who sits there.
//!
//! Whoever has to sign in first does so as always, and comes back here: the way back is the very address, and, where the product wants
//! the person to sign in anew, since when that counts, sealed.

use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderMap;
use muster_crypto::{Place, TokenPrefix, TokenText};
use muster_engine::{
    openid::{
        codes::{self, Code},
        pushed as rules,
        requests::{self, Decision, Denied, Wanted},
    },
    sign_in::connections_for,
};
use muster_model::{Client, ClientId, ConnectionId, Email, Session, Timestamp, client::ClientScopes};
use muster_oidc::op::{
    Answer, AuthorizationRequest, OAuthError, OAuthErrorCode, Parameters, Prompt, TokenType, claims::IdToken,
};

use super::{consent, keys::keys, pushed, token::by};
use crate::{
    App, HttpError,
    app::Lane,
    arrival::Arrival,
    browser::{Form, visitor},
    pages,
    sign_in::{Begin, go, way_back},
};

/// The parameter that says since when a sign-in counts as anew; ours alone.
const SINCE: &str = "muster_since";
/// For how long what we sealed counts: as long as a sign-in finds back.
const LIVES: std::time::Duration = std::time::Duration::from_mins(30);
/// The longest request that a browser carries through a sign-in, in bytes.
const LONGEST: usize = 2_400;

impl Coming {
    /// Somebody who was asked something on the way.
    pub(super) fn answered(
        client: Client,
        request: AuthorizationRequest,
        pushed: Option<[u8; 32]>,
        destination: String,
    ) -> Self {
        Self { client, request, pushed, destination, since: None, query: String::new() }
    }
}

/// Somebody who comes from a product.
pub(super) struct Coming {
    pub(super) client: Client,
    pub(super) request: AuthorizationRequest,
    /// The hash of its name, if it was pushed.
    pub(super) pushed: Option<[u8; 32]>,
    /// Where the answer goes: an address of the client's own.
    pub(super) destination: String,
    /// Since when a sign-in counts as anew, if the browser was sent to one.
    since: Option<Timestamp>,
    /// The request as it came, to come back to.
    query: String,
}

pub(super) async fn by_query(
    State(app): State<App>,
    Extension(arrival): Extension<Arrival>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    come(&app, arrival, &headers, query.unwrap_or_default()).await
}

/// The same as a form (OpenID Connect Core §3.1.2.1). Browsers bring no session with a form of another site: it comes again as an
/// address.
pub(super) async fn by_form(State(app): State<App>, headers: HeaderMap, body: Body) -> Result<Response, HttpError> {
    let form = Form::receive(&app, &headers, body, LONGEST).await?;
    let fields = form.fields().filter(|(name, _)| *name != SINCE);
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    pages::see_other(&format!("{}/oauth2/authorize?{query}", app.base_url()))
}

async fn come(app: &App, arrival: Arrival, headers: &HeaderMap, query: String) -> Result<Response, HttpError> {
    let parameters = Parameters::read(query.as_bytes())?;
    let whither = AuthorizationRequest::whither(&parameters)?;
    let client = known(app, whither.client_id).await?;
    // Until it is known where the client may be answered, whoever made the address is told nothing but here.
    if let Some(address) = whither.redirect_uri {
        require_own(&client, address)?;
    }
    let (request, pushed) = match pushed::request(app, &client, &parameters).await {
        Ok(read) => read,
        Err(HttpError::OAuth(error)) => {
            let only = match client.settings.redirect_uris.as_slice() {
                [only] if parameters.get("request_uri").is_none() => Some(only.as_str()),
                _ => None,
            };
            let Some(address) = whither.redirect_uri.or(only) else { return Err(error.into()) };
            return back(app, &Answer::error(address, app.base_url(), whither.state, &error));
        }
        Err(error) => return Err(error),
    };
    let destination = request.destination(&client.settings.redirect_uris).map(str::to_owned);
    let destination = destination.ok_or_else(|| invalid("say where to go back to: `redirect_uri` is missing"))?;
    require_own(&client, &destination)?;
    let since = parameters.get(SINCE).and_then(|sealed| opened_since(app, client.id, sealed));
    let coming = Coming { client, request, pushed, destination, since, query };
    let session = visitor(app, headers, arrival).await?.session().cloned();
    match wanted(app, &coming, arrival).await {
        Ok(wanted) => decide(app, arrival, headers, coming, wanted, session).await,
        Err(HttpError::OAuth(error)) => refuse(app, &coming, &error),
        Err(error) => Err(error),
    }
}

pub(super) async fn known(app: &App, id: &str) -> Result<Client, HttpError> {
    let unknown =
        || OAuthError::new(OAuthErrorCode::InvalidRequest, "there is no such application: `client_id` is wrong");
    let id: ClientId = id.parse().map_err(|_| unknown())?;
    let found = app.read(Lane::Point, move |conn| Ok(conn.client(id)?)).await?;
    let client = found.ok_or_else(unknown)?;
    match client.disabled {
        None => Ok(client),
        Some(_) => Err(invalid("the application is switched off")),
    }
}

fn require_own(client: &Client, address: &str) -> Result<(), HttpError> {
    if requests::is_own_address(client, address) {
        return Ok(());
    }
    let shown: String = address.chars().take(200).collect();
    let text = format!(
        "`{shown}` is no address of application `{}`: `redirect_uri` must be one that is registered, letter by letter",
        client.name
    );
    Err(OAuthError::new(OAuthErrorCode::InvalidRequest, text).into())
}

fn invalid(text: &str) -> HttpError {
    OAuthError::new(OAuthErrorCode::InvalidRequest, text).into()
}

/// What the client wants, as far as it matters for the decision.
async fn wanted(app: &App, coming: &Coming, arrival: Arrival) -> Result<Wanted, HttpError> {
    let request = &coming.request;
    let prompts = |prompt| request.prompt.contains(&prompt);
    let old = request.max_age.map(|seconds| arrival.at.before(std::time::Duration::from_secs(u64::from(seconds))));
    let anew = (prompts(Prompt::Login) || prompts(Prompt::SelectAccount)).then_some(arrival.at);
    // Once the browser was sent to sign in, what came of that is new enough.
    let since = coming.since.or_else(|| old.max(anew));
    let expects = match &request.id_token_hint {
        None => None,
        Some(hint) => Some(hinted(app, hint).await?.sub.parse().map_err(|_| invalid("`id_token_hint` is not ours"))?),
    };
    Ok(Wanted {
        scopes: ClientScopes::parse(&request.scope),
        has_challenge: request.code_challenge.is_some(),
        is_pushed: coming.pushed.is_some(),
        is_silent: request.is_silent(),
        since,
        asks_again: prompts(Prompt::Consent),
        expects,
    })
}

/// An ID token of ours, however old.
pub(super) async fn hinted(app: &App, hint: &str) -> Result<IdToken, HttpError> {
    let not_ours = |_| invalid("`id_token_hint` is not ours");
    keys(app).await?.verifier.read(TokenType::Id, hint).map_err(not_ours)
}

async fn decide(
    app: &App,
    arrival: Arrival,
    headers: &HeaderMap,
    coming: Coming,
    wanted: Wanted,
    session: Option<Session>,
) -> Result<Response, HttpError> {
    let (client, seen) = (coming.client.clone(), session.clone());
    let decided = app.read(Lane::Snapshot, move |conn| requests::decide(conn, &client, &wanted, seen.as_ref())).await?;
    match (decided, session) {
        (Decision::Grant(scopes), Some(session)) => grant(app, arrival, &coming, &session, &scopes).await,
        (Decision::Ask(scopes), Some(session)) => consent::ask(app, &coming, &session, &scopes).await,
        (Decision::Refuse(why), _) => refuse(app, &coming, &denied(&coming, why)),
        (Decision::SignIn | Decision::Grant(_) | Decision::Ask(_), session) => {
            sign_in(app, arrival, headers, &coming, session.as_ref()).await
        }
    }
}

/// Sends the browser back with a code.
pub(super) async fn grant(
    app: &App,
    arrival: Arrival,
    coming: &Coming,
    session: &Session,
    scopes: &ClientScopes,
) -> Result<Response, HttpError> {
    let text = TokenText::generate(TokenPrefix::Code).map_err(HttpError::no_randomness)?;
    let hash = *text.hash().as_bytes();
    let code = Code {
        session: session.id,
        scopes: scopes.to_string(),
        redirect_uri: coming.destination.clone(),
        said_where: coming.request.redirect_uri.is_some(),
        challenge: coming.request.code_challenge.clone(),
        nonce: coming.request.nonce.clone(),
    };
    let (client, session, pushed) = (coming.client.clone(), session.clone(), coming.pushed);
    let given = app.change(by(arrival), move |tx, env| {
        if let Some(name) = pushed
            && !rules::use_up(tx, env, &name)?
        {
            return Ok(false);
        }
        codes::issue(tx, env, &client, &session, &code, &hash)?;
        Ok(true)
    });
    if !given.await? {
        let used = OAuthError::new(OAuthErrorCode::InvalidRequestUri, "the request was used before");
        return refuse(app, coming, &used);
    }
    let state = coming.request.state.as_deref();
    back(app, &Answer::code(&coming.destination, app.base_url(), state, text.expose()))
}

/// Sends the browser back with why not.
pub(super) fn refuse(app: &App, coming: &Coming, error: &OAuthError) -> Result<Response, HttpError> {
    back(app, &Answer::error(&coming.destination, app.base_url(), coming.request.state.as_deref(), error))
}

fn back(app: &App, answer: &Answer) -> Result<Response, HttpError> {
    let address = answer.address().ok_or_else(|| invalid("the application's address is none"))?;
    way_back::forgotten(app, pages::see_other(&address)?)
}

pub(super) fn denied(coming: &Coming, why: Denied) -> OAuthError {
    let name = &coming.client.name;
    let (code, text) = match why {
        Denied::Unauthorized => {
            (OAuthErrorCode::UnauthorizedClient, format!("application `{name}` may not use authorization codes"))
        }
        Denied::NoChallenge => {
            (OAuthErrorCode::InvalidRequest, "send `code_challenge`: applications without a secret need it".to_owned())
        }
        Denied::NotPushed => {
            (OAuthErrorCode::InvalidRequest, format!("application `{name}` must push its requests (RFC 9126)"))
        }
        Denied::NotOpenid => (OAuthErrorCode::InvalidScope, "ask for the scope `openid`".to_owned()),
        Denied::LoginRequired => (OAuthErrorCode::LoginRequired, "the person must sign in".to_owned()),
        Denied::ConsentRequired => (OAuthErrorCode::ConsentRequired, "the person must agree".to_owned()),
        Denied::NotAMember => (
            OAuthErrorCode::AccessDenied,
            format!("the person is no member of the organization of application `{name}`"),
        ),
        Denied::Declined => (OAuthErrorCode::AccessDenied, "the person said no".to_owned()),
    };
    OAuthError::new(code, text)
}

/// Sends the browser to sign in, and from there back here: straight to an identity provider, where it is clear to which.
async fn sign_in(
    app: &App,
    arrival: Arrival,
    headers: &HeaderMap,
    coming: &Coming,
    session: Option<&Session>,
) -> Result<Response, HttpError> {
    if coming.query.len() > LONGEST {
        let text = format!("the request is longer than {LONGEST} bytes: push it (RFC 9126)");
        return refuse(app, coming, &OAuthError::new(OAuthErrorCode::InvalidRequest, text));
    }
    let mut query = without_since(&coming.query);
    let anew = coming.request.max_age.is_some()
        || [Prompt::Login, Prompt::SelectAccount].iter().any(|prompt| coming.request.prompt.contains(prompt));
    if anew {
        query = format!("{query}&{SINCE}={}", sealed_since(app, coming.client.id, arrival.at)?);
    }
    let hint = coming.request.login_hint.as_deref().and_then(|hint| Email::parse(hint.trim()).ok());
    let chooses = coming.request.prompt.contains(&Prompt::SelectAccount);
    let response = match straight_to(app, coming, hint.clone()).await?.filter(|_| !chooses) {
        Some(connection) => {
            let login_hint = hint.as_ref().map(Email::as_str);
            let begin = Begin { login_hint, session: session.map(|session| session.id), trial: None };
            go(app, headers, arrival, connection, begin).await?
        }
        None => {
            let hint = hint.map(|hint| form_urlencoded::byte_serialize(hint.as_str().as_bytes()).collect::<String>());
            let hint = hint.map(|hint| format!("?hint={hint}")).unwrap_or_default();
            pages::see_other(&format!("{}/signin{hint}", app.base_url()))?
        }
    };
    way_back::remember_long(app, response, &format!("/oauth2/authorize?{query}"))
}

/// To which identity provider the person goes without being asked: the organization's that was named, or the address's.
async fn straight_to(app: &App, coming: &Coming, hint: Option<Email>) -> Result<Option<ConnectionId>, HttpError> {
    let organization = coming.request.organization.clone();
    app.read(Lane::Snapshot, move |conn| {
        if let Some(organization) = &organization {
            return requests::straight_to(conn, organization);
        }
        let Some(hint) = &hint else { return Ok(None) };
        let connections = connections_for(conn, hint)?;
        Ok(connections.first().filter(|_| connections.len() == 1).map(|connection| connection.id))
    })
    .await
}

fn without_since(query: &str) -> String {
    let is_ours = |part: &&str| part.split('=').next() == Some(SINCE);
    query.split('&').filter(|part| !is_ours(part)).collect::<Vec<_>>().join("&")
}

fn place(client: ClientId) -> Place {
    Place { table: "oauth_clients", column: "since", row: client.0 }
}

fn sealed_since(app: &App, client: ClientId, at: Timestamp) -> Result<String, HttpError> {
    let sealed = app.sealer().seal(&place(client), &at.0.to_be_bytes()).map_err(HttpError::sealing)?;
    Ok(URL_SAFE_NO_PAD.encode(sealed))
}

/// What we sealed; anything else says nothing, as if it had not come.
fn opened_since(app: &App, client: ClientId, sealed: &str) -> Option<Timestamp> {
    let bytes = app.sealer().open(&place(client), &URL_SAFE_NO_PAD.decode(sealed).ok()?).ok()?;
    let since = Timestamp(i64::from_be_bytes(bytes.try_into().ok()?));
    (app.surroundings().now() < since.after(LIVES)).then_some(since)
}
