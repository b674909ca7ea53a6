//! Integration tests, built once for all stages.
//!
//! Which features a dependency is built with follows from the packages that are built together. A test that were built with
//! its package alone would have most of them compiled anew, so everything is built for the whole workspace, as the stage
//! `test` does.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    Failure,
    process::{cargo, run},
};

/// The integration tests of all packages, built.
pub(crate) struct Tests(Vec<Test>);

/// A test target of a package.
struct Test {
    package: String,
    target: String,
    folder: PathBuf,
    executable: PathBuf,
}

impl Tests {
    /// Builds them, and the binaries that they run.
    pub(crate) fn build() -> Result<Self, Failure> {
        let targets = ["--test", "it", "--test", "postgres", "--test", "browser"];
        let mut build = cargo(&["test", "--workspace", "--no-run", "--quiet"]);
        build.args(targets);
        let output = build.args(["--message-format", "json"]).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            let messages = String::from_utf8_lossy(&output.stdout);
            let told = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let told: Vec<_> =
                told.filter_map(|message| message["message"]["rendered"].as_str().map(str::to_owned)).collect();
            return Err(format!("the tests do not build:\n{}", told.concat()).into());
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        Ok(Self(messages.filter_map(|message| Test::read(&message)).collect()))
    }

    /// A command that runs one of them.
    pub(crate) fn command(&self, package: &str, target: &str) -> Result<Command, Failure> {
        let test = self.0.iter().find(|test| test.package == package && test.target == target);
        let test = test.ok_or_else(|| format!("package `{package}` has no test target `{target}`"))?;
        let mut command = Command::new(&test.executable);
        command.current_dir(&test.folder).arg("--quiet");
        Ok(command)
    }
}

impl Test {
    /// What cargo says of something that it has built, if that is an integration test.
    fn read(message: &Value) -> Option<Self> {
        let is_test = message["target"]["kind"].as_array()?.iter().any(|kind| kind == "test");
        let folder = PathBuf::from(message["manifest_path"].as_str()?).parent()?.to_owned();
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))?;
        is_test.then_some(Self {
            package: name.to_owned(),
            target: message["target"]["name"].as_str()?.to_owned(),
            folder,
            executable: PathBuf::from(message["executable"].as_str()?),
        })
    }
}

/// Builds the binaries of the workspace as the tests use them.
pub(crate) fn build_binaries() -> Result<(), Failure> {
    run(&mut cargo(&["test", "--workspace", "--test", "it", "--no-run", "--quiet"]))
}
