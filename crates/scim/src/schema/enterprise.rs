//! The enterprise extension of users: RFC 7643 §4.3 and §8.7.1.

use super::attribute::Attribute;
use super::{ENTERPRISE_USER_URN, Schema, SchemaRole};

pub(super) static ENTERPRISE_USER: Schema = Schema {
    urn: ENTERPRISE_USER_URN,
    name: "EnterpriseUser",
    description: "Enterprise User",
    role: SchemaRole::Extension,
    attributes: &[
        Attribute::string("employeeNumber", "Identifier assigned to a person by the organization."),
        Attribute::string("costCenter", "The name of a cost center."),
        Attribute::string("organization", "The name of an organization."),
        Attribute::string("division", "The name of a division."),
        Attribute::string("department", "The name of a department."),
        Attribute::complex("manager", MANAGER, "The User's manager."),
    ],
};

const MANAGER: &[Attribute] = &[
    Attribute::string("value", "The id of the SCIM resource representing the User's manager."),
    Attribute::reference("$ref", &["User"], "The URI of the SCIM resource representing the User's manager."),
    Attribute::string("displayName", "The displayName of the User's manager.").read_only(),
];
