//! The extension that places a user: role, organization, team and session minutes (SCIM-4).

use super::attribute::Attribute;
use super::{DOCKER_USER_URN, Schema, SchemaRole};

pub(super) static DOCKER_USER: Schema = Schema {
    urn: DOCKER_USER_URN,
    name: "DockerUser",
    description: "Where the user is placed, and as what",
    role: SchemaRole::Extension,
    attributes: &[
        Attribute::string("dockerRole", "The role in the organization; member when absent.")
            .one_of(&["member", "editor", "owner"]),
        Attribute::string("dockerOrg", "The organization, instead of the connection's default organization."),
        Attribute::string("dockerTeam", "The team in the organization, made when it does not exist."),
        Attribute::integer(
            "dockerSessionMinutes",
            "After how many minutes the user must authenticate at the identity provider again. Above 0.",
        )
        .counted(),
    ],
};
