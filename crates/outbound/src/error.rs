//! Why a request was not sent, or its answer not taken.

use std::time::Duration;

use thiserror::Error;

/// Why there is no answer.
///
/// The texts are for the administrator of a connection, who may be nobody that should learn what the operator's own network
/// holds: a name that does not resolve and one that resolves to a private address are told apart only in the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutboundError {
    /// It is no address that requests are sent to.
    #[error("`{0}` is not an https URL with a host")]
    Address(String),
    /// It is http, to a host that the operator did not name.
    #[error("`{0}` is not https: use https, or ask the operator to name the host in `[outbound] allow`")]
    NotHttps(String),
    /// It holds a user name or a password.
    #[error("the address of `{0}` holds a user name or password: remove it")]
    Credentials(String),
    /// The host is not on the public internet, or nowhere at all.
    #[error("`{0}` has no public address: check the name, or ask the operator to name the host in `[outbound] allow`")]
    NotPublic(String),
    /// Nobody answers there, or the connection broke.
    #[error("`{0}` cannot be reached, breaks off, or does not speak HTTP: check the address and the server")]
    Connection(String),
    /// The server cannot prove who it is.
    #[error("the certificate of `{host}` is not accepted: {reason}")]
    Certificate {
        /// The server.
        host: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It took too long.
    #[error("`{host}` did not answer in full within {} seconds", .limit.as_secs())]
    TimedOut {
        /// The server.
        host: String,
        /// How long was waited.
        limit: Duration,
    },
    /// The answer is larger than is read.
    #[error("the answer of `{host}` has more than {limit} bytes")]
    TooLarge {
        /// The server.
        host: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The server sends us on to somewhere that we do not go.
    #[error("`{from}` redirects to `{to}`: give the address that it redirects to")]
    Redirected {
        /// The host that was asked.
        from: String,
        /// Where it points, without path.
        to: String,
    },
    /// The server sends us round and round.
    #[error("`{0}` redirects more than {limit} times", limit = crate::client::REDIRECTS)]
    RedirectedTooOften(String),
}

/// Why the client cannot be made.
#[derive(Debug, Error)]
pub enum SetUpError {
    /// A certificate that is to be trusted cannot be read.
    #[error("a certificate to trust cannot be read: {0}")]
    Certificate(String),
    /// The system's certificates, or the TLS library, are not there.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}
