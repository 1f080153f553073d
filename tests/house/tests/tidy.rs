//! Invariants of the source files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use floe_house::{files, root};
use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let mut sources = files(".rs");
    sources.retain(|(path, _)| folders.iter().any(|folder| path.starts_with(folder)));
    sources
}

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

/// Folders of our own code. They contain no generated files.
const OWN: [&str; 7] = [
    "crates/trace",
    "floe-telemetry-macros/src",
    "integrations",
    "platform",
    "tests",
    "benches",
    "examples",
];

/// Returns the lines that are no comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs")
}

#[test]
fn every_file_begins_with_its_documentation() {
    for (name, text) in sources(&OWN).into_iter().chain(sources(&LIBRARY)) {
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
        ("hyper::client", "crates/otlp/src/grpc.rs"),
        ("TcpStream::connect", "crates/otlp/src/dial.rs"),
        ("to_socket_addrs()", "crates/otlp/src/lookup.rs"),
        ("ureq_proto::", "crates/otlp/src/exchange.rs"),
        ("IN_USE_BY: AtomicU32", "crates/sdk/src/provider.rs"),
    ] {
        for (name, text) in sources(&LIBRARY) {
            let found = code(&text).filter(|line| line.contains(duty)).count();
            assert!(
                name == home || is_test(&name) || found == 0,
                "{name} has `{duty}`: expected it only in {home}"
            );
        }
        assert!(read(home).contains(duty), "{home} no longer has `{duty}`");
    }
}

/// The uses of OpenTelemetry's current `Context`, which panics where it is borrowed or gone: its functions, and those of
/// the API that call them.
const CURRENT_CONTEXT: [&str; 11] = [
    "Context::current",
    "::map_current",
    "Context::attach",
    ".attach()",
    "ContextGuard",
    "is_current_telemetry_suppressed",
    "enter_telemetry_suppressed_scope",
    "get_active_span",
    "mark_span_as_active",
    "with_current_context",
    ".with_context(",
];

#[test]
fn one_module_accesses_the_current_context() {
    let home = "crates/core/src/recorder/context.rs";
    let integrations =
        sources(&["integrations"]).into_iter().filter(|(it, _)| it.contains("/src/"));
    for (name, text) in sources(&LIBRARY).into_iter().chain(integrations) {
        for line in code(&text) {
            let found = CURRENT_CONTEXT.iter().find(|use_| line.contains(**use_));
            // A text may name the function.
            let is_free = name == home || is_test(&name) || line.contains('`');
            assert!(is_free || found.is_none(), "{name}: expected only in {home}: `{line}`");
        }
    }
    let text = read(home);
    assert!(
        CURRENT_CONTEXT[1..5].iter().all(|use_| *use_ == "Context::attach" || text.contains(use_))
    );
}

/// Our code records errors only with `record_exception`, because OpenTelemetry's `record_error` does not record the
/// source chain. What users record with `record_error` is redacted like any other event.
#[test]
fn errors_are_recorded_by_one_function() {
    let home = "crates/core/src/recorder/exception.rs";
    let others = sources(&["floe-telemetry-macros/src", "integrations", "platform"]);
    // Messages to Dagster contain exceptions, too.
    let is_dagster = |name: &str| name.starts_with("integrations/floe-dagster-pipes");
    let sources = sources(&LIBRARY)
        .into_iter()
        .chain(others)
        .filter(|(name, _)| !is_test(name) && !is_dagster(name));
    for (name, text) in sources {
        for line in code(&text) {
            for call in [concat!(".record_", "error("), concat!("Span::record_", "error")] {
                assert!(!line.contains(call), "`{call}` in {name}: call `record_exception`");
            }
            let writes = line.contains("keys::EXCEPTION,") || line.contains("\"exception\"");
            let is_home = name == home || name == "crates/core/src/keys.rs";
            assert!(!writes || is_home, "{name} has an event `exception`: expected only in {home}");
        }
    }
    assert!(read(home).contains("keys::EXCEPTION,"), "{home} no longer has the event");
}

