//! The identity provider: what it must be told of us, and what it tells us.

use askama::Template;
use axum::{extract::Query, response::Response};
use muster_administration::{
    applying::connection_answer,
    connections,
    declaration::{self, ClientSecret, connection_to_engine},
};
use muster_crypto::Secret;
use muster_engine::setup;
use muster_model::{
    Connection,
    connection::{ClientAuthentication, SingleSignOn},
    sign_in::AttributeNames,
};
use muster_store::IdpMetadata;
use serde::Deserialize;

use super::{
    Desk, apart,
    attributes::{self, Field},
    back,
    guide::{Copied, Guide},
    here, is_draft, is_for_the_page,
    upload::Uploaded,
};
use crate::{
    HttpError, ScimDocuments,
    browser::Form,
    console::shell::{self, Shell},
    pages::filters,
    sign_in::{identity_provider::metadata_at, keep_client_secret, require_provider},
};

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    guide: String,
    /// `saml` or `oidc`: which form is shown.
    #[serde(default)]
    protocol: String,
    #[serde(default)]
    done: String,
}

/// How the metadata of a SAML identity provider is stated.
const WAYS: [&str; 3] = ["url", "paste", "parts"];

/// What is in the form. A client secret is never shown again.
#[derive(Debug, Clone, Default)]
struct Typed {
    is_oidc: bool,
    way: String,
    metadata_url: String,
    metadata: String,
    entity_id: String,
    sso_url: String,
    certificates: String,
    sign_requests: bool,
    encryption: bool,
    issuer: String,
    client_id: String,
    client_secret: String,
    tenant: String,
    authentication: String,
    graph_groups: bool,
    force_authn: bool,
    attributes: AttributeNames,
}

impl Typed {
    fn of(stated: &declaration::Connection) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        match (&stated.saml, &stated.oidc) {
            (_, Some(oidc)) => Self {
                is_oidc: true,
                way: "url".to_owned(),
                issuer: oidc.issuer.clone(),
                client_id: oidc.client_id.clone(),
                tenant: text(&oidc.tenant),
                authentication: word(oidc.authentication).to_owned(),
                graph_groups: oidc.graph_groups,
                force_authn: oidc.force_authn,
                attributes: oidc.attributes.clone(),
                ..Self::default()
            },
            (Some(saml), None) => Self {
                way: if saml.metadata_url.is_some() { "url" } else { "parts" }.to_owned(),
                metadata_url: text(&saml.metadata_url),
                entity_id: text(&saml.entity_id),
                sso_url: text(&saml.sso_url),
                certificates: saml.certificates.join("\n\n"),
                sign_requests: saml.sign_requests == Some(true),
                encryption: saml.encryption,
                force_authn: saml.force_authn,
                attributes: saml.attributes.clone(),
                ..Self::default()
            },
            (None, None) => Self { way: "url".to_owned(), ..Self::default() },
        }
    }

    fn read(form: &Form) -> Self {
        let text = |name| form.text(name).unwrap_or_default().to_owned();
        let is_on = |name| form.text(name).is_some();
        let file = text("file");
        Self {
            is_oidc: text("protocol") == "oidc",
            way: if file.is_empty() { text("way") } else { "paste".to_owned() },
            metadata_url: text("metadata-url"),
            metadata: if file.is_empty() { text("metadata") } else { file },
            entity_id: text("entity-id"),
            sso_url: text("sso-url"),
            certificates: text("certificates"),
            sign_requests: is_on("sign-requests"),
            encryption: is_on("encryption"),
            issuer: text("issuer"),
            client_id: text("client-id"),
            client_secret: text("client-secret"),
            tenant: text("tenant"),
            authentication: text("authentication"),
            graph_groups: is_on("graph-groups"),
            force_authn: is_on("force-authn"),
            attributes: attributes::read(form),
        }
    }

    /// What is stated with this; what has no field here stays.
    fn stated(&self, before: &declaration::Connection) -> Result<declaration::Connection, HttpError> {
        let mut wanted = before.clone();
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        if self.is_oidc {
            let known = before.oidc.clone().unwrap_or_default();
            wanted.saml = None;
            wanted.oidc = Some(declaration::Oidc {
                issuer: self.issuer.clone(),
                client_id: self.client_id.clone(),
                client_secret: some(&self.client_secret).map(|secret| ClientSecret::new(&secret)),
                tenant: some(&self.tenant),
                authentication: authentication(&self.authentication)?,
                graph_groups: self.graph_groups,
                force_authn: self.force_authn,
                attributes: self.attributes.clone(),
                ..known
            });
            return Ok(wanted);
        }
        let known = before.saml.clone().unwrap_or_default();
        let mut saml = declaration::Saml {
            metadata: None,
            metadata_url: None,
            sign_requests: Some(self.sign_requests),
            encryption: self.encryption,
            force_authn: self.force_authn,
            attributes: self.attributes.clone(),
            ..known
        };
        match self.way.as_str() {
            "url" => {
                let url =
                    some(&self.metadata_url).ok_or_else(|| HttpError::field("metadata-url", "name an address"))?;
                // What was fetched from it stays until it is fetched again.
                if saml_url(before) != Some(url.as_str()) {
                    saml = without_parts(saml);
                }
                saml.metadata_url = Some(url);
            }
            "paste" => {
                let metadata =
                    some(&self.metadata).ok_or_else(|| HttpError::field("metadata", "paste it, or upload the file"))?;
                saml = declaration::Saml { metadata: Some(metadata), ..without_parts(saml) };
            }
            "parts" => {
                saml.entity_id = some(&self.entity_id);
                saml.sso_url = some(&self.sso_url);
                saml.certificates = pasted(&self.certificates);
            }
            _ => return Err(HttpError::field("way", format!("use one of {}", WAYS.join(", ")))),
        }
        wanted.oidc = None;
        wanted.saml = Some(saml);
        Ok(wanted)
    }
}

