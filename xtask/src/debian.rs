//! Programs that the check needs, from Debian's packages where they may be installed.

use std::process::Command;

use crate::{
    Failure,
    process::{output, run},
};

/// Demands a program, which a package has; it is installed where that may be done.
pub(crate) fn require(program: &str, packages: &[&str]) -> Result<(), Failure> {
    let is_there = || output(Command::new(program).arg("--version")).is_ok();
    if is_there() {
        return Ok(());
    }
    println!("installing {}", packages.join(" "));
    let apt = |arguments: &[&str]| {
        run(Command::new("apt-get").arg("-q").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install = [&["install", "-y", "--no-install-recommends"], packages].concat();
    // Where one may not install, it fails, and what is missing is said below.
    drop(apt(&["update"]).and_then(|()| apt(&install)));
    if is_there() {
        return Ok(());
    }
    Err(format!("`{program}` is missing: on Debian `apt-get install {}`", packages.join(" ")).into())
}
