//! The program stays inside the product's folder, reads regular files only, and replaces only what it wrote.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use floe::artifacts::CompiledArtifacts;

use crate::product::{self, Product};

const OUTSIDE: &str = "expected a path that stays inside the product's folder";

/// Runs `floe <command> <folder> <arguments>` with at most 4 GiB of address space and expects exactly this
/// error and exit code 2. The program is killed after a minute of processor time.
#[track_caller]
fn refuse(product: &Product, command: &str, arguments: &[&str], error: &str) {
    fail(2, product, command, arguments, error);
}

#[track_caller]
fn fail(code: i32, product: &Product, command: &str, arguments: &[&str], error: &str) {
    let folder = product.path("");
    let folder = folder.to_str().unwrap();
    let output = Command::new("sh")
        .args(["-c", "ulimit -v 4194304; ulimit -t 60; exec \"$0\" \"$@\""])
        .args([env!("CARGO_BIN_EXE_floe"), command, folder])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let folder = folder.trim_end_matches('/');
    let output = product::Output {
        code: output.status.code(),
        stdout: String::new(),
        stderr: String::from_utf8(output.stderr).unwrap().replace(folder, "{dir}"),
    };
    assert_eq!(output.complaints(), format!("error: {error}\n"));
    output.assert_code(code);
}

fn pipe(path: &Path) {
    let _ = fs::remove_file(path);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn artifacts_with_paths_or_names_that_the_compiler_refuses_are_refused() {
    let product = Product::shop();
    product.floe("compile", &[], &[]).assert_ok();
    let compiled = product.read(".floe/compiled_artifacts.json");
    let path = "a path inside the product's folder, such as data/customers.csv";
    let name =
        "lower-case letters, digits and underscores, starting with a letter and not with `sqlite_`";
    for (from, to, accepted) in [
        ("data/orders.csv", "../orders.csv", path),
        ("data/orders.csv", "/etc/passwd", path),
        ("models/totals.sql", "/etc/passwd", path),
        ("\"name\": \"orders\"", "\"name\": \"o; --\"", name),
        ("\"name\": \"order_id\"", "\"name\": \"o; --\"", name),
        ("\"name\": \"totals\"", "\"name\": \"o; --\"", name),
    ] {
        assert!(compiled.contains(from), "{from}");
        product.write("changed.json", &compiled.replacen(from, to, 1));
        let changed = product.path("changed.json");
        let error = CompiledArtifacts::read(&changed).unwrap_err().to_string();
        let found = to.trim_start_matches("\"name\": ").trim_matches('"');
        let message =
            format!("these are not compiled artifacts: expected {accepted}, found `{found}`");
        assert!(error.contains(&message), "{error}");
    }
}

#[test]
fn symbolic_links_do_not_leave_the_product() {
    let outside = tempfile::tempdir().unwrap();
    let elsewhere = fs::canonicalize(outside.path()).unwrap();
    let text = elsewhere.to_str().unwrap();
    let linked = |path: &str, contents: &str| {
        let product = Product::shop();
        fs::write(elsewhere.join("target"), contents).unwrap();
        product.remove(path);
        symlink(elsewhere.join("target"), product.path(path)).unwrap();
        product
    };
    let spec = Product::shop().read("floe.yaml");
    for (path, contents, place) in [
        ("floe.yaml", &*spec, "floe.yaml"),
        ("models/totals.sql", "SELECT 1 AS orders", "floe.yaml:12:11"),
        ("data/orders.csv", "order_id,ordered_on\n1,\n", "floe.yaml:5:11"),
    ] {
        let product = linked(path, contents);
        let error = format!("{{dir}}/{place}: `{path}` leads to `{text}/target`, {OUTSIDE}");
        refuse(&product, "run", &[], &error);
        assert!(!product.path(".floe").exists());
    }

    // Nothing is written outside of the product.
    let product = Product::shop();
    let empty = elsewhere.join("empty");
    fs::create_dir(&empty).unwrap();
    symlink(&empty, product.path(".floe")).unwrap();
    let error = "{dir}/.floe: it is a symbolic link, expected a folder";
    refuse(&product, "run", &[], error);
    refuse(&product, "compile", &[], error);
    fs::remove_file(product.path(".floe")).unwrap();
    product.remove("data/orders.csv");
    fs::remove_dir(product.path("data")).unwrap();
    symlink(&empty, product.path("data")).unwrap();
    product.replace("floe.yaml", "    columns", "    generate: seed.sql\n    columns");
    product.write("seed.sql", "SELECT 1 AS order_id, '2024-01-31' AS ordered_on");
    let error =
        format!("{{dir}}/floe.yaml:5:11: `data/orders.csv` leads to `{text}/empty`, {OUTSIDE}");
    refuse(&product, "run", &[], &error);
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 0);

    // Links inside of the product are followed.
    let product = Product::shop();
    fs::rename(product.path("data"), product.path("data-1")).unwrap();
    symlink("data-1", product.path("data")).unwrap();
    product.run().assert_ok();
}

