//! Invariants of the source files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use syn::visit::{self, Visit};
use syn::{LitStr, Macro};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The Rust files below a folder, with their paths from the root.
fn sources(folder: &str) -> Vec<(String, String)> {
    files(folder, ".rs")
}

/// The files below a folder whose names have this end, with their paths from the root.
fn files(folder: &str, end: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // A file of another folder, which a package contains, too.
            if path.is_symlink() {
                continue;
            }
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            let file = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && file != "target" && !file.starts_with('.') {
                folders.push(path);
            } else if file.ends_with(end) {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

/// The crates that `floe-telemetry` is made of.
const LIBRARY: [&str; 9] = [
    "crates/core/src",
    "crates/tracing/src",
    "crates/sdk/src",
    "crates/metrics/src",
    "crates/otlp/src",
    "crates/console/src",
    "crates/logs/src",
    "crates/testing/src",
    "floe-telemetry/src",
];

fn own_sources() -> Vec<(String, String)> {
    [
        "floe-telemetry-macros/src",
        "integrations",
        "crates/trace",
        "platform",
        "tests",
        "benches",
        "examples",
    ]
    .into_iter()
    .chain(LIBRARY)
    .flat_map(sources)
    .collect()
}

/// Whether the whole file is a test.
fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs")
}

#[test]
fn every_file_begins_with_its_documentation() {
    for (name, text) in own_sources() {
        assert!(text.starts_with("//! "), "{name} does not begin with `//!`");
    }
}

#[test]
fn each_responsibility_has_one_module() {
    for (duty, home) in [
        ("Instant::now()", "crates/core/src/clock.rs"),
        ("SystemTime::now()", "crates/core/src/clock.rs"),
        ("env::var", "crates/core/src/environment.rs"),
        ("catch_unwind(", "crates/core/src/caught.rs"),
        ("tonic::transport", "crates/otlp/src/grpc.rs"),
        ("hyper_util::client::legacy::{Client", "crates/otlp/src/http.rs"),
        ("hyper_util::client::proxy", "crates/otlp/src/proxy.rs"),
        ("IN_USE_BY: AtomicU32", "crates/sdk/src/provider.rs"),
    ] {
        for (name, text) in LIBRARY.into_iter().flat_map(sources) {
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let found = code.filter(|line| line.contains(duty)).count();
            assert!(
                name == home || is_test(&name) || found == 0,
                "`{duty}` in {name}: its home is {home}"
            );
        }
        assert!(read(home).contains(duty), "`{duty}` has left {home}");
    }
}

/// OpenTelemetry's `record_error` neither redacts nor records the source chain, so our code has one
/// function for errors; errors that users record with it are redacted like any other event.
#[test]
fn errors_are_recorded_by_one_function() {
    let home = "crates/core/src/recorder/exception.rs";
    let sources = ["floe-telemetry-macros/src", "integrations", "platform"]
        .into_iter()
        .chain(LIBRARY)
        .flat_map(sources)
        // Messages to Dagster have exceptions, too.
        .filter(|(name, _)| !is_test(name) && !name.starts_with("integrations/floe-dagster-pipes"));
    for (name, text) in sources {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for call in [concat!(".record_", "error("), concat!("Span::record_", "error")] {
                assert!(!line.contains(call), "`{call}` in {name}: call `record_exception`");
            }
            let writes = line.contains("keys::EXCEPTION,") || line.contains("\"exception\"");
            let is_home = name == home || name == "crates/core/src/keys.rs";
            assert!(!writes || is_home, "an event `exception` in {name}: its home is {home}");
        }
    }
    assert!(read(home).contains("keys::EXCEPTION,"), "the event has left {home}");
}

