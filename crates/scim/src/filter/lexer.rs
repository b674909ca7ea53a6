//! The words of a filter.

use crate::error::{RequestError, ScimType};

/// One word, borrowed from the filter's text except for strings, whose escapes are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    /// An attribute path, operator, number, `true`, `false` or `null`.
    Word(&'t str),
    /// A JSON string.
    Text(String),
}

/// Splits a filter into words, one at a time.
pub(super) struct Lexer<'t> {
    text: &'t str,
    position: usize,
}

impl<'t> Lexer<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, position: 0 }
    }

    /// Where the next word begins, in bytes.
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    /// Whether the next character follows the last word without a space.
    pub(super) fn touches(&self, character: char) -> bool {
        self.text[self.position..].starts_with(character)
    }

    /// The next word, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'t>>, RequestError> {
        let rest = &self.text[self.position..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.position += rest.len() - trimmed.len();
        let Some(first) = trimmed.chars().next() else { return Ok(None) };
        let single = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '[' => Some(Token::OpenBracket),
            ']' => Some(Token::CloseBracket),
            '"' => return self.string(trimmed).map(Some),
            _ => None,
        };
        if let Some(token) = single {
            self.position += 1;
            return Ok(Some(token));
        }
        let end = trimmed.find([' ', '\t', '\r', '\n', '(', ')', '[', ']', '"']).unwrap_or(trimmed.len());
        self.position += end;
        Ok(Some(Token::Word(&trimmed[..end])))
    }

    fn string(&mut self, rest: &'t str) -> Result<Token<'t>, RequestError> {
        let mut escaped = false;
        let end = rest.bytes().skip(1).position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        });
        let Some(end) = end else {
            return Err(invalid(self.position, "the string is not closed by a double quote"));
        };
        let quoted = &rest[..end + 2];
        let text: String = serde_json::from_str(quoted)
            .map_err(|_| invalid(self.position, "the string is not a JSON string: escape `\\` as `\\\\`"))?;
        if text.contains('\0') {
            return Err(invalid(self.position, "text cannot hold the character U+0000"));
        }
        self.position += quoted.len();
        Ok(Token::Text(text))
    }
}

/// A 400 `invalidFilter` with the place, counted in bytes from 1.
pub(super) fn invalid(position: usize, what: impl std::fmt::Display) -> RequestError {
    RequestError::bad(ScimType::InvalidFilter, format!("at position {} of the filter: {what}", position + 1))
}