fn saml_url(stated: &declaration::Connection) -> Option<&str> {
    stated.saml.as_ref()?.metadata_url.as_deref()
}

/// What metadata tells is not stated beside it: that would count before it.
fn without_parts(saml: declaration::Saml) -> declaration::Saml {
    declaration::Saml {
        entity_id: None,
        sso_url: None,
        binding: None,
        slo_url: None,
        certificates: Vec::new(),
        sign_requests: saml.sign_requests.filter(|sign| *sign),
        ..saml
    }
}

/// Certificates one after the other: in PEM, or in Base64 with an empty line between.
fn pasted(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let mut found = Vec::new();
    for piece in text.split("-----END CERTIFICATE-----") {
        for part in piece.split("\n\n") {
            let bare = part.replace("-----BEGIN CERTIFICATE-----", "");
            let bare: String = bare.chars().filter(|one| !one.is_whitespace()).collect();
            if !bare.is_empty() {
                found.push(bare);
            }
        }
    }
    found
}

fn word(authentication: ClientAuthentication) -> &'static str {
    match authentication {
        ClientAuthentication::ClientSecretBasic => "client_secret_basic",
        ClientAuthentication::ClientSecretPost => "client_secret_post",
        ClientAuthentication::PrivateKeyJwt => "private_key_jwt",
        ClientAuthentication::None => "none",
    }
}

/// Each way of showing that we are the client, with the name of its text.
const AUTHENTICATIONS: [(&str, &str); 4] = [
    ("client_secret_basic", "provider-secret-basic"),
    ("client_secret_post", "provider-secret-post"),
    ("private_key_jwt", "provider-private-key"),
    ("none", "provider-no-secret"),
];

fn authentication(word: &str) -> Result<ClientAuthentication, HttpError> {
    match word {
        "client_secret_basic" | "" => Ok(ClientAuthentication::ClientSecretBasic),
        "client_secret_post" => Ok(ClientAuthentication::ClientSecretPost),
        "private_key_jwt" => Ok(ClientAuthentication::PrivateKeyJwt),
        "none" => Ok(ClientAuthentication::None),
        _ => Err(HttpError::field("authentication", "choose one of the list")),
    }
}

#[derive(Template)]
#[template(path = "connecting/provider.html")]
struct Page {
    shell: Shell,
    here: String,
    name: String,
    is_draft: bool,
    guide: Guide,
    copied: Vec<Copied>,
    typed: Typed,
    attributes: Vec<Field>,
    /// What the metadata that was fetched says, or why it could not be fetched.
    identity_provider: Option<String>,
    metadata: Option<IdpMetadata>,
    has_secret: bool,
}

/// `GET …/provider`.
pub(crate) async fn page<D: Desk>(desk: D, Query(asked): Query<Asked>) -> Result<Response, HttpError> {
    show(&desk, &asked, None, None).await
}

async fn show<D: Desk>(
    desk: &D,
    asked: &Asked,
    typed: Option<Typed>,
    refused: Option<HttpError>,
) -> Result<Response, HttpError> {
    let look = desk.look(|conn, connection| {
        let has_secret = conn.connection_secret(connection.id)?.is_some();
        Ok((connections::stated(conn, connection)?, conn.idp_metadata(connection.id)?, has_secret))
    });
    let (shell, connection, (stated, metadata, has_secret)) = look.await?;
    let (status, shell) = shell.done(&asked.done).refused_in(desk.arrival(), refused)?;
    let mut typed = typed.unwrap_or_else(|| Typed::of(&stated));
    match asked.protocol.as_str() {
        "oidc" => typed.is_oidc = true,
        "saml" => typed.is_oidc = false,
        _ => {}
    }
    let guide = Guide::named(&asked.guide);
    let page = Page {
        here: here(desk),
        shell,
        is_draft: is_draft(&connection),
        guide,
        copied: guide.copied(&told(desk, &connection, &stated, typed.is_oidc), desk.app().base_url()),
        attributes: attributes::fields(&typed.attributes),
        identity_provider: issuer(&connection),
        metadata,
        has_secret,
        typed,
        name: connection.name,
    };
    shell::page(status, &page)
}

