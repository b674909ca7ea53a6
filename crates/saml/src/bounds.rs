//! Bounds that are looked at before anything is parsed: time stays linear in the size of the input.

use bergshamra::xml::uppsala::{Document, Parser};

/// The most attributes of one tag, namespace declarations included. Looking for duplicates is quadratic.
const ATTRIBUTES: usize = 64;
/// The most namespace declarations that hold at one place: canonical XML may look at each of them for each element.
const NAMESPACES: usize = 32;
/// The most elements: an assertion with thousands of groups has fewer.
const ELEMENTS: usize = 20_000;
/// The deepest element.
const DEPTH: u32 = 64;

/// Parses XML in which a document type is refused.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, String> {
    scan(text)?;
    Parser::new().with_forbid_dtd(true).with_max_depth(DEPTH).parse(text).map_err(|error| error.to_string())
}

/// One look at each byte. It need not understand XML, only never count less than there is: what it misreads is refused by
/// the parser.
fn scan(text: &str) -> Result<(), String> {
    let mut rest = text;
    let (mut elements, mut in_scope) = (0, 0);
    let mut declared = Vec::new();
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = after(comment, "-->")?;
        } else if let Some(data) = rest.strip_prefix("![CDATA[") {
            rest = after(data, "]]>")?;
        } else if rest.starts_with('!') {
            return Err("it has a document type declaration".to_owned());
        } else if let Some(instruction) = rest.strip_prefix('?') {
            rest = after(instruction, "?>")?;
        } else if let Some(end) = rest.strip_prefix('/') {
            rest = after(end, ">")?;
            in_scope -= declared.pop().unwrap_or(0);
        } else {
            let tag = tag(rest)?;
            elements += 1;
            if elements > ELEMENTS {
                return Err(format!("it has more than {ELEMENTS} elements"));
            }
            if tag.attributes > ATTRIBUTES {
                return Err(format!("a tag has more than {ATTRIBUTES} attributes"));
            }
            if in_scope + tag.namespaces > NAMESPACES {
                return Err(format!("more than {NAMESPACES} namespaces are declared at one place"));
            }
            if !tag.is_empty {
                declared.push(tag.namespaces);
                in_scope += tag.namespaces;
            }
            rest = tag.rest;
        }
    }
    Ok(())
}

/// A tag, counted.
struct Tag<'t> {
    attributes: usize,
    namespaces: usize,
    /// It has no end tag.
    is_empty: bool,
    rest: &'t str,
}

/// Counts a tag that begins after its `<`.
fn tag(text: &str) -> Result<Tag<'_>, String> {
    let (mut attributes, mut namespaces) = (0, 0);
    let mut rest = text;
    loop {
        let Some(at) = rest.find(['>', '=']) else { return Err("a tag does not end".to_owned()) };
        let before = &rest[..at];
        let is_end = rest[at..].starts_with('>');
        rest = &rest[at + 1..];
        if is_end {
            return Ok(Tag { attributes, namespaces, is_empty: before.ends_with('/'), rest });
        }
        attributes += 1;
        namespaces += usize::from(before.contains("xmlns"));
        let value = rest.trim_start();
        rest = match value.chars().next() {
            Some('"') => after(&value[1..], "\"")?,
            Some('\'') => after(&value[1..], "'")?,
            _ => return Err("an attribute's value is not quoted".to_owned()),
        };
    }
}

fn after<'t>(text: &'t str, end: &str) -> Result<&'t str, String> {
    text.find(end).map(|at| &text[at + end.len()..]).ok_or_else(|| format!("`{end}` is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_are_refused_before_they_are_parsed() {
        let attributes: String = (0..10_000).map(|number| format!(" a{number}='>'")).collect();
        assert!(parse(&format!("<a{attributes}/>")).unwrap_err().contains("64 attributes"));
        let declared: String = (0..33).map(|number| format!(" xmlns:n{number}='urn:x'")).collect();
        assert!(parse(&format!("<a{declared}/>")).unwrap_err().contains("32 namespaces"));
        let around = "<b xmlns:c='urn:c'>".repeat(33) + &"</b>".repeat(33);
        assert!(parse(&around).unwrap_err().contains("32 namespaces"));
        assert!(parse(&format!("<a>{}</a>", "<b/>".repeat(20_000))).unwrap_err().contains("20000 elements"));
        for doctype in ["<!DOCTYPE a []><a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a><!ELEMENT a ANY></a>"] {
            assert!(parse(doctype).unwrap_err().contains("document type"), "{doctype}");
        }
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        assert!(parse(&deep).is_err());
    }

    #[test]
    fn ordinary_documents_are_parsed() {
        for text in [
            "<?xml version='1.0'?><a b='>' c = \"'\"><!-- < = > --><![CDATA[<x a=b>]]>text = 1 > 0</a>",
            "<a\n  xmlns='urn:a'\n  b=''/>",
            // As many declarations as one likes, each for itself.
            &format!("<a>{}</a>", "<b xmlns:x='urn:x' xmlns:y='urn:y'><c xmlns:z='urn:z'/></b>".repeat(500)),
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text).err());
        }
        for text in ["", "<", "<a", "<a b", "<a b=", "<a b=c>", "<!--", "<![CDATA[", "<?x", "<a b='", "</", "<>"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
