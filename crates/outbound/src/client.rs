//! Sending a request, with every limit that rule SEC-3 asks for.

use std::{error::Error, io, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use reqwest::{Certificate, Client, redirect};

use crate::{
    Allowed, OutboundError, Resolve, SetUpError, SystemResolver,
    dns::Dns,
    resolver::{Checked, Refused},
    target::Target,
};

/// How often one request may be redirected.
pub(crate) const REDIRECTS: usize = 3;

/// How much and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of an answer's body that are read.
    pub body_bytes: usize,
    /// How long making a connection may take, TLS included.
    pub connect: Duration,
    /// How long everything together may take, redirects and the last byte included.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 1 << 20, connect: Duration::from_secs(5), whole: Duration::from_secs(15) }
    }
}

/// Whose certificates are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authorities that the operating system trusts.
    #[default]
    System,
    /// Only these authorities, each in PEM.
    Only(Vec<Vec<u8>>),
}

/// The client for outbound requests (SEC-3). A clone shares everything with its original.
#[derive(Clone)]
pub struct Outbound {
    client: Client,
    checked: Checked,
    limits: Limits,
    dns: Dns,
}

impl Outbound {
    /// A client over the operating system's resolver and its trusted authorities, with the default limits.
    ///
    /// # Errors
    ///
    /// [`SetUpError`] if there is no TLS on this system.
    pub fn new(allowed: Allowed) -> Result<Self, SetUpError> {
        Self::with(allowed, SystemResolver, &Trust::System, Limits::default())
    }

    /// A client with a resolver, authorities and limits of one's own.
    ///
    /// # Errors
    ///
    /// [`SetUpError`] if there is no TLS on this system, or a certificate cannot be read.
    pub fn with(allowed: Allowed, resolver: impl Resolve, trust: &Trust, limits: Limits) -> Result<Self, SetUpError> {
        let checked = Checked::new(Arc::new(resolver), Arc::new(allowed));
        let builder = Client::builder()
            .dns_resolver(checked.clone())
            .no_proxy()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // A connection is checked when it is made; none outlives its request.
            .pool_max_idle_per_host(0)
            .connect_timeout(limits.connect)
            .user_agent(concat!("Muster/", env!("CARGO_PKG_VERSION")));
        let builder = match trust {
            Trust::System => builder,
            Trust::Only(authorities) => {
                let read = |pem: &Vec<u8>| Certificate::from_pem(pem);
                let authorities: Result<Vec<_>, _> = authorities.iter().map(read).collect();
                builder.tls_certs_only(authorities.map_err(|error| SetUpError::Certificate(chain(&error)))?)
            }
        };
        let client = builder.build().map_err(|error| SetUpError::Tls(chain(&error)))?;
        Ok(Self { client, checked, limits, dns: Dns::system() })
    }

    /// The same client, with other resolvers of TXT records than the system's.
    #[must_use]
    pub fn with_dns(self, dns: Dns) -> Self {
        Self { dns, ..self }
    }

    /// What asks for TXT records.
    #[must_use]
    pub fn dns(&self) -> &Dns {
        &self.dns
    }

    /// Checks what can be checked of an address before a request is sent there.
    ///
    /// # Errors
    ///
    /// [`OutboundError`], if no request may be sent there.
    pub fn check(&self, address: &Uri) -> Result<(), OutboundError> {
        Target::of(address, &self.checked).map(drop)
    }

    /// Sends a request and reads the whole answer. Every answer is a success here, whatever its status.
    ///
    /// A GET follows redirects on the same host, scheme and port; the headers go along.
    ///
    /// # Errors
    ///
    /// [`OutboundError`], if the request may not be sent, or no answer came within the limits.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, OutboundError> {
        let (parts, body) = request.into_parts();
        let target = Target::of(&parts.uri, &self.checked)?;
        let host = target.name();
        let timed_out = OutboundError::TimedOut { host, limit: self.limits.whole };
        let exchange = self.exchange(target, parts.method, parts.headers, body);
        tokio::time::timeout(self.limits.whole, exchange).await.unwrap_or(Err(timed_out))
    }

    async fn exchange(
        &self,
        mut target: Target,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Bytes>, OutboundError> {
        for _ in 0..=REDIRECTS {
            let request = self.client.request(method.clone(), target.url.clone());
            let request = request.headers(headers.clone()).body(body.clone());
            let answer = request.send().await.map_err(|error| self.failure(&target, &error))?;
            let Some(location) = redirect(&answer) else { return self.read(&target, answer).await };
            let next = target.redirected(&location)?;
            if method != Method::GET {
                // A form is not sent twice, and not to an address that nobody wrote down.
                return Err(OutboundError::Redirected { from: target.name(), to: next.url.path().to_owned() });
            }
            target = next;
        }
        Err(OutboundError::RedirectedTooOften(target.name()))
    }

    async fn read(&self, target: &Target, mut answer: reqwest::Response) -> Result<Response<Bytes>, OutboundError> {
        let limit = self.limits.body_bytes;
        let too_large = || OutboundError::TooLarge { host: target.name(), limit };
        // The checks are before the connection is made; this one is of what was made.
        if !answer.remote_addr().is_some_and(|peer| self.checked.may_reach(&target.host, peer.ip())) {
            return Err(OutboundError::NotPublic(target.name()));
        }
        if answer.content_length().is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > limit)) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failure(target, &error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }

    fn failure(&self, target: &Target, error: &reqwest::Error) -> OutboundError {
        let host = target.name();
        if causes(error).any(|cause| cause.is::<Refused>()) {
            return OutboundError::NotPublic(host);
        }
        if let Some(tls) = causes(error).find_map(tls) {
            return OutboundError::Certificate { host, reason: tls.to_string() };
        }
        if error.is_timeout() {
            return OutboundError::TimedOut { host, limit: self.limits.connect };
        }
        OutboundError::Connection(host)
    }
}

/// Where an answer redirects to.
fn redirect(answer: &reqwest::Response) -> Option<String> {
    let is_redirect = matches!(
        answer.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = answer.headers().get(header::LOCATION).filter(|_| is_redirect)?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// An error and what it was caused by.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| cause(*error))
}

/// What an error was caused by. What an I/O error wraps is not its source but itself.
fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn tls<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    cause.downcast_ref()
}

fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
