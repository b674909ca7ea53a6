//! Strategies: users, filters, PATCH messages, and JSON that is nearly one of these.

use muster_scim::schema::{DOCKER_USER_URN, ENTERPRISE_USER_URN, USER_URN};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Texts that are often equal, or equal but for case, or contained in one another, or hard to quote.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let texts = ["a", "A", "b", "ab", "Ab", "é", "É", "", "%", "_", "\"\\", "🦀", "work", "Work", "home"];
    select(texts.to_vec()).prop_map(str::to_owned)
}

fn filled() -> impl Strategy<Value = String> {
    text().prop_filter("not empty", |text| !text.is_empty())
}

fn object(fields: Vec<(&'static str, Option<Value>)>) -> Value {
    Value::Object(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
}

fn some_text() -> impl Strategy<Value = Option<Value>> {
    option::of(text().prop_map(Value::from))
}

/// Emails of which at most one is primary.
fn emails() -> impl Strategy<Value = Value> {
    (vec((some_text(), some_text()), 0..4), 0usize..6).prop_map(|(emails, primary)| {
        let each = emails.into_iter().enumerate().map(|(index, (value, kind))| {
            object(vec![("value", value), ("type", kind), ("primary", (index == primary).then_some(Value::Bool(true)))])
        });
        each.collect()
    })
}

/// The body of a POST.
pub(crate) fn user_body() -> impl Strategy<Value = Value> {
    let name = option::of(
        (some_text(), some_text())
            .prop_map(|(given, family)| object(vec![("givenName", given), ("familyName", family)])),
    );
    let docker = option::of((some_text(), option::of(1i64..5)).prop_map(|(organization, minutes)| {
        object(vec![("dockerOrg", organization), ("dockerSessionMinutes", minutes.map(Value::from))])
    }));
    let enterprise = option::of((some_text(), some_text()).prop_map(|(department, manager)| {
        object(vec![("department", department), ("manager", manager.map(|id| json!({"value": id})))])
    }));
    (filled(), some_text(), some_text(), name, option::of(any::<bool>()), option::of(emails()), docker, enterprise)
        .prop_map(|(user_name, external_id, display_name, name, active, emails, docker, enterprise)| {
            object(vec![
                ("userName", Some(Value::from(user_name))),
                ("externalId", external_id),
                ("displayName", display_name),
                ("name", name),
                ("active", active.map(Value::from)),
                ("emails", emails),
                (DOCKER_USER_URN, docker),
                (ENTERPRISE_USER_URN, enterprise),
            ])
        })
}

/// A filter before it is written down.
#[derive(Debug, Clone)]
pub(crate) enum Sketch {
    And(Vec<Sketch>),
    Or(Vec<Sketch>),
    Not(Box<Sketch>),
    Compare(&'static str, &'static str, Value),
    Present(&'static str),
    /// A condition on `emails`.
    Emails(Box<Sketch>),
}

const DOCKER_ORG: &str = "urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerOrg";
const DOCKER_MINUTES: &str = "urn:ietf:params:scim:schemas:extension:docker:2.0:User:dockerSessionMinutes";
const MANAGER: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value";

fn comparison(texts: &'static [&'static str], booleans: &'static [&'static str]) -> impl Strategy<Value = Sketch> {
    let all = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"][..];
    let of_text =
        (select(texts), select(all), text()).prop_map(|(path, op, text)| Sketch::Compare(path, op, json!(text)));
    let of_boolean = (select(booleans), select(&["eq", "ne"][..]), any::<bool>())
        .prop_map(|(path, op, value)| Sketch::Compare(path, op, json!(value)));
    prop_oneof![4 => of_text, 1 => of_boolean]
}

fn joined(inner: impl Strategy<Value = Sketch> + Clone) -> impl Strategy<Value = Sketch> {
    prop_oneof![
        vec(inner.clone(), 2..4).prop_map(Sketch::And),
        vec(inner.clone(), 2..4).prop_map(Sketch::Or),
        inner.prop_map(|inner| Sketch::Not(Box::new(inner))),
    ]
}

/// A filter on users.
pub(crate) fn filter() -> impl Strategy<Value = Sketch> {
    let texts = &[
        "userName",
        "externalId",
        "displayName",
        "name.familyName",
        "emails.value",
        "emails.type",
        DOCKER_ORG,
        MANAGER,
    ];
    let paths = &["displayName", "name", "emails", "emails.primary", "active", DOCKER_MINUTES, "addresses"];
    let of_number = (select(&["eq", "ne", "gt", "ge", "lt", "le"][..]), 0i64..6)
        .prop_map(|(op, value)| Sketch::Compare(DOCKER_MINUTES, op, json!(value)));
    let times =
        &["2011-05-13T04:42:34Z", "2011-05-13T06:42:34+02:00", "2011-05-13T04:42:33.999Z", "2012-01-01T00:00:00Z"][..];
    let of_time = (select(&["eq", "ne", "gt", "ge", "lt", "le"][..]), select(times))
        .prop_map(|(op, value)| Sketch::Compare("meta.lastModified", op, json!(value)));
    let within = comparison(&["value", "type", "display"], &["primary"]);
    let within = prop_oneof![within, select(&["value", "type", "primary"][..]).prop_map(Sketch::Present)];
    let within = within.prop_recursive(2, 6, 3, joined).prop_map(|inner| Sketch::Emails(Box::new(inner)));
    prop_oneof![
        6 => comparison(texts, &["active", "emails.primary"]),
        1 => of_number,
        1 => of_time,
        2 => select(&paths[..]).prop_map(Sketch::Present),
        2 => within,
    ]
    .prop_recursive(4, 24, 3, joined)
}

impl Sketch {
    /// Writes the filter with words in lower or upper case and more parentheses than needed.
    pub(crate) fn write(&self, loud: bool) -> String {
        let word = |word: &str| if loud { word.to_uppercase() } else { word.to_owned() };
        let joined = |parts: &[Self], with: &str| {
            let parts: Vec<String> = parts.iter().map(|part| format!("({})", part.write(loud))).collect();
            parts.join(&format!(" {} ", word(with)))
        };
        match self {
            Self::And(parts) => joined(parts, "and"),
            Self::Or(parts) => joined(parts, "or"),
            Self::Not(part) => format!("{} ({})", word("not"), part.write(loud)),
            Self::Compare(path, op, value) => format!("{} {} {value}", word(path), word(op)),
            Self::Present(path) => format!("{} {}", word(path), word("pr")),
            Self::Emails(part) => format!("{}[{}]", word("emails"), part.write(loud)),
        }
    }
}

/// Pieces that filters and paths are made of, so that a row of them is nearly right.
pub(crate) fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        "userName",
        "emails",
        "members",
        "name.givenName",
        "meta",
        "active",
        "title",
        "$ref",
        USER_URN,
        DOCKER_USER_URN,
        ":",
        ".",
        ".value",
        "[",
        "]",
        "(",
        ")",
        "not",
        "and",
        "or",
        "eq",
        "ne",
        "co",
        "gt",
        "pr",
        "true",
        "null",
        "\"x\"",
        "\"",
        "\\",
        "\"\\u0000\"",
        "1",
        "-1.5e9",
        " ",
        "  ",
        "\t",
        "é",
        "\u{0}",
        "",
    ];
    vec(select(pieces.to_vec()), 0..14)
        .prop_flat_map(|pieces| prop_oneof![Just(pieces.concat()), Just(pieces.join(" "))])
}

