//! What can be wrong, in words for the administrator of the connection (SSO-13).

use thiserror::Error;

/// Why a message of an identity provider is refused.
///
/// The texts name what was found and what to change at the identity provider. They are for the error log of the connection,
/// not for whoever sent the response.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MessageError {
    /// It is larger than any honest one.
    #[error("the message has {found} bytes, more than the {limit} that are read")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The form's value is no Base64, or not of UTF-8 text.
    #[error("the message is not the Base64 of a UTF-8 text")]
    Encoding,
    /// It is no XML, or of a kind that is never honest: a document type, hundreds of attributes.
    #[error("the message is not XML that is read: {0}")]
    Xml(String),
    /// It has a shape that hides something from one of its readers.
    #[error("the message has a shape that is not accepted: {0}")]
    Structure(&'static str),
    /// Nothing in it is signed.
    #[error("neither the response nor the assertion is signed: switch on signing at the identity provider")]
    Unsigned,
    /// An algorithm that is too weak, or unknown.
    #[error("the algorithm `{0}` is not accepted: choose RSA or ECDSA with SHA-256 or stronger, and AES-GCM")]
    Algorithm(String),
    /// The signature does not hold with any certificate of the connection.
    #[error("the signature does not hold with any of the connection's certificates: {0}")]
    Signature(String),
    /// It cannot be decrypted. One text for every reason, because a difference would help to decrypt it.
    #[error(
        "the assertion cannot be decrypted: check that the identity provider encrypts for the certificate in our metadata"
    )]
    Undecryptable,
    /// The connection has no key to decrypt with.
    #[error("the assertion is encrypted, and the connection publishes no encryption certificate")]
    NotExpectedEncrypted,
    /// The identity provider says that it did not sign the person in.
    #[error("the identity provider answers `{code}`{}", .message.as_deref().map(|said| format!(": {said}")).unwrap_or_default())]
    Status {
        /// The innermost status code.
        code: String,
        /// The status message.
        message: Option<String>,
    },
    /// Something that must be there is not, or is there twice.
    #[error("{0}")]
    Missing(&'static str),
    /// A version other than 2.0.
    #[error("the version is `{0}` and not `2.0`")]
    Version(String),
    /// Somebody else speaks.
    #[error("the issuer is `{found}` and not `{expected}`")]
    Issuer {
        /// The connection's identity provider.
        expected: String,
        /// Who speaks.
        found: String,
    },
    /// It is addressed to another place.
    #[error("{what} is `{found}` and not our `{expected}`")]
    Address {
        /// `Destination` or `Recipient`.
        what: &'static str,
        /// Our assertion consumer service.
        expected: String,
        /// What it is addressed to.
        found: String,
    },
    /// It is for another service provider.
    #[error("the audience is {} and not `{expected}`", .found.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", "))]
    Audience {
        /// Our entity ID.
        expected: String,
        /// Who it is for.
        found: Vec<String>,
    },
    /// It answers another request than the browser's, or none (SSO-3, SSO-7).
    #[error("{what} answers `{}`, and the browser's request is `{}`", .found.as_deref().unwrap_or("no request"), .expected.as_deref().unwrap_or("none"))]
    InResponseTo {
        /// The part that says so.
        what: &'static str,
        /// The request that is pending in this browser.
        expected: Option<String>,
        /// The request that it says it answers.
        found: Option<String>,
    },
    /// A time that is no time.
    #[error("{what} `{found}` is not a time in UTC")]
    Time {
        /// The attribute.
        what: &'static str,
        /// Its value.
        found: String,
    },
    /// It came too late.
    #[error("{what} was `{until}`: check the clocks of the identity provider and of this server")]
    Expired {
        /// The attribute.
        what: &'static str,
        /// Its value.
        until: String,
    },
    /// It came too early.
    #[error("{what} is `{from}`: check the clocks of the identity provider and of this server")]
    NotYetValid {
        /// The attribute.
        what: &'static str,
        /// Its value.
        from: String,
    },
    /// A condition that nobody here understands, and that must therefore be taken as not met.
    #[error("the condition `{0}` is not understood")]
    Condition(String),
    /// The person was signed in by other means than were asked for.
    #[error("the authentication context is `{}` and not one of those requested", .found.as_deref().unwrap_or("not stated"))]
    AuthnContext {
        /// What the assertion says.
        found: Option<String>,
    },
}

/// Why metadata cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MetadataError {
    /// Larger than any honest metadata.
    #[error("the metadata has {found} bytes, more than the {limit} that are read")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// It is no XML that is read.
    #[error("the metadata is not XML that is read: {0}")]
    Xml(String),
    /// It is of something else.
    #[error("{0}")]
    Missing(&'static str),
    /// It describes several identity providers.
    #[error("the metadata describes {0} identity providers: keep the one of this connection")]
    Several(usize),
    /// A certificate in it cannot be read.
    #[error("a certificate of the metadata cannot be used")]
    Certificate(#[source] KeyError),
    /// An address in it is none that a browser may be sent to.
    #[error("the address `{0}` is not an http or https URL")]
    Address(String),
    /// Its time is over.
    #[error("the metadata was valid until `{0}`: fetch it again from the identity provider")]
    Expired(String),
}

/// Why a certificate or key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("it is not an X.509 certificate: paste it as PEM, or as the Base64 of DER")]
    NotACertificate,
    /// It holds a key that is not accepted.
    #[error("its key is neither RSA of 2048 bits or more nor ECDSA on P-256, P-384 or P-521")]
    Unsupported,
    /// There is none.
    #[error("no signing certificate is given, so no response could be checked")]
    None,
    /// A private key that cannot be read.
    #[error("the private key is not RSA in PKCS #8")]
    NotAKey,
}
