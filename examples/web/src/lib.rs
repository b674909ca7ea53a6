//! Notes, a web application that lets people in through Muster. It keeps nothing but who is signed in.
//!
//! - [`muster`]: what it asks Muster, as any OpenID client does;
//! - `pages`: signing in and out, and a page for whoever is in;
//! - `told`: what Muster tells it unasked, so that whoever is out is out at once;
//! - `sessions`: who is signed in.

pub mod muster;
mod pages;
mod sessions;
mod told;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};
use clap::Parser;
use url::Url;

use self::{muster::Muster, sessions::Sessions};

/// What `muster apply` prints for the client, and where this application is.
#[derive(Debug, Clone, Parser)]
pub struct Settings {
    /// Muster's base URL.
    #[arg(long, env = "MUSTER_ISSUER")]
    pub issuer: String,
    /// The client's id.
    #[arg(long, env = "MUSTER_CLIENT_ID")]
    pub client_id: String,
    /// The client's secret.
    #[arg(long, env = "MUSTER_CLIENT_SECRET", hide_env_values = true)]
    pub client_secret: String,
    /// Where this application is: its callback is `/callback` there.
    #[arg(long, env = "NOTES_BASE_URL", default_value = "http://127.0.0.1:4000")]
    pub base_url: Url,
    /// The secret of a webhook that leads to `/webhook` here.
    #[arg(long, env = "MUSTER_WEBHOOK_SECRET", hide_env_values = true)]
    pub webhook_secret: Option<String>,
}

/// The application: Muster, and who is signed in.
struct Notes {
    settings: Settings,
    muster: Muster,
    sessions: Sessions,
}

impl Notes {
    /// An address of the application.
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.settings.base_url.as_str().trim_end_matches('/'))
    }
}

/// The application's pages, and what Muster calls.
pub fn router(settings: Settings) -> Router {
    let notes = Notes { muster: Muster::new(&settings), sessions: Sessions::default(), settings };
    Router::new()
        .route("/", get(pages::home))
        .route("/signin", get(pages::sign_in))
        .route("/callback", get(pages::callback))
        .route("/signout", post(pages::sign_out))
        .route("/backchannel-logout", post(told::logged_out))
        .route("/webhook", post(told::happened))
        .with_state(Arc::new(notes))
}
