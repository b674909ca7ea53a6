//! How identity providers call what they must be told of us. The names are theirs, as their own pages show them.

use muster_administration::applying::ConnectionAnswer;

use crate::pages::texts;

/// An identity provider whose names we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guide {
    Okta,
    Entra,
    Google,
    Keycloak,
    Generic,
}

/// What is copied, under the name that it has there.
pub(crate) struct Copied {
    /// The name of a text: what it is.
    pub(crate) what: &'static str,
    pub(crate) theirs: &'static str,
    pub(crate) value: String,
}

impl Guide {
    pub(crate) const ALL: [Self; 5] = [Self::Okta, Self::Entra, Self::Google, Self::Keycloak, Self::Generic];

    /// The guide of an address; the general one for what is none.
    pub(crate) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|guide| guide.name() == name).unwrap_or(Self::Generic)
    }

    /// Its part of the address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::Google => "google",
            Self::Keycloak => "keycloak",
            Self::Generic => "generic",
        }
    }

    /// What people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Okta => "Okta",
            Self::Entra => "Microsoft Entra ID",
            Self::Google => "Google Workspace",
            Self::Keycloak => "Keycloak",
            Self::Generic => "SAML / OpenID Connect",
        }
    }

    /// What it is called within a sentence.
    pub(crate) fn called(self) -> String {
        if self == Self::Generic { texts::text("guide-yours") } else { self.title().to_owned() }
    }

    /// Of five names, the one that it uses.
    fn of(self, [okta, entra, google, keycloak, generic]: [&'static str; 5]) -> &'static str {
        match self {
            Self::Okta => okta,
            Self::Entra => entra,
            Self::Google => google,
            Self::Keycloak => keycloak,
            Self::Generic => generic,
        }
    }

    /// What it must be told of a connection; what it has no field for is left out.
    pub(crate) fn copied(self, told: &ConnectionAnswer, base_url: &str) -> Vec<Copied> {
        let mut all = Vec::new();
        let mut add = |what, theirs: [&'static str; 5], value: &str| {
            let theirs = self.of(theirs);
            if !theirs.is_empty() {
                all.push(Copied { what, theirs, value: value.to_owned() });
            }
        };
        if let Some(saml) = &told.saml {
            let logout = format!("{base_url}/sso/saml/{}/slo", told.id);
            add("guide-entity-id", ENTITY_ID, &saml.entity_id);
            add("guide-acs", ACS, &saml.acs_url);
            add("guide-metadata", METADATA, &saml.metadata_url);
            add("guide-login", LOGIN, &saml.login_url);
            add("guide-logout", LOGOUT, &logout);
        }
        if let Some(oidc) = &told.oidc {
            add("guide-redirect", REDIRECT, &oidc.redirect_url);
            add("guide-after-logout", AFTER_LOGOUT, &oidc.post_logout_redirect_url);
            add("guide-backchannel", BACKCHANNEL, &oidc.backchannel_logout_url);
            if let Some(keys) = &oidc.jwks_url {
                add("guide-keys", KEYS, keys);
            }
        }
        all
    }

    /// What it calls the SCIM base URL and the token.
    pub(crate) fn scim(self) -> (&'static str, &'static str) {
        match self {
            Self::Okta => ("SCIM connector base URL", "HTTP Header: Authorization"),
            Self::Entra => ("Tenant URL", "Secret Token"),
            Self::Google | Self::Keycloak | Self::Generic => ("SCIM base URL", "Bearer token"),
        }
    }
}

// In the order of `Guide::ALL`; empty where there is no field for it.
const ENTITY_ID: [&str; 5] =
    ["Audience URI (SP Entity ID)", "Identifier (Entity ID)", "Entity ID", "Client ID", "SP entity ID, audience"];
const ACS: [&str; 5] = [
    "Single sign-on URL",
    "Reply URL (Assertion Consumer Service URL)",
    "ACS URL",
    "Assertion Consumer Service POST Binding URL",
    "Assertion consumer service (ACS) URL",
];
const METADATA: [&str; 5] = ["", "Upload metadata file", "", "Import client", "SP metadata URL"];
const LOGIN: [&str; 5] = ["", "Sign on URL", "Start URL", "Home URL", "Sign-in URL"];
const LOGOUT: [&str; 5] =
    ["Single Logout URL", "Logout Url", "", "Logout Service POST Binding URL", "Single logout (SLO) URL"];
const REDIRECT: [&str; 5] =
    ["Sign-in redirect URIs", "Redirect URI (Web)", "Authorized redirect URIs", "Valid redirect URIs", "Redirect URI"];
const AFTER_LOGOUT: [&str; 5] =
    ["Sign-out redirect URIs", "Redirect URI (Web)", "", "Valid post logout redirect URIs", "Post-logout redirect URI"];
const BACKCHANNEL: [&str; 5] = ["", "", "", "Backchannel logout URL", "Back-channel logout URI"];
const KEYS: [&str; 5] = ["Public key URL", "", "", "JWKS URL", "JWKS URI"];
