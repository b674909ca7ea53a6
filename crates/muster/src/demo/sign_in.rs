//! The simulated identity provider beside the demonstration, to sign in at.

use muster_crypto::{NoRandomness, Secret};
use muster_outbound::Allowed;
use muster_simulator::{
    Directory,
    sso::{Flavour, IdentityProvider, OidcApplication, Options, Profile, Running, SamlApplication, SsoError},
};
use tokio::net::TcpListener;

use crate::{
    admin::Applied,
    declaration::{ClientSecret, Connection, Declaration, Oidc, Saml},
};

/// The connection whose people sign in there by SAML.
pub(super) const SAML: &str = "okta";
/// The connection whose people sign in there by OpenID Connect.
pub(super) const OIDC: &str = "entra";
/// Who we are there.
const CLIENT_ID: &str = "muster-demo";

/// Where the demonstration's own server may send requests beside the public internet: to the identity provider beside it,
/// which listens on the loopback address. No other command allows that (SEC-3).
pub(super) fn allowed() -> Allowed {
    "127.0.0.1".parse().unwrap_or_default()
}

/// The identity provider while the demonstration runs.
pub(super) struct SignIn {
    running: Running,
    /// What the server and the identity provider know of each other by OpenID Connect.
    client_secret: Secret,
}

impl SignIn {
    /// Starts it, with the people who are provisioned and one whom no directory has pushed.
    pub(super) fn start(listener: TcpListener) -> Result<Self, SignInError> {
        let mut people = Profile::everybody(&Directory::example());
        people.extend(Profile::everybody(&Directory::acquired()));
        people.push(Profile {
            subject: "ines".to_owned(),
            email: "ines.varga@example.com".to_owned(),
            given_name: "Ines".to_owned(),
            family_name: "Varga".to_owned(),
            groups: Some(vec!["moby:designers".to_owned(), "whale:support".to_owned()]),
            session_minutes: "60".to_owned(),
            ..Profile::default()
        });
        let mut secret = [0; 32];
        muster_crypto::random(&mut secret)?;
        let client_secret = Secret::new(secret.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        let running = IdentityProvider::start(listener, Options { people, ..Options::default() })?;
        Ok(Self { running, client_secret })
    }

    /// Where its pages are.
    pub(super) fn url(&self) -> &str {
        self.running.provider.base_url()
    }

    /// Who can be picked.
    pub(super) fn people(&self) -> &[Profile] {
        self.running.provider.people()
    }

    /// States its two connections.
    pub(super) fn state(&self, declaration: &mut Declaration) {
        let provider = &self.running.provider;
        if let Some(connection) = named(declaration, SAML) {
            let metadata = Some(provider.metadata());
            connection.saml = Some(Saml { metadata, encryption: true, ..Saml::default() });
        }
        if let Some(connection) = named(declaration, OIDC) {
            connection.oidc = Some(Oidc {
                issuer: provider.issuer().to_owned(),
                client_id: CLIENT_ID.to_owned(),
                client_secret: Some(ClientSecret::new(self.client_secret.expose())),
                ..Oidc::default()
            });
        }
    }

    /// Answers the connections from now on: by SAML with the keys that the metadata names, by OpenID Connect the one client.
    pub(super) async fn answer(&self, applied: &Applied) -> Result<(), SsoError> {
        let provider = &self.running.provider;
        let connection = applied.connections.get(SAML);
        if let Some(saml) = connection.and_then(|connection| connection.saml.as_ref()) {
            provider.register_saml(SamlApplication::fetch(&saml.metadata_url).await?);
        }
        let connection = applied.connections.get(OIDC);
        if let Some(oidc) = connection.and_then(|connection| connection.oidc.as_ref()) {
            let client = OidcApplication::new(CLIENT_ID, self.client_secret.expose(), &oidc.redirect_url);
            provider.register_oidc(OidcApplication {
                flavour: Flavour::Entra,
                logout_redirect_uris: vec![oidc.post_logout_redirect_url.clone()],
                backchannel_logout_uri: Some(oidc.backchannel_logout_url.clone()),
                ..client
            });
        }
        Ok(())
    }
}

fn named<'d>(declaration: &'d mut Declaration, name: &str) -> Option<&'d mut Connection> {
    declaration.connections.iter_mut().find(|connection| connection.name == name)
}

/// Why there is nothing to sign in at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    /// The identity provider.
    #[error(transparent)]
    Provider(#[from] SsoError),
    /// The client secret.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}