/// What the identity provider must be told, by the protocol of the form: it needs that before it can tell us anything.
fn told(
    desk: &impl Desk,
    connection: &Connection,
    stated: &declaration::Connection,
    is_oidc: bool,
) -> muster_administration::applying::ConnectionAnswer {
    let mut shown = stated.clone();
    if is_oidc {
        shown.saml = None;
        shown.oidc.get_or_insert_default();
    } else {
        shown.oidc = None;
        shown.saml.get_or_insert_default();
    }
    connection_answer(desk.app().base_url(), connection.id, &shown, None)
}

fn issuer(connection: &Connection) -> Option<String> {
    let issuer = match connection.settings.sso.as_ref()? {
        SingleSignOn::Saml(saml) => &saml.entity_id,
        SingleSignOn::Oidc(oidc) => &oidc.issuer,
    };
    Some(issuer.clone()).filter(|issuer| !issuer.is_empty())
}

/// `POST …/provider`.
pub(crate) async fn submit<D: Desk>(desk: D, Uploaded(form): Uploaded) -> Result<Response, HttpError> {
    let typed = Typed::read(&form);
    let asked = Asked { guide: form.text("guide").unwrap_or_default().to_owned(), ..Asked::default() };
    match save(&desk, &typed).await {
        Ok(response) => Ok(response),
        Err(error) if is_for_the_page(&error) => {
            // What was uploaded is not shown, and a secret never.
            let typed = Typed { metadata: String::new(), client_secret: String::new(), ..typed };
            show(&desk, &asked, Some(typed), Some(error)).await
        }
        Err(error) => Ok(apart(error)),
    }
}

async fn save<D: Desk>(desk: &D, typed: &Typed) -> Result<Response, HttpError> {
    let (_, connection, before) = desk.look(connections::stated).await?;
    let mut wanted = typed.stated(&before)?;
    ask(desk, &before, &mut wanted).await?;
    if !is_draft(&connection) {
        return desk.plan(wanted).await;
    }
    let now = desk.app().surroundings().now().seconds();
    let sso = connection_to_engine(&wanted, now)?.sso;
    let sso = sso.ok_or_else(|| HttpError::field("protocol", "choose one"))?;
    let secret: Option<Secret> =
        wanted.oidc.as_ref().and_then(|oidc| oidc.client_secret.as_ref()).map(ClientSecret::secret);
    let (app, id) = (desk.app().clone(), desk.id());
    let changed = desk.change(move |tx, env, draft| {
        setup::set_single_sign_on(tx, env, draft, sso.clone(), &ScimDocuments)?;
        if let Some(secret) = &secret {
            keep_client_secret(tx, app.sealer(), id, secret)?;
        }
        Ok(())
    });
    changed.await?;
    if saml_url(&wanted).is_some() {
        // What comes of it is on the page.
        desk.app().refresh_metadata(id).await?;
    }
    back(desk, "/provider", "done-provider")
}

/// Asks an identity provider that is new where it is said to be: whoever types an address learns at once that it is wrong, and
/// not when people are refused; and what it answers is what is stated, so that nobody is refused until it is asked again.
async fn ask<D: Desk>(
    desk: &D,
    before: &declaration::Connection,
    wanted: &mut declaration::Connection,
) -> Result<(), HttpError> {
    let app = desk.app();
    if let Some(url) = saml_url(wanted).filter(|url| saml_url(before) != Some(*url)).map(str::to_owned) {
        let found = metadata_at(app, &url).await.map_err(|why| HttpError::field("metadata-url", why))?;
        if let Some(saml) = &mut wanted.saml {
            saml.metadata = Some(found);
        }
        return Ok(());
    }
    let Some(oidc) = &wanted.oidc else { return Ok(()) };
    let known = before.oidc.as_ref().filter(|known| (&known.issuer, &known.tenant) == (&oidc.issuer, &oidc.tenant));
    let is_kept = match known {
        Some(_) => desk.look(|conn, connection| Ok(conn.connection_secret(connection.id)?.is_some())).await?.2,
        None => false,
    };
    let shows_secret =
        matches!(oidc.authentication, ClientAuthentication::ClientSecretBasic | ClientAuthentication::ClientSecretPost);
    if shows_secret && oidc.client_secret.is_none() && !is_kept {
        let text = "enter the secret that the identity provider gave you, or choose another way to show who we are";
        return Err(HttpError::field("client-secret", text));
    }
    if known.is_some() {
        return Ok(());
    }
    let answers = require_provider(app, &oidc.issuer, oidc.tenant.as_deref()).await;
    answers.map_err(|why| HttpError::field("issuer", why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_read_in_pem_and_bare() {
        let pem = "-----BEGIN CERTIFICATE-----\r\nAAAA\r\nBBBB\r\n-----END CERTIFICATE-----\r\n";
        assert_eq!(pasted(&format!("{pem}{pem}")), ["AAAABBBB", "AAAABBBB"]);
        assert_eq!(pasted("AA\nBB\n\nCC"), ["AABB", "CC"]);
        assert!(pasted(" \r\n ").is_empty());
    }
}
