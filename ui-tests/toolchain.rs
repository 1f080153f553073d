//! The toolchain that produces the `.stderr` files.

use std::env;
use std::io::{self, Write as _};
use std::process::Command;

/// The compiler of CI.
const RUST_VERSION: &str = "1.95";

/// Whether the compiler has the words of the `.stderr` files. Parts of the messages come from the compiler and differ between
/// versions.
///
/// # Panics
///
/// The compiler is another one where `UI_TESTS_COMPARE` is set, as in CI.
pub(crate) fn has_the_words() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let found = match Command::new(&rustc).arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(error) => format!("{}: {error}", rustc.display()),
    };
    if found.starts_with(&format!("rustc {RUST_VERSION}.")) {
        return true;
    }

    let said = format!(
        "expected Rust {RUST_VERSION}, found `{found}`: errors are counted, their words are not compared"
    );
    assert!(env::var_os("UI_TESTS_COMPARE").is_none(), "{said}");
    // The test harness captures what `eprintln!` writes, but not this.
    let _ = writeln!(io::stderr(), "{said}");
    false
}
