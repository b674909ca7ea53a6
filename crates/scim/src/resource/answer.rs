//! The text of a resource in an answer, spliced from the stored document without parsing it.

use serde_json::Value;

use crate::etag::ETag;
use crate::schema::{self, ResourceType};
use crate::{instant, json};

/// Everything that an answer about one resource is made of.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The stored text, from [`Resource::to_document`](super::Resource::to_document).
    pub document: &'a str,
    /// The id that the server gave.
    pub id: &'a str,
    /// The groups of a user; none are written when empty.
    pub groups: &'a [GroupLink<'a>],
    /// The members of a group; none are written when empty.
    pub members: &'a [MemberLink<'a>],
    /// What the server knows about the resource.
    pub meta: Meta<'a>,
}

/// The `meta` of a resource.
#[derive(Debug, Clone, Copy)]
pub struct Meta<'a> {
    /// The resource type.
    pub resource_type: ResourceType,
    /// When it was made, in microseconds since 1970 UTC.
    pub created: i64,
    /// When it last changed, in microseconds since 1970 UTC.
    pub last_modified: i64,
    /// The version, which the [`ETag`] is made of.
    pub version: i64,
    /// What locations begin with, without a slash at its end: `https://host/scim/v2`.
    pub base_url: &'a str,
}

/// A group of a user.
#[derive(Debug, Clone, Copy)]
pub struct GroupLink<'a> {
    /// The group's id.
    pub id: &'a str,
    /// The group's `displayName`.
    pub display: &'a str,
}

/// A member of a group.
#[derive(Debug, Clone, Copy)]
pub struct MemberLink<'a> {
    /// The member's id.
    pub id: &'a str,
    /// What it is.
    pub kind: ResourceType,
    /// Its name, where the caller has it at hand.
    pub display: Option<&'a str>,
}

/// More than the fixed text of a link or of `meta` takes, apart from the parts that vary.
const LINK_ROOM: usize = 64;
const META_ROOM: usize = 256;

impl Answer<'_> {
    /// The resource as JSON text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::new();
        self.render_into(&mut out);
        out
    }

    /// Appends the resource as JSON text.
    pub fn render_into(&self, out: &mut String) {
        let base = self.meta.base_url.len();
        let groups: usize =
            self.groups.iter().map(|group| LINK_ROOM + base + 2 * group.id.len() + group.display.len()).sum();
        let members: usize = self
            .members
            .iter()
            .map(|member| LINK_ROOM + base + 2 * member.id.len() + member.display.map_or(0, str::len))
            .sum();
        out.reserve(self.document.len() + groups + members + META_ROOM + base);
        let (head, tail) = self.split_document();
        out.push_str(head);
        out.push_str(if head.len() > 1 { ",\"id\":" } else { "\"id\":" });
        json::write_text(out, self.id);
        if !tail.is_empty() {
            if !tail.starts_with(',') {
                out.push(',');
            }
            out.push_str(tail);
        }
        self.write_groups(out);
        self.write_members(out);
        self.write_meta(out);
        out.push('}');
    }

    /// The resource as a value, for filters, sorting and projections.
    #[must_use]
    pub fn to_value(&self) -> Value {
        serde_json::from_str(&self.render()).unwrap_or_default()
    }

    /// The location, as in `meta.location` and the `Location` header.
    #[must_use]
    pub fn location(&self) -> String {
        schema::location(self.meta.base_url, self.meta.resource_type, self.id)
    }

    /// The document before and after the place of the id: behind `schemas`, which it begins with. No URN contains `]`.
    fn split_document(&self) -> (&str, &str) {
        let document = self.document.strip_suffix('}').unwrap_or(self.document);
        let end_of_schemas = if document.starts_with("{\"schemas\":[") { document.find(']') } else { None };
        match end_of_schemas {
            Some(end) => document.split_at(end + 1),
            None => document.split_at(usize::from(document.starts_with('{'))),
        }
    }

    fn write_groups(&self, out: &mut String) {
        for (index, group) in self.groups.iter().enumerate() {
            out.push_str(if index == 0 { ",\"groups\":[" } else { "," });
            self.write_link(out, ResourceType::Group, group.id);
            out.push_str(",\"display\":");
            json::write_text(out, group.display);
            out.push_str(",\"type\":\"direct\"}");
        }
        if !self.groups.is_empty() {
            out.push(']');
        }
    }

    fn write_members(&self, out: &mut String) {
        for (index, member) in self.members.iter().enumerate() {
            out.push_str(if index == 0 { ",\"members\":[" } else { "," });
            self.write_link(out, member.kind, member.id);
            if let Some(display) = member.display {
                out.push_str(",\"display\":");
                json::write_text(out, display);
            }
            out.push_str(",\"type\":\"");
            out.push_str(member.kind.as_str());
            out.push_str("\"}");
        }
        if !self.members.is_empty() {
            out.push(']');
        }
    }

    /// The beginning of a link, left open.
    fn write_link(&self, out: &mut String, kind: ResourceType, id: &str) {
        out.push_str("{\"value\":");
        json::write_text(out, id);
        out.push_str(",\"$ref\":");
        self.write_location(out, kind, id);
    }

    fn write_location(&self, out: &mut String, kind: ResourceType, id: &str) {
        json::write_text(out, self.meta.base_url);
        // The closing quote comes after the rest, which is escaped on its own.
        out.pop();
        out.push_str(kind.endpoint());
        out.push('/');
        let start = out.len();
        json::write_text(out, id);
        out.remove(start);
    }

    fn write_meta(&self, out: &mut String) {
        let meta = &self.meta;
        out.push_str(",\"meta\":{\"resourceType\":\"");
        out.push_str(meta.resource_type.as_str());
        out.push_str("\",\"created\":\"");
        instant::write(out, meta.created);
        out.push_str("\",\"lastModified\":\"");
        instant::write(out, meta.last_modified);
        out.push_str("\",\"location\":");
        self.write_location(out, meta.resource_type, self.id);
        out.push_str(",\"version\":");
        json::write_text(out, &ETag(meta.version).to_string());
        out.push('}');
    }
}
