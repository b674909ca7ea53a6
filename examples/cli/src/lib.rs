//! Notes in the shell: signing in by a code that is typed elsewhere (RFC 8628), with the crate `openidconnect`.

use std::{
    fmt,
    fs::{self, OpenOptions},
    io::Write,
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, ClientId, DeviceAuthorizationUrl, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, OAuth2TokenResponse, ProviderMetadata, RefreshToken,
    RevocationUrl, Scope, TokenResponse, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClient, CoreClientAuthMethod,
        CoreDeviceAuthorizationResponse, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType, CoreTokenResponse,
    },
};
use serde::{Deserialize, Serialize};

/// What `muster apply` prints for the client; it has no secret.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Muster's base URL.
    #[arg(long, global = true, env = "MUSTER_ISSUER", default_value = "http://127.0.0.1:8080")]
    pub issuer: String,
    /// The client's id.
    #[arg(long, env = "MUSTER_CLIENT_ID")]
    pub client_id: String,
}

/// Where a command line goes, as Muster says it itself.
#[derive(Debug, Clone, Deserialize, Serialize)]
struct Endpoints {
    device_authorization_endpoint: DeviceAuthorizationUrl,
    revocation_endpoint: RevocationUrl,
}

impl AdditionalProviderMetadata for Endpoints {}

type Metadata = ProviderMetadata<
    Endpoints,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;
type Client = CoreClient<EndpointSet, EndpointSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Why something did not come to be.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// There is no session.
    #[error("you are not signed in: run `login`")]
    NotSignedIn,
    /// Muster does not answer as it should, or says no.
    #[error("{what}: {why}")]
    Muster {
        /// What was wanted.
        what: &'static str,
        /// Why it is not had.
        why: String,
    },
    /// The session's file.
    #[error("the session cannot be kept in `{0}`: {1}")]
    File(PathBuf, std::io::Error),
}

/// What keeps somebody signed in.
#[derive(Serialize, Deserialize)]
struct Session {
    refresh_token: RefreshToken,
}

/// Who somebody is.
#[derive(Debug, Clone)]
pub struct Who {
    /// Their name, or their address.
    pub name: String,
    /// Where they are.
    pub organizations: Vec<Organization>,
}

/// An organization that somebody is in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    /// Its name.
    pub name: String,
    /// Their role there.
    pub role: String,
    /// Their teams there.
    #[serde(default)]
    pub teams: Vec<String>,
}

