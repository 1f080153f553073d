//! `floe new`.

use std::fs;

use crate::product::program;

fn new(folder: &str) -> crate::product::Output {
    program(&["new", folder], &[])
}

#[test]
fn a_new_product_runs() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("tea-shop");
    let folder = folder.to_str().unwrap();
    let created = new(folder);
    created.assert_ok();
    assert_eq!(
        created.stdout,
        format!("created {folder}; next: {} run {folder}\n", env!("CARGO_BIN_EXE_floe"))
    );
    let run = program(&["run", folder], &[]);
    run.assert_ok();
    let summary = "2 models and 1 source built, 0 failed · 2 checks passed, 0 failed · ";
    assert!(run.stderr.contains(summary), "{}", run.stderr);
    let artifacts = fs::read_to_string(format!("{folder}/.floe/compiled_artifacts.json")).unwrap();
    assert!(artifacts.contains(r#""tea-shop""#), "{artifacts}");
    // Nothing else was left beside it.
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
}

#[test]
fn a_new_product_replaces_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let path = |name: &str| parent.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("empty")).unwrap();
    fs::write(path("file"), "mine").unwrap();
    for (folder, message) in [
        (path("empty"), "it exists, expected a path that does not"),
        (path("file"), "it exists, expected a path that does not"),
        (
            path("Tea Shop"),
            "the name of the product: expected 1 to 128 lower-case letters, digits and hyphens, starting with a letter, found `Tea Shop`",
        ),
        (path("missing/tea-shop"), "cannot create a folder in"),
    ] {
        let output = new(&folder);
        assert_ne!(output.code, Some(0), "{folder}");
        assert!(output.stderr.contains(message), "{}", output.stderr);
    }
    assert_eq!(fs::read_to_string(path("file")).unwrap(), "mine");
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 2);
}