/// Any JSON, with keys that mean something.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
        pieces().prop_map(Value::from),
        select(&["add", "Replace", "remove", "True", "false", "60", "editor", "User"][..]).prop_map(Value::from),
    ];
    let keys = [
        "schemas",
        "userName",
        "USERNAME",
        "externalId",
        "name",
        "name.givenName",
        "emails",
        "members",
        "groups",
        "roles",
        "active",
        "password",
        "value",
        "type",
        "primary",
        "display",
        "$ref",
        "manager",
        "id",
        "meta",
        "displayName",
        "op",
        "path",
        "Operations",
        "filter",
        "count",
        "cursor",
        "attributes",
        "sortBy",
        "dockerRole",
        "dockerSessionMinutes",
        "emails[type eq \"work\"].value",
        USER_URN,
        DOCKER_USER_URN,
        ENTERPRISE_USER_URN,
        "colour",
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((select(keys.to_vec()), inner), 0..6).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

/// Operations on users, most of which fit.
pub(crate) fn operations() -> impl Strategy<Value = Value> {
    let paths = [
        "userName",
        "displayName",
        "name",
        "name.familyName",
        "active",
        "emails",
        "emails.value",
        "emails.primary",
        "emails[type eq \"work\"]",
        "emails[type eq \"work\"].value",
        "emails[type eq \"home\"].primary",
        "emails[value co \"a\"]",
        "roles",
        "roles[primary eq \"True\"].value",
        DOCKER_ORG,
        DOCKER_MINUTES,
        DOCKER_USER_URN,
        MANAGER,
        "id",
        "groups",
    ];
    let value = prop_oneof![
        text().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        (0i64..5).prop_map(Value::from),
        Just(Value::Null),
        emails(),
        user_body(),
        (some_text(), any::<bool>())
            .prop_map(|(value, primary)| object(vec![("value", value), ("primary", Some(primary.into()))])),
        any_json(),
    ];
    let operation =
        (select(&["add", "replace", "Replace", "remove"][..]), option::of(select(paths.to_vec())), option::of(value));
    vec(operation, 1..5).prop_map(|operations| {
        let each = operations.into_iter().map(|(op, path, value)| {
            let mut operation = Map::from_iter([("op".to_owned(), json!(op))]);
            operation.extend(path.map(|path| ("path".to_owned(), json!(path))));
            operation.extend(value.map(|value| ("value".to_owned(), value)));
            Value::Object(operation)
        });
        each.collect()
    })
}