/// A manifest with all plugins that write below `.floe`, except those that need other programs.
const WRITERS: &str = "plugins:
  storage: { type: local }
  lineage_backend: { type: file }
  alert_channel: { type: terminal, file: .floe/alerts/log }
  rbac: { type: k8s }
  network_security: { type: k8s }
  semantic_layer: { type: cube }
";

/// Returns a product whose plugins write below `.floe`, with the folder of its alerts.
fn writers() -> Product {
    let product = Product::shop();
    product.append("manifest.yaml", WRITERS);
    fs::create_dir_all(product.path(".floe/alerts")).unwrap();
    product
}

fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    found
}

#[test]
fn nothing_is_written_through_a_link_below_the_folder_of_the_output() {
    writers().run().assert_ok();
    for path in [
        ".floe/compiled_artifacts.json",
        ".floe/run_results.json",
        ".floe/warehouse.db",
        ".floe/lineage.jsonl",
        ".floe/objects",
        ".floe/objects/retail",
        ".floe/objects/retail/shop/totals.csv",
        ".floe/kubernetes",
        ".floe/kubernetes/rbac.yaml",
        ".floe/kubernetes/network-policies.yaml",
        ".floe/semantic",
        ".floe/semantic/totals.yml",
    ] {
        let product = writers();
        let outside = tempfile::tempdir().unwrap();
        let target = outside.path().join("target");
        if Path::new(path).extension().is_some() {
            fs::write(&target, "theirs").unwrap();
        } else {
            fs::create_dir(&target).unwrap();
        }
        let before = contents(outside.path());
        fs::create_dir_all(product.path(path).parent().unwrap()).unwrap();
        symlink(&target, product.path(path)).unwrap();
        let output = product.run();
        let error = format!("{{dir}}/{path}: it is a symbolic link, expected a ");
        assert!(output.stderr.contains(&error), "{path}: {}", output.stderr);
        assert_ne!(output.code, Some(0), "{path}");
        assert_eq!(contents(outside.path()), before, "{path}");
        assert!(product.path(path).is_symlink(), "{path}");
    }
}

