//! The core schema of groups: RFC 7643 §4.2 and §8.7.1.

use super::attribute::Attribute;
use super::{GROUP_URN, Schema, SchemaRole};

pub(super) static GROUP: Schema = Schema {
    urn: GROUP_URN,
    name: "Group",
    description: "Group",
    role: SchemaRole::Core,
    attributes: &[
        Attribute::string("displayName", "The name of the Group: `organization:team` maps it to that team.")
            .required()
            .unique()
            .indexed(),
        Attribute::complex("members", MEMBERS, "The members of the Group.").multi_valued(),
    ],
};

const MEMBERS: &[Attribute] = &[
    Attribute::string("value", "The id of the member.").immutable().indexed(),
    // Published as RFC 7643 §8.7.1 has it, so that clients make members from URIs; what they send in it is not kept.
    Attribute::reference("$ref", &["User", "Group"], "The URI of the member. Made by this server.").immutable(),
    // RFC 7643 §8.7.1 does not have it, but its examples and many clients send it. Answering it would make reading a group
    // cost a look at each member, and its version would lie when somebody is renamed.
    Attribute::string("display", "The name of the member.").read_only().unpublished(),
    Attribute::string("type", "The type of the member.").one_of(&["User", "Group"]).immutable(),
];
