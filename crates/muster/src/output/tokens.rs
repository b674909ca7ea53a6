//! Tokens, for people.

use super::{OutputError, line, remark, table};
use crate::admin::{AccessTokens, Tokens};

/// A token that was made goes alone to the standard output, so that a script can keep it.
pub(super) fn show(tokens: &Tokens) -> Result<(), OutputError> {
    if let Some(token) = &tokens.token {
        remark(&format!(
            "a token for connection {}, shown only now; it works at {}",
            tokens.connection, tokens.base_url
        ));
        return line(token);
    }
    let mut list = table(["id", "label", "live", "created", "expires", "last used", "revoked"]);
    for token in &tokens.tokens {
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        list.add_row([
            token.id.clone(),
            token.label.clone(),
            if token.live { "yes".to_owned() } else { "no".to_owned() },
            token.created.clone(),
            some(&token.expires),
            some(&token.last_used),
            some(&token.revoked),
        ]);
    }
    line(&list.to_string())
}

/// The same with the access tokens of a person or an organization.
pub(super) fn access(tokens: &AccessTokens) -> Result<(), OutputError> {
    if let Some(token) = &tokens.token {
        remark(&format!("an access token of {}, shown only now", tokens.of));
        return line(token);
    }
    let mut list = table(["id", "label", "scopes", "active", "created", "expires", "last used"]);
    for token in &tokens.tokens {
        list.add_row([
            token.id.clone(),
            token.label.clone(),
            token.scopes.join(", "),
            if token.active { "yes".to_owned() } else { "no".to_owned() },
            token.created.clone(),
            token.expires.clone().unwrap_or_default(),
            token.last_used.clone().unwrap_or_default(),
        ]);
    }
    line(&list.to_string())
}
