//! Error bodies: one format for each part of the site, written by one layer.

use std::{collections::BTreeMap, error::Error, fmt::Write as _, sync::Arc};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, Method, StatusCode, header};
use muster_model::RequestId;
use muster_oidc::op::{OAuthError, OAuthErrorCode};
use serde::Serialize;
use utoipa::ToSchema;

use muster_engine::{EngineError, Refusal};

use super::{Field, HttpError};
use crate::arrival::Arrival;

/// In which form a part of the site tells of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// A SCIM error (RFC 7644 §3.12).
    Scim,
    /// The management API's JSON: `detail`, `message`, `errinfo`, `trace_id`.
    Api,
    /// An OAuth error (RFC 6749 §5.2).
    OAuth,
    /// A page for people.
    Page,
}

/// Marks a response whose body is written.
#[derive(Clone, Copy)]
pub(crate) struct Rendered;

/// Writes the body of every failure that passes, and logs those of the server, once.
pub(crate) async fn render(State(format): State<ErrorFormat>, request: Request, next: Next) -> Response {
    let is_head = request.method() == Method::HEAD;
    let arrival = request.extensions().get::<Arrival>().copied();
    let response = next.run(request).await;
    format.render(response, is_head, arrival.map(|arrival| arrival.id))
}

impl ErrorFormat {
    /// Writes the body of a failure; every other response stays as it is.
    pub(crate) fn render(self, response: Response, is_head: bool, trace: Option<RequestId>) -> Response {
        rendered(response, is_head, trace, |error, trace_id| self.body(error, trace_id))
    }
}

/// Writes the body of a failure, as `body` says it with its content type; every other response stays as it is.
pub(crate) fn rendered(
    response: Response,
    is_head: bool,
    trace: Option<RequestId>,
    body: impl FnOnce(&HttpError, &str) -> (&'static str, String),
) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    if !is_error || response.extensions().get::<Rendered>().is_some() {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    let error = parts.extensions.remove::<Arc<HttpError>>();
    let error = error.unwrap_or_else(|| Arc::new(HttpError::from_status(status)));
    let trace_id = trace.map(|id| id.to_string()).unwrap_or_default();
    log(&error, status, &trace_id);
    let (content_type, body) = body(&error, &trace_id);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    parts.extensions.insert(Rendered);
    Response::from_parts(parts, if is_head { Body::empty() } else { Body::from(body) })
}

/// Tells operators of a failure of the server, with its causes. Being busy is for the metrics to tell, a rule's refusal
/// (MIG-3) for the request log.
fn log(error: &HttpError, status: StatusCode, trace_id: &str) {
    if !status.is_server_error()
        || matches!(
            error,
            HttpError::Outdated
                | HttpError::TooBusy
                | HttpError::NotImplemented(_)
                | HttpError::Engine(EngineError::Refused(_))
        )
    {
        return;
    }
    let mut causes = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a String cannot fail.
        let _ = write!(causes, ": {error}");
        cause = error.source();
    }
    tracing::error!(request = trace_id, status = status.as_u16(), causes, "the request failed");
}

/// The SCIM body of an error that is part of another answer, logged as [`render`] does.
pub(crate) fn scim_body(error: &HttpError, trace_id: &str) -> String {
    log(error, error.status(), trace_id);
    ErrorFormat::Scim.body(error, trace_id).1
}

impl ErrorFormat {
    pub(crate) fn body(self, error: &HttpError, trace_id: &str) -> (&'static str, String) {
        let detail = error.public_detail(trace_id);
        let status = error.status();
        match self {
            Self::Scim => {
                let body = muster_scim::error::body(status.as_u16(), error.scim_type(), &detail);
                ("application/scim+json", body)
            }
            Self::Api => {
                let message = status.canonical_reason().unwrap_or_default();
                let body = ApiError {
                    detail: &detail,
                    message,
                    errinfo: error_info(error),
                    trace_id,
                    error: (status == StatusCode::TOO_MANY_REQUESTS).then_some(message),
                };
                ("application/json", serde_json::to_string(&body).unwrap_or_default())
            }
            Self::OAuth => ("application/json", oauth(error, status, detail).body()),
            Self::Page => ("text/html; charset=utf-8", page(status, &detail, trace_id)),
        }
    }
}

/// Why a request to the management API was not served.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ApiError<'e> {
    /// What is wrong, and what to change.
    detail: &'e str,
    /// The status in words.
    message: &'e str,
    /// Each field that is wrong, with why; or `rule`: the rule that refused.
    errinfo: BTreeMap<String, String>,
    /// By which the operator finds the request in the log.
    trace_id: &'e str,
    /// With status 429: its words again.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'e str>,
}

/// What programs are told besides: each field that is wrong, or the rule that refused.
fn error_info(error: &HttpError) -> BTreeMap<String, String> {
    match error {
        HttpError::Fields(fields) => {
            fields.iter().map(|Field { path, detail }| (path.clone(), detail.clone())).collect()
        }
        HttpError::Engine(EngineError::Refused(Refusal::Field { key, text })) => {
            BTreeMap::from([(key.clone(), text.clone())])
        }
        HttpError::Engine(EngineError::Refused(refusal)) if !matches!(refusal, Refusal::Invalid(_)) => {
            BTreeMap::from([("rule".to_owned(), error.rule().id().to_owned())])
        }
        _ => BTreeMap::new(),
    }
}

/// What OAuth calls an error that is not one of its own.
fn oauth(error: &HttpError, status: StatusCode, detail: String) -> OAuthError {
    match error {
        HttpError::OAuth(error) => error.clone(),
        _ if status == StatusCode::SERVICE_UNAVAILABLE => {
            OAuthError::new(OAuthErrorCode::TemporarilyUnavailable, detail)
        }
        _ if status.is_server_error() => OAuthError::new(OAuthErrorCode::ServerError, detail),
        _ => OAuthError::new(OAuthErrorCode::InvalidRequest, detail),
    }
}

fn page(status: StatusCode, detail: &str, trace_id: &str) -> String {
    let title = status.canonical_reason().unwrap_or("Error");
    let detail = escape(detail);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<h1>{title}</h1>\n\
         <p>{detail}</p>\n<p>TraceID: <code>{trace_id}</code></p>\n</html>\n"
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use muster_store::StoreError;

    use super::*;

    #[test]
    fn each_format_tells_the_same() {
        let error = HttpError::from(EngineError::not_found("User", "<b>"));
        let (kind, body) = ErrorFormat::Scim.body(&error, "t");
        assert_eq!(kind, "application/scim+json");
        assert_eq!(body, muster_scim::error::body(404, None, "User <b> not found"));
        let (_, body) = ErrorFormat::Api.body(&error, "t");
        assert_eq!(body, r#"{"detail":"User <b> not found","message":"Not Found","errinfo":{},"trace_id":"t"}"#);
        let (_, body) = ErrorFormat::Page.body(&error, "t");
        assert!(body.contains("<p>User &lt;b&gt; not found</p>"), "{body}");
    }

    #[test]
    fn a_failure_of_the_server_tells_only_where_to_look() {
        let error = HttpError::from(StoreError::other("secret cause"));
        let detail = error.public_detail("0190-trace");
        assert!(detail.contains("0190-trace") && !detail.contains("secret"), "{detail}");
        assert_eq!(HttpError::from(StoreError::Busy).public_detail("t"), StoreError::Busy.to_string());
    }
}
