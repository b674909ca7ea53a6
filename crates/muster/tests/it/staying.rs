//! Commands that stay until they are asked to end.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// A command that prints one line of JSON and stays; killed when dropped.
pub(crate) struct Staying {
    child: Child,
    pub(crate) said: Value,
}

impl Staying {
    /// Starts a command and waits for what it says.
    pub(crate) fn start(command: &mut Command, arguments: &[&str]) -> Self {
        let command = command.args(arguments).arg("--json");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, said: serde_json::from_str(&line).unwrap() }
    }

    /// A text that it said.
    pub(crate) fn says(&self, name: &str) -> &str {
        self.said[name].as_str().unwrap()
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Staying {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
