//! What pages are made of besides HTML. Names change with the contents, so browsers may keep it for ever.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, header};

use crate::HttpError;

const STYLE: &str = include_str!("../../assets/style.css");
const SCRIPT: &str = include_str!("../../assets/passkeys.js");

/// The style sheet's name.
static STYLE_NAME: LazyLock<String> = LazyLock::new(|| named("style", STYLE, "css"));
/// The script's name.
static SCRIPT_NAME: LazyLock<String> = LazyLock::new(|| named("passkeys", SCRIPT, "js"));

fn named(what: &str, content: &str, ending: &str) -> String {
    let mut name = format!("{what}-");
    for byte in &muster_crypto::sha256(content.as_bytes())[..8] {
        // Writing to a String cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    format!("{name}.{ending}")
}

/// The style sheet's name.
pub(crate) fn style() -> &'static str {
    &STYLE_NAME
}

/// The script's name.
pub(crate) fn script() -> &'static str {
    &SCRIPT_NAME
}

/// `/assets/{name}`.
pub(crate) fn route() -> Router {
    Router::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Result<Response, HttpError> {
    let (kind, content) = match name {
        name if name == style() => ("text/css; charset=utf-8", STYLE),
        name if name == script() => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return Err(HttpError::NoRoute),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, content).into_response())
}
