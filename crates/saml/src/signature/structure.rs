//! The shape that a document and its signatures must have before any reference is followed.
//!
//! Every forged response that verifies has two readers who see different assertions. So there may be one assertion only, in
//! one place, and a signature only where it covers exactly that or the response around it.

use crate::{
    error::MessageError,
    xml::{ASSERTION, DSIG, Node, PROTOCOL},
};

/// Canonical XML, exclusive, without comments.
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

const SIGNATURE_METHODS: [&str; 6] = [
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
];
const DIGEST_METHODS: [&str; 3] = [
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
];

/// Names of attributes that some reader takes for an element's identifier.
const IDENTIFIERS: [&str; 4] = ["ID", "Id", "id", "AssertionID"];
/// The most prefixes that a canonicalisation keeps; the library looks at each of them for each element.
const PREFIXES: usize = 16;
/// What may be said of a key. None of it is believed.
const KEY_INFO: [&str; 3] = ["KeyName", "KeyValue", "X509Data"];

/// The parts of a response, each in its only place.
pub(crate) struct Shape<'d, 'a> {
    pub(crate) response: Node<'d, 'a>,
    pub(crate) assertion: Carried<'d, 'a>,
    pub(crate) response_signed: bool,
    pub(crate) assertion_signed: bool,
}

/// How the assertion comes.
#[derive(Clone, Copy)]
pub(crate) enum Carried<'d, 'a> {
    /// In the clear.
    Plain(Node<'d, 'a>),
    /// Encrypted.
    Encrypted(Node<'d, 'a>),
    /// Not at all, as in a response that tells of a failure.
    Missing,
}

/// Checks a response's shape.
pub(crate) fn response<'d, 'a>(root: Node<'d, 'a>) -> Result<Shape<'d, 'a>, MessageError> {
    if !root.is(PROTOCOL, "Response") {
        return Err(MessageError::Structure("its outermost element is not `Response` of SAML 2.0"));
    }
    let mut carried = Carried::Missing;
    for node in root.descendants() {
        let (plain, encrypted) = (node.is(ASSERTION, "Assertion"), node.is(ASSERTION, "EncryptedAssertion"));
        if !plain && !encrypted {
            continue;
        }
        if node.parent().map(|parent| parent.id) != Some(root.id) {
            return Err(MessageError::Structure("an assertion is not directly in the response"));
        }
        if !matches!(carried, Carried::Missing) {
            return Err(MessageError::Structure("it holds more than one assertion: send one"));
        }
        carried = if plain { Carried::Plain(node) } else { Carried::Encrypted(node) };
    }
    let within = match carried {
        Carried::Plain(assertion) => Some(assertion),
        Carried::Encrypted(_) | Carried::Missing => None,
    };
    let (response_signed, assertion_signed) = signatures(root, within)?;
    Ok(Shape { response: root, assertion: carried, response_signed, assertion_signed })
}

/// Checks the shape of an assertion that is a document of its own, as decrypting leaves it; whether it is signed.
pub(crate) fn assertion(root: Node<'_, '_>) -> Result<bool, MessageError> {
    if !root.is(ASSERTION, "Assertion") {
        return Err(MessageError::Structure("what is encrypted is not an assertion"));
    }
    let inner = |node: &Node<'_, '_>| node.is(ASSERTION, "Assertion") || node.is(ASSERTION, "EncryptedAssertion");
    if root.descendants().filter(inner).count() != 1 {
        return Err(MessageError::Structure("it holds more than one assertion: send one"));
    }
    Ok(signatures(root, None)?.0)
}

/// Checks the shape of a message that carries no assertion; whether it is signed.
pub(crate) fn message(root: Node<'_, '_>) -> Result<bool, MessageError> {
    Ok(signatures(root, None)?.0)
}

/// Checks each signature of a document: at most one directly in `root`, at most one directly in `within`, none elsewhere.
fn signatures(root: Node<'_, '_>, within: Option<Node<'_, '_>>) -> Result<(bool, bool), MessageError> {
    let (mut outer, mut inner) = (false, false);
    for node in root.descendants() {
        if node.qualified_attributes().any(|name| IDENTIFIERS.contains(&name)) {
            return Err(MessageError::Structure("an attribute that names an element has a prefix"));
        }
        if !node.is(DSIG, "Signature") {
            continue;
        }
        let parent = node.parent();
        let seen = match parent.map(|parent| parent.id) {
            Some(id) if id == root.id => &mut outer,
            Some(id) if within.is_some_and(|within| within.id == id) => &mut inner,
            _ => return Err(MessageError::Structure("a signature is neither in the response nor in the assertion")),
        };
        if std::mem::replace(seen, true) {
            return Err(MessageError::Structure("an element has two signatures"));
        }
        signature(node, parent.and_then(|parent| parent.attribute("ID")).unwrap_or_default())?;
    }
    Ok((outer, inner))
}

