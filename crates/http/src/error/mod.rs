//! Everything that a request can fail with, and the one place that decides its status.
//!
//! Handlers return [`HttpError`] and never write a body: [`IntoResponse`] sets the status and puts the error into the
//! response's extensions, and one layer for each part of the site writes the body in that part's format
//! ([`format::ErrorFormat`]). So the router's own 404 and 405 get the right body too.

pub(crate) mod format;
mod status;

use std::{sync::Arc, time::Duration};

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use muster_administration::{AdministrationError, Misstated};
use muster_engine::{EngineError, Refusal, guard};
use muster_model::Rule;
use muster_oidc::op::{OAuthError, OAuthErrorCode};
use muster_scim::{RequestError, ScimType};
use muster_store::{StoreError, TxError};

use crate::{journal::LogError, sign_in::SignInFailure};

/// Why a request was not served.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HttpError {
    /// The request is no good SCIM.
    #[error(transparent)]
    Scim(#[from] RequestError),
    /// The engine or the store did not do it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Who calls is not known.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// An IdP's answer is not accepted.
    #[error(transparent)]
    SignIn(#[from] SignInFailure),
    /// A product is not granted what it asks for.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// Fields of a request to the management API, each with what is wrong with it.
    #[error("{}", in_a_line(.0))]
    Fields(Vec<Field>),
    /// More requests within the minute than one caller may send, or more wrong passwords.
    #[error("{why}")]
    TooMany {
        /// What there were too many of, and what to do.
        why: &'static str,
        /// How long to wait.
        wait: Duration,
    },
    /// An `Idempotency-Key` that came with another request before.
    #[error("this Idempotency-Key came with another request before: send each request with a key of its own")]
    KeyReused,
    /// Nobody is signed in.
    #[error("nobody is signed in: sign in first")]
    SignedOut,
    /// There is nothing at this path.
    #[error("there is no resource at this path")]
    NoRoute,
    /// The path does not take this method; `Allow` says which it takes.
    #[error("the method is not allowed here: see the `Allow` header")]
    MethodNotAllowed,
    /// The feature is not there yet.
    #[error("{0} is not supported")]
    NotImplemented(&'static str),
    /// The body is of a type that is not read.
    #[error("the body must be `application/scim+json` or `application/json`, sent without a content encoding")]
    MediaType,
    /// The body is larger than this many bytes.
    #[error("the body is larger than {0} bytes: send it in several requests")]
    BodyTooLarge(usize),
    /// A form of another kind than browsers post.
    #[error("a form must be `application/x-www-form-urlencoded`")]
    FormType,
    /// A form with a field twice, or with hundreds.
    #[error("the form has a field twice, or too many: send each once")]
    FormFields,
    /// A form that a page of another site posted.
    #[error("the form was sent from another site: open the page here, and send it from there")]
    CrossSite,
    /// The body broke off.
    #[error("the body broke off before its end: send it again")]
    BodyBroken,
    /// The body came too slowly.
    #[error("the body did not arrive in time: send it again")]
    BodyTooSlow,
    /// A filter where none is allowed (RFC 7644 §4).
    #[error("filters are not allowed on this endpoint: leave `filter` out")]
    FilterForbidden,
    /// A condition in the headers does not hold.
    #[error("the resource is at another version: read it again and repeat the request")]
    Precondition,
    /// The connection's settings changed between the caller's recognition and the write (SEC-1): nothing was done.
    #[error("the connection's settings have just changed: send the request again")]
    Outdated,
    /// Why a test sign-in came to nothing; whoever tries a connection reads all of it (SSO-12).
    #[error("{error}")]
    TestSignIn {
        /// Why.
        error: Box<HttpError>,
        /// Where whoever tries it goes on: to what arrived and was checked, or to where they came from.
        back: Option<String>,
    },
    /// More requests are in progress than the server takes.
    #[error("the server is busy: try again in a moment")]
    TooBusy,
    /// The request took longer than a request may take.
    #[error("the request took too long: try again, or ask for less")]
    TimedOut,
    /// A handler panicked.
    #[error("a handler panicked")]
    Panicked,
    /// The framework refused the request with this status.
    #[error("the request was refused: {}", .0.canonical_reason().unwrap_or("unknown reason"))]
    Status(StatusCode),
    /// Something that only a change of the program or its environment can mend.
    #[error("{0}")]
    Internal(&'static str, #[source] Arc<dyn std::error::Error + Send + Sync>),
}

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Where it is, such as `invitees[3]`; `body` for the whole.
    pub path: String,
    /// What to change.
    pub detail: String,
}

fn in_a_line(fields: &[Field]) -> String {
    let texts: Vec<String> = fields.iter().map(|Field { path, detail }| format!("`{path}`: {detail}")).collect();
    texts.join("; ")
}

/// Why a caller is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unauthorized {
    /// There is no bearer token.
    #[error("no bearer token came: send `Authorization: Bearer <token>`")]
    Missing,
    /// It is not a token of this program.
    #[error("the bearer token is not a SCIM token of this server: copy it again from the connection's page")]
    Malformed,
    /// It was never given out, or is revoked or expired.
    #[error("the bearer token is unknown, revoked or expired: make a new one on the connection's page")]
    Unknown,
    /// There is no bearer token for the management API.
    #[error("no bearer token came: send `Authorization: Bearer <token>` with what POST /v2/auth/token answers")]
    NoApiToken,
    /// It does not open the management API, or not any more.
    #[error("the bearer token does not open the management API, or not any more: get a new one by POST /v2/auth/token")]
    NotApiToken,
    /// Nobody has this identifier and this secret.
    #[error("the identifier or the secret is wrong")]
    Secret,
    /// The password is right, and not enough.
    #[error("the account has a second factor: use a personal access token instead of its password")]
    SecondFactor,
}

impl Unauthorized {
    /// The challenge of the part of the site that was called (RFC 6750 §3: no error code when no token was sent).
    fn challenge(self) -> &'static str {
        match self {
            Self::Missing => "Bearer realm=\"scim\"",
            Self::Malformed | Self::Unknown => "Bearer realm=\"scim\", error=\"invalid_token\"",
            Self::NoApiToken | Self::Secret | Self::SecondFactor => "Bearer realm=\"api\"",
            Self::NotApiToken => "Bearer realm=\"api\", error=\"invalid_token\"",
        }
    }
}

