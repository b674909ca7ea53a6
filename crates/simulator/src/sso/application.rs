//! The applications that the identity provider answers to, and to nobody else.

use jsonwebtoken::jwk::Jwk;

/// Whose names attributes and claims bear, and what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flavour {
    /// Short names; Response and Assertion signed.
    #[default]
    Okta,
    /// The long names of WS-Federation, and the address as `name`; the Assertion signed. OIDC: `tid`, `oid`, and a link in
    /// place of too many groups.
    Entra,
    /// Short names; the Response signed. OIDC: `hd`.
    Google,
    /// Short names; Response and Assertion signed, and the Assertion encrypted where the service provider offers a key.
    Keycloak,
}

impl Flavour {
    /// All of them.
    pub const ALL: [Flavour; 4] = [Self::Okta, Self::Entra, Self::Google, Self::Keycloak];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Entra => "entra",
            Self::Google => "google",
            Self::Keycloak => "keycloak",
        }
    }

    /// What it signs unless told otherwise.
    #[must_use]
    pub fn signs(self) -> Signs {
        match self {
            Self::Okta | Self::Keycloak => Signs::Both,
            Self::Entra => Signs::Assertion,
            Self::Google => Signs::Response,
        }
    }
}

/// What of a SAML response is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// The response, with everything in it.
    Response,
    /// The assertion alone.
    Assertion,
    /// Both, the assertion first.
    Both,
}

/// What is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Algorithm {
    /// RSA of 2,048 bits with SHA-256.
    #[default]
    Rsa,
    /// ECDSA on P-256 with SHA-256.
    Ecdsa,
}

/// A service provider in SAML.
#[derive(Debug, Clone)]
pub struct SamlApplication {
    /// Its entity ID, the audience of assertions.
    pub entity_id: String,
    /// Its assertion consumer services; the first unless a request names another of them.
    pub acs_urls: Vec<String>,
    /// Where it takes logout messages by redirect.
    pub logout_url: Option<String>,
    /// The certificates that it signs with, in DER. With none, its signatures are not looked at.
    pub signing_certificates: Vec<Vec<u8>>,
    /// The certificates that it decrypts for, in DER; the first is used.
    pub encryption_certificates: Vec<Vec<u8>>,
    /// Whether its requests must be signed.
    pub signs_requests: bool,
    /// The names of attributes.
    pub flavour: Flavour,
    /// What is signed.
    pub signs: Signs,
    /// What is signed with.
    pub algorithm: Algorithm,
}

impl SamlApplication {
    /// A service provider by its two names, as administrators type them in.
    #[must_use]
    pub fn new(acs_url: &str, entity_id: &str) -> SamlApplication {
        SamlApplication {
            entity_id: entity_id.to_owned(),
            acs_urls: vec![acs_url.to_owned()],
            logout_url: None,
            signing_certificates: Vec::new(),
            encryption_certificates: Vec::new(),
            signs_requests: false,
            flavour: Flavour::default(),
            signs: Flavour::default().signs(),
            algorithm: Algorithm::default(),
        }
    }

    /// With attributes and signatures as this identity provider sends them.
    #[must_use]
    pub fn flavoured(mut self, flavour: Flavour) -> SamlApplication {
        self.flavour = flavour;
        self.signs = flavour.signs();
        self
    }
}

/// A client in OpenID Connect.
#[derive(Debug, Clone)]
pub struct OidcApplication {
    /// Its client ID, the audience of tokens.
    pub client_id: String,
    /// Its secret, for `client_secret_basic` and `client_secret_post`; `None` for one that has only keys.
    pub client_secret: Option<String>,
    /// Its public keys, for `private_key_jwt`.
    pub keys: Vec<Jwk>,
    /// Where codes may be sent, exactly.
    pub redirect_uris: Vec<String>,
    /// Where a person may be sent after signing out, exactly.
    pub logout_redirect_uris: Vec<String>,
    /// Where it is told that a person has signed out (Back-Channel Logout 1.0).
    pub backchannel_logout_uri: Option<String>,
    /// The claims that are particular to an identity provider.
    pub flavour: Flavour,
    /// What is signed with.
    pub algorithm: Algorithm,
}

impl OidcApplication {
    /// A client with a secret.
    #[must_use]
    pub fn new(client_id: &str, client_secret: &str, redirect_uri: &str) -> OidcApplication {
        OidcApplication {
            client_id: client_id.to_owned(),
            client_secret: Some(client_secret.to_owned()),
            keys: Vec::new(),
            redirect_uris: vec![redirect_uri.to_owned()],
            logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            flavour: Flavour::default(),
            algorithm: Algorithm::default(),
        }
    }
}
