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

/// A file that pages load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asset {
    /// How pages look.
    Style,
    /// Signs.
    Icons,
    /// What makes the console's pages quicker to use.
    Console,
    /// What asks a browser for passkeys.
    Passkeys,
}

impl Asset {
    const ALL: [Self; 4] = [Self::Style, Self::Icons, Self::Console, Self::Passkeys];

    fn content(self) -> &'static str {
        match self {
            Self::Style => include_str!("../../assets/style.css"),
            Self::Icons => include_str!("../../assets/icons.svg"),
            Self::Console => include_str!("../../assets/console.js"),
            Self::Passkeys => include_str!("../../assets/passkeys.js"),
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Icons => "image/svg+xml",
            Self::Console | Self::Passkeys => "text/javascript; charset=utf-8",
        }
    }

    /// Its name, which changes with it.
    pub(crate) fn name(self) -> &'static str {
        static NAMES: LazyLock<[String; 4]> = LazyLock::new(|| Asset::ALL.map(Asset::named));
        &NAMES[self as usize]
    }

    fn named(self) -> String {
        let (what, ending) = match self {
            Self::Style => ("style", "css"),
            Self::Icons => ("icons", "svg"),
            Self::Console => ("console", "js"),
            Self::Passkeys => ("passkeys", "js"),
        };
        let mut name = format!("{what}-");
        for byte in &muster_crypto::sha256(self.content().as_bytes())[..8] {
            // Writing to a String cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        format!("{name}.{ending}")
    }
}

/// `/assets/{name}`.
pub(crate) fn route() -> Router {
    Router::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Result<Response, HttpError> {
    let asset = Asset::ALL.into_iter().find(|asset| asset.name() == name).ok_or(HttpError::NoRoute)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type())),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, asset.content()).into_response())
}