#[test]
fn generated_files_of_plugins_that_are_not_selected_any_more_are_removed() {
    let product = Product::shop();
    let plugins =
        "network_security: { type: k8s }, rbac: { type: k8s }, semantic_layer: { type: cube }";
    product.append("manifest.yaml", &format!("plugins: {{ {plugins} }}"));
    let own = ["kubernetes/own.yaml", "semantic/own.yml"];
    for file in own {
        product.write(&format!(".floe/{file}"), &"# theirs\n".repeat(20));
    }
    // This copy of a generated file belongs to the user.
    let mark = "# Generated by floe from the product. Do not edit.\n";
    product.write(".floe/kubernetes/own.yaml", mark);
    let network = ["kubernetes/network-policies.yaml"];
    let roles = ["kubernetes/pod-security-context.yaml", "kubernetes/rbac.yaml"];
    let model = ["semantic/totals.yml"];
    for (removed, expected) in [
        ("", [&own[..], &network, &roles, &model].concat()),
        (", rbac: { type: k8s }", [&own[..], &network, &model].concat()),
        (", semantic_layer: { type: cube }", [&own[..], &network].concat()),
        ("network_security: { type: k8s }", own.to_vec()),
    ] {
        product.replace("manifest.yaml", removed, "");
        product.run().assert_ok();
        let mut files = product.files();
        files.retain(|file| file.contains("/kubernetes/") || file.contains("/semantic/"));
        let mut expected: Vec<_> = expected.iter().map(|file| format!(".floe/{file}")).collect();
        expected.sort();
        assert_eq!(files, expected, "without `{removed}`");
    }
}

#[test]
fn an_alert_is_not_written_through_a_link() {
    for path in [".floe/alerts", ".floe/alerts/log"] {
        let product = writers();
        // The run fails and sends an alert.
        product.write("models/totals.sql", "SELECT nothing FROM {{ ref('stg_orders') }}");
        let outside = tempfile::tempdir().unwrap();
        let target = match path {
            ".floe/alerts" => {
                fs::remove_dir(product.path(path)).unwrap();
                outside.path().to_path_buf()
            }
            _ => outside.path().join("log"),
        };
        symlink(target, product.path(path)).unwrap();
        product.run().assert_code(1);
        assert_eq!(contents(outside.path()), [], "{path}");
    }
    let product = writers();
    product.write("models/totals.sql", "SELECT nothing FROM {{ ref('stg_orders') }}");
    product.run().assert_code(1);
    assert!(product.read(".floe/alerts/log").starts_with("alert: critical: "));
}

#[test]
fn a_path_that_is_written_is_below_the_folder() {
    for (path, setting) in [
        ("../outside", "lineage_backend: { type: file, path: '@' }"),
        ("/tmp/outside", "storage: { type: local, folder: '@' }"),
        ("a/../../outside", "alert_channel: [{ type: terminal, file: '@' }]"),
        (".", "storage: { type: local, folder: '@' }"),
    ] {
        let product = Product::shop();
        let setting = setting.replace('@', path);
        product.append("manifest.yaml", &format!("plugins: {{ {setting} }}"));
        let output = product.run();
        let found = format!(
            "expected a path below the folder of the product, without `..`, found `{path}`"
        );
        output.assert_says(&found);
        assert_eq!(output.code, Some(2), "{path}");
        assert!(!product.path(".floe/warehouse.db").exists());
    }
}

#[test]
fn a_file_that_is_not_a_database_is_not_replaced() {
    for path in [".floe/warehouse.db", ".floe/warehouse.failed.db"] {
        let product = Product::shop();
        product.write(path, "the notes of a user\n");
        let error = format!(
            "{{dir}}/{path}: it is not a database of SQLite, expected a database of SQLite or a new file"
        );
        refuse(&product, "run", &[], &error);
        assert_eq!(product.read(path), "the notes of a user\n");
    }
}

#[test]
fn a_pipe_at_the_place_of_a_file_is_not_waited_for() {
    for path in [".floe/lineage.jsonl", ".floe/alerts/log", ".floe/warehouse.db"] {
        let product = writers();
        product.write("models/totals.sql", "SELECT nothing FROM {{ ref('stg_orders') }}");
        pipe(&product.path(path));
        let output = product.run();
        assert_ne!(output.code, Some(0), "{path}");
        assert!(fs::metadata(product.path(path)).unwrap().file_type().is_fifo());
        if !path.contains("alerts") {
            let error = format!("{{dir}}/{path}: it is a pipe, expected a regular file");
            output.assert_says(&error);
        }
    }
    let product = writers();
    let lock = product.path(".floe/.warehouse.db.abcdefABCD12.floe-lock");
    pipe(&lock);
    product.run().assert_ok();
    assert!(lock.exists());
}

