//! The simulated identity provider beside the demonstration, to sign in at.

use muster_simulator::{
    Directory,
    sso::{IdentityProvider, Options, Profile, Running, SamlApplication, SsoError},
};
use tokio::net::TcpListener;

use crate::{
    admin::Applied,
    declaration::{Declaration, Saml},
};

/// The connection whose people sign in there.
pub(super) const CONNECTION: &str = "okta";

/// The identity provider while the demonstration runs.
pub(super) struct SignIn(Running);

impl SignIn {
    /// Starts it, with the people who are provisioned and one whom no directory has pushed.
    pub(super) fn start(listener: TcpListener) -> Result<Self, SsoError> {
        let mut people = Profile::everybody(&Directory::example());
        people.push(Profile {
            subject: "ines".to_owned(),
            email: "ines.varga@example.com".to_owned(),
            given_name: "Ines".to_owned(),
            family_name: "Varga".to_owned(),
            groups: Some(vec!["moby:designers".to_owned(), "whale:support".to_owned()]),
            session_minutes: "60".to_owned(),
            ..Profile::default()
        });
        Ok(Self(IdentityProvider::start(listener, Options { people, ..Options::default() })?))
    }

    /// Where its pages are.
    pub(super) fn url(&self) -> &str {
        self.0.provider.base_url()
    }

    /// Who can be picked.
    pub(super) fn people(&self) -> &[Profile] {
        self.0.provider.people()
    }

    /// States its connection.
    pub(super) fn state(&self, declaration: &mut Declaration) {
        let connection = declaration.connections.iter_mut().find(|connection| connection.name == CONNECTION);
        if let Some(connection) = connection {
            connection.saml =
                Some(Saml { metadata: Some(self.0.provider.metadata()), encryption: true, ..Saml::default() });
        }
    }

    /// Answers the connection from now on, with the keys that its metadata names.
    pub(super) async fn answer(&self, applied: &Applied) -> Result<(), SsoError> {
        let connection = applied.connections.get(CONNECTION);
        if let Some(saml) = connection.and_then(|connection| connection.saml.as_ref()) {
            self.0.provider.register_saml(SamlApplication::fetch(&saml.metadata_url).await?);
        }
        Ok(())
    }
}
