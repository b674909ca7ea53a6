//! The groups of a person whom Entra ID has in too many to state them: asked of Microsoft Graph, with our own credentials.
//!
//! The link that the ID token carries is never followed (SEC-3). The address is made of the cloud's, and of ids that were
//! checked to be GUIDs: the pinned tenant's, and the person's of the signed token.

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Request, header};
use serde_json::Value;

use crate::{
    client::{Client, ClientAuthentication},
    error::{ProviderError, SignInError},
    exchange::ASSERTION_TYPE,
    issuer::is_guid,
    json::{self, Object},
    login::Login,
    provider::{self, Provider},
    transport::Transport,
};

const WHAT: &str = "groups in Microsoft Graph";
/// How many answers are read, of at most 999 groups each.
const PAGES: usize = 12;

/// The groups of a person, each by its id and by its display name: tables and names of groups may speak of either. Needs the
/// application permission `GroupMember.Read.All`.
///
/// # Errors
///
/// The look-up failed; nothing is known of the groups then (JIT-3).
pub async fn groups(
    transport: &impl Transport,
    client: &Client,
    provider: &Provider,
    login: &Login,
    jti: &str,
    now: i64,
) -> Result<Vec<String>, SignInError> {
    let unreadable = |why: &str| ProviderError::Unreadable { what: WHAT, why: why.to_owned() };
    let tenant = provider.issuer().entra_tenant();
    let (host, tenant) = tenant.ok_or_else(|| unreadable("the issuer is not a tenant of Entra ID"))?;
    let person = login.object_id.as_deref().filter(|id| is_guid(id));
    let person = person.ok_or_else(|| unreadable("the ID token has no `oid`"))?;
    let graph = match host {
        "login.microsoftonline.us" => "https://graph.microsoft.us",
        "login.partner.microsoftonline.cn" => "https://microsoftgraph.chinacloudapi.cn",
        _ => "https://graph.microsoft.com",
    };
    let token = token(transport, client, host, tenant, graph, jti, now).await?;
    let first = format!("{graph}/v1.0/users/{person}/transitiveMemberOf/microsoft.graph.group");
    let mut next = Some(format!("{first}?$select=id,displayName&$top=999"));
    let mut found = Vec::new();
    for _ in 0..PAGES {
        let Some(address) = next else { return Ok(found) };
        let page = page(transport, &address, &token).await?;
        for group in page.get("value").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
            found.extend(["id", "displayName"].iter().filter_map(|name| json::text(group, name)).map(str::to_owned));
        }
        next = json::text(&page, "@odata.nextLink").map(str::to_owned);
        // A next page is of the same list.
        if next.as_deref().is_some_and(|next| !next.starts_with(&format!("{first}?"))) {
            return Err(unreadable("the next page is somewhere else").into());
        }
    }
    if next.is_some() { Err(unreadable("there are too many").into()) } else { Ok(found) }
}

/// A token of the tenant for Graph, by client credentials (RFC 6749 §4.4).
async fn token(
    transport: &impl Transport,
    client: &Client,
    host: &str,
    tenant: &str,
    graph: &str,
    jti: &str,
    now: i64,
) -> Result<String, SignInError> {
    let address = format!("https://{host}/{tenant}/oauth2/v2.0/token");
    let form = form(client, &address, &format!("{graph}/.default"), jti, now)?;
    let request = Request::post(address)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(form));
    let answer = provider::ask(transport, WHAT, request.map_err(unsendable)?).await?;
    let token = json::text(&answer, "access_token").map(str::to_owned);
    token.ok_or_else(|| ProviderError::Unreadable { what: WHAT, why: "`access_token` is missing".to_owned() }.into())
}

/// The form of RFC 6749 §4.4.2, with which the client shows who it is.
fn form(client: &Client, audience: &str, scope: &str, jti: &str, now: i64) -> Result<String, SignInError> {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials")
        .append_pair("scope", scope)
        .append_pair("client_id", &client.id);
    match &client.authentication {
        ClientAuthentication::Basic(secret) | ClientAuthentication::Post(secret) => {
            form.append_pair("client_secret", secret);
        }
        ClientAuthentication::PrivateKey(key) => {
            let signed = key.assertion(&client.id, audience, jti, now).map_err(SignInError::Key)?;
            form.append_pair("client_assertion_type", ASSERTION_TYPE).append_pair("client_assertion", &signed);
        }
        ClientAuthentication::None => {
            let why = "the connection has neither client secret nor key".to_owned();
            return Err(ProviderError::Unreadable { what: WHAT, why }.into());
        }
    }
    Ok(form.finish())
}

async fn page(transport: &impl Transport, address: &str, token: &str) -> Result<Object, ProviderError> {
    let request = Request::get(address)
        .header(header::ACCEPT, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(Bytes::new());
    provider::ask(transport, WHAT, request.map_err(unsendable)?).await
}

fn unsendable(error: http::Error) -> ProviderError {
    ProviderError::Unreadable { what: WHAT, why: error.to_string() }
}
