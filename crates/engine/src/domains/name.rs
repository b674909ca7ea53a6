//! Which domains can be claimed: no public suffix, and no public mail domain (SSO-2, ORG-4).

use muster_model::Email;

use super::public_mail;

/// Why a text is no domain that somebody can claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DomainName {
    /// It is no domain.
    #[error("this is not a domain such as \"example.com\"")]
    Malformed,
    /// Everybody registers names under it.
    #[error("this is a public suffix, under which anybody can register names: use a domain of your own (ORG-4)")]
    PublicSuffix,
    /// Everybody gets an address at it.
    #[error("this is a public mail domain, which nobody can hold: use a domain of your own (SSO-2)")]
    PublicMail,
}

/// The domain in the form in which it is compared: in lower case, without the root's dot.
///
/// # Errors
///
/// As [`DomainName`] says.
pub fn checked(text: &str) -> Result<String, DomainName> {
    let folded = folded(text).ok_or(DomainName::Malformed)?;
    if public_mail::is_public(&folded) {
        return Err(DomainName::PublicMail);
    }
    // Of a name without a known suffix, the last label is taken for one.
    match psl::suffix(folded.as_bytes()) {
        Some(suffix) if suffix.as_bytes() == folded.as_bytes() => Err(DomainName::PublicSuffix),
        _ => Ok(folded),
    }
}

/// A domain's name, whether or not anybody can claim it.
pub(crate) fn folded(text: &str) -> Option<String> {
    let folded = text.trim().trim_end_matches('.').to_lowercase();
    let email = Email::parse(&format!("x@{folded}")).ok()?;
    (email.domain() == folded).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn org_4_what_anybody_can_register_under_cannot_be_claimed() {
        for suffix in ["co.uk", "github.io", "CO.UK."] {
            assert_eq!(checked(suffix), Err(DomainName::PublicSuffix), "{suffix}");
        }
        for own in ["example.co.uk", "Example.COM.", "sub.example.com", "corp.internal", "b\u{fc}cher.example"] {
            assert_eq!(checked(own).as_deref(), Ok(own.trim_end_matches('.').to_lowercase().as_str()));
        }
    }

    #[test]
    fn sso_2_public_mail_domains_cannot_be_claimed() {
        assert_eq!(checked("GMail.com"), Err(DomainName::PublicMail));
        for wrong in ["", "a b.example", "x@example.com", "example..com"] {
            assert_eq!(checked(wrong), Err(DomainName::Malformed), "{wrong}");
        }
    }
}