#[test]
fn there_is_one_attribute_traced() {
    let declaration = concat!("pub fn traced", "(");
    let declared = files(".rs").into_iter().filter(|(_, text)| text.contains(declaration));
    let names: Vec<_> = declared.map(|(name, _)| name).collect();
    // The second one does nothing, for the comparison of functions with and without the attribute.
    assert_eq!(names, ["floe-telemetry-macros/src/lib.rs", "tests/shapes/plain/lib.rs"]);
}

/// The only files with `unsafe`: the queue between a thread and the collector; the linker's lists; two instructions of
/// the processor; functions of the C library that the standard library lacks; a method that `tracing` declares unsafe (twice);
/// and tests of these.
const UNSAFE: &[&str] = &[
    "crates/core/src/recorder/ring.rs",
    "crates/core/src/link_list.rs",
    "crates/core/src/link_list/coff.rs",
    "crates/core/src/clock/counter.rs",
    "crates/core/src/program_signals.rs",
    "crates/core/src/standard_error.rs",
    "crates/core/src/recorder/thread_end.rs",
    "crates/core/src/recorder/fork_handlers.rs",
    "crates/logs/src/filtered.rs",
    "crates/sdk/src/provider/standby.rs",
    "crates/tracing/src/current_span.rs",
    "tests/src/fork.rs",
    "tests/src/signal.rs",
    "tests/tests/it/conformance/hygiene.rs",
];

#[test]
fn unsafe_is_confined_and_a_test_is_ignored_only_for_a_script_that_runs_it() {
    // Concatenated, so that this file does not match itself.
    let unsafe_code = [concat!("unsafe", " {"), concat!("unsafe", " extern \"C\" {")];
    let others = [concat!("#[ig", "nore]"), concat!("should_", "panic"), concat!("todo", "!(")];
    let ignored = concat!("#[ig", "nore = ");
    for (name, text) in sources(&OWN).into_iter().chain(sources(&["crates", "floe-telemetry"])) {
        for line in code(&text) {
            let is_unsafe = unsafe_code.iter().any(|word| line.contains(word));
            assert!(!is_unsafe || UNSAFE.contains(&&*name), "{name}: `{line}`");
            assert!(!others.iter().any(|word| line.contains(word)), "{name}: `{line}`");
            assert!(!line.contains(ignored) || line.contains("`.ci/"), "{name}: `{line}`");
        }
    }
}

/// Where a thread gives its processor away or sleeps, with the reason why no thread of the program waits for telemetry
/// there.
const WAITS: &[(&str, &str)] = &[
    ("crates/core/src/recorder/local.rs", "the test of a capture waits until its span has room"),
    ("crates/core/src/recorder/fork.rs", "a fork waits at most 200 ms for locks of other threads"),
    ("crates/sdk/src/collector.rs", "a start or a flush in a fork waits at most 200 ms for a lock"),
    ("crates/sdk/src/provider/standby.rs", "the end of a process waits, within a limit"),
    ("crates/sdk/src/exporter/standard_stream.rs", "the thread of an exporter waits for a reader"),
];

/// A thread of the program that gives its processor away gets it back when its neighbours have used theirs up, and
/// `thread::spawn` panics if the system has no thread left.
#[test]
fn no_call_waits_and_no_thread_is_started_with_a_panic() {
    let folders = ["crates/waterfall/src", "integrations"];
    let waits = ["yield_now", "spin_loop", "thread::sleep"];
    let spawns = ["thread::spawn(", "use std::thread::spawn"];
    for (name, text) in sources(&LIBRARY).into_iter().chain(sources(&folders)) {
        if is_test(&name) || name.contains("/examples/") {
            continue;
        }
        // The transport runs on the threads of the exporters alone.
        let may_wait = name.starts_with("crates/otlp/") || WAITS.iter().any(|(it, _)| *it == name);
        let (untested, _) = text.split_once("#[cfg(test)]\nmod ").unwrap_or((&text, ""));
        for line in code(untested) {
            let waited = waits.iter().find(|it| line.contains(**it));
            assert!(may_wait || waited.is_none(), "{name}: `{line}`");
            let spawned = spawns.iter().find(|it| line.contains(**it));
            assert_eq!(spawned, None, "{name}: expected `thread::Builder`: `{line}`");
        }
    }
    for (name, reason) in WAITS {
        let text = read(name);
        assert!(waits.iter().any(|it| text.contains(it)), "{name} no longer waits: {reason}");
    }
}

