//! A connection's tokens, for people.

use super::{OutputError, line, remark, table};
use crate::admin::Tokens;

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
