//! Reading a parsed document the strict way: names with their namespace, values that are one piece of text.

use bergshamra::xml::uppsala::{Document, NodeId, NodeKind};

/// `urn:oasis:names:tc:SAML:2.0:assertion`.
pub(crate) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// `urn:oasis:names:tc:SAML:2.0:protocol`.
pub(crate) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// `urn:oasis:names:tc:SAML:2.0:metadata`.
pub(crate) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// XML signatures.
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// XML encryption.
pub(crate) const XENC: &str = "http://www.w3.org/2001/04/xmlenc#";

/// An element.
#[derive(Clone, Copy)]
pub(crate) struct Node<'d, 'a> {
    pub(crate) doc: &'d Document<'a>,
    pub(crate) id: NodeId,
}

impl<'d, 'a> Node<'d, 'a> {
    /// The outermost element.
    pub(crate) fn root(doc: &'d Document<'a>) -> Option<Self> {
        doc.document_element().map(|id| Node { doc, id })
    }

    /// Whether it has this name in this namespace.
    pub(crate) fn is(self, namespace: &str, name: &str) -> bool {
        self.doc.element(self.id).is_some_and(|element| element.matches_name_ns(namespace, name))
    }

    /// Its name, without the prefix.
    pub(crate) fn name(self) -> &'d str {
        self.doc.element(self.id).map_or("", |element| &element.name.local_name)
    }

    /// The value of an attribute without a namespace. The library's own look-up takes any namespace, and so would two
    /// readers of one document see two values.
    pub(crate) fn attribute(self, name: &str) -> Option<&'d str> {
        let attributes = &self.doc.element(self.id)?.attributes;
        let own = |attribute: &&bergshamra::xml::uppsala::Attribute<'_>| attribute.name.matches(None, name);
        attributes.iter().find(own).map(|attribute| &*attribute.value)
    }

    /// The local names of attributes that have a namespace.
    pub(crate) fn qualified_attributes(self) -> impl Iterator<Item = &'d str> {
        let attributes = self.doc.element(self.id).map_or(&[][..], |element| &element.attributes);
        attributes.iter().filter(|attribute| attribute.name.namespace_uri.is_some()).map(|one| &*one.name.local_name)
    }

    /// The element that it is in.
    pub(crate) fn parent(self) -> Option<Self> {
        self.doc.parent(self.id).map(|id| Node { doc: self.doc, id })
    }

    /// The elements in it.
    pub(crate) fn elements(self) -> impl Iterator<Item = Self> + use<'d, 'a> {
        let Node { doc, id } = self;
        doc.children_iter(id).filter(move |child| doc.element(*child).is_some()).map(move |id| Node { doc, id })
    }

    /// The elements in it that have this name.
    pub(crate) fn named(self, namespace: &'static str, name: &'static str) -> impl Iterator<Item = Self> + use<'d, 'a> {
        self.elements().filter(move |child| child.is(namespace, name))
    }

    /// The one element in it that has this name; `None` if there is none or more than one.
    pub(crate) fn only(self, namespace: &'static str, name: &'static str) -> Option<Self> {
        let mut found = self.named(namespace, name);
        found.next().filter(|_| found.next().is_none())
    }

    /// Its value: one piece of text and nothing else, without white space around it. A comment in the middle of a name is
    /// how a reader is made to see half of it.
    pub(crate) fn text(self) -> Option<&'d str> {
        let mut children = self.doc.children_iter(self.id);
        let Some(first) = children.next() else { return Some("") };
        match (self.doc.node_kind(first), children.next()) {
            (Some(NodeKind::Text(text)), None) => Some(text.trim()),
            _ => None,
        }
    }

    /// Itself and everything in it, in document order.
    pub(crate) fn descendants(self) -> impl Iterator<Item = Self> + use<'d, 'a> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            let at = waiting.len();
            waiting.extend(next.elements());
            waiting[at..].reverse();
            Some(next)
        })
    }
}

/// Text as it is written in XML, within an element or a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // Kept apart from spaces by readers that normalise attributes.
            '\t' | '\n' | '\r' => out.push_str(&format!("&#{};", u32::from(character))),
            // What XML 1.0 cannot hold.
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
    out
}
