//! What a client brings to the token endpoint (RFC 6749 §3.2), and how it shows who it is (§2.3).

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};

use super::{OAuthError, OAuthErrorCode, Parameters};

/// How a client sends its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientSecretMethod {
    /// As HTTP Basic.
    Basic,
    /// In the form.
    Post,
    /// It has none.
    None,
}

/// Who a client says it is. The secret is not in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientAuthentication {
    /// Its `client_id`.
    pub id: String,
    /// Its secret.
    pub secret: Option<String>,
    /// How that came.
    pub method: ClientSecretMethod,
}

impl std::fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientAuthentication")
            .field("id", &self.id)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl ClientAuthentication {
    /// Reads it from the headers or the form; one way only (RFC 6749 §2.3).
    ///
    /// # Errors
    ///
    /// `invalid_client` for a header that is none or does not go with the form, `invalid_request` for none at all or two.
    pub fn read(headers: &HeaderMap, form: &Parameters) -> Result<Self, OAuthError> {
        let wrong = |text: &str| OAuthError::new(OAuthErrorCode::InvalidClient, text);
        let in_form = form.get("client_id");
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        match (given.next(), given.next()) {
            (None, _) => {
                let id = in_form.ok_or_else(|| wrong("no client came: send `client_id`, or HTTP Basic"))?.to_owned();
                let secret = form.get("client_secret").map(str::to_owned);
                let method = if secret.is_some() { ClientSecretMethod::Post } else { ClientSecretMethod::None };
                Ok(Self { id, secret, method })
            }
            (Some(value), None) => {
                let (id, secret) =
                    basic(value.as_bytes()).ok_or_else(|| wrong("the `Authorization` header is no HTTP Basic"))?;
                if form.get("client_secret").is_some() {
                    let text = "the client shows who it is in two ways: use one";
                    return Err(OAuthError::new(OAuthErrorCode::InvalidRequest, text));
                }
                if in_form.is_some_and(|other| other != id) {
                    return Err(wrong("the form names another client than the `Authorization` header"));
                }
                Ok(Self { id, secret: Some(secret), method: ClientSecretMethod::Basic })
            }
            (Some(_), Some(_)) => Err(wrong("there are two `Authorization` headers")),
        }
    }
}

/// Both parts are form-urlencoded before they are joined (RFC 6749 §2.3.1).
fn basic(value: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(value).ok()?;
    let (scheme, rest) = text.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((undone(id), undone(secret)))
}

fn undone(text: &str) -> String {
    // What has neither `=` nor `&` outside its encoding is one name.
    let guarded = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(guarded.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// What a client asks of the token endpoint.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// Tokens for a code.
    Code {
        /// The code.
        code: String,
        /// Where it was sent.
        redirect_uri: Option<String>,
        /// What answers the challenge.
        verifier: Option<String>,
    },
    /// Tokens for a refresh token.
    Refresh {
        /// The token.
        token: String,
        /// Less than before, if it is said.
        scope: Option<String>,
    },
    /// Tokens for a device's code.
    Device {
        /// The code.
        device_code: String,
    },
    /// A token for the client itself.
    ClientCredentials {
        /// What for.
        scope: Option<String>,
    },
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Code { .. } => "TokenRequest::Code",
            Self::Refresh { .. } => "TokenRequest::Refresh",
            Self::Device { .. } => "TokenRequest::Device",
            Self::ClientCredentials { .. } => "TokenRequest::ClientCredentials",
        })
    }
}

impl TokenRequest {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// `unsupported_grant_type`, or `invalid_request` for what is missing.
    pub fn read(form: &Parameters) -> Result<Self, OAuthError> {
        let owned = |name: &str| form.get(name).map(str::to_owned);
        Ok(match form.require("grant_type")? {
            "authorization_code" => Self::Code {
                code: form.require("code")?.to_owned(),
                redirect_uri: owned("redirect_uri"),
                verifier: owned("code_verifier"),
            },
            "refresh_token" => {
                Self::Refresh { token: form.require("refresh_token")?.to_owned(), scope: owned("scope") }
            }
            "urn:ietf:params:oauth:grant-type:device_code" => {
                Self::Device { device_code: form.require("device_code")?.to_owned() }
            }
            "client_credentials" => Self::ClientCredentials { scope: owned("scope") },
            other => {
                let other: String = other.chars().take(80).collect();
                let text = format!("`{other}` is no grant type here");
                return Err(OAuthError::new(OAuthErrorCode::UnsupportedGrantType, text));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with_basic(text: &str) -> HeaderMap {
        let value = format!("Basic {}", STANDARD.encode(text));
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(&value).unwrap())])
    }

    fn form(text: &str) -> Parameters {
        Parameters::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_client_shows_itself_in_one_way() {
        let read = ClientAuthentication::read(&with_basic("a%2Bb:s%3A%25+t="), &form("client_id=a%2Bb")).unwrap();
        assert_eq!((read.id.as_str(), read.secret.as_deref()), ("a+b", Some("s:% t=")));
        assert_eq!(read.method, ClientSecretMethod::Basic);
        let read = ClientAuthentication::read(&HeaderMap::new(), &form("client_id=a&client_secret=s")).unwrap();
        assert_eq!((read.method, read.secret.as_deref()), (ClientSecretMethod::Post, Some("s")));
        let read = ClientAuthentication::read(&HeaderMap::new(), &form("client_id=a")).unwrap();
        assert_eq!((read.method, read.secret), (ClientSecretMethod::None, None));
        assert!(
            !format!("{:?}", ClientAuthentication::read(&with_basic("a:topsecret"), &form(""))).contains("topsecret")
        );
        for (headers, text, code) in [
            (with_basic("a:s"), "client_secret=s", OAuthErrorCode::InvalidRequest),
            (with_basic("a:s"), "client_id=b", OAuthErrorCode::InvalidClient),
            (with_basic("no colon"), "", OAuthErrorCode::InvalidClient),
            (HeaderMap::new(), "", OAuthErrorCode::InvalidClient),
        ] {
            assert_eq!(ClientAuthentication::read(&headers, &form(text)).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn requests_are_read_by_their_grant() {
        let code = TokenRequest::read(&form("grant_type=authorization_code&code=c&code_verifier=v")).unwrap();
        assert!(matches!(code, TokenRequest::Code { redirect_uri: None, verifier: Some(_), .. }));
        assert_eq!(
            TokenRequest::read(&form("grant_type=authorization_code")).unwrap_err().code,
            OAuthErrorCode::InvalidRequest
        );
        let password = TokenRequest::read(&form("grant_type=password&username=a&password=b")).unwrap_err();
        assert_eq!(password.code, OAuthErrorCode::UnsupportedGrantType);
    }
}