/// Returns the address of the repository, which is a placeholder for now.
fn repository() -> String {
    let manifest = read("Cargo.toml");
    let (_, address) = manifest.split_once("\nrepository = \"").unwrap();
    address.split('"').next().unwrap().to_owned()
}

/// The name of each list contains the version, because two versions of a crate in one program must not share a list.
#[test]
fn the_lists_of_the_linker_have_the_version() {
    let manifest = read("Cargo.toml");
    let (_, version) = manifest.split_once("\nversion = \"").unwrap();
    let mut numbers = version.split('.');
    let major = numbers.next().unwrap();
    let minor = numbers.next().unwrap();
    for (name, text) in sources(&LIBRARY).into_iter().chain(sources(&["platform/plugin/src"])) {
        for (at, _) in text.match_indices("\"fl_") {
            let list = text[at + 1..].split('"').next().unwrap();
            let is_of_version = list.ends_with(&format!("_{major}_{minor}"));
            assert!(is_of_version || list.starts_with("fl_test"), "{name}: {list}");
        }
    }
}

/// Returns the anchor that code hosts and rustdoc make from a heading.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|it| it.is_alphanumeric() || [' ', '-', '_'].contains(it));
    kept.collect::<String>().replace(' ', "-")
}

/// Returns the lines outside of code blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    page.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// Returns the targets of reference links: `[label]: target`.
fn references(page: &str) -> impl Iterator<Item = &str> {
    let lines = prose(page).filter(|line| line.starts_with('['));
    lines.filter_map(|line| line.split_once("]: ").map(|(_, to)| to))
}

/// Returns the targets of inline links: `[text](target)`.
fn inline_links(page: &str) -> impl Iterator<Item = &str> {
    prose(page).flat_map(|line| {
        let places = line.match_indices("](").map(|(place, _)| place);
        // A link with an odd number of backticks before it is in code, and is left out.
        let places = places.filter(|&place| line[..place].matches('`').count() % 2 == 0);
        places.filter_map(|place| line[place + 2..].split_once(')').map(|(to, _)| to))
    })
}

