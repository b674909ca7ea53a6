//! What providers say of themselves, kept for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use muster_model::ConnectionId;
use muster_oidc::{Issuer, Provider as Discovered, ProviderError};

use super::transport;
use crate::{
    App,
    sign_in::{SignInFailure, provider::Provider},
};

/// For how many seconds a provider's metadata is used before it is asked again.
const FRESH: i64 = 3_600;
/// For how many seconds it is used if the provider does not answer meanwhile.
const USABLE: i64 = 86_400;
/// For how many seconds a provider that did not answer is left alone.
const LEFT_ALONE: i64 = 10;
/// The most providers that are kept; beyond it all are forgotten.
const KEPT: usize = 2_000;

/// The providers that were used lately.
#[derive(Default)]
pub(crate) struct Discoveries {
    known: Mutex<HashMap<ConnectionId, Known>>,
}

#[derive(Clone)]
struct Known {
    /// For whom it was asked: other settings ask again.
    issuer: Issuer,
    discovered: Option<Arc<Discovered>>,
    /// When it answered last, and when it was asked last, in seconds since 1970.
    answered: i64,
    asked: i64,
    failure: Option<ProviderError>,
}

impl Discoveries {
    fn known(&self, id: ConnectionId, issuer: &Issuer) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&id).filter(|known| known.issuer == *issuer).cloned()
    }

    fn keep(&self, id: ConnectionId, what: Known) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(id, what);
    }
}

/// Whether a provider answers under an issuer, and says that it is that.
///
/// # Errors
///
/// The issuer cannot be used, or the provider does not answer.
pub(crate) async fn require_provider(app: &App, issuer: &str, tenant: Option<&str>) -> Result<(), SignInFailure> {
    let issuer = Issuer::new(issuer, tenant).map_err(SignInFailure::Issuer)?;
    Discovered::discover(&transport(app), issuer).await?;
    Ok(())
}

/// The provider of a connection: as it is known, or asked now.
///
/// # Errors
///
/// The issuer cannot be used, or the provider does not answer.
pub(super) async fn provider(app: &App, connection: &Provider) -> Result<Arc<Discovered>, SignInFailure> {
    let settings = connection.oidc()?;
    let issuer = Issuer::new(&settings.issuer, settings.tenant.as_deref()).map_err(SignInFailure::Issuer)?;
    let (id, now) = (connection.connection.id, app.surroundings().now().seconds());
    let known = app.discoveries().known(id, &issuer);
    if let Some(known) = &known {
        match (&known.discovered, &known.failure) {
            (Some(discovered), None) if now.saturating_sub(known.answered) < FRESH => {
                return Ok(Arc::clone(discovered));
            }
            (None, Some(failure)) if now.saturating_sub(known.asked) < LEFT_ALONE => {
                return Err(failure.clone().into());
            }
            (Some(discovered), Some(_)) if now.saturating_sub(known.asked) < LEFT_ALONE => {
                return Ok(Arc::clone(discovered));
            }
            _ => {}
        }
    }
    let before = known.filter(|known| now.saturating_sub(known.answered) < USABLE);
    match Discovered::discover(&transport(app), issuer.clone()).await {
        Ok(found) => {
            let discovered = Arc::new(found);
            let kept = Some(Arc::clone(&discovered));
            app.discoveries().keep(id, Known { issuer, discovered: kept, answered: now, asked: now, failure: None });
            Ok(discovered)
        }
        Err(failure) => {
            let (discovered, answered) = match before {
                Some(before) => (before.discovered, before.answered),
                None => (None, 0),
            };
            let failed = Some(failure.clone());
            app.discoveries()
                .keep(id, Known { issuer, discovered: discovered.clone(), answered, asked: now, failure: failed });
            discovered.ok_or_else(|| failure.into())
        }
    }
}
