//! The management API, each answer compared with what its description says.

mod activity;
mod authority;
mod bad_input;
mod clients;
mod companies;
mod connections;
mod contract;
mod crossing;
mod document;
mod domains;
mod groups;
mod idempotency;
mod invites;
mod members;
mod organizations;
mod sessions;
mod tokens;

use std::sync::LazyLock;

use http::Method;
use muster_crypto::{TokenPrefix, TokenText};
use muster_engine::{
    authority::Limit,
    tokens::access::{self, Holder, Wanted},
};
use muster_model::{
    Account, Organization, Role,
    token::{Scope, Scopes},
};
use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// Whoever calls, with a bearer token.
pub(crate) struct Client<'s> {
    server: &'s Server,
    bearer: String,
}

impl Server {
    /// A person who is in the organization with this role.
    pub(crate) fn member(&self, organization: &Organization, email: &str, role: Role) -> Account {
        let account = self.world.account(email, true);
        self.world.set_member(organization, &account, role).unwrap();
        account
    }

    /// The text of a new access token.
    pub(crate) fn access_token(&self, holder: Holder, scopes: Scopes) -> TokenText {
        let prefix = match holder {
            Holder::Account(_) => TokenPrefix::Personal,
            Holder::Organization(_) => TokenPrefix::Organization,
        };
        let text = TokenText::generate(prefix).unwrap();
        let hash = text.hash();
        let wanted = Wanted { label: "test".to_owned(), scopes, expires: None };
        self.world
            .by_hand(move |tx, env| {
                access::create(tx, env, holder, &hash, &wanted, Limit { scopes: &Scopes::all(), until: None }).map(drop)
            })
            .unwrap();
        text
    }

    /// The same with `~ada` as the username of whoever has the address `ada@example.com`.
    pub(crate) fn named(&self, text: &str) -> String {
        let mut parts = text.split('~');
        let mut named = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(part.len());
            let account = self.world.account_of(&format!("{}@example.com", &part[..end]));
            named.push_str(&account.map_or_else(|| part[..end].to_owned(), |account| account.username));
            named.push_str(&part[end..]);
        }
        named
    }

    /// What an identifier and a secret are exchanged for.
    pub(crate) async fn exchange(&self, identifier: &str, secret: &str) -> Answer {
        let body = json!({"identifier": self.named(identifier), "secret": secret}).to_string();
        let sending = self.to("POST", "/v2/auth/token").header("content-type", "application/json").bytes(body);
        checked("POST", "/v2/auth/token", sending.send().await)
    }

    /// The same, with the secret alone.
    pub(crate) async fn exchange_alone(&self, secret: &str) -> Answer {
        let body = json!({"secret": secret}).to_string();
        let sending = self.to("POST", "/v2/auth/token").header("content-type", "application/json").bytes(body);
        checked("POST", "/v2/auth/token", sending.send().await)
    }

    /// Somebody with everything that a token can allow.
    pub(crate) async fn client(&self, account: &Account) -> Client<'_> {
        let text = self.access_token(Holder::Account(account.id), Scopes::all());
        self.client_with(&account.username, &text).await
    }

    /// Whoever has this token.
    pub(crate) async fn client_with(&self, identifier: &str, token: &TokenText) -> Client<'_> {
        let answer = self.exchange(identifier, token.expose()).await.due(200);
        Client { server: self, bearer: answer.value()["access_token"].as_str().unwrap().to_owned() }
    }
}

impl Client<'_> {
    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_with(method, path, body, &[]).await
    }

    pub(crate) async fn call_with(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let path = &self.server.named(path);
        let body = body.map(|body| self.server.named(&body.to_string()));
        let mut sending = self.server.to(method, path).header("authorization", &format!("Bearer {}", self.bearer));
        for (name, value) in headers {
            sending = sending.header(name, value);
        }
        if let Some(body) = body {
            sending = sending.header("content-type", "application/json").bytes(body);
        }
        checked(method, path, sending.send().await)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }
}

impl Answer {
    /// The same, if it is an error of the API with this status, whose detail contains this.
    #[track_caller]
    pub(crate) fn denied(self, status: u16, detail: &str) -> Self {
        let answer = self.due(status);
        let error = answer.value();
        assert!(error["detail"].as_str().unwrap().contains(detail), "{error}");
        assert_eq!(error["trace_id"], answer.header("x-request-id"), "{error}");
        answer
    }
}

/// The description, as it is served.
pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let serve = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { Server::new().to("GET", "/v2/openapi.json").send().await.due(200).value() })
    };
    std::thread::spawn(serve).join().unwrap()
});

/// The template of a path, and its description.
pub(crate) fn described(path: &str) -> Option<(&'static String, &'static Value)> {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let is_it = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == segments.len()
            && parts.iter().zip(&segments).all(|(part, segment)| part.starts_with('{') || part == segment)
    };
    // The one with more of its own words.
    let found = DOCUMENT["paths"].as_object().unwrap().iter().filter(|(template, _)| is_it(template));
    found.min_by_key(|(template, _)| template.matches('{').count())
}

/// The answer, if it is one that the description tells of: its status, and each field of its body.
#[track_caller]
pub(crate) fn checked(method: &str, path: &str, answer: Answer) -> Answer {
    let Some((template, item)) = described(path) else { return answer };
    let Some(operation) = item.get(method.parse::<Method>().unwrap().as_str().to_lowercase()) else { return answer };
    let status = answer.status.as_u16().to_string();
    let range = format!("{}XX", &status[..1]);
    let told = operation["responses"].get(&status).or_else(|| operation["responses"].get(&range));
    let told = told.unwrap_or_else(|| panic!("{method} {template} is not said to answer {status}: {}", answer.text));
    match told.pointer("/content/application~1json/schema") {
        Some(schema) => {
            assert_eq!(answer.header("content-type"), "application/json", "{method} {template}: {status}");
            let mut root = schema.clone();
            root["components"] = DOCUMENT["components"].clone();
            let validator = jsonschema::validator_for(&root).unwrap();
            let value = answer.value();
            let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{method} {template} {status}: {errors:?}\n{value}");
            complete(schema, &value, &format!("{method} {template} {status}"));
        }
        None if told.pointer("/content/text~1csv").is_some() => {
            let is_lines = told.pointer("/content/application~1x-ndjson").is_some() && path.contains("format=json");
            let kind = if is_lines { "application/x-ndjson" } else { "text/csv; charset=utf-8" };
            assert_eq!(answer.header("content-type"), kind, "{method} {template}: {status}");
        }
        None => assert_eq!(answer.text, "", "{method} {template} {status} is said to have no body"),
    }
    answer
}

/// Nothing is answered that is not described.
#[track_caller]
fn complete(schema: &Value, value: &Value, place: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    match value {
        Value::Object(fields) => {
            let Some(known) = schema["properties"].as_object() else { return };
            for (name, value) in fields {
                let known = known.get(name).unwrap_or_else(|| panic!("{place}: `{name}` is not described"));
                complete(known, value, &format!("{place}.{name}"));
            }
        }
        Value::Array(values) => values.iter().for_each(|value| complete(&schema["items"], value, place)),
        _ => {}
    }
}

/// Some scopes.
pub(crate) fn scopes(some: &[Scope]) -> Scopes {
    some.iter().copied().collect()
}
