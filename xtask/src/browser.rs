//! The pages in headless Chromium.

use crate::{Failure, debian, process::run, tests::Tests};

/// Runs the tests that need a browser.
pub(crate) fn check() -> Result<(), Failure> {
    debian::require("chromium", &["chromium"])?;
    debian::require("chromedriver", &["chromium-driver"])?;
    let mut command = Tests::build()?.command("muster", "browser")?;
    // Each has a browser and a server of its own.
    run(command.arg("--test-threads=1"))
}