/// What a product may show instead (RFC 6749 §5.2, RFC 6750 §3).
fn oauth_challenge(code: OAuthErrorCode) -> Option<&'static str> {
    match code {
        OAuthErrorCode::InvalidClient => Some("Basic realm=\"oauth2\""),
        OAuthErrorCode::InvalidToken => Some("Bearer realm=\"oauth2\", error=\"invalid_token\""),
        OAuthErrorCode::InsufficientScope => Some("Bearer realm=\"oauth2\", error=\"insufficient_scope\""),
        _ => None,
    }
}

impl HttpError {
    /// The error that the framework meant by a status without a body.
    fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NoRoute,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            other => Self::Status(other),
        }
    }

    /// One field of a request, with what is wrong with it.
    pub(crate) fn field(path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Fields(vec![Field { path: path.into(), detail: detail.into() }])
    }

    /// Something that could not be sealed.
    pub(crate) fn sealing(error: muster_crypto::SealError) -> Self {
        Self::Internal("a value cannot be sealed", Arc::new(error))
    }

    /// A secret that could not be made.
    pub(crate) fn no_randomness(error: muster_crypto::NoRandomness) -> Self {
        Self::Internal("a secret cannot be made", Arc::new(error))
    }

    /// What is told to the client. A failure of the server tells nothing but where to look.
    pub(crate) fn public_detail(&self, trace_id: &str) -> String {
        if self.status().is_server_error() && self.tells_internals() {
            format!("the server failed to answer; its operator finds the cause in the log under TraceID {trace_id}")
        } else {
            self.to_string()
        }
    }

    /// Whether the text is for operators only.
    fn tells_internals(&self) -> bool {
        match self {
            Self::Engine(EngineError::Store(error)) => match error {
                StoreError::Busy
                | StoreError::Unavailable(_)
                | StoreError::RolledBack
                | StoreError::OutcomeUnknown(_)
                | StoreError::Full(_)
                | StoreError::Interrupted
                | StoreError::Stale
                | StoreError::Taken(_) => false,
                StoreError::Panicked
                | StoreError::Corrupt { .. }
                | StoreError::Schema(_)
                | StoreError::Refused(_)
                | StoreError::Other(_) => true,
            },
            Self::TestSignIn { error, .. } => error.tells_internals(),
            Self::Panicked | Self::Internal(..) | Self::Status(_) => true,
            Self::Scim(_)
            | Self::Engine(EngineError::NotFound { .. } | EngineError::Refused(_))
            | Self::OAuth(_)
            | Self::Unauthorized(_)
            | Self::SignIn(_)
            | Self::Fields(_)
            | Self::TooMany { .. }
            | Self::KeyReused
            | Self::SignedOut
            | Self::NoRoute
            | Self::MethodNotAllowed
            | Self::NotImplemented(_)
            | Self::MediaType
            | Self::FormType
            | Self::FormFields
            | Self::CrossSite
            | Self::BodyTooLarge(_)
            | Self::BodyBroken
            | Self::BodyTooSlow
            | Self::FilterForbidden
            | Self::Precondition
            | Self::Outdated
            | Self::TooBusy
            | Self::TimedOut => false,
        }
    }

    /// The rule by which the request was refused, for its trace.
    pub(crate) fn rule(&self) -> Rule {
        match self {
            Self::TestSignIn { error, .. } => error.rule(),
            Self::Engine(EngineError::Refused(refusal)) => match refusal {
                Refusal::UserNameTaken(_) | Refusal::TakenMeanwhile(_) => Rule::Scim5,
                Refusal::GroupNameTaken(_) => Rule::Scim8,
                Refusal::EmailTaken(_) => Rule::Ten2,
                Refusal::NotAnEmail(_) | Refusal::UnverifiedDomain { .. } => Rule::Scim10,
                Refusal::NoSeat(_) => Rule::Scim9,
                Refusal::NotAnOwner(_) => Rule::Org1,
                Refusal::OutOfScope(_) => Rule::Sec1,
                Refusal::NotDomainHolder { .. } => Rule::Ses4,
                Refusal::OrganizationNotCovered(_) | Refusal::TeamName(_) => Rule::Scim4,
                Refusal::UnknownMember(_) => Rule::Scim3,
                Refusal::TooManyMembers { .. } => Rule::Scim14,
                Refusal::ScimDisabled(_) | Refusal::ConnectionInactive(_) => Rule::Scim7,
                Refusal::LastOwner { .. } => Rule::Org1,
                Refusal::Held(_) => Rule::Mig3,
                Refusal::Overtaken(rule) => *rule,
                Refusal::PlanStale(_) => Rule::Mig2,
                Refusal::Name(_) | Refusal::NameTaken(_) => Rule::Acc3,
                Refusal::IdpInitiated(_) => Rule::Sso3,
                Refusal::SignInNotFound | Refusal::AnswerUsed => Rule::Sso7,
                Refusal::DomainNotVerified(_) => Rule::Sso6,
                Refusal::FormerHolder(_) => Rule::Org4,
                Refusal::SsoEnforced(_) => Rule::Sso9,
                Refusal::NotRecent => Rule::Sec5,
                Refusal::NeverTried(_) => Rule::Sso11,
                Refusal::LastKey(_) => Rule::Sso8,
                Refusal::AnotherSubject(_) | Refusal::AccountClosed => Rule::Jit1,
                Refusal::NotAssigned(_) => Rule::Jit7,
                Refusal::EndedByDirectory(_) => Rule::Jit10,
                Refusal::KeptOut(_) => Rule::Org2,
                Refusal::NotPlaced(_) => Rule::Jit4,
                Refusal::VersionMismatch { .. } | Refusal::Field { .. } | Refusal::Invalid(_) | Refusal::TooMany => {
                    Rule::Scim2
                }
            },
            Self::SignIn(failure) => failure.rule(),
            _ => Rule::Scim2,
        }
    }

    /// How long to wait before trying again.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        if let Self::TooMany { wait, .. } = self {
            return Some(*wait);
        }
        (self.status() == StatusCode::SERVICE_UNAVAILABLE).then(|| match self {
            Self::Engine(EngineError::Store(StoreError::Unavailable(_))) => Duration::from_secs(5),
            Self::Engine(EngineError::Refused(Refusal::Held(_))) => guard::ASK_AGAIN,
            _ => Duration::from_secs(1),
        })
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        status::of(self).0
    }

    /// SCIM's word for the kind of mistake, where it has one.
    #[must_use]
    pub fn scim_type(&self) -> Option<ScimType> {
        status::of(self).1
    }
}

