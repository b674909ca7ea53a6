//! How a connection's people sign in (SSO-1): what is known of its IdP, and what we ask of it.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, sign_in::AttributeNames};

/// A connection's single sign-on settings, by protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SingleSignOn {
    /// SAML 2.0.
    Saml(Box<Saml>),
    /// OpenID Connect.
    Oidc(Box<Oidc>),
}

impl SingleSignOn {
    /// The word for the protocol, in SQL and pages.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        match self {
            Self::Saml(_) => "saml",
            Self::Oidc(_) => "oidc",
        }
    }

    /// Whether somebody can be sent to the IdP, and their answer be checked.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        match self {
            Self::Saml(saml) => !saml.entity_id.is_empty() && !saml.sso_url.is_empty() && !saml.certificates.is_empty(),
            Self::Oidc(oidc) => !oidc.issuer.is_empty() && !oidc.client_id.is_empty(),
        }
    }

    /// Whether what was checked by these settings is acceptable by `now` as well: a certificate may have come, none may have
    /// gone, and nothing else may differ (SEC-1, SSO-8).
    #[must_use]
    pub fn holds_under(&self, now: &Self) -> bool {
        match (self, now) {
            (Self::Saml(before), Self::Saml(now)) => {
                let has_come = Saml { certificates: now.certificates.clone(), ..(**before).clone() };
                has_come == **now && before.certificates.iter().all(|one| now.certificates.contains(one))
            }
            (before, now) => before == now,
        }
    }

    /// Under which names the IdP states what (SSO-4).
    #[must_use]
    pub fn attributes(&self) -> &AttributeNames {
        match self {
            Self::Saml(saml) => &saml.attributes,
            Self::Oidc(oidc) => &oidc.attributes,
        }
    }

    /// Whether an assertion that does not mention groups says that there are none (JIT-3).
    #[must_use]
    pub fn absent_groups_are_none(&self) -> bool {
        match self {
            Self::Saml(saml) => saml.absent_groups_are_none,
            Self::Oidc(oidc) => oidc.absent_groups_are_none,
        }
    }
}

/// A SAML identity provider, and what we ask of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Saml {
    /// The IdP's entity ID: the issuer of its responses, to the letter.
    pub entity_id: String,
    /// Where it takes requests.
    pub sso_url: String,
    /// How requests travel there.
    pub binding: Binding,
    /// Where it takes logout messages, by redirect; `None` if it knows of no Single Logout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slo_url: Option<String>,
    /// The certificates that may have signed what comes from it, the present and the next (SSO-8): DER in Base64.
    pub certificates: Vec<String>,
    /// Where its metadata is fetched from, in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// Whether our requests are signed.
    pub sign_requests: bool,
    /// Whether our metadata offers an encryption key. Without one, nothing encrypted is accepted.
    pub encryption: bool,
    /// Whether people must show who they are again, although signed in at the IdP.
    pub force_authn: bool,
    /// How people must have been authenticated, exactly: URIs of authentication contexts. Empty if any way will do.
    pub authn_contexts: Vec<String>,
    /// Which kind of name is asked for, a URI; `None` leaves the choice to the IdP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_id_format: Option<String>,
    /// Whether requests also name whom we expect as their Subject, for IdPs that read the hint nowhere else.
    pub subject_hint: bool,
    /// Whether the IdP may begin a sign-in (SSO-3).
    pub idp_initiated: bool,
    /// Under which names it states what (SSO-4).
    pub attributes: AttributeNames,
    /// Whether an assertion that does not mention groups says that there are none (JIT-3).
    pub absent_groups_are_none: bool,
}

/// How authentication requests travel (saml-bindings-2.0 §3.4, §3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Binding {
    /// HTTP-Redirect.
    #[default]
    Redirect,
    /// HTTP-POST.
    Post,
}

/// An OpenID provider, and what we ask of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Oidc {
    /// The issuer, to the letter.
    pub issuer: String,
    /// Our client id there. The secret is sealed, beside the settings.
    pub client_id: String,
    /// How we show that we are the client.
    pub authentication: ClientAuthentication,
    /// Whose people a shared issuer must state (SSO-1): Entra ID's `tid`, Google's `hd`. Without it, a shared issuer is
    /// refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// What is asked for beside `openid`; empty for `profile email`.
    pub scopes: Vec<String>,
    /// Whether people must show who they are again, although signed in at the provider.
    pub force_authn: bool,
    /// Under which names it states what (SSO-4).
    pub attributes: AttributeNames,
    /// Whether an ID token that does not mention groups says that there are none (JIT-3).
    pub absent_groups_are_none: bool,
    /// Whether groups that Entra ID leaves out for their number are looked up in Microsoft Graph, with our client id and
    /// secret, in the pinned tenant.
    pub graph_groups: bool,
}

/// How a client of an OpenID provider shows who it is (OpenID Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// The secret in the `Authorization` header.
    #[default]
    ClientSecretBasic,
    /// The secret in the form.
    ClientSecretPost,
    /// A statement signed with our key.
    PrivateKeyJwt,
    /// Nothing but PKCE: a public client.
    None,
}

/// A certificate of ours towards one IdP, with its private key sealed elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCertificate {
    /// SHA-256 of the certificate in DER.
    pub fingerprint: [u8; 32],
    /// What it is for.
    pub purpose: KeyPurpose,
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The private key, sealed.
    pub private_key: Vec<u8>,
    /// From when it is good. The newest that is good signs.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

/// What a key of ours is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyPurpose {
    /// Signs our requests.
    Signing,
    /// Opens what is encrypted for us.
    Encryption,
}

impl KeyPurpose {
    /// The word in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
        }
    }

    /// The inverse of [`KeyPurpose::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Signing, Self::Encryption].into_iter().find(|purpose| purpose.as_str() == text)
    }
}
