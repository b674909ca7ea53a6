//! The attributes of every resource (RFC 7643 §3.1). They are in no served schema, but can be filtered and selected.

use super::attribute::Attribute;
use super::{Schema, SchemaRole};

pub(super) static COMMON: Schema = Schema {
    urn: "",
    name: "Common",
    description: "Attributes of every resource",
    role: SchemaRole::Common,
    attributes: &[
        Attribute::reference("schemas", &["uri"], "The schemas of which the resource has attributes.")
            .multi_valued()
            .read_only()
            .always_returned()
            .compared_without_case(),
        Attribute::string("id", "Identifier given by this server, never used again.")
            .case_exact()
            .read_only()
            .always_returned()
            .unique(),
        Attribute::string("externalId", "Identifier given by the provisioning client.").case_exact().indexed(),
        Attribute::complex("meta", META, "What the server knows about the resource itself.").read_only(),
    ],
};

const META: &[Attribute] = &[
    Attribute::string("resourceType", "The name of the resource type.").case_exact().read_only(),
    Attribute::date_time("created", "When the resource was made.").read_only(),
    Attribute::date_time("lastModified", "When the resource last changed.").read_only(),
    Attribute::reference("location", &["uri"], "The URI of the resource.").read_only(),
    Attribute::string("version", "The entity tag of the resource.").case_exact().read_only(),
];