/// Checks one signature, which must cover the element with this identifier.
fn signature(signature: Node<'_, '_>, id: &str) -> Result<(), MessageError> {
    bare_names(signature)?;
    if id.is_empty() {
        return Err(MessageError::Structure("what is signed has no `ID`"));
    }
    let children: Vec<_> = signature.elements().collect();
    let (info, value) = match children.as_slice() {
        [info, value] => (*info, *value),
        [info, value, key] => {
            key_info(*key)?;
            (*info, *value)
        }
        _ => return Err(MessageError::Structure("a signature has other parts than info, value and key")),
    };
    if !info.is(DSIG, "SignedInfo") || !value.is(DSIG, "SignatureValue") || value.text().is_none_or(str::is_empty) {
        return Err(MessageError::Structure("a signature's parts are not info, value and key in this order"));
    }
    let info: Vec<_> = info.elements().collect();
    let [canonical, method, reference] = info.as_slice() else {
        return Err(MessageError::Structure("a signature covers more than one element, or none"));
    };
    require(*canonical, "CanonicalizationMethod", &[EXCLUSIVE])?;
    prefixes(*canonical)?;
    require(*method, "SignatureMethod", &SIGNATURE_METHODS)?;
    bare(*method)?;
    covers(*reference, id)
}

/// Checks that a reference is to the element with this identifier and to nothing else.
fn covers(reference: Node<'_, '_>, id: &str) -> Result<(), MessageError> {
    let parts: Vec<_> = reference.elements().collect();
    let [transforms, digest_method, digest] = parts.as_slice() else {
        return Err(MessageError::Structure("a reference has other parts than transforms and a digest"));
    };
    if !reference.is(DSIG, "Reference") || reference.attribute("URI").and_then(|uri| uri.strip_prefix('#')) != Some(id)
    {
        return Err(MessageError::Structure("a signature does not cover the element that it is in"));
    }
    let steps: Vec<_> = transforms.elements().collect();
    let steps_known = match steps.as_slice() {
        [one] => require(*one, "Transform", &[ENVELOPED]),
        [first, second] => require(*first, "Transform", &[ENVELOPED])
            .and_then(|()| require(*second, "Transform", &[EXCLUSIVE]))
            .and_then(|()| prefixes(*second)),
        _ => Err(MessageError::Structure("a reference has no transforms, or more than two")),
    };
    steps_known?;
    if !transforms.is(DSIG, "Transforms") || steps.first().is_some_and(|first| first.elements().next().is_some()) {
        return Err(MessageError::Structure("a transform has parts that none has"));
    }
    require(*digest_method, "DigestMethod", &DIGEST_METHODS)?;
    bare(*digest_method)?;
    if !digest.is(DSIG, "DigestValue") || digest.text().is_none_or(str::is_empty) {
        return Err(MessageError::Structure("a digest is not one piece of text"));
    }
    Ok(())
}

/// Demands that no attribute has a namespace: the library takes the first one of a name, whatever its namespace, and would read
/// another value than we have checked.
pub(crate) fn bare_names(node: Node<'_, '_>) -> Result<(), MessageError> {
    if node.descendants().all(|node| node.qualified_attributes().next().is_none()) {
        return Ok(());
    }
    Err(MessageError::Structure("an attribute of a signature or of encrypted text has a prefix"))
}

/// Demands an element of XML signatures with one of these algorithms.
fn require(node: Node<'_, '_>, name: &str, algorithms: &[&str]) -> Result<(), MessageError> {
    if !node.is(DSIG, name) {
        return Err(MessageError::Structure("a signature's parts are not in the order that the standard gives"));
    }
    let algorithm = node.attribute("Algorithm").unwrap_or_default();
    if algorithms.contains(&algorithm) {
        return Ok(());
    }
    Err(MessageError::Algorithm(algorithm.chars().take(200).collect()))
}

/// Demands that there is nothing in it.
fn bare(node: Node<'_, '_>) -> Result<(), MessageError> {
    match node.elements().next() {
        None => Ok(()),
        Some(_) => Err(MessageError::Structure("an algorithm has parameters")),
    }
}

/// Demands that nothing is in it but a list of prefixes (exclusive canonical XML §4).
fn prefixes(node: Node<'_, '_>) -> Result<(), MessageError> {
    let children: Vec<_> = node.elements().collect();
    match children.as_slice() {
        [] => Ok(()),
        [list] if list.is(EXCLUSIVE, "InclusiveNamespaces") && list.elements().next().is_none() && is_short(*list) => {
            Ok(())
        }
        _ => Err(MessageError::Structure("a canonicalisation has parts that none has")),
    }
}

fn is_short(list: Node<'_, '_>) -> bool {
    let prefixes = list.attribute("PrefixList").unwrap_or_default();
    prefixes.len() <= PREFIXES * 64 && prefixes.split_whitespace().count() <= PREFIXES
}

/// Demands that a key is described in place: nothing is to be fetched or resolved.
fn key_info(node: Node<'_, '_>) -> Result<(), MessageError> {
    let described = |child: Node<'_, '_>| KEY_INFO.iter().any(|name| child.is(DSIG, name));
    if node.is(DSIG, "KeyInfo") && node.elements().all(described) {
        return Ok(());
    }
    Err(MessageError::Structure("a signature's key is not described in place"))
}
