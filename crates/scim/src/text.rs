//! Comparing text without regard to case.
//!
//! One folding is used everywhere: Unicode lower case, as [`str::to_lowercase`]. It is the one that `*_key` columns of the
//! database are made with, so that SQL and the evaluator agree. There is no Unicode normalization: text is kept as sent.

use std::borrow::Cow;

/// Text in the form in which attributes that are not `caseExact` are compared.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        }
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// Whether two texts are equal, with regard to case only if `case_exact`.
#[must_use]
pub fn equal(left: &str, right: &str, case_exact: bool) -> bool {
    if case_exact {
        left == right
    } else if left.is_ascii() && right.is_ascii() {
        left.eq_ignore_ascii_case(right)
    } else {
        fold(left) == fold(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_is_unicode_lower_case() {
        assert!(equal("ÉLODIE", "élodie", false));
        assert!(!equal("ÉLODIE", "élodie", true));
        assert!(equal("\u{212a}elvin", "kelvin", false), "the kelvin sign folds to an ASCII letter");
    }
}
