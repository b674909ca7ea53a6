//! The headers that keep pages from being misused: nothing runs, nothing is framed, nothing is kept, nothing is sent
//! elsewhere.

use axum::{extract::Request, middleware::Next, response::Response};
use http::{HeaderName, HeaderValue, header};

/// Where the forms of a page may lead, and what may run on it, beyond our own site.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leave {
    /// Origins or schemes that a form may lead to.
    pub(crate) forms: String,
    /// The hash of the one script that runs, as CSP writes it.
    pub(crate) script: Option<&'static str>,
    /// Whether our own script runs, and asks our own site.
    pub(crate) own_script: bool,
}

/// Puts the headers on every answer of the pages. What a handler has said of its own page stays.
pub(crate) async fn secured(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let leave = response.extensions_mut().remove::<Leave>().unwrap_or_default();
    let headers = response.headers_mut();
    let policy = policy(&leave);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // The origin alone, and only to ourselves: an IdP needs to know nothing of our addresses.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn policy(leave: &Leave) -> String {
    let script = match (leave.script, leave.own_script) {
        (Some(hash), _) => format!("'{hash}'"),
        (None, true) => "'self'; connect-src 'self'".to_owned(),
        (None, false) => "'none'".to_owned(),
    };
    let Leave { forms, .. } = leave;
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src {script}; form-action 'self' {forms}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}