/// A value that was taken meanwhile is the refusal that the engine would have given.
impl From<AdministrationError> for HttpError {
    fn from(error: AdministrationError) -> Self {
        match error {
            AdministrationError::Engine(error) => error.into(),
            AdministrationError::Unauthorized => Self::Unauthorized(Unauthorized::NotApiToken),
            AdministrationError::NoRandomness(error) => Self::no_randomness(error),
        }
    }
}

impl From<LogError> for HttpError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Store(error) => error.into(),
            damaged => Self::Internal("the request log cannot be read", Arc::new(damaged)),
        }
    }
}

impl From<Misstated> for HttpError {
    fn from(misstated: Misstated) -> Self {
        Self::Engine(misstated.into())
    }
}

impl From<StoreError> for HttpError {
    fn from(error: StoreError) -> Self {
        Self::Engine(EngineError::from(error))
    }
}

impl TxError for HttpError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Engine(error) => error.store_error(),
            _ => None,
        }
    }

    fn is_overtaken(&self) -> bool {
        matches!(self, Self::Engine(error) if error.is_overtaken())
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        if let Self::Unauthorized(why) = &self {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(why.challenge()));
        }
        if let Self::OAuth(error) = &self
            && let Some(challenge) = oauth_challenge(error.code)
        {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}
