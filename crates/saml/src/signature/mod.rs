//! XML signatures: what shape they must have (`structure`), that they hold, and what exactly they cover.
//!
//! The only module that calls the library for it. `verify` takes a document whose shape was checked.

pub(crate) mod structure;

use bergshamra::{
    VerifyResult,
    c14n::{C14nMode, canonicalize_doc},
    dsig::verify::verify_all_document_with_source,
    xml::nodeset::NodeSet,
};

use crate::{certificate::Signers, error::MessageError, xml::Node};

/// Verifies all signatures of a document, of which there are `count`, each over the element that it is in.
pub(crate) fn verify(root: Node<'_, '_>, text: &str, count: usize, signers: &Signers) -> Result<(), MessageError> {
    let results = verify_all_document_with_source(signers.context(), root.doc, Some(text))
        .map_err(|error| MessageError::Signature(error.to_string()))?;
    if results.len() != count {
        return Err(MessageError::Structure("a signature is where none is looked for"));
    }
    for result in results {
        match result {
            VerifyResult::Valid { signature_node, references, .. } => {
                let [reference] = references.as_slice() else {
                    return Err(MessageError::Structure("a signature covers more than one element, or none"));
                };
                let covered =
                    reference.resolved_node.is_some() && reference.resolved_node == root.doc.parent(signature_node);
                if !covered || !reference.digest_verified {
                    return Err(MessageError::Structure("a signature does not cover the element that it is in"));
                }
            }
            VerifyResult::Invalid { reason } => return Err(MessageError::Signature(reason)),
        }
    }
    Ok(())
}

/// An element as a document of its own: the very text that its signature covers, and the signature.
pub(crate) fn canonical(node: Node<'_, '_>, mode: C14nMode) -> Result<String, MessageError> {
    let nodes = NodeSet::tree_without_comments(node.id, node.doc);
    let bytes = canonicalize_doc::<&str>(node.doc, mode, Some(&nodes), &[])
        .map_err(|error| MessageError::Xml(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| MessageError::Encoding)
}
