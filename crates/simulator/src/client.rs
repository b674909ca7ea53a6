//! The transport over HTTP and HTTPS.

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Url, redirect};

use crate::step::Method;
use crate::transport::{Request, Response, Transport, TransportError};

/// IdPs give up after about this long; Okta says 60 seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A SCIM base URL that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It is not an http or https URL, or has a query.
    #[error("`{0}` is not a base URL: write https://HOST/PATH")]
    Url(String),
    /// The token has characters that a header cannot have.
    #[error("the token has characters that no bearer token has: copy it again")]
    Token,
    /// The client could not be made.
    #[error("the HTTP client cannot be made")]
    Client(#[from] reqwest::Error),
}

/// A client of one SCIM service provider.
#[derive(Debug, Clone)]
pub struct Client {
    base_url: String,
    authorization: HeaderValue,
    client: reqwest::Client,
}

impl Client {
    /// A client for a base URL and a bearer token. It follows no redirects: IdPs do not either.
    ///
    /// # Errors
    ///
    /// See [`ClientError`].
    pub fn new(base_url: &str, token: &str) -> Result<Client, ClientError> {
        let usable = Url::parse(base_url).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
        });
        if !usable {
            return Err(ClientError::Url(base_url.to_owned()));
        }
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ClientError::Token)?;
        authorization.set_sensitive(true);
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).timeout(PATIENCE).build()?;
        Ok(Client { base_url: base_url.trim_end_matches('/').to_owned(), authorization, client })
    }

    async fn exchange(&self, request: &Request) -> Result<Response, reqwest::Error> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let url = format!("{}{}", self.base_url, request.path);
        let mut builder = self.client.request(method, url).header(AUTHORIZATION, self.authorization.clone());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.to_string());
        }
        let begun = Instant::now();
        let answer = builder.send().await?;
        let status = answer.status().as_u16();
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = answer.bytes().await?.to_vec();
        Ok(Response { status, headers, body, took: Some(begun.elapsed()) })
    }
}

impl Transport for Client {
    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        self.exchange(request).await.map_err(|error| TransportError::new(&error.without_url()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_urls_and_printable_tokens_are_taken() {
        for url in ["ftp://example.com", "example.com", "https://example.com/scim/v2?aadOptscim062020", ""] {
            assert!(matches!(Client::new(url, "t"), Err(ClientError::Url(_))), "{url}");
        }
        assert!(matches!(Client::new("https://example.com/scim/v2", "a\nb"), Err(ClientError::Token)));
        let debug = format!("{:?}", Client::new("https://example.com/scim/v2/", "secret").unwrap());
        assert!(!debug.contains("secret"), "{debug}");
    }
}
