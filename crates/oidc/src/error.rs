//! What can be wrong, in words for the administrator of the connection (SSO-13).

use thiserror::Error;

use crate::{assertion::KeyError, transport::Unreachable};

/// Why an issuer, or we as its client, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IssuerError {
    /// It is no issuer identifier (OpenID Connect Discovery §2).
    #[error("the issuer `{0}` is not an https URL without query: copy it from the provider's page")]
    Address(String),
    /// Many tenants share it, and none is pinned (SSO-1).
    #[error("the issuer `{issuer}` is shared by many companies: set `tenant` to {what}")]
    Shared {
        /// The issuer.
        issuer: String,
        /// What the tenant is called there.
        what: &'static str,
    },
    /// Our own address is none.
    #[error("`{0}` is no address that browsers can come back to: set the base URL")]
    RedirectUri(String),
    /// Nobody vouches for the accounts there.
    #[error("personal Microsoft accounts belong to no company: use the issuer of your own tenant")]
    Personal,
}

/// Why a provider cannot be used, by what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// It does not answer.
    #[error("the {what} cannot be fetched: {why}")]
    Unreachable {
        /// What was asked for.
        what: &'static str,
        /// Why there is no answer.
        #[source]
        why: Unreachable,
    },
    /// It answers with an error.
    #[error("the {what} at `{address}` is answered with status {status}")]
    Status {
        /// What was asked for.
        what: &'static str,
        /// Where.
        address: String,
        /// The answer's status.
        status: u16,
    },
    /// It answers with something else.
    #[error("the {what} cannot be read: {why}")]
    Unreadable {
        /// What was asked for.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// It speaks for somebody else.
    #[error(
        "the provider calls itself `{found}` and not `{expected}`: set `issuer` to what it calls itself, to the letter"
    )]
    Issuer {
        /// The connection's issuer.
        expected: String,
        /// What the provider calls itself.
        found: String,
    },
    /// An address of it cannot be used.
    #[error("the provider's `{name}` is `{address}`, which is not an https URL")]
    Endpoint {
        /// The member of its metadata.
        name: &'static str,
        /// The address.
        address: String,
    },
    /// None of its keys can be used.
    #[error(
        "the provider publishes no key that could check a signature: RSA of 2048 bits, P-256, P-384, P-521 or Ed25519"
    )]
    NoKeys,
}

/// Why what a browser brought back is no answer of the provider.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallbackError {
    /// It has no `state`, so it answers nothing.
    #[error("the callback has no `state`")]
    NoState,
    /// A parameter is there twice.
    #[error("the callback has `{0}` twice")]
    Twice(&'static str),
    /// It is larger than any honest one.
    #[error("the callback has {0} bytes, more than are read")]
    TooLarge(usize),
    /// It has neither a code nor an error.
    #[error("the callback has neither `code` nor `error`")]
    Nothing,
}

