//! What we say of ourselves (OpenID Connect Discovery §3, RFC 8414, RFC 9207, RFC 9126).

use serde::Serialize;

/// The document at `/.well-known/openid-configuration`.
#[derive(Debug, Clone, Serialize)]
pub struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    device_authorization_endpoint: String,
    pushed_authorization_request_endpoint: String,
    end_session_endpoint: String,
    scopes_supported: Vec<&'static str>,
    claims_supported: Vec<&'static str>,
    response_types_supported: Vec<&'static str>,
    response_modes_supported: Vec<&'static str>,
    grant_types_supported: Vec<&'static str>,
    subject_types_supported: Vec<&'static str>,
    id_token_signing_alg_values_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    code_challenge_methods_supported: Vec<&'static str>,
    prompt_values_supported: Vec<&'static str>,
    acr_values_supported: Vec<&'static str>,
    authorization_response_iss_parameter_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_pushed_authorization_requests: bool,
    service_documentation: String,
}

const SECRETS: [&str; 2] = ["client_secret_basic", "client_secret_post"];
const CLAIMS: [&str; 18] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "sid",
    "at_hash",
    "session_expires_at",
    "email",
    "email_verified",
    "name",
    "preferred_username",
    "organizations",
    "organizations_complete",
    "jti",
];

impl Metadata {
    /// What the provider at this base address says of itself.
    #[must_use]
    pub fn new(issuer: &str, scopes: Vec<&'static str>, grants: Vec<&'static str>, acrs: Vec<&'static str>) -> Self {
        let at = |path: &str| format!("{issuer}/oauth2/{path}");
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: at("authorize"),
            token_endpoint: at("token"),
            userinfo_endpoint: at("userinfo"),
            jwks_uri: at("jwks"),
            introspection_endpoint: at("introspect"),
            revocation_endpoint: at("revoke"),
            device_authorization_endpoint: at("device"),
            pushed_authorization_request_endpoint: at("par"),
            end_session_endpoint: at("logout"),
            scopes_supported: scopes,
            claims_supported: CLAIMS.to_vec(),
            response_types_supported: vec!["code"],
            response_modes_supported: vec!["query"],
            grant_types_supported: grants,
            subject_types_supported: vec!["public"],
            id_token_signing_alg_values_supported: vec!["ES256"],
            token_endpoint_auth_methods_supported: [SECRETS.as_slice(), &["none"]].concat(),
            introspection_endpoint_auth_methods_supported: SECRETS.to_vec(),
            revocation_endpoint_auth_methods_supported: [SECRETS.as_slice(), &["none"]].concat(),
            code_challenge_methods_supported: vec!["S256"],
            prompt_values_supported: vec!["none", "login", "consent", "select_account"],
            acr_values_supported: acrs,
            authorization_response_iss_parameter_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            claims_parameter_supported: false,
            request_parameter_supported: false,
            request_uri_parameter_supported: false,
            require_pushed_authorization_requests: false,
            service_documentation: format!("{issuer}/docs/api"),
        }
    }
}
