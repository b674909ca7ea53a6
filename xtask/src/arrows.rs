//! Which crate may depend on which, and who may know the big libraries.

use serde_json::Value;

use crate::{Failure, process};

/// Our crates, and those of ours that each may use. `ARCHITECTURE.md` says why.
const ARROWS: &[(&str, &[&str])] = &[
    ("muster-model", &[]),
    ("muster-scim", &[]),
    ("muster-saml", &[]),
    ("muster-crypto", &[]),
    ("muster-oidc", &[]),
    ("muster-outbound", &[]),
    ("muster-simulator", &[]),
    ("muster-store", &["muster-model"]),
    ("muster-engine", &["muster-crypto", "muster-model", "muster-store"]),
    ("muster-administration", &["muster-crypto", "muster-engine", "muster-model", "muster-saml", "muster-store"]),
    (
        "muster-http",
        &[
            "muster-administration",
            "muster-crypto",
            "muster-engine",
            "muster-model",
            "muster-oidc",
            "muster-outbound",
            "muster-saml",
            "muster-scim",
            "muster-store",
        ],
    ),
    (
        "muster",
        &[
            "muster-administration",
            "muster-crypto",
            "muster-engine",
            "muster-http",
            "muster-model",
            "muster-outbound",
            "muster-simulator",
            "muster-store",
        ],
    ),
    ("muster-testkit", &["muster-crypto", "muster-engine", "muster-model", "muster-store"]),
    ("muster-bench", &["muster-simulator"]),
    // What others would write: nothing of ours.
    ("muster-example-web", &[]),
    ("muster-example-cli", &[]),
    ("xtask", &[]),
];

/// Crates of ours that any test may use.
const FOR_TESTS: &[&str] =
    &["muster-testkit", "muster-simulator", "muster-saml", "muster-example-web", "muster-example-cli"];

/// Libraries that only some crates may know.
const KEPT_TO: &[(&str, &[&str])] = &[
    ("axum", &["muster-http", "muster", "muster-simulator", "muster-bench", "muster-example-web"]),
    ("bergshamra", &["muster-saml", "muster-simulator"]),
    ("rusqlite", &["muster-store", "muster-bench"]),
    ("tokio-postgres", &["muster-store"]),
    ("totp-rs", &["muster-crypto"]),
    ("webauthn-rs", &["muster-http"]),
    ("openidconnect", &["muster-oidc", "muster-example-web", "muster-example-cli"]),
    ("reqwest", &["muster-outbound", "muster-simulator", "muster-testkit", "muster-example-web", "muster-example-cli"]),
    ("hickory-resolver", &["muster-outbound"]),
    ("hickory-server", &["muster-testkit"]),
    (
        "tokio",
        &[
            "muster-outbound",
            "muster-store",
            "muster-http",
            "muster",
            "muster-simulator",
            "muster-testkit",
            "muster-bench",
            "muster-example-web",
            "muster-example-cli",
        ],
    ),
];

/// Compares the manifests with the lists above.
pub(crate) fn check() -> Result<(), Failure> {
    let metadata = process::output(&mut process::cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let wrong = wrong_arrows(&serde_json::from_str(&metadata)?);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ").into()) }
}

fn wrong_arrows(metadata: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
            wrong.push(format!("`{name}` is not in the list of crates in xtask/src/arrows.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = dependency["name"].as_str().unwrap_or_default();
            let ours = ARROWS.iter().any(|(known, _)| *known == to);
            let in_tests = dependency["kind"] == "dev";
            if ours && !allowed.contains(&to) && !(in_tests && FOR_TESTS.contains(&to)) {
                wrong.push(format!("`{name}` must not depend on `{to}`"));
            }
            let kept = KEPT_TO.iter().find(|(library, _)| *library == to);
            if let Some((_, users)) = kept
                && !in_tests
                && !users.contains(&name)
            {
                wrong.push(format!("`{name}` must not know `{to}`"));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crates_depend_on_each_other_as_they_may() {
        check().unwrap();
    }

    #[test]
    fn a_wrong_arrow_is_seen() {
        let package = |name: &str, to: &str, kind: Value| serde_json::json!({"packages": [{"name": name, "dependencies": [{"name": to, "kind": kind}]}]});
        assert_eq!(wrong_arrows(&package("muster-model", "muster-store", Value::Null)).len(), 1);
        assert_eq!(wrong_arrows(&package("muster-engine", "rusqlite", Value::Null)).len(), 1);
        assert_eq!(wrong_arrows(&package("unheard-of", "serde", Value::Null)).len(), 1);
        assert!(wrong_arrows(&package("muster-http", "muster-testkit", "dev".into())).is_empty());
        assert!(wrong_arrows(&package("muster-http", "muster-engine", Value::Null)).is_empty());
    }
}
