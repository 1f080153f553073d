//! The code that a program runs before `main`.

use std::process::Command;

/// Asserts that the program at this path runs nothing before `main`, except two functions that every program has: one
/// of the C runtime, and one of the standard library, which takes the arguments. Only Linux with glibc is checked.
///
/// # Panics
///
/// The program runs something else, or `readelf`, which comes with the linker, is missing.
#[track_caller]
pub fn assert_nothing_runs_before_main(program: &str) {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return;
    }

    let output = Command::new("readelf")
        .args(["--sections", "--wide", program])
        .output()
        .unwrap_or_else(|error| panic!("cannot run `readelf`: {error}"));
    let sections = String::from_utf8_lossy(&output.stdout).into_owned();
    for section in [".preinit_array", ".ctors"] {
        assert!(!sections.contains(section), "{program}:\n{sections}");
    }

    // The name is followed by type, address, offset and size.
    let mut words = sections.split_whitespace().skip_while(|word| *word != ".init_array");
    let size = words.nth(4).map(|size| usize::from_str_radix(size, 16));
    assert_eq!(size, Some(Ok(2 * size_of::<usize>())), "{program}:\n{sections}");
}