#[test]
fn unsafe_is_confined_and_no_test_is_ignored() {
    // Concatenated, so that this file does not match itself.
    let words = [
        concat!("unsafe", " {"),
        concat!("#[ig", "nore"),
        concat!("should_", "panic"),
        concat!("todo", "!("),
        // Declarations of foreign functions: the handlers of forks and of the exit, the tests of both, and
        // the linker's lists.
        concat!("unsafe", " extern \"C\" {"),
    ];
    let declares = [
        "crates/core/src/link_list.rs",
        "crates/core/src/recorder/fork_handlers.rs",
        "crates/sdk/src/provider/exit.rs",
        "tests/faults/src/fork.rs",
        "tests/faults/src/scenarios/broken_driver.rs",
        "tests/tests/global/exit.rs",
        "tests/tests/global/signals.rs",
        "tests/tests/it/conformance/hygiene.rs",
    ];
    for (name, text) in own_sources() {
        for word in words {
            // The later ones call functions of the C library, forward a method that `tracing` declares unsafe, and share
            // memory with other processes.
            let may_be = name.contains("/recorder/ring")
                || name.ends_with("/clock/counter.rs")
                || name.contains("/link_list")
                || name.ends_with("/program_signals.rs")
                || name.ends_with("crates/tracing/src/current_span.rs")
                || name.contains("crates/thread-context/src/")
                || name.ends_with("crates/context-reader/src/stopped.rs")
                || name.ends_with("floe-telemetry-process-context/src/mapping.rs")
                || name.ends_with("floe-telemetry-process-context/src/symbol.rs")
                || name == "tests/process-context/main.rs";
            if word == words[0] && may_be || word == words[4] && declares.contains(&&*name) {
                continue;
            }
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            assert!(code.into_iter().all(|line| !line.contains(word)), "`{word}` in {name}");
        }
    }
}

/// The tests of a file that `rustfmt` has written: their names and numbers of lines, from `fn` to the last brace.
fn lengths(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let attributes = lines.iter().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        line == "#[test]" || line.starts_with("#[tokio::test")
    });
    let tests = attributes.filter_map(|(attribute, _)| {
        let after = &lines[attribute..];
        let start = after.iter().position(|line| line.contains("fn "))?;
        let (indent, rest) = after[start].split_once("fn ")?;
        let indent = indent.trim_end_matches("async ");
        let is_end = |line: &&str| line.strip_prefix(indent) == Some("}");
        let end = after[start..].iter().position(is_end)?;
        Some((rest.split('(').next()?, end + 1))
    });
    tests.collect()
}

/// A longer one proves more than one thing, or hides what it proves behind its set-up.
#[test]
fn no_test_is_longer_than_eighty_lines() {
    let mut count = 0;
    let mut longer = Vec::new();
    for (name, text) in sources("") {
        for (test, lines) in lengths(&text) {
            count += 1;
            if lines > 80 {
                longer.push(format!("{name}: {test}: {lines}"));
            }
        }
    }
    assert!(count > 1000, "{count}");
    assert!(longer.is_empty(), "expected at most 80 lines, found {longer:#?}");
}

#[test]
fn the_minimum_rust_version_is_stated_where_readers_look() {
    let stated = env!("CARGO_PKG_RUST_VERSION");
    let of_platform = "1.95";
    let own = [
        ("integrations/floe-telemetry-sqlx/Cargo.toml", "1.94"),
        ("platform/Cargo.toml", of_platform),
        ("platform/dbt/Cargo.toml", of_platform),
        ("platform/plugins/Cargo.toml", of_platform),
    ];
    let mut pages = BTreeSet::new();
    for (page, text) in files("", ".md") {
        for (place, _) in text.match_indices("Rust 1.") {
            let version = &text[place + "Rust ".len()..];
            let end = version.find(|c: char| c != '.' && !c.is_ascii_digit());
            let version = version[..end.unwrap_or(version.len())].trim_end_matches('.');
            assert!([stated, of_platform].contains(&version), "{page}: {version}");
            if version == stated {
                pages.insert(page.clone());
            }
        }
    }
    for page in ["README.md", "CHANGELOG.md"] {
        assert!(pages.contains(page), "expected Rust {stated} in {page}");
    }
    for (name, text) in files("", "Cargo.toml") {
        for line in text.lines().filter(|line| line.starts_with("rust-version")) {
            let expected = own.iter().find(|(manifest, _)| *manifest == name);
            let is_expected = match expected {
                Some((_, version)) => line.starts_with(&format!("rust-version = \"{version}\"")),
                None => line == "rust-version.workspace = true" || name == "Cargo.toml",
            };
            assert!(is_expected, "found `{line}` in {name}");
        }
    }
}