/// Why nobody is signed in.
///
/// The texts name what was found and what to change at the provider. They are for the error log of the connection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignInError {
    /// The provider did not sign the person in.
    #[error("the provider answers `{code}`{}; {}", .description.as_deref().map(|said| format!(": {said}")).unwrap_or_default(), advice(.code))]
    Refused {
        /// The error code (RFC 6749 §4.1.2.1).
        code: String,
        /// Its description.
        description: Option<String>,
    },
    /// Somebody else answers (RFC 9207): an attempt to mix up two providers.
    #[error("the answer comes from {} and not from `{expected}` (`iss`): let the provider name itself as in its metadata", .found.as_deref().map_or_else(|| "nobody who says so".to_owned(), |found| format!("`{found}`")))]
    MixUp {
        /// The provider that was asked.
        expected: String,
        /// Who says that they answer.
        found: Option<String>,
    },
    /// The provider, its keys or its userinfo are not there.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The code was not redeemed.
    #[error("the provider does not redeem the code: `{code}`{}; check client id, secret and `{redirect_uri}` there", .description.as_deref().map(|said| format!(": {said}")).unwrap_or_default())]
    NotRedeemed {
        /// The error code (RFC 6749 §5.2).
        code: String,
        /// Its description.
        description: Option<String>,
        /// Our redirect URI.
        redirect_uri: String,
    },
    /// The key for `private_key_jwt` does not sign.
    #[error("the client's key cannot be used")]
    Key(#[source] KeyError),
    /// There is no ID token.
    #[error("the provider answers without an ID token: allow the scope `openid` for this client")]
    NoIdToken,
    /// The ID token is larger than any honest one.
    #[error("the ID token has {found} bytes, more than the {limit} that are read")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// It cannot be read.
    #[error("the ID token cannot be read: {0}")]
    Unreadable(String),
    /// An algorithm that proves nothing.
    #[error("the ID token is signed with `{0}`: choose RS256, PS256, ES256 or EdDSA for this client at the provider")]
    Algorithm(String),
    /// No key of the provider has this name.
    #[error("the ID token is signed with the key {}, which the provider does not publish: it must be among the keys at its `jwks_uri`", .0.as_deref().map_or_else(|| "without name".to_owned(), |kid| format!("`{kid}`")))]
    UnknownKey(Option<String>),
    /// The signature does not hold.
    #[error("the signature of the ID token does not hold with the key that the provider publishes under this name")]
    Signature,
    /// Somebody else's token.
    #[error(
        "the ID token is issued by `{found}` and not by `{expected}`: let the provider issue tokens in the name of its metadata"
    )]
    Issuer {
        /// The connection's issuer.
        expected: String,
        /// Who issued it.
        found: String,
    },
    /// A token for another client.
    #[error("the ID token is for {}, and must be for `{expected}` alone: set `client_id` to the client's id at the provider, and no further audience there", .found.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", "))]
    Audience {
        /// Our client id.
        expected: String,
        /// Who it is for.
        found: Vec<String>,
    },
    /// A token that another client asked for.
    #[error(
        "the ID token was asked for by `{found}` (`azp`) and not by `{expected}`: set `client_id` to the client that people sign in to"
    )]
    AuthorizedParty {
        /// Our client id.
        expected: String,
        /// Who asked.
        found: String,
    },
    /// A token of another sign-in, used a second time.
    #[error("the `nonce` of the ID token is not that of this sign-in: let the provider repeat that of the request")]
    Nonce,
    /// The access token is not the one that the ID token came with.
    #[error(
        "the access token is not the one that the ID token names (`at_hash`): let the provider hand out what belongs together"
    )]
    AccessToken,
    /// Too late, or too early.
    #[error("{what}: check the clocks of the provider and of this server")]
    Time {
        /// What is wrong.
        what: &'static str,
    },
    /// The person did not show who they are again, although that was asked for.
    #[error(
        "the ID token does not say that the person has just been authenticated (`auth_time`): let the provider state it, or switch off `force_authn`"
    )]
    NotAuthenticatedAgain,
    /// A claim is missing or not what it must be.
    #[error("the claim `{name}` is {wrong}")]
    Claim {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// A person of another tenant (SSO-1).
    #[error("the person is of {} and not of the tenant `{expected}`: assign people of that tenant, or set `tenant` to theirs", .found.as_deref().map_or_else(|| "no stated tenant".to_owned(), |found| format!("`{found}`")))]
    Tenant {
        /// The pinned tenant.
        expected: String,
        /// The person's.
        found: Option<String>,
    },
    /// The provider does not vouch for the address (SSO-1).
    #[error("the provider says that the address is not verified (`email_verified`): verify it there")]
    EmailNotVerified,
    /// Userinfo speaks of somebody else.
    #[error("userinfo speaks of another person than the ID token (`sub`): let the provider state the same in both")]
    OtherSubject,
    /// Something that the library refuses and we did not expect.
    #[error("the ID token is refused: {0}")]
    Other(String),
}

/// What helps against an error that a provider sends a browser back with (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
fn advice(code: &str) -> &'static str {
    match code {
        "access_denied" | "consent_required" | "interaction_required" | "account_selection_required" => {
            "assign the person to the application there, and let people consent"
        }
        "login_required" => "the person was not signed in there",
        "invalid_scope" => "allow this client the scopes that the connection asks for",
        "unauthorized_client" | "unsupported_response_type" => "allow this client the authorization code flow",
        "server_error" | "temporarily_unavailable" => "its own log tells why",
        _ => "check the client's settings there",
    }
}
