//! What the identity provider can do wrong, and what is due then.

/// By which protocol a person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect.
    Oidc,
}

/// What the application should make of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nobody is signed in.
    Refused,
    /// The person is signed in all the same.
    SignedIn,
}

/// A fault of a message, a list of them in the order in which they are offered.
macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $name:ident = $key:literal, $title:literal, [$($protocol:ident),+], $due:ident, $advice:literal;)+) => {
        /// Something that the identity provider does wrong on purpose, once.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Fault {
            /// All of them.
            pub const ALL: &[Fault] = &[$(Fault::$name,)+];

            /// Its name in forms.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Fault::$name => $key,)+ }
            }

            /// Its name for people.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Fault::$name => $title,)+ }
            }

            /// The protocols in which there is such a fault.
            fn protocols(self) -> &'static [Protocol] {
                match self { $(Fault::$name => &[$(Protocol::$protocol,)+],)+ }
            }

            /// What is due.
            #[must_use]
            pub fn due(self) -> Due {
                match self { $(Fault::$name => Due::$due,)+ }
            }

            /// What the application should do, in one line.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $(Fault::$name => $advice,)+ }
            }
        }
    };
}

faults! {
    /// The assertion or token is for another application.
    WrongAudience = "wrong-audience", "Wrong audience", [Saml, Oidc], Refused,
        "Refuse it: it is meant for another application.";
    /// The assertion may be taken by another address.
    WrongRecipient = "wrong-recipient", "Wrong recipient", [Saml], Refused,
        "Refuse it: the assertion may be taken at another address only.";
    /// The response is addressed to another place.
    WrongDestination = "wrong-destination", "Wrong destination", [Saml], Refused,
        "Refuse it: the response is addressed to another place.";
    /// Somebody else speaks.
    WrongIssuer = "wrong-issuer", "Wrong issuer", [Saml, Oidc], Refused,
        "Refuse it: the issuer is not the one of the connection.";
    /// The response answers a request that nobody made.
    WrongRequest = "wrong-request", "Answers another request", [Saml], Refused,
        "Refuse it: it answers no request of this browser.";
    /// The state is another than the client sent.
    WrongState = "wrong-state", "Wrong state", [Oidc], Refused,
        "Refuse it before the code is redeemed: this browser began no such sign-in.";
    /// The nonce is another than the client sent.
    WrongNonce = "wrong-nonce", "Wrong nonce", [Oidc], Refused,
        "Refuse it: the token was made for another sign-in.";
    /// The clock is ten minutes ahead.
    SkewedClock = "skewed-clock", "Clock ten minutes ahead", [Saml, Oidc], Refused,
        "Refuse it as not valid yet, and name both clocks.";
    /// It was good until ten minutes ago.
    Expired = "expired", "Expired", [Saml, Oidc], Refused,
        "Refuse it as too old, and name both clocks.";
    /// Nothing is signed.
    Unsigned = "unsigned", "Not signed", [Saml], Refused,
        "Refuse it, and say that signing must be switched on.";
    /// A token whose header says that it needs no signature.
    NoAlgorithm = "no-algorithm", "Not signed (alg: none)", [Oidc], Refused,
        "Refuse it: an algorithm that the client did not choose is no signature.";
    /// Something was changed after signing.
    Tampered = "tampered", "Changed after signing", [Saml, Oidc], Refused,
        "Refuse it: the signature does not hold.";
    /// A second, forged assertion lies beside the signed one.
    Wrapped = "wrapped", "Signature wrapping", [Saml], Refused,
        "Refuse it: only one assertion is signed, and another is there as well.";
    /// Signed with the key of a certificate that has ended, and is no longer in the metadata.
    ExpiredCertificate = "expired-certificate", "Expired certificate", [Saml], Refused,
        "Refuse it: its certificate has ended and is not in the metadata any more.";
    /// Signed with the next key.
    RotatedKey = "rotated-key", "Rotated key", [Saml, Oidc], SignedIn,
        "Sign the person in, after fetching metadata or keys anew: the next key is there.";
    /// Signed by somebody else.
    UnknownSigner = "unknown-signer", "Unknown signer", [Saml, Oidc], Refused,
        "Refuse it: nobody vouches for this key.";
    /// The last response to the application, once more.
    Replay = "replay", "Replay", [Saml], Refused,
        "Refuse it: each assertion is good once.";
    /// There is no email address.
    MissingEmail = "missing-email", "No email address", [Saml, Oidc], Refused,
        "Refuse it, and say that no email address was sent.";
    /// The identity provider says that it does not know whether the address is the person's.
    UnverifiedEmail = "unverified-email", "Email not verified", [Oidc], Refused,
        "Refuse it: anybody could have typed that address in.";
    /// Groups whose names map to no team.
    MalformedGroups = "malformed-groups", "Malformed groups", [Saml, Oidc], SignedIn,
        "Sign the person in, ignore the groups, and tell the administrator.";
    /// A link in place of the groups, because there are too many.
    Overage = "overage", "Too many groups", [Saml, Oidc], SignedIn,
        "Sign the person in, change no team, and tell the administrator.";
    /// The identity provider does not sign the person in.
    Denied = "denied", "Access denied", [Saml, Oidc], Refused,
        "Tell the person that the identity provider declined, with a way to try again.";
}

impl Fault {
    /// The faults of a protocol.
    pub fn of(protocol: Protocol) -> impl Iterator<Item = Fault> {
        Self::ALL.iter().copied().filter(move |fault| fault.protocols().contains(&protocol))
    }

    /// The fault with this name.
    #[must_use]
    pub fn named(key: &str) -> Option<Fault> {
        Self::ALL.iter().copied().find(|fault| fault.key() == key)
    }
}