/// The difference between both values of `context`, in the table of the benchmark.
#[test]
fn the_cost_of_a_context_is_that_of_the_figures() {
    let figures = read("benches/figures.md");
    let saved = |attributes| {
        let case = format!("| sampled, sync, {attributes} attributes, 1 thread |");
        let [every, boundaries] = ["floe-telemetry", "floe-telemetry, context: boundaries"]
            .map(|name| nanos(&figures, &case, name));
        every - boundaries
    };
    let sentence = format!(
        "OpenTelemetry's `Context` costs {:.0} ns of a span without attributes, and {:.0} ns of one with three",
        saved(0),
        saved(3)
    );
    assert!(read("benches/README.md").contains(&sentence), "{sentence}");
}

/// The cells of the row that begins so.
fn row<'t>(table: &'t str, start: &str) -> Vec<&'t str> {
    let row = table.lines().find(|line| line.starts_with(start));
    let row = row.unwrap_or_else(|| panic!("no row `{start}`"));
    row.trim_matches('|').split('|').map(str::trim).collect()
}

/// The number that a cell begins with.
fn number(cell: &str) -> f64 {
    let digits = cell.split(' ').next().unwrap();
    digits.parse().unwrap_or_else(|_| panic!("no number: `{cell}`"))
}

/// The nanoseconds of a case in the table of the benchmark `peers`.
fn nanos(figures: &str, case: &str, library: &str) -> f64 {
    let head = row(figures, "| ns per span |");
    let column = head.iter().position(|it| *it == library).unwrap();
    number(row(figures, case)[column])
}

/// As README rounds it.
fn rounded(number: f64) -> String {
    let digits = usize::from(number < 10.0);
    format!("{number:.digits$}")
}

#[test]
fn the_costs_that_readme_names_are_those_of_the_figures() {
    let (readme, figures) = (read("README.md"), read("benches/figures.md"));
    let shows = |start: &str, expected: Vec<String>| {
        let row = row(&readme, start);
        assert_eq!(row[1..=expected.len()], expected, "{start}");
    };
    let columns = [
        "opentelemetry + SDK (batch)",
        "tracing + tracing-opentelemetry",
        "fastrace",
        "floe-telemetry",
        "floe-telemetry, context: boundaries",
    ];
    for (start, case) in [
        ("| a sampled span, three attributes |", "| sampled, sync, 3 attributes, 1 thread |"),
        ("| a sampled span, no attributes |", "| sampled, sync, 0 attributes, 1 thread |"),
        ("| a child that is not sampled |", "| unsampled-children, sync, 0 attributes, 1 thread |"),
    ] {
        shows(start, columns.map(|name| rounded(nanos(&figures, case, name))).into());
    }
    let bare = "| not-initialised, sync, 0 attributes, 1 thread |";
    let overhead = |name| rounded(nanos(&figures, bare, name) - nanos(&figures, bare, "bare work"));
    shows("| no provider: overhead", columns.map(overhead).into());

    let delivery =
        ["opentelemetry", "tracing", "fastrace", "floe-telemetry", "floe-telemetry-boundaries"];
    let delivered = |name: &str, rate| row(&figures, &format!("| {name} | http | {rate} |"));
    let costs = delivery.map(|name| delivered(name, 50_000)[3].to_owned());
    shows("| CPU time per span delivered", costs.into());
    let bytes = delivery.map(|name| delivered(name, 50_000)[6].to_owned());
    shows("| bytes of such a span", bytes.into());

    let cost = |what: &str| number(row(&figures, &format!("| {what} |"))[1]);
    let line = cost("tracing-subscriber, a line");
    let ours = rounded(cost("floe-telemetry, a line and a record over OTLP") - line);
    let peer = cost("a line, and opentelemetry-appender-tracing") - line;
    let peer = rounded(peer) + ", with opentelemetry-appender-tracing";
    let none = || "–".to_owned();
    let costs = vec![none(), peer, none(), ours.clone(), ours];
    shows("| CPU time per log record delivered", costs);
}

