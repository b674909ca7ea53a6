//! The application behind commands that run requests: the server's own, or one made for the occasion.

use std::sync::Arc;

use muster_http::{App, AppOptions, Limits};
use tokio::runtime::{Builder, Handle};

use super::{AdminError, Installation};
use crate::{config::Config, open};

/// Where the application is.
#[derive(Clone)]
pub(crate) enum Application {
    /// In the server that this is.
    Serving(App),
    /// Nowhere: it is made when it is needed, with the keys that the configuration names.
    Closed(Arc<Config>),
}

impl Installation {
    /// Does something with the application, and waits for it. Call it on a plain thread.
    pub(crate) fn with_app<T>(&self, work: impl AsyncFnOnce(&App) -> T) -> Result<T, AdminError> {
        let config = match &self.application {
            Application::Serving(app) => {
                return Ok(Handle::try_current().map_err(std::io::Error::other)?.block_on(work(app)));
            }
            Application::Closed(config) => config,
        };
        let sealer = open::sealer(config, &self.store, &self.surroundings)?;
        let outbound = config.outbound().map_err(std::io::Error::other)?;
        Builder::new_current_thread().enable_all().build()?.block_on(async {
            let app = App::new(AppOptions {
                store: self.store.clone(),
                surroundings: Arc::clone(&self.surroundings),
                sealer: Arc::new(sealer),
                base_url: self.base_url.clone(),
                limits: Limits::default(),
                outbound,
                sends_mail: config.mail.url.is_some(),
            });
            let done = work(&app).await;
            // No server goes on with what has only begun.
            let moved = app.finish_moves().await;
            app.close().await;
            moved.map(|()| done).map_err(AdminError::from)
        })
    }
}
