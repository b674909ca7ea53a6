//! We, as a provider knows us, and a sign-in from a callback to a login.

use std::fmt;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{PkceCodeVerifier, RedirectUrl};

use crate::{
    assertion::SigningKey,
    callback::Callback,
    error::{IssuerError, SignInError},
    exchange,
    login::Login,
    logout::IdToken,
    provider::Provider,
    received::Received,
    token::{Expected, Unverified},
    transport::Transport,
    userinfo,
};

/// A client of a provider.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id there.
    pub id: String,
    /// How it shows that it is that client.
    pub authentication: ClientAuthentication,
    /// Where browsers come back, registered there to the letter.
    pub(crate) redirect_uri: RedirectUrl,
}

/// How a client shows who it is (OpenID Connect Core §9).
#[derive(Clone)]
pub enum ClientAuthentication {
    /// Not at all: a public client, with PKCE alone.
    None,
    /// `client_secret_basic`.
    Basic(String),
    /// `client_secret_post`.
    Post(String),
    /// `private_key_jwt`.
    PrivateKey(SigningKey),
}

/// Tells the method, and not the secret.
impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Basic(_) => "Basic(..)",
            Self::Post(_) => "Post(..)",
            Self::PrivateKey(_) => "PrivateKey(..)",
        })
    }
}

/// What was remembered of a sign-in while the browser was away.
#[derive(Clone, Copy)]
pub struct Pending {
    /// 32 random bytes, of which both the nonce and PKCE's verifier are made. To be kept like a secret.
    pub secret: [u8; 32],
    /// When the browser was sent away, in seconds since 1970.
    pub requested_at: i64,
    /// Whether the person had to show who they are again.
    pub forced: bool,
}

impl Pending {
    /// The nonce; it tells nothing of the verifier.
    pub(crate) fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// PKCE's verifier ([RFC 7636](https://www.rfc-editor.org/rfc/rfc7636) §4.1), 43 characters.
    pub(crate) fn verifier(&self) -> PkceCodeVerifier {
        PkceCodeVerifier::new(self.derived("verifier"))
    }

    fn derived(&self, what: &str) -> String {
        let hash = digest::digest(&digest::SHA256, &[what.as_bytes(), b" ", &self.secret[..]].concat());
        URL_SAFE_NO_PAD.encode(hash)
    }
}

/// Leaves the secret out.
impl fmt::Debug for Pending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Pending");
        shown.field("requested_at", &self.requested_at).field("forced", &self.forced).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that browsers come back to at this address.
    ///
    /// # Errors
    ///
    /// The address is none.
    pub fn new(id: &str, authentication: ClientAuthentication, redirect_uri: &str) -> Result<Self, IssuerError> {
        let wrong = |_| IssuerError::RedirectUri(redirect_uri.chars().take(200).collect());
        let redirect_uri = RedirectUrl::new(redirect_uri.to_owned()).map_err(wrong)?;
        Ok(Self { id: id.to_owned(), authentication, redirect_uri })
    }

    /// Goes from a callback to a login: the code is redeemed, the ID token checked, userinfo asked. `now` in seconds since
    /// 1970; `jti` names our statement to the provider, once, if one is signed.
    ///
    /// The caller has looked up `pending` by [`Callback::state`], for this browser, and will not do so again.
    ///
    /// What came is told beside the login, or beside [`SignInError`] for whatever is wrong first. Nobody is signed in then.
    pub async fn sign_in(
        &self,
        transport: &impl Transport,
        provider: &Provider,
        callback: &Callback,
        pending: &Pending,
        jti: &str,
        now: i64,
    ) -> (Received, Result<Login, SignInError>) {
        let mut received = Received::default();
        let sign_in = SignIn { client: self, transport, provider, callback, pending, jti, now };
        let login = sign_in.run(&mut received).await;
        (received, login)
    }
}

/// A sign-in whose callback has come.
struct SignIn<'s, T> {
    client: &'s Client,
    transport: &'s T,
    provider: &'s Provider,
    callback: &'s Callback,
    pending: &'s Pending,
    jti: &'s str,
    now: i64,
}

impl<T: Transport> SignIn<'_, T> {
    async fn run(&self, received: &mut Received) -> Result<Login, SignInError> {
        let Self { client, transport, provider, callback, pending, jti, now } = *self;
        let issuer = provider.issuer();
        callback.tell(received);
        let code = callback.code(issuer.identifier(), provider.says_who_answers)?;
        let redeemed = exchange::redeem(client, transport, provider, code, pending, jti, now).await;
        if let Err(SignInError::NotRedeemed { code, description, .. }) = &redeemed {
            received.refusal("token_endpoint", code, description.as_deref());
        }
        let redeemed = redeemed?;
        received.token("id_token", &redeemed.id_token);
        let token = Unverified::read(&redeemed.id_token)?;
        let keys = provider.keys(transport, token.key.as_deref(), &token.algorithm, now).await?;
        let nonce = pending.nonce();
        let expected = Expected {
            issuer: issuer.identifier(),
            client_id: &client.id,
            nonce: &nonce,
            access_token: &redeemed.access_token,
            requested_at: pending.requested_at,
            forced: pending.forced,
            now,
        };
        let claims = token.verify(keys, &expected)?;
        issuer.check_tenant(&claims)?;
        let userinfo = userinfo::fetch(transport, provider, &redeemed.access_token).await?;
        if let Some(userinfo) = &userinfo {
            received.object("userinfo", userinfo);
            userinfo::check(userinfo, &claims)?;
        }
        Login::of(IdToken::new(redeemed.id_token), &claims, userinfo.as_ref())
    }
}
