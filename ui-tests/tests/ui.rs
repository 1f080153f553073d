//! Each `fail/*.rs` has a mistake, and a `.stderr` file with the messages. `TRYBUILD=overwrite` updates
//! the files.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use trybuild::TestCases;

#[path = "../toolchain.rs"]
mod toolchain;

#[test]
fn failing_cases_have_the_expected_messages_and_passing_cases_compile() {
    let cases = TestCases::new();
    cases.pass("tests/*/pass/*.rs");
    if toolchain::has_the_words() {
        return cases.compile_fail("tests/*/fail/*.rs");
    }

    drop(cases);
    let (expected, found) = errors().unwrap();
    assert_eq!(found, expected, "the number of errors of each case");
}

/// The number of errors of each failing case, as in its `.stderr` file, and as the compiler finds them.
fn errors() -> io::Result<(BTreeMap<String, usize>, BTreeMap<String, usize>)> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fail");
    for folder in [&*place, Path::new("wip")] {
        let _ = fs::remove_dir_all(folder);
    }
    fs::create_dir_all(&place)?;
    let mut expected = BTreeMap::new();
    for group in fs::read_dir("tests")? {
        let group = group?;
        for case in sources(&group.path().join("fail")) {
            let name = format!(
                "{}-{}",
                group.file_name().display(),
                case.file_stem().unwrap_or_default().display()
            );
            fs::copy(&case, place.join(&name).with_extension("rs"))?;
            expected.insert(name, count(&case.with_extension("stderr")));
        }
    }

    let cases = TestCases::new();
    cases.compile_fail(place.join("*.rs"));
    // Without the files, it writes them to a folder `wip`, and panics.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(cases)));
    let written = |name: &String| count(&Path::new("wip").join(format!("{name}.stderr")));
    let found = expected.keys().map(|name| (name.clone(), written(name))).collect();
    let _ = fs::remove_dir_all("wip");
    Ok((expected, found))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    files.filter(|file| file.extension().is_some_and(|it| it == "rs")).collect()
}

fn count(messages: &Path) -> usize {
    let messages = fs::read_to_string(messages).unwrap_or_default();
    messages.lines().filter(|line| line.starts_with("error")).count()
}
