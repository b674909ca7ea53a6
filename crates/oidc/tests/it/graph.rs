//! Groups that Entra ID leaves out for their number.

use muster_oidc::{Client, ClientAuthentication, Issuer, Login, Provider, SignInError, graph_groups};
use serde_json::{Value, json};

use crate::idp::{Idp, NOW, client, is_send, parameter};

const TENANT: &str = "8d0a1f2e-1111-4222-8333-abcdefabcdef";
const PERSON: &str = "0c0ffee0-2222-4333-8444-abcdefabcdef";

/// Entra ID and Graph, with these pages of groups.
fn entra(pages: &[Value]) -> Idp {
    let login = format!("https://login.microsoftonline.com/{TENANT}");
    let groups = format!("https://graph.microsoft.com/v1.0/users/{PERSON}/transitiveMemberOf/microsoft.graph.group");
    let mut idp = Idp::new();
    let metadata = json!({
        "issuer": format!("{login}/v2.0"),
        "authorization_endpoint": format!("{login}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{login}/oauth2/v2.0/token"),
        "jwks_uri": format!("{login}/discovery/v2.0/keys"),
    });
    idp.elsewhere = vec![
        (format!("{login}/v2.0/.well-known/openid-configuration"), metadata),
        (format!("{login}/discovery/v2.0/keys"), idp.keys.lock().unwrap().clone()),
        (format!("{login}/oauth2/v2.0/token"), json!({"access_token": "graph-token", "token_type": "Bearer"})),
    ];
    for (at, page) in pages.iter().enumerate().rev() {
        let query = if at == 0 { "?$select".to_owned() } else { format!("?$skiptoken={at}") };
        idp.elsewhere.push((format!("{groups}{query}"), page.clone()));
    }
    idp
}

fn next(at: usize) -> String {
    format!("https://graph.microsoft.com/v1.0/users/{PERSON}/transitiveMemberOf/microsoft.graph.group?$skiptoken={at}")
}

fn login() -> Login {
    Login {
        id_token: muster_oidc::IdToken::new(String::new()),
        issuer: String::new(),
        subject: "u1".to_owned(),
        claims: Vec::new(),
        unread: Vec::new(),
        overage: true,
        object_id: Some(PERSON.to_owned()),
        auth_time: None,
        session_id: None,
        acr: None,
        expires_at: 0,
    }
}

async fn asked(idp: &Idp, client: &Client, login: &Login) -> Result<Vec<String>, SignInError> {
    let issuer = Issuer::new("https://login.microsoftonline.com/common/v2.0", Some(TENANT)).unwrap();
    let provider = Provider::discover(&idp.transport(), issuer).await.unwrap();
    graph_groups(&idp.transport(), client, &provider, login, "j1", NOW).await
}

#[tokio::test]
async fn jit_3_groups_are_looked_up_in_the_pinned_tenant() {
    let idp = entra(&[
        json!({"value": [{"id": "g1", "displayName": "moby:backend"}], "@odata.nextLink": next(1)}),
        json!({"value": [{"id": "g2", "displayName": null}]}),
    ]);
    assert_eq!(is_send(asked(&idp, &client(), &login())).await.unwrap(), ["g1", "moby:backend", "g2"]);
    let requests = idp.asked.lock().unwrap();
    let form = requests.iter().find(|request| request.method() == "POST").unwrap();
    assert_eq!(form.uri().to_string(), format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"));
    let form = String::from_utf8(form.body().to_vec()).unwrap();
    for (name, value) in [
        ("grant_type", "client_credentials"),
        ("scope", "https://graph.microsoft.com/.default"),
        ("client_id", "muster"),
        ("client_secret", "s3cret"),
    ] {
        assert_eq!(parameter(&form, name).as_deref(), Some(value));
    }
}

#[tokio::test]
async fn sec_3_no_link_leads_elsewhere() {
    for link in [
        "https://evil.example/v1.0/users".to_owned(),
        "https://graph.microsoft.com.evil.example/".to_owned(),
        "https://graph.microsoft.com/v1.0/users/other/transitiveMemberOf/microsoft.graph.group?x".to_owned(),
    ] {
        let idp = entra(&[json!({"value": [], "@odata.nextLink": link})]);
        assert!(asked(&idp, &client(), &login()).await.is_err(), "{link}");
        assert!(idp.asked.lock().unwrap().iter().all(|request| request.uri().to_string() != link));
    }
    let endless =
        entra(&[json!({"value": [], "@odata.nextLink": next(1)}), json!({"value": [], "@odata.nextLink": next(1)})]);
    assert!(asked(&endless, &client(), &login()).await.is_err());
}

#[tokio::test]
async fn sec_3_ids_that_are_none_make_no_address() {
    let idp = entra(&[json!({"value": []})]);
    for id in [None, Some("../../me"), Some("0c0ffee0-2222-4333-8444-abcdefabcde?"), Some("")] {
        let login = Login { object_id: id.map(str::to_owned), ..login() };
        assert!(asked(&idp, &client(), &login).await.is_err(), "{id:?}");
    }
    let mut public = client();
    public.authentication = ClientAuthentication::None;
    assert!(asked(&idp, &public, &login()).await.is_err());
}
