//! The identity provider as a whole.

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    OidcApplication, Profile, SamlApplication, SsoError,
    keys::Keys,
    oidc,
    saml::{self, Answer},
    state::State,
    web,
};
use crate::Directory;

/// Tells the seconds since 1970.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What an identity provider is started with.
pub struct Options {
    /// Where browsers reach it, without a slash at the end; `None` for where it listens.
    pub base_url: Option<String>,
    /// Who can be picked.
    pub people: Vec<Profile>,
    /// Its clock.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        let seconds = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self {
            base_url: None,
            people: Profile::everybody(&Directory::example()),
            clock: Arc::new(move || i64::try_from(seconds()).unwrap_or(i64::MAX)),
        }
    }
}

/// A simulated identity provider. Clones are the same one.
#[derive(Clone)]
pub struct IdentityProvider(Arc<Inner>);

struct Inner {
    base_url: String,
    people: Vec<Profile>,
    clock: Clock,
    keys: RwLock<Keys>,
    saml: RwLock<Vec<SamlApplication>>,
    oidc: RwLock<Vec<OidcApplication>>,
    state: Mutex<State>,
}

impl IdentityProvider {
    /// An identity provider at `base_url`, or at the one of the options, with new keys. It answers through [`Self::router`].
    ///
    /// # Errors
    ///
    /// [`SsoError::Key`] if no keys can be made.
    pub fn new(base_url: &str, options: Options) -> Result<Self, SsoError> {
        let base_url = options.base_url.as_deref().unwrap_or(base_url).trim_end_matches('/').to_owned();
        Ok(Self(Arc::new(Inner {
            base_url,
            people: options.people,
            clock: options.clock,
            keys: RwLock::new(Keys::new()?),
            saml: RwLock::default(),
            oidc: RwLock::default(),
            state: Mutex::default(),
        })))
    }

    /// Starts one that answers on a socket until the result is dropped.
    ///
    /// # Errors
    ///
    /// As [`Self::new`], and [`SsoError::Listen`] if the socket has no address.
    pub fn start(listener: TcpListener, options: Options) -> Result<Running, SsoError> {
        let address = listener.local_addr().map_err(SsoError::Listen)?;
        let provider = Self::new(&format!("http://{address}"), options)?;
        let router = provider.router();
        let task = tokio::spawn(async move {
            // It ends with an error only if the socket does.
            drop(axum::serve(listener, router).await);
        });
        Ok(Running { provider, address, task })
    }

    /// All pages and endpoints.
    pub fn router(&self) -> Router {
        web::router(self.clone())
    }

    /// Where browsers reach it.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.0.base_url
    }

    /// Its entity ID in SAML, which is also where its metadata is.
    #[must_use]
    pub fn entity_id(&self) -> String {
        self.at(saml::METADATA_PATH)
    }

    /// Its metadata in SAML, as it is now.
    #[must_use]
    pub fn metadata(&self) -> String {
        saml::metadata(&self.0.base_url, &self.keys())
    }

    /// Its issuer in OpenID Connect.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.base_url
    }

    /// Where its OpenID configuration is.
    #[must_use]
    pub fn discovery_url(&self) -> String {
        self.at(oidc::DISCOVERY_PATH)
    }

    /// Who can be picked.
    #[must_use]
    pub fn people(&self) -> &[Profile] {
        &self.0.people
    }

    /// Answers to this service provider from now on; it takes the place of another with its entity ID.
    pub fn register_saml(&self, application: SamlApplication) {
        let mut known = self.0.saml.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|other| other.entity_id != application.entity_id);
        known.push(application);
    }

    /// Answers to this client from now on; it takes the place of another with its client ID.
    pub fn register_oidc(&self, application: OidcApplication) {
        let mut known = self.0.oidc.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|other| other.client_id != application.client_id);
        known.push(application);
    }

    /// Announces the next keys beside the present ones, which go on signing.
    ///
    /// # Errors
    ///
    /// [`SsoError::Key`] if no keys can be made.
    pub fn announce_keys(&self) -> Result<(), SsoError> {
        self.keys_mut().next().map(|_| ())
    }

    /// Signs with the next keys from now on, and announces the present ones no more.
    ///
    /// # Errors
    ///
    /// [`SsoError::Key`] if no keys can be made.
    pub fn rotate_keys(&self) -> Result<(), SsoError> {
        self.keys_mut().rotate()
    }

    /// A SAML response as XML, right or wrong, without anybody having asked over the web.
    ///
    /// # Errors
    ///
    /// What keeps it from being signed or encrypted.
    pub fn saml_response(&self, answer: &Answer<'_>) -> Result<String, SsoError> {
        let (entity_id, now) = (self.entity_id(), self.now());
        saml::response(answer, &mut saml::Made { entity_id: &entity_id, keys: &mut self.keys_mut(), now })
    }

    /// The address of a path here.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0.base_url)
    }

    /// Now, in seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        (self.0.clock)()
    }

    pub(super) fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keys_mut(&self) -> RwLockWriteGuard<'_, Keys> {
        self.0.keys.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn saml_applications(&self) -> Vec<SamlApplication> {
        self.0.saml.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn saml_application(&self, entity_id: &str) -> Result<SamlApplication, SsoError> {
        let found = self.saml_applications().into_iter().find(|known| known.entity_id == entity_id);
        found.ok_or_else(|| {
            SsoError::Refused(format!(
                "the application `{entity_id}` is not registered here: register it with its assertion consumer service"
            ))
        })
    }

    pub(super) fn oidc_applications(&self) -> Vec<OidcApplication> {
        self.0.oidc.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn oidc_application(&self, client_id: &str) -> Option<OidcApplication> {
        self.oidc_applications().into_iter().find(|known| known.client_id == client_id)
    }

    pub(super) fn person(&self, subject: &str) -> Option<&Profile> {
        self.0.people.iter().find(|person| person.subject == subject)
    }
}

impl fmt::Debug for IdentityProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("IdentityProvider").field(&self.0.base_url).finish()
    }
}

/// An identity provider that listens; it stops when this is dropped.
#[derive(Debug)]
pub struct Running {
    /// What to ask and to tell it.
    pub provider: IdentityProvider,
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
