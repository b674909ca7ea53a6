//! The texts of pages, in one catalogue (`texts/en.ftl`), so that they can be translated: Project Fluent's format.
//!
//! Templates say `{{ "members-title"|t }}`, code says [`say`]. A text that is not in the catalogue shows as its name; a test finds
//! those, and the ones that nothing uses.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

const ENGLISH: &str = include_str!("../../texts/en.ftl");

static TEXTS: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let english = "en".parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![english]);
    // HTML has its own ways to keep the direction of a name apart, and texts are compared in tests.
    bundle.set_use_isolating(false);
    // What can be read of a catalogue with a mistake counts; the test tells of the rest.
    let resource = FluentResource::try_new(ENGLISH.to_owned()).unwrap_or_else(|(read, _)| read);
    drop(bundle.add_resource(resource));
    bundle
});

/// Whether there is a text of this name.
pub(crate) fn is_known(name: &str) -> bool {
    TEXTS.has_message(name)
}

/// A text without anything put into it.
pub(crate) fn text(name: &str) -> String {
    say(name, [])
}

/// A text with these values in it.
pub(crate) fn say<'v, const N: usize>(name: &'v str, values: [(&'v str, FluentValue<'v>); N]) -> String {
    let Some(pattern) = TEXTS.get_message(name).and_then(|message| message.value()) else { return name.to_owned() };
    let arguments: FluentArgs<'_> = values.into_iter().collect();
    // A value that is missing shows as its name in braces.
    TEXTS.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        fs,
        path::{Path, PathBuf},
    };

    use fluent_bundle::FluentResource;

    use super::*;

    fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(files(&path, endings));
            } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
                found.push(path);
            }
        }
        found
    }

    /// The names of the catalogue, as its lines begin.
    fn named() -> BTreeSet<String> {
        let lines = ENGLISH.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
        lines.filter_map(|line| line.split_once(" =")).map(|(name, _)| name.to_owned()).collect()
    }

    /// Every quoted word in templates and code that looks like the name of a text.
    fn quoted() -> BTreeSet<String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut all = files(&here.join("templates"), &["html"]);
        all.extend(files(&here.join("src"), &["rs"]));
        let mut words = BTreeSet::new();
        for file in all {
            let content = fs::read_to_string(file).unwrap();
            for word in content.split('"') {
                let is_name = word.contains('-')
                    && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
                if is_name {
                    words.insert(word.to_owned());
                }
            }
        }
        words
    }

    /// What templates say by a filter, which nothing but the catalogue can answer.
    fn filtered() -> BTreeSet<String> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut words = BTreeSet::new();
        for file in files(&here.join("templates"), &["html"]) {
            let content = fs::read_to_string(file).unwrap();
            for filter in ["\"|t}", "\"|t ", "\"|t)", "\"|t,", "\"|ta(", "\"|tab(", "\"|tb(", "\"|tbb("] {
                for (at, _) in content.match_indices(filter) {
                    let start = content[..at].rfind('"').map_or(0, |start| start + 1);
                    words.insert(content[start..at].to_owned());
                }
            }
        }
        words
    }

    #[test]
    fn the_catalogue_can_be_read() {
        if let Err((_, mistakes)) = FluentResource::try_new(ENGLISH.to_owned()) {
            panic!("{mistakes:?}");
        }
        let twice = ENGLISH.lines().filter_map(|line| line.split_once(" =")).map(|(name, _)| name);
        let mut seen = BTreeSet::new();
        let twice: Vec<_> = twice.filter(|name| !name.starts_with([' ', '#']) && !seen.insert(*name)).collect();
        assert!(twice.is_empty(), "said twice: {twice:?}");
    }

    #[test]
    fn every_text_that_is_said_is_in_the_catalogue_and_no_other() {
        let (named, quoted) = (named(), quoted());
        let missing: Vec<_> = filtered().into_iter().filter(|word| !named.contains(word)).collect();
        assert!(missing.is_empty(), "not in the catalogue: {missing:?}");
        let unused: Vec<_> = named.iter().filter(|name| !quoted.contains(*name)).collect();
        assert!(unused.is_empty(), "nothing says: {unused:?}");
    }
}
