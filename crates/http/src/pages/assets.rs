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

/// The style sheet's name.
static STYLE_NAME: LazyLock<String> = LazyLock::new(|| {
    let mut name = "style-".to_owned();
    for byte in &muster_crypto::sha256(STYLE.as_bytes())[..8] {
        // Writing to a String cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name + ".css"
});

/// The style sheet's name.
pub(crate) fn style() -> &'static str {
    &STYLE_NAME
}

/// `/assets/{name}`.
pub(crate) fn route() -> Router {
    Router::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Result<Response, HttpError> {
    if name != style() {
        return Err(HttpError::NoRoute);
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, STYLE).into_response())
}