/// The address of the repository, which is a placeholder while there is none.
fn repository() -> String {
    let manifest = read("Cargo.toml");
    let (_, address) = manifest.split_once("\nrepository = \"").unwrap();
    address.split('"').next().unwrap().to_owned()
}

#[test]
fn the_address_of_the_repository_is_one() {
    let address = repository();
    for page in ["README.md", "floe-telemetry/README.md", "SECURITY.md"] {
        let stated = read(page);
        assert!(stated.contains(&address), "expected {address} in {page}");
    }
    for (name, text) in files("", ".md") {
        for start in ["--git ", "https://example.invalid/"] {
            for (place, _) in text.match_indices(start) {
                let found = text[place..].trim_start_matches("--git ");
                let line = found.lines().next().unwrap();
                assert!(line.starts_with(&address), "{name}: expected {address}, found {line}");
            }
        }
    }
}

/// What `.ci/release` checks, in a folder with this manifest and this page.
fn refusal(manifest: &str, page: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(".ci")).unwrap();
    let script = folder.path().join(".ci/release");
    fs::copy(root().join(".ci/release"), &script).unwrap();
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.path().join("README.md"), page).unwrap();
    let output = Command::new(script).arg("--check").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.success(), error.is_empty(), "{error}");
    (!output.status.success()).then_some(error)
}

#[test]
fn a_release_needs_an_address_and_pages_that_know_of_it() {
    let placeholder = "repository = \"https://example.invalid/orders\" # a placeholder\n";
    let address = "repository = \"https://code.example.com/orders\"\n";
    assert_eq!(
        refusal(placeholder, "").unwrap(),
        "Cargo.toml: repository: expected the public address of the repository, found `https://example.invalid/orders`\n"
    );
    assert_eq!(
        refusal(address, "This crate is not released yet.").unwrap(),
        "expected no page that says `not released yet`, found ./README.md\n"
    );
    assert_eq!(refusal(address, "cargo add orders"), None);
    let refused = refusal(&read("Cargo.toml"), "");
    assert_eq!(refused.is_some(), repository().contains(".invalid"));
}

#[test]
fn duplicated_facts_agree() {
    let manifest = read("Cargo.toml");
    let version = manifest.split_once("\nversion = \"").unwrap().1;
    let mut numbers = version.split('.');
    let (major, minor) = (numbers.next().unwrap(), numbers.next().unwrap());
    let sources = ["platform/plugin/src"].into_iter().chain(LIBRARY).map(sources);
    let sources: Vec<_> = sources.collect();
    for list in ["fl_site", "fl_backend", "fl_detector", "fl_exporter", "fl_plugin"] {
        let name = format!("\"{list}_{major}_{minor}\"");
        let texts = sources.iter().flatten().map(|(_, text)| text);
        assert_eq!(
            texts.map(|text| text.matches(&name).count()).sum::<usize>(),
            2,
            "the declaration and the macro of the link-time list {list} name version {major}.{minor}"
        );
    }
    assert!(!read("README.md").contains("@@"), "README has a placeholder");
    let lib = read("floe-telemetry/src/lib.rs");
    let features = read("floe-telemetry/Cargo.toml");
    let features = features.split_once("[features]").unwrap().1.split_once("\n[").unwrap().0;
    for feature in features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name)
    {
        if feature == "default" || feature.starts_with(['#', '_']) {
            continue;
        }
        let row = format!("| `{feature}`");
        assert!(lib.contains(&row), "{feature} is not in the table of the crate's documentation");
    }
}

