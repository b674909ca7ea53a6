//! Reading the file that `muster apply` takes, and what it refers to.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub(crate) use muster_administration::declaration::{
    ClientSecret, Connection, Declaration, Oidc, Saml, from_engine, to_engine,
};

use crate::toml_text;

/// The largest metadata file, in bytes.
const METADATA_BYTES: u64 = 1024 * 1024;
/// The largest file with a client secret, in bytes.
const SECRET_BYTES: u64 = 4 * 1024;

/// Why a file is no declaration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// It, or a file it refers to, cannot be read.
    #[error("{path} cannot be read: {source}", path = .path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// It does not say what can be said; with file, line and column.
    #[error("{0}")]
    Wrong(String),
}

/// Reads a declaration; `-` is the standard input. Files that it names are taken from its own folder.
pub(crate) fn read(path: &Path) -> Result<Declaration, ReadError> {
    let (shown, text) = if path == Path::new("-") {
        let text = io::read_to_string(io::stdin());
        ("standard input".to_owned(), text.map_err(|source| ReadError::Io { path: path.to_owned(), source })?)
    } else {
        let text = fs::read_to_string(path).map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
        (path.display().to_string(), text)
    };
    let mut declaration = parse(&shown, &text)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for connection in &mut declaration.connections {
        if let Some(saml) = &mut connection.saml
            && let Some(file) = saml.metadata_file.take()
        {
            saml.metadata = Some(contents(&folder.join(file), METADATA_BYTES, "metadata has at most 1 MiB")?);
        }
        if let Some(oidc) = &mut connection.oidc
            && let Some(file) = oidc.client_secret_file.take()
        {
            let secret = contents(&folder.join(file), SECRET_BYTES, "a client secret has at most 4 KiB")?;
            oidc.client_secret = Some(ClientSecret::of_file(&secret));
        }
    }
    Ok(declaration)
}

/// Reads a declaration that refers to no files.
pub(crate) fn parse(shown: &str, text: &str) -> Result<Declaration, ReadError> {
    toml::from_str(text).map_err(|error| ReadError::Wrong(toml_text::explain(shown, text, &error)))
}

/// A file's text, if it has at most this many bytes.
fn contents(path: &Path, bytes: u64, too_large: &'static str) -> Result<String, ReadError> {
    let io_error = |source| ReadError::Io { path: path.to_owned(), source };
    if fs::metadata(path).map_err(io_error)?.len() > bytes {
        return Err(io_error(io::Error::new(io::ErrorKind::FileTooLarge, too_large)));
    }
    fs::read_to_string(path).map_err(io_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"
[[company]]
name = "acme"

[[organization]]
name = "moby"
company = "acme"
seats = 1000
owners = ["ada@example.com"]
teams = ["backend"]

[[domain]]
name = "example.com"
organization = "moby"
verified = true

[[connection]]
name = "okta"
organizations = ["moby"]
domains = ["example.com"]
default_organization = "moby"
default_team = "company"
jit = true
precedence = "scim"

[connection.saml]
entity_id = "https://idp.example.com"
sso_url = "https://idp.example.com/sso"
certificates = ["MIIB"]
encryption = true

[connection.scim]
enabled = true
user_names = "email"
other_domains = false
mass_change_guard = true
membership_follows_groups = false

[[connection.mapping]]
pattern = "eng-*"
organization = "moby"
team = "engineers"
role = "editor"

[[connection]]
name = "entra"
organizations = ["moby"]
precedence = { role = "last" }
"#;

    #[test]
    fn what_is_written_reads_back() {
        let declaration = parse("f.toml", FULL).unwrap();
        let written = toml::to_string(&declaration).unwrap();
        assert_eq!(parse("written", &written).unwrap(), declaration, "{written}");
        assert!(written.contains("precedence = \"scim\""), "{written}");
    }

    #[test]
    fn sso_1_a_client_secret_is_read_from_beside_the_file_and_shown_to_nobody() {
        let folder = std::env::temp_dir().join(format!("muster-client-secret-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let text = "[[connection]]\nname = \"x\"\norganizations = [\"moby\"]\n[connection.oidc]\n\
                    issuer = \"https://i\"\nclient_id = \"c\"\nclient_secret_file = \"secret.txt\"\n";
        fs::write(folder.join("muster.toml"), text).unwrap();
        fs::write(folder.join("secret.txt"), "s3cret\n").unwrap();
        let declaration = read(&folder.join("muster.toml")).unwrap();
        let oidc = declaration.connections[0].oidc.as_ref().unwrap();
        assert_eq!(oidc.client_secret.as_ref().unwrap().secret().expose(), "s3cret");
        assert!(!format!("{declaration:?}").contains("s3cret"));
        fs::write(folder.join("secret.txt"), "x".repeat(5_000)).unwrap();
        assert!(matches!(read(&folder.join("muster.toml")), Err(ReadError::Io { .. })));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn wrong_keys_and_values_are_named_with_their_place() {
        for (text, expected) in [
            (
                "[[organization]]\nname = \"moby\"\nseets = 1\n",
                "f.toml:3:1: unknown key `seets`: did you mean `seats`?",
            ),
            ("[[conection]]\nname = \"x\"\n", "unknown key `conection`: did you mean `connection`?"),
            ("[[connection]]\nname = \"x\"\n[connection.scim]\nuser_name = \"any\"\n", "did you mean `user_names`?"),
            ("[[connection]]\nname = \"x\"\nprecedence = \"me\"\n", "f.toml:3:14: unknown variant `me`"),
            ("[[connection]]\nname = \"x\"\nprecedence = { rolle = \"sso\" }\n", "did you mean `role`?"),
            ("[[organization]]\nseats = 1\n", "missing field `name`"),
            ("[[organization]\n", "f.toml:1:"),
        ] {
            let error = parse("f.toml", text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} does not say {expected}");
        }
    }
}
