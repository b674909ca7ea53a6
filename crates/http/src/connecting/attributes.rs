//! Under which names the identity provider states what, as they are typed: one name a line (SSO-4).

use muster_model::sign_in::AttributeNames;

use crate::browser::Form;

/// A field of the form.
pub(crate) struct Field {
    /// Its name in the form.
    pub(crate) name: &'static str,
    /// The name of a text: which attribute.
    pub(crate) what: &'static str,
    pub(crate) typed: String,
}

/// The fields, with what is stated.
pub(crate) fn fields(names: &AttributeNames) -> Vec<Field> {
    let field = |name, what, names: &[String]| Field { name, what, typed: names.join("\n") };
    vec![
        field("attribute-email", "attribute-email", &names.email),
        field("attribute-full-name", "attribute-full-name", &names.full_name),
        field("attribute-given-name", "attribute-given-name", &names.given_name),
        field("attribute-family-name", "attribute-family-name", &names.family_name),
        field("attribute-groups", "attribute-groups", &names.groups),
        field("attribute-organization", "attribute-organization", &names.organization),
        field("attribute-team", "attribute-team", &names.team),
        field("attribute-role", "attribute-role", &names.role),
        field("attribute-minutes", "attribute-minutes", &names.session_minutes),
    ]
}

/// What was typed; an attribute without a name has the default ones.
pub(crate) fn read(form: &Form) -> AttributeNames {
    let default = AttributeNames::default();
    let typed = |name: &str, otherwise: Vec<String>| {
        let lines = form.get(name).unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
        let names: Vec<String> = lines.map(str::to_owned).collect();
        if names.is_empty() { otherwise } else { names }
    };
    AttributeNames {
        email: typed("attribute-email", default.email),
        full_name: typed("attribute-full-name", default.full_name),
        given_name: typed("attribute-given-name", default.given_name),
        family_name: typed("attribute-family-name", default.family_name),
        groups: typed("attribute-groups", default.groups),
        organization: typed("attribute-organization", default.organization),
        team: typed("attribute-team", default.team),
        role: typed("attribute-role", default.role),
        session_minutes: typed("attribute-minutes", default.session_minutes),
    }
}