/// The anchor of a heading, as hosts of code and rustdoc make it.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|it| it.is_alphanumeric() || [' ', '-', '_'].contains(it));
    kept.collect::<String>().replace(' ', "-")
}

/// The lines of a page outside of its code blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// The definitions of reference links: `[label]: target`.
fn references(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = prose(page).filter(|line| line.starts_with('['));
    lines.filter_map(|line| line.split_once("]: ").map(|(label, to)| (&label[1..], to)))
}

/// The targets of `[text](target)`.
fn inline_links(page: &str) -> impl Iterator<Item = &str> {
    prose(page).flat_map(|line| {
        let places = line.match_indices("](").map(|(place, _)| place);
        // Not in code, before which the number of backticks is odd.
        let places = places.filter(|&place| line[..place].matches('`').count() % 2 == 0);
        places.filter_map(|place| line[place + 2..].split_once(')').map(|(to, _)| to))
    })
}

#[test]
fn every_link_to_a_file_leads_there() {
    let mut count = 0;
    let in_repository = repository() + "/blob/HEAD/";
    for (name, page) in files("", ".md") {
        for (label, _) in references(&page) {
            let used = page.matches(&format!("[{label}]")).count();
            assert!(used > 1, "{name}: [{label}] is defined and not used");
        }
        let folder = Path::new(&name).parent().unwrap();
        for target in inline_links(&page).chain(references(&page).map(|(_, to)| to)) {
            let (folder, target) = match target.strip_prefix(&in_repository) {
                Some(target) => (Path::new(""), target),
                None => (folder, target),
            };
            // Another site, or an item, which rustdoc checks.
            if target.contains("://") || target.contains("::") || target.contains('@') {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file =
                root().join(if path.is_empty() { PathBuf::from(&name) } else { folder.join(path) });
            assert!(file.exists(), "{name}: {target}");
            if !heading.is_empty() {
                let text = fs::read_to_string(file).unwrap();
                let is_there =
                    prose(&text).any(|line| line.starts_with('#') && anchor(line) == heading);
                assert!(is_there, "{name}: {target}");
            }
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

/// In rustdoc, the modules of `_manual` give each reference of their pages another target, because the page's own is a
/// file of the repository.
#[test]
fn the_manual_in_rustdoc_has_a_target_for_each_link_to_a_file() {
    let module = read("floe-telemetry/src/manual.rs");
    let mut parts = module.split("include_str!(\"../docs/");
    let mut definitions = parts.next().unwrap();
    let mut pages = 0;
    for part in parts {
        pages += 1;
        let (name, rest) = part.split_once("\")").unwrap();
        let page = read(&format!("docs/{name}"));
        for target in inline_links(&page) {
            let is_file = !target.contains("://") && !target.starts_with('#');
            assert!(!is_file, "{name}: expected a reference to {target}");
        }
        for (label, target) in references(&page) {
            let there = definitions.split_once(&format!("[{label}]: "));
            let (_, there) =
                there.unwrap_or_else(|| panic!("manual.rs has no [{label}] of {name}"));
            // To the same file, or the same heading of another page of the manual.
            if there.starts_with("\", env!(\"CARGO_PKG_REPOSITORY\")") {
                let path = format!("/{}\")]\n", target.trim_start_matches("../"));
                let to = there.split_inclusive('\n').next().unwrap();
                assert!(to.ends_with(&path), "{name}: [{label}]: {path}");
                continue;
            }
            if let Some((other, heading)) = target.split_once(".md#")
                && module.contains(&format!("/{other}.md\")"))
            {
                let expected = format!("{other}#{heading}\n");
                assert!(there.starts_with(&expected), "{name}: [{label}]: {expected}");
            }
        }
        definitions = rest;
    }
    let packaged = fs::read_dir(root().join("floe-telemetry/docs")).unwrap();
    assert_eq!(pages, packaged.count());
}

/// The file and the line that a test which a page names is known by.
fn test_code(test: &str) -> (String, String) {
    if let Some(scenario) = test.strip_prefix(".ci/faults ") {
        let code = format!("&{scenario}::SCENARIO,");
        return ("tests/faults/src/scenarios.rs".to_owned(), code);
    }
    let (path, name) = test.split_once("::").unwrap_or_else(|| panic!("{test}"));
    (path.to_owned(), format!("fn {name}()"))
}

/// Each promise of SECURITY.md has a test: `` `path::name` ``, `` `.ci/faults scenario` `` or "the same test".
#[test]
fn each_promise_of_the_security_policy_has_a_test() {
    let text = read("SECURITY.md");
    let rows = text
        .split("| promise | test |\n|---|---|\n")
        .skip(1)
        .flat_map(|table| table.lines().take_while(|line| line.starts_with('|')));
    let mut count = 0;
    let mut previous = Vec::new();
    for row in rows {
        count += 1;
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let named: Vec<_> = tests.split('`').skip(1).step_by(2).map(test_code).collect();
        assert!(
            !named.is_empty() || tests == "the same test" && !previous.is_empty(),
            "no test: {row}"
        );
        for (path, code) in &named {
            assert!(read(path).contains(code), "{path} has no test `{code}`");
        }
        previous = named;
    }
    assert!(count > 25, "{count}");
}

/// README names a test as `` `path::name` `` or `` `.ci/faults scenario` ``.
#[test]
fn each_test_that_readme_names_exists() {
    let text = read("README.md");
    let named: Vec<_> = prose(&text)
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|code| code.contains(".rs::") || code.starts_with(".ci/faults "))
        .map(test_code)
        .collect();
    assert!(named.len() > 4, "{named:?}");
    for (path, code) in named {
        assert!(read(&path).contains(&code), "{path} has no test `{code}`");
    }
}

/// Every page of the guide is in its table of contents, once.
#[test]
fn the_guide_lists_each_page() {
    let summary = read("docs/SUMMARY.md");
    for (name, _) in files("docs", ".md") {
        let page = name.trim_start_matches("docs/");
        if page != "SUMMARY.md" {
            let link = format!("]({page})");
            assert_eq!(summary.matches(&link).count(), 1, "{page}");
        }
    }
}

/// The messages of `tracing::warn!`, `tracing::error!` and `message!`, with `…` for each inserted value.
#[derive(Default)]
struct Messages(Vec<String>);

impl Visit<'_> for Messages {
    fn visit_macro(&mut self, call: &Macro) {
        let path: Vec<_> = call.path.segments.iter().map(|it| it.ident.to_string()).collect();
        let is_message = ["warn", "error"].iter().any(|level| path == ["tracing", level])
            || path == ["internal_log"];
        if is_message {
            let tokens = call.tokens.clone().into_iter();
            let texts =
                tokens.filter_map(|token| syn::parse_str::<LitStr>(&token.to_string()).ok());
            self.0.push(message(&texts.last().unwrap().value()));
        }
        visit::visit_macro(self, call);
    }
}

fn message(format: &str) -> String {
    let mut parts = format.split('{');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (_, rest) = part.split_once('}').unwrap();
        text = format!("{text}…{rest}");
    }
    text
}

#[test]
fn operators_know_each_message() {
    let mut written = Messages::default();
    let mut calls = 0;
    let folders = ["integrations"].into_iter().chain(LIBRARY);
    for (name, text) in folders.flat_map(sources) {
        if is_test(&name) {
            continue;
        }
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let is_call = |line: &&str| {
            ["tracing::warn!(", "tracing::error!(", " internal_log!("]
                .iter()
                .any(|call| line.contains(call))
        };
        calls += code.filter(is_call).count();
        written.visit_file(&syn::parse_file(&text).unwrap());
    }
    assert_eq!(written.0.len(), calls, "a message is in a macro that is not visited");
    let written: BTreeSet<_> = written.0.into_iter().collect();

    let page = read("docs/operations.md");
    let (_, table) =
        page.split_once("| message | how often at most | meaning |\n|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with("| "));
    let documented: BTreeSet<_> = rows
        .map(|row| {
            let (message, _) = row[2..].split_once(" | ").unwrap();
            let quotes = message.len() - message.trim_start_matches('`').len();
            assert!(quotes > 0, "{row}");
            message[quotes..message.len() - quotes].trim().to_owned()
        })
        .collect();
    assert_eq!(documented, written);
}

/// The numbers of the requirements: of each epic, with their ranges.
fn requirements() -> BTreeSet<String> {
    let numbered = |prefix: &'static str, numbers: std::ops::RangeInclusive<u32>| {
        numbers.map(move |number| format!("{prefix}{number:03}"))
    };
    let single = ["7a", "7b", "7c", "7d"].map(|it| format!("6A FR-00{it}"));
    let covered = ["6C FR-041", "6C FR-046", "6C FR-047", "6A SC-004"].map(str::to_owned);
    numbered("6A FR-", 1..=30)
        .chain(single)
        .chain(numbered("REQ-", 500..=519))
        .chain(numbered("6C FR-", 1..=24))
        .chain(numbered("6C SC-", 1..=7))
        .chain(covered)
        .chain(stories("6A", &[4, 4, 4, 4, 4]))
        .chain(stories("6C epic", &[5, 4, 4, 3]))
        .chain(stories("6C", &[5, 5, 4, 4, 5]))
        .chain(["6C US5 coverage".to_owned()])
        .chain((1..=5).map(|number| format!("6C edge {number}")))
        .chain((1..=3).map(|number| format!("plan V.{number}")))
        .collect()
}

/// The acceptance criteria of each user story.
fn stories(epic: &'static str, criteria: &'static [usize]) -> impl Iterator<Item = String> {
    (1..).zip(criteria).flat_map(move |(story, criteria)| {
        (1..=*criteria).map(move |number| format!("{epic} US{story}.{number}"))
    })
}

#[test]
fn each_requirement_is_shown_by_tests_that_exist() {
    let page = read("docs/specification.md");
    let (tables, deviations) = page.split_once("## Deviations").unwrap();
    let mut found = BTreeSet::new();
    let mut deviates = BTreeSet::new();
    for row in tables.lines().filter(|line| line.starts_with("| ")) {
        let columns: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [id, _, tests, deviation] = columns[..] else {
            panic!("expected four columns, found {row}");
        };
        if id == "id" {
            continue;
        }
        assert!(found.insert(id.to_owned()), "{id} has two rows");
        for test in tests.split(", ").map(|test| test.trim_matches('`')) {
            let (path, name) = test.split_once("::").unwrap_or((test, ""));
            let text = fs::read_to_string(root().join(path));
            let text = text.unwrap_or_else(|error| panic!("{id}: {path}: {error}"));
            let is_there = name.is_empty() || text.contains(&format!("fn {name}("));
            assert!(is_there, "{id}: there is no `{name}` in {path}");
        }
        let named = deviation.split(", ").filter(|it| !it.is_empty());
        deviates.extend(named.map(str::to_owned));
    }
    assert_eq!(found, requirements());
    let explained = deviations.lines().filter_map(|line| line.strip_prefix("- **"));
    let explained = explained.map(|line| line.split(':').next().unwrap().to_owned());
    assert_eq!(explained.collect::<BTreeSet<_>>(), deviates);
}
