//! Changing some of what is stated: a JSON merge patch (RFC 7396) on a connection's settings.

use serde_json::{Map, Value};

use super::Connection;
use crate::Misstated;

/// What metadata tells: new metadata replaces it, unless it is stated beside it.
const TOLD: [&str; 6] = ["entity_id", "sso_url", "binding", "slo_url", "certificates", "sign_requests"];
/// What a file refers to; there are no files here.
const FILES: [(&str, &str, &str); 2] =
    [("saml", "metadata_file", "metadata"), ("oidc", "client_secret_file", "client_secret")];

/// The settings with what a patch says of them: what it does not name stays, `null` goes back to the default. The name and the
/// holder of a connection stay what they are.
///
/// # Errors
///
/// What cannot be said so, with its key.
pub fn merge(present: &Connection, patch: &Map<String, Value>) -> Result<Connection, Misstated> {
    for (protocol, file, instead) in FILES {
        if patch.get(protocol).is_some_and(|stated| stated.get(file).is_some()) {
            let key = format!("{protocol}.{file}");
            return Err(Misstated::new(&key, format!("`{key}`: files are read by `muster apply`: state `{instead}`")));
        }
    }
    for fixed in ["name", "organization", "company"] {
        if patch.contains_key(fixed) {
            return Err(Misstated::new(fixed, format!("`{fixed}` of a connection stays as it is: leave it out")));
        }
    }
    let mut value = serde_json::to_value(present).map_err(|error| Misstated::new("body", error.to_string()))?;
    if let Some(Value::Object(saml)) = patch.get("saml")
        && saml.get("metadata").is_some_and(|metadata| !metadata.is_null())
        && let Some(Value::Object(known)) = value.get_mut("saml")
    {
        known.retain(|key, _| !TOLD.contains(&key.as_str()));
    }
    // A word for all attributes stands for one for each.
    if patch.get("precedence").is_some_and(Value::is_object) {
        let table = serde_json::to_value(present.precedence.0);
        value["precedence"] = table.map_err(|error| Misstated::new("precedence", error.to_string()))?;
    }
    // One protocol replaces the other.
    for (stated, other) in [("saml", "oidc"), ("oidc", "saml")] {
        if patch.get(stated).is_some_and(Value::is_object)
            && !patch.contains_key(other)
            && let Value::Object(known) = &mut value
        {
            known.remove(other);
        }
    }
    patched(&mut value, patch);
    serde_json::from_value(value).map_err(|error| Misstated::new("body", error.to_string()))
}

/// RFC 7396 §2.
pub(super) fn patched(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, stated) in patch {
        match stated {
            Value::Null => {
                fields.remove(key);
            }
            Value::Object(inner) => patched(fields.entry(key.clone()).or_insert(Value::Null), inner),
            other => {
                fields.insert(key.clone(), other.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn present() -> Connection {
        let stated = json!({
            "name": "okta", "organizations": ["moby"], "domains": ["example.com"], "jit": false,
            "saml": {"entity_id": "https://idp", "sso_url": "https://idp/sso", "certificates": ["MIIB"], "encryption": true},
        });
        serde_json::from_value(stated).unwrap()
    }

    fn merged(patch: Value) -> Result<Connection, Misstated> {
        let Value::Object(patch) = patch else { panic!("{patch}") };
        merge(&present(), &patch)
    }

    #[test]
    fn what_is_not_named_stays_and_null_goes_back_to_the_default() {
        let after = merged(json!({"default_team": "people", "jit": null, "scim": {"enabled": true}})).unwrap();
        assert_eq!((after.default_team.as_str(), after.jit, after.scim.enabled), ("people", true, true));
        assert_eq!((after.saml, after.domains), (present().saml, present().domains));
        assert_eq!(merged(json!({})).unwrap(), present());
    }

    #[test]
    fn sso_8_new_metadata_replaces_what_the_former_told() {
        let saml = merged(json!({"saml": {"metadata": "<xml/>"}})).unwrap().saml.unwrap();
        assert_eq!((saml.entity_id, saml.certificates), (None, Vec::new()));
        assert!(saml.encryption, "what metadata does not tell stays");
        let saml = merged(json!({"saml": {"metadata": "<xml/>", "entity_id": "https://other"}})).unwrap().saml.unwrap();
        assert_eq!(saml.entity_id.as_deref(), Some("https://other"));
    }

    #[test]
    fn pre_1_an_attributes_precedence_changes_alone() {
        let mut present = present();
        present.precedence = serde_json::from_value(json!("scim")).unwrap();
        let Value::Object(patch) = json!({"precedence": {"role": "last"}}) else { unreachable!() };
        let after = serde_json::to_value(merge(&present, &patch).unwrap()).unwrap();
        assert_eq!(after["precedence"], json!({"full_name": "scim", "role": "last", "session_minutes": "scim"}));
    }

    #[test]
    fn sso_1_one_protocol_replaces_the_other() {
        let after = merged(json!({"oidc": {"issuer": "https://op", "client_id": "muster"}})).unwrap();
        assert!(after.saml.is_none() && after.oidc.is_some());
    }

    #[test]
    fn what_cannot_be_said_is_refused_with_its_key() {
        for (patch, key, says) in [
            (json!({"name": "other"}), "name", "leave it out"),
            (json!({"saml": {"metadata_file": "/etc/passwd"}}), "saml.metadata_file", "state `metadata`"),
            (json!({"jitt": true}), "body", "unknown field `jitt`"),
            (json!({"jit": "yes"}), "body", "expected a boolean"),
        ] {
            let misstated = merged(patch).unwrap_err();
            assert_eq!(misstated.key, key);
            assert!(misstated.text.contains(says), "{} does not say {says}", misstated.text);
        }
    }
}
