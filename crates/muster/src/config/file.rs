//! The configuration file.

use std::{fs, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Config, ConfigError, SETTINGS,
    settings::{self, Setting},
};
use crate::toml_text::{self, nearest};

/// Puts a file's settings into `config`.
pub(super) fn read(path: &Path, config: &mut Config) -> Result<(), ConfigError> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| ConfigError { place: shown.clone(), reason: format!("cannot be read: {error}") })?;
    apply(&shown, &text, config)
}

fn apply(path: &str, text: &str, config: &mut Config) -> Result<(), ConfigError> {
    let at = |place: usize| toml_text::place(path, text, place);
    let document = DeTable::parse(text).map_err(|error| ConfigError {
        place: at(error.span().map_or(0, |span| span.start)),
        reason: error.message().to_owned(),
    })?;
    for (section, value) in document.get_ref() {
        let place = || at(section.span().start);
        let name: &str = section.get_ref();
        if !SETTINGS.iter().any(|setting| setting.section == name) {
            return Err(unknown(place(), name, SETTINGS.iter().map(|setting| setting.section)));
        }
        let DeValue::Table(table) = value.get_ref() else {
            return Err(ConfigError { place: place(), reason: format!("`{name}` is a section: write [{name}]") });
        };
        for (key, value) in table {
            let place = at(key.span().start);
            let setting = find(name, key.get_ref(), &place)?;
            let Some(value) = scalar(value).or_else(|| list(setting, value)) else {
                let reason = format!("`{name}.{}`: use {}", setting.key, setting.value);
                return Err(ConfigError { place, reason });
            };
            config.set(setting, &value, || format!("{place}: `{name}.{}`", setting.key))?;
        }
    }
    Ok(())
}

fn find(section: &str, key: &str, place: &str) -> Result<&'static Setting, ConfigError> {
    let mut settings = SETTINGS.iter().filter(|setting| setting.section == section);
    settings.clone().find(|setting| setting.key == key).ok_or_else(|| {
        let keys = settings.by_ref().map(|setting| setting.key);
        unknown(place.to_owned(), key, keys)
    })
}

fn unknown(place: String, name: &str, known: impl Iterator<Item = &'static str>) -> ConfigError {
    ConfigError { place, reason: toml_text::unknown_key(name, nearest(name, known)) }
}

fn scalar(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Integer(value) => Some(value.as_str().to_owned()),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// A list of texts, for settings that take one.
fn list(setting: &Setting, value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::Array(items) if setting.placeholder == settings::LIST => {
            let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        apply("muster.toml", text, &mut Config::default()).unwrap_err().to_string()
    }

    #[test]
    fn a_file_sets() {
        let mut config = Config::default();
        let text = "[server]\nlisten = \"0.0.0.0:80\"\n\n[log]\nlevel = \"debug\"\n[operations]\nlisten = \"off\"\n";
        apply("muster.toml", text, &mut config).unwrap();
        assert_eq!((config.server.listen.port(), config.log.level.as_str()), (80, "debug"));
        assert!(config.operations.listen.is_none());
    }

    #[test]
    fn sec_3_only_what_the_operator_names_is_allowed_beyond_the_public_internet() {
        let mut config = Config::default();
        assert_eq!(config.outbound, muster_outbound::Allowed::default());
        apply("muster.toml", "[outbound]\nallow = \"idp.corp.example, 10.20.0.0/16\"\n", &mut config).unwrap();
        assert_eq!(config.outbound, "idp.corp.example, 10.20.0.0/16".parse().unwrap());
        let wrong = error("[outbound]\nallow = \"https://idp.corp.example\"\n");
        assert!(wrong.contains("`outbound.allow`") && wrong.contains("idp.corp.example, 10.20.0.0/16"), "{wrong}");
    }

    #[test]
    fn org_4_resolvers_are_named_with_or_without_a_port() {
        let mut config = Config::default();
        let wanted: Vec<std::net::SocketAddr> =
            ["127.0.0.1:5300", "9.9.9.9:53", "[::1]:53"].map(|address| address.parse().unwrap()).into();
        for text in ["[\"127.0.0.1:5300\", \"9.9.9.9\", \"::1\"]", "\"127.0.0.1:5300, 9.9.9.9, [::1]:53\""] {
            apply("muster.toml", &format!("[dns]\nresolvers = {text}\n"), &mut config).unwrap();
            assert_eq!(config.dns.as_ref(), Some(&wanted));
        }
        assert!(error("[dns]\nresolvers = \"resolver.example\"\n").contains("`dns.resolvers`"));
    }

    #[test]
    fn an_unknown_key_names_the_nearest_and_its_line() {
        let unknown = error("[server]\n\nlisen = \"127.0.0.1:1\"\n");
        assert_eq!(unknown, "muster.toml:3:1: unknown key `lisen`: did you mean `listen`?");
        assert!(error("[serve]\n").contains("`server`"));
    }

    #[test]
    fn what_is_wrong_names_its_line_and_what_is_accepted() {
        let wrong = error("[log]\nformat = \"xml\"\n");
        assert!(
            wrong.starts_with("muster.toml:2:1: `log.format`") && wrong.contains("auto, pretty or json"),
            "{wrong}"
        );
        assert!(error("[server]\nlisten = [1]").contains("ADDR:PORT"));
        assert!(error("server = 1").contains("[server]"));
        assert!(error("[server").starts_with("muster.toml:1:"));
    }
}
