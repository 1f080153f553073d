//! The three programs export the same, and the page that compares them has their numbers of lines.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../signals.rs"]
mod signals;

use floe_tests::{Receiver, Value};

const PROGRAMS: [(&str, &str, &str); 3] = [
    ("floe-telemetry", env!("CARGO_BIN_EXE_with-floe"), include_str!("../floe.rs")),
    (
        "tracing-opentelemetry",
        env!("CARGO_BIN_EXE_with-tracing-opentelemetry"),
        include_str!("../tracing-opentelemetry.rs"),
    ),
    (
        "OpenTelemetry",
        env!("CARGO_BIN_EXE_with-opentelemetry"),
        include_str!("../opentelemetry.rs"),
    ),
];

#[test]
fn the_programs_export_the_same_signals() {
    for (name, path, _) in PROGRAMS {
        let line = signals::assert_signals(name, path, &[]);
        assert!(line.contains("loaded"), "{name}: {line}");
    }
}

#[test]
fn fastrace_exports_the_same_span() {
    let receiver = Receiver::grpc();
    signals::run("fastrace", env!("CARGO_BIN_EXE_with-fastrace"), &receiver, &[]);
    let spans = receiver.spans();
    let [load, root] = ["load", "main"].map(|name| {
        let mut found = spans.iter().filter(|span| span.name == name);
        let span = found.next().unwrap_or_else(|| panic!("no span {name}"));
        assert!(found.next().is_none(), "{name} twice");
        span
    });
    assert_eq!(load.attributes["table"], Value::from("orders"));
    assert_eq!(load.parent_span_id, root.span_id);
    assert_eq!(load.resource["service.name"], Value::from("orders"));
    assert_eq!(load.events[0].name, "loaded");
}

/// The lines of code: without comments and blank lines.
fn lines(source: &str) -> usize {
    let lines = source.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

// In a package of their own, whose dependencies are not those of the workspace, with a test that runs them.
const WITH_HELPERS: &str = include_str!("../peers/init-tracing-opentelemetry.rs");
const WITH_LOGFIRE: &str = include_str!("../peers/logfire.rs");

#[test]
fn the_page_has_the_numbers_of_lines() {
    let page = include_str!("../../../docs/comparison.md");
    let readme = include_str!("../../../README.md");
    let counts: Vec<_> = PROGRAMS.map(|(_, _, source)| lines(source)).into();
    let with_helpers = lines(WITH_HELPERS);
    let peers = [
        ("tracing-opentelemetry, set up by init-tracing-opentelemetry", with_helpers),
        ("logfire", lines(WITH_LOGFIRE)),
    ];
    let programs = PROGRAMS.iter().map(|(name, ..)| *name).zip(counts.clone());
    for (name, count) in programs.chain(peers) {
        let row = format!("| {name} | {count} |");
        assert!(page.contains(&row), "docs/comparison.md should contain {row}");
    }
    let migrating = include_str!("../../../docs/migrating.md");
    for (path, count) in [
        ("tracing-opentelemetry.rs", counts[1]),
        ("opentelemetry.rs", counts[2]),
        ("peers/logfire.rs", lines(WITH_LOGFIRE)),
    ] {
        let before = format!("[Before](../examples/comparison/{path}), {count} lines");
        assert!(migrating.contains(&before), "docs/migrating.md should contain {before}");
    }
    let sentence = format!(
        "with floe-telemetry ({} lines), with tracing-opentelemetry ({}, or {with_helpers} with init-tracing-opentelemetry) and with OpenTelemetry alone ({})",
        counts[0], counts[1], counts[2]
    );
    assert!(readme.contains(&sentence), "README should contain: {sentence}");
}
