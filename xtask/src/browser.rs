//! The pages in headless Chromium.

use crate::{Failure, debian, node, process::run, tests::Tests};

/// What checks pages for accessibility: axe-core, pinned.
const ACCESSIBILITY: &str = "accessibility";

/// Runs the tests that need a browser.
pub(crate) fn check() -> Result<(), Failure> {
    debian::require("chromium", &["chromium"])?;
    debian::require("chromedriver", &["chromium-driver"])?;
    node::install(ACCESSIBILITY)?;
    let mut command = Tests::build()?.command("muster", "browser")?;
    // Each has a browser and a server of its own.
    run(command.arg("--test-threads=1"))
}