#[test]
fn every_link_to_a_file_leads_there() {
    let mut count = 0;
    let in_repository = repository() + "/blob/HEAD/";
    for (name, page) in files(".md") {
        let folder = Path::new(&name).parent().unwrap();
        for target in inline_links(&page).chain(references(&page)) {
            let (folder, target) = match target.strip_prefix(&in_repository) {
                Some(target) => (Path::new(""), target),
                None => (folder, target),
            };
            // Skips links to other sites and to mail addresses, and links to items, which rustdoc checks.
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

/// rustdoc serves the pages of the manual elsewhere, and does not check links to files.
#[test]
fn a_link_in_the_manual_has_a_target_of_its_own() {
    let manual = fs::read_to_string(root().join("floe-telemetry/src/manual.rs")).unwrap();
    let is_file = |target: &str| !target.contains("://") && !target.starts_with('#');
    let mut parts = manual.split("#[doc = include_str!(\"../docs/");
    let mut definitions = parts.next().unwrap();
    for part in parts {
        let name = part.split('"').next().unwrap();
        let page = fs::read_to_string(root().join("docs").join(name)).unwrap();
        let inline = inline_links(&page).find(|target| is_file(target));
        assert_eq!(inline, None, "{name}: expected a reference link");
        for (label, target) in page.lines().filter_map(|line| line.split_once("]: ")) {
            let is_defined = definitions.contains(&format!("{label}]: "));
            assert!(!label.starts_with('[') || !is_file(target) || is_defined, "{name}: {label}]");
        }
        definitions = part;
    }
}

/// A page names a test as `` `path.rs::name` ``, and a scenario of fault injection as `` `.ci/faults name` ``.
#[test]
fn each_test_that_a_page_names_exists() {
    let mut count = 0;
    for (page, text) in files(".md") {
        for code in prose(&text).flat_map(|line| line.split('`').skip(1).step_by(2)) {
            let (path, declaration) = if let Some(scenario) = code.strip_prefix(".ci/faults ") {
                if scenario.starts_with('-') {
                    continue;
                }
                // `tests/faults` compares its scenarios with this page.
                ("docs/faults.md", format!("`{scenario}`"))
            } else if let Some((path, name)) = code.split_once(".rs::") {
                (&code[..path.len() + ".rs".len()], format!("fn {name}("))
            } else {
                continue;
            };
            let generic = declaration.replace('(', "<");
            let text = read(path);
            let is_there = text.contains(&declaration) || text.contains(&generic);
            assert!(is_there, "{page}: {path} has no `{declaration}`");
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

/// Returns the bodies of the functions with this name in a file.
fn bodies(path: &str, name: &str) -> Vec<String> {
    let text = read(path);
    let declarations = text.lines().enumerate().filter(|(_, line)| {
        let after = line.split_once("fn ").and_then(|(_, it)| it.strip_prefix(name));
        after.is_some_and(|after| after.starts_with(['(', '<']))
    });
    let body = |(at, line): (usize, &str)| {
        let indent = line.len() - line.trim_start().len();
        let end = format!("{}}}", &line[..indent]);
        let body = text.lines().skip(at + 1).take_while(|line| *line != end);
        body.collect::<Vec<_>>().join("\n")
    };
    declarations.map(body).collect()
}

#[test]
fn each_function_of_a_way_calls_the_next() {
    let page = read("ARCHITECTURE.md");
    let (_, ways) = page.split_once("\n## Three ways").unwrap();
    let (ways, _) = ways.split_once("\n## ").unwrap();
    let mut count = 0;
    for line in ways.lines() {
        // Alternates between code and the text after it.
        let parts: Vec<_> = line.split('`').skip(1).collect();
        for pair in parts.windows(3).filter(|pair| pair[1] == " → ") {
            let (path, name) = pair[0].split_once("::").unwrap();
            let (_, next) = pair[2].split_once("::").unwrap();
            let is_word = |it: char| it.is_alphanumeric() || it == '_';
            let calls = |body: &String| body.split(|it| !is_word(it)).any(|it| it == next);
            let is_called = bodies(path, name).iter().any(calls);
            assert!(is_called, "{path}: `{name}` no longer calls `{next}`");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

/// Messages for which no program can exist, because the compiler itself refuses such an item first.
const UNREACHABLE: [&str; 2] = [
    "expected the function's body in braces",
    "expected an `impl` block with its methods in braces",
];

/// Appends the texts of `tokens` that are sentences, without documentation.
fn sentences(tokens: TokenStream, found: &mut Vec<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Group(group) if !group.stream().to_string().starts_with("doc =") => {
                sentences(group.stream(), found);
            }
            TokenTree::Literal(literal) => {
                let parsed: Option<LitStr> = syn::parse_str(&literal.to_string()).ok();
                let text = parsed.map(|text| text.value());
                // The documentation of generated constants begins with a blank.
                let is_message = |it: &String| !it.starts_with(' ') && it.matches(' ').count() > 2;
                found.extend(text.filter(is_message));
            }
            _ => {}
        }
    }
}

#[test]
fn each_message_of_the_macros_has_a_program() {
    let outputs: String = files(".stderr").into_iter().map(|(_, text)| text).collect();
    for (name, text) in sources(&["floe-telemetry-macros/src"]) {
        if is_test(&name) {
            continue;
        }
        let mut messages = Vec::new();
        sentences(text.parse().unwrap(), &mut messages);
        for message in messages {
            let fixed = message.split(['{', '}']).step_by(2).map(str::trim);
            let missing = fixed.filter(|it| it.len() > 8).find(|it| !outputs.contains(*it));
            let is_unreachable = UNREACHABLE.contains(&&*message);
            assert!(
                missing.is_none() || is_unreachable,
                "{name}: no program of `ui-tests` causes `{message}`"
            );
        }
    }
}
