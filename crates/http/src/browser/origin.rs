//! Where a form was sent from: forms of ours are posted from pages of ours, and from nowhere else.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};

use crate::{App, HttpError};

/// Refuses a form that a page of another site posted (CSRF). Every browser of today says where a request comes from; what
/// says nothing is no browser, and has no cookies that somebody else could use.
pub(crate) fn require_same_origin(headers: &HeaderMap, base_url: &str) -> Result<(), HttpError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_ours = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => origin == origin_of(base_url),
        (None, None) => true,
    };
    if is_ours { Ok(()) } else { Err(HttpError::CrossSite) }
}

/// A layer over pages of which every form is ours: refuses whatever could change something and comes from elsewhere, whether its handler
/// asks for that or not.
pub(crate) async fn own_forms(State(app): State<App>, request: Request, next: Next) -> Response {
    if !request.method().is_safe()
        && let Err(error) = require_same_origin(request.headers(), app.base_url())
    {
        return error.into_response();
    }
    next.run(request).await
}

/// Scheme, host and port.
fn origin_of(base_url: &str) -> &str {
    let start = base_url.find("://").map_or(0, |at| at + 3);
    let end = base_url[start..].find('/').map_or(base_url.len(), |at| start + at);
    &base_url[..end]
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn forms_of_other_sites_are_refused() {
        let refused = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            require_same_origin(&headers, "https://muster.example.com/base").is_err()
        };
        assert!(!refused(&[("sec-fetch-site", "same-origin"), ("origin", "https://muster.example.com")]));
        assert!(!refused(&[("origin", "https://muster.example.com")]));
        assert!(!refused(&[]));
        for pairs in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "null")],
            &[("origin", "https://muster.example.com.evil.example")],
            &[("origin", "http://muster.example.com")],
        ] {
            assert!(refused(pairs), "{pairs:?}");
        }
    }
}