impl fmt::Display for Who {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "You are {}.", self.name)?;
        for Organization { name, role, teams } in &self.organizations {
            write!(formatter, "\n  {name}: {role}")?;
            if !teams.is_empty() {
                write!(formatter, " in {}", teams.join(", "))?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Claims {
    #[serde(default)]
    organizations: Vec<Organization>,
}

impl AdditionalClaims for Claims {}

/// Signing in that has begun.
pub struct Login {
    client: Client,
    details: CoreDeviceAuthorizationResponse,
}

impl Login {
    /// Where the person goes, with the code in it.
    #[must_use]
    pub fn address(&self) -> String {
        match self.details.verification_uri_complete() {
            Some(address) => address.secret().clone(),
            None => self.details.verification_uri().to_string(),
        }
    }

    /// The code that they type, or compare.
    #[must_use]
    pub fn code(&self) -> &str {
        self.details.user_code().secret()
    }
}

/// The command line.
pub struct Cli {
    settings: Settings,
    session: PathBuf,
    http: reqwest::Client,
}

impl Cli {
    /// By the settings; nothing is asked yet.
    #[must_use]
    pub fn new(settings: Settings, session: PathBuf) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        Self { settings, session, http: http.timeout(Duration::from_secs(30)).build().unwrap_or_default() }
    }

    /// Asks for a code.
    ///
    /// # Errors
    ///
    /// When Muster gives none.
    pub async fn begin(&self) -> Result<Login, Failure> {
        let client = self.client().await?;
        let request = client.exchange_device_code();
        let request =
            request.add_scopes(["profile", "email", "organizations"].map(|scope| Scope::new(scope.to_owned())));
        let details = request.request_async(&self.sender()).await.map_err(failed("no code is given"))?;
        Ok(Login { client, details })
    }

    /// Waits until the person has typed the code, and keeps the session.
    ///
    /// # Errors
    ///
    /// When they said no, or nobody came.
    pub async fn finish(&self, login: &Login) -> Result<(), Failure> {
        let what = "you are not signed in";
        let request = login.client.exchange_device_access_token(&login.details).map_err(failed(what))?;
        let tokens = request.request_async(&self.sender(), tokio::time::sleep, None).await.map_err(failed(what))?;
        self.keep(&tokens)
    }

    /// Who is signed in.
    ///
    /// # Errors
    ///
    /// When nobody is any more.
    pub async fn who(&self) -> Result<Who, Failure> {
        let client = self.client().await?;
        let session = self.session()?;
        let what = "your session is over, run `login`";
        let request = client.exchange_refresh_token(&session.refresh_token).map_err(failed(what))?;
        let tokens = request.request_async(&self.sender()).await.map_err(failed(what))?;
        // Each refresh token works once: the next one is kept before anything else is done.
        self.keep(&tokens)?;
        let verifier = client.id_token_verifier();
        let id_token = tokens.id_token().ok_or_else(|| Failure::Muster { what, why: "no ID token".to_owned() })?;
        // Nothing was sent along that an ID token would have to bring back.
        let claims = id_token.claims(&verifier, |_: Option<&openidconnect::Nonce>| Ok(())).map_err(failed(what))?;
        let subject = Some(claims.subject().clone());
        let info = client.user_info(tokens.access_token().clone(), subject).map_err(failed(what))?;
        let info: UserInfoClaims<Claims, CoreGenderClaim> =
            info.request_async(&self.sender()).await.map_err(failed(what))?;
        let name = info.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        let email = info.email().map(|email| email.to_string());
        let name = name.filter(|name| !name.is_empty()).or(email).unwrap_or_default();
        Ok(Who { name, organizations: info.additional_claims().organizations.clone() })
    }

    /// Gives the session back, and forgets it.
    ///
    /// # Errors
    ///
    /// When Muster does not answer; it is forgotten nevertheless.
    pub async fn logout(&self) -> Result<(), Failure> {
        let session = self.session()?;
        fs::remove_file(&self.session).map_err(|error| Failure::File(self.session.clone(), error))?;
        let what = "the session is forgotten, but goes on at Muster";
        let metadata = self.metadata().await?;
        // By hand: the library revokes at https alone, and the demonstration has none.
        let address = metadata.additional_metadata().revocation_endpoint.url().clone();
        let form = [("client_id", &self.settings.client_id), ("token", session.refresh_token.secret())];
        let answer = self.http.post(address).form(&form).send().await;
        answer.and_then(reqwest::Response::error_for_status).map(drop).map_err(failed(what))
    }

    async fn metadata(&self) -> Result<Metadata, Failure> {
        let what = "Muster cannot be asked";
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(failed(what))?;
        Metadata::discover_async(issuer, &self.sender()).await.map_err(failed(what))
    }

    async fn client(&self) -> Result<Client, Failure> {
        let metadata = self.metadata().await?;
        let address = metadata.additional_metadata().device_authorization_endpoint.clone();
        let client_id = ClientId::new(self.settings.client_id.clone());
        Ok(CoreClient::from_provider_metadata(metadata, client_id, None).set_device_authorization_url(address))
    }

    fn session(&self) -> Result<Session, Failure> {
        let text = fs::read(&self.session).map_err(|_| Failure::NotSignedIn)?;
        serde_json::from_slice(&text).map_err(|_| Failure::NotSignedIn)
    }

    /// Keeps the newest refresh token where only its owner reads it: the old one stays until the new one is there.
    fn keep(&self, tokens: &CoreTokenResponse) -> Result<(), Failure> {
        let Some(refresh_token) = tokens.refresh_token().cloned() else { return Ok(()) };
        let new = self.session.with_extension("new");
        let write = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&new)?.write_all(&serde_json::to_vec(&Session { refresh_token })?)?;
            fs::rename(&new, &self.session)
        };
        write().map_err(|error| Failure::File(self.session.clone(), error))
    }

    /// Sends what the library wants sent.
    fn sender(&self) -> impl Fn(HttpRequest) -> Sending {
        let http = self.http.clone();
        move |request| Box::pin(send(http.clone(), request))
    }
}

type Sending = std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send>>;

async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = http.execute(request.try_into()?).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(answer.bytes().await?.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// A failure with what is beneath it.
fn failed<E: std::error::Error>(what: &'static str) -> impl Fn(E) -> Failure {
    move |error| {
        let mut why = error.to_string();
        let mut beneath = error.source();
        while let Some(error) = beneath {
            why = format!("{why}: {error}");
            beneath = error.source();
        }
        Failure::Muster { what, why }
    }
}
