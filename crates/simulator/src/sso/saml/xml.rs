//! Reading and writing XML.

use bergshamra::xml::uppsala::{Document, NodeId, Parser};

use crate::sso::SsoError;

/// `urn:oasis:names:tc:SAML:2.0:assertion`.
pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// `urn:oasis:names:tc:SAML:2.0:protocol`.
pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// `urn:oasis:names:tc:SAML:2.0:metadata`.
pub(super) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// XML signatures.
pub(super) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// The deepest element that is read.
const DEPTH: u32 = 32;

/// Parses what somebody sent.
pub(super) fn parse(text: &str) -> Result<Document<'_>, SsoError> {
    let parser = Parser::new().with_forbid_dtd(true).with_max_depth(DEPTH);
    parser.parse(text).map_err(|error| SsoError::Refused(format!("the message is not XML that is read: {error}")))
}

/// An element of a document.
#[derive(Clone, Copy)]
pub(super) struct Node<'d, 'a> {
    doc: &'d Document<'a>,
    id: NodeId,
}

impl<'d, 'a> Node<'d, 'a> {
    pub(super) fn root(doc: &'d Document<'a>) -> Result<Self, SsoError> {
        let id = doc.document_element().ok_or_else(|| SsoError::Refused("the message is empty".to_owned()))?;
        Ok(Node { doc, id })
    }

    pub(super) fn id(self) -> NodeId {
        self.id
    }

    pub(super) fn is(self, namespace: &str, name: &str) -> bool {
        self.doc.element(self.id).is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    pub(super) fn attribute(self, name: &str) -> Option<&'d str> {
        let attributes = &self.doc.element(self.id)?.attributes;
        attributes.iter().find(|attribute| attribute.name.matches(None, name)).map(|attribute| &*attribute.value)
    }

    pub(super) fn is_true(self, name: &str) -> bool {
        matches!(self.attribute(name), Some("true" | "1"))
    }

    pub(super) fn text(self) -> Option<&'d str> {
        self.doc.element_text(self.id).map(str::trim).filter(|text| !text.is_empty())
    }

    pub(super) fn named(self, namespace: &'static str, name: &'static str) -> impl Iterator<Item = Self> + use<'d, 'a> {
        let Node { doc, id } = self;
        doc.children_iter(id).map(move |id| Node { doc, id }).filter(move |child| child.is(namespace, name))
    }

    pub(super) fn first(self, namespace: &'static str, name: &'static str) -> Option<Self> {
        self.named(namespace, name).next()
    }

    /// Everything in it, in document order.
    pub(super) fn descendants(self) -> impl Iterator<Item = Self> + use<'d, 'a> {
        let Node { doc, id } = self;
        doc.descendants(id).into_iter().map(move |id| Node { doc, id })
    }
}

/// Text as it is written within an element or a quoted attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(character))),
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}
