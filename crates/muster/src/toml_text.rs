//! What messages say of TOML texts: where something is, and which key was probably meant.

/// `file:line:column` of a byte in a text.
pub(crate) fn place(path: &str, text: &str, byte: usize) -> String {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{path}:{line}:{column}")
}

/// The known name that is most like `name`, if one is like it at all.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let likeness = |known: &&str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    known.filter(|known| likeness(known) > 0.7).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// The message for a key that there is not.
pub(crate) fn unknown_key(name: &str, meant: Option<&str>) -> String {
    match meant {
        Some(meant) => format!("unknown key `{name}`: did you mean `{meant}`?"),
        None => format!("unknown key `{name}`: remove it"),
    }
}

/// A message for an error of a typed TOML text, with its place, and with the nearest key instead of a list of all.
pub(crate) fn explain(path: &str, text: &str, error: &toml::de::Error) -> String {
    let place = place(path, text, error.span().map_or(0, |span| span.start));
    let message = error.message().trim();
    let Some(names) = message.strip_prefix("unknown field ") else { return format!("{place}: {message}") };
    // serde's words: unknown field `x`, expected one of `a`, `b`
    let mut names = names.split('`').skip(1).step_by(2);
    let unknown = names.next().unwrap_or_default();
    format!("{place}: {}", unknown_key(unknown, nearest(unknown, names)))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Entry {
        #[serde(rename = "default_team")]
        _team: Option<String>,
        #[serde(rename = "jit")]
        _jit: Option<bool>,
    }

    #[test]
    fn the_nearest_key_is_named() {
        let text = "jit = true\ndefault_taem = \"x\"\n";
        let error = toml::from_str::<Entry>(text).unwrap_err();
        assert_eq!(
            explain("f.toml", text, &error),
            "f.toml:2:1: unknown key `default_taem`: did you mean `default_team`?"
        );
        let text = "zzzzz = 1\n";
        let error = toml::from_str::<Entry>(text).unwrap_err();
        assert_eq!(explain("f.toml", text, &error), "f.toml:1:1: unknown key `zzzzz`: remove it");
        let error = toml::from_str::<Entry>("jit = 1").unwrap_err();
        assert!(explain("f.toml", "jit = 1", &error).starts_with("f.toml:1:7: "));
    }
}