#[test]
fn a_generated_source_is_not_written_through_a_link() {
    let product = Product::shop();
    product.remove("data/orders.csv");
    fs::rename(product.path("data"), product.path("data-1")).unwrap();
    symlink("data-1", product.path("data")).unwrap();
    product.replace("floe.yaml", "    columns", "    generate: seed.sql\n    columns");
    product.write("seed.sql", "SELECT 1 AS order_id, '2024-01-31' AS ordered_on");
    let error = "{dir}/data: it is a symbolic link, expected a folder";
    refuse(&product, "run", &[], error);
    assert_eq!(contents(&product.path("data-1")), []);
}

#[test]
fn files_that_are_not_regular_are_refused() {
    let a_pipe = "it is a pipe, expected a regular file";
    for (path, error) in [
        ("floe.yaml", format!("{{dir}}/floe.yaml: cannot read it: {a_pipe}")),
        ("manifest.yaml", format!("{{dir}}/manifest.yaml: cannot read it: {a_pipe}")),
        (
            "models/totals.sql",
            format!("{{dir}}/floe.yaml:12:11: cannot read `models/totals.sql`: {a_pipe}"),
        ),
    ] {
        let product = Product::shop();
        pipe(&product.path(path));
        refuse(&product, "run", &[], &error);
    }
    let product = Product::shop();
    pipe(&product.path("data/orders.csv"));
    let error = format!("{{dir}}/data/orders.csv: cannot read it: {a_pipe}");
    // A query that generates the source does not replace the pipe either.
    product.replace("floe.yaml", "    columns", "    generate: seed.sql\n    columns");
    product.write("seed.sql", "SELECT 1 AS order_id, '2024-01-31' AS ordered_on");
    fail(1, &product, "run", &[], &error);

    let product = Product::shop();
    let error = "/dev/zero: cannot read it: it is a device, expected a regular file";
    refuse(&product, "run", &["--manifest", "/dev/zero"], error);
    product.remove("manifest.yaml");
    fs::create_dir(product.path("manifest.yaml")).unwrap();
    let error = "{dir}/manifest.yaml: cannot read it: it is a directory, expected a regular file";
    refuse(&product, "run", &[], error);
}

#[test]
fn text_is_bounded() {
    let product = Product::shop();
    // The file is sparse, so it takes no space.
    let file = fs::File::create(product.path("manifest.yaml")).unwrap();
    file.set_len(1 << 40).unwrap();
    let error = "{dir}/manifest.yaml: cannot read it: it is larger than 16 MiB, expected a text file of at most 16 MiB";
    refuse(&product, "run", &[], error);
}

/// Names of files are not mistaken for names of credentials.
#[test]
fn the_place_of_an_error_is_not_redacted() {
    let product = Product::shop();
    let output = product::program(&["run", "/etc/passwd"], &[]);
    assert_eq!(
        output.stderr,
        "error: /etc/passwd: it is not a folder, expected a folder with a floe.yaml\n"
    );
    let output = product::program(&["run", "/nowhere/token"], &[]);
    assert_eq!(
        output.stderr,
        "error: /nowhere/token: there is no such folder, expected a folder with a floe.yaml\n"
    );
    product.write("secret", "name: [");
    let secret = product.path("secret");
    let output = product.floe("run", &["--manifest", secret.to_str().unwrap()], &[]);
    let expected = "error: {dir}/secret:1:";
    assert!(output.stderr.starts_with(expected), "{}", output.stderr);
    // Credentials in a path are still redacted.
    let output = product::program(&["run", "/nowhere/password=hunter2"], &[]);
    assert_eq!(
        output.stderr,
        "error: /nowhere/password=<REDACTED>: there is no such folder, expected a folder with a floe.yaml\n"
    );
}
