//! What `floe-trace diff` finds, and what it leaves alone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "tests"
)]

mod runs;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use floe_trace::{ChangeKind, Recording, diff, write};
use runs::{Service, set};

fn changes(before: &[Recording], after: &[Recording]) -> Vec<(ChangeKind, String, String)> {
    let changes = diff(before, after).changes.into_iter();
    changes
        .map(|it| (it.kind, it.name, format!("{} → {}", it.before, it.after)))
        .collect()
}

fn changed(after: Service) -> Vec<(ChangeKind, String, String)> {
    let [before, after] = set(&[Service::default(), after], 20, 7);
    changes(&before, &after)
}

#[test]
fn each_change_is_named_and_nothing_else() {
    let base = Service::default();
    for (after, kind, name, text) in [
        (
            Service {
                has_audit: true,
                ..base
            },
            ChangeKind::New,
            "audit",
            "none → 600 calls",
        ),
        (
            Service { queries: 3, ..base },
            ChangeKind::MoreCalls,
            "SELECT item",
            "2 for each parent → 3 for each parent",
        ),
        (
            Service { queries: 9, ..base },
            ChangeKind::RepeatedCalls,
            "SELECT item",
            "2 for each parent → 9 for each parent",
        ),
        (
            Service { queries: 1, ..base },
            ChangeKind::FewerCalls,
            "SELECT item",
            "2 for each parent → 1 for each parent",
        ),
        (
            Service {
                is_parallel: false,
                ..base
            },
            ChangeKind::Serial,
            "shard",
            "parallel → one after the other",
        ),
        (
            Service {
                failures: 1.0,
                ..base
            },
            ChangeKind::Failing,
            "price",
            "0 of 600 failed → 600 of 600 failed",
        ),
    ] {
        let found = changed(after);
        assert_eq!(
            found,
            [(kind, name.to_owned(), text.to_owned())],
            "{after:?}"
        );
    }
    let [before, after] = set(
        &[
            Service {
                has_audit: true,
                ..base
            },
            base,
        ],
        20,
        7,
    );
    assert_eq!(changes(&before, &after)[0].0, ChangeKind::Gone);
    for (slower, kind) in [(1.05, ChangeKind::Slower), (0.9, ChangeKind::Faster)] {
        let found = changed(Service { slower, ..base });
        let found: Vec<_> = found
            .iter()
            .map(|(kind, name, _)| (*kind, &**name))
            .collect();
        assert_eq!(found, [(kind, "price")]);
    }
}

/// The example `diff_power` does the same more often.
#[test]
fn it_does_not_cry_wolf() {
    let service = Service::default();
    let alarms = (0..20).filter(|seed| {
        let [before, after] = set(&[service, service], 20, *seed);
        !changes(&before, &after).is_empty()
    });
    assert_eq!(alarms.count(), 0);
    // A failure now and then is no change.
    let flaky = Service {
        failures: 0.003,
        ..service
    };
    let [before, after] = set(&[service, flaky], 20, 3);
    assert_eq!(changes(&before, &after), []);
}

/// Of few calls, failures that were not there before are said, and only many of them are a difference.
#[test]
fn failures_are_a_difference_if_chance_does_not_explain_them() {
    let failing = |failures, runs| {
        let service = Service::default();
        let some = Service {
            failures,
            ..service
        };
        let [before, after] = set(&[service, some], runs, 7);
        diff(&before, &after)
    };
    let few = failing(0.1, 1);
    assert_eq!(few.changes, []);
    let note = few.notes.iter().find(|note| note.starts_with("price: "));
    assert!(
        note.is_some_and(
            |note| note.ends_with("of 30 failed, and none before, which may be chance")
        ),
        "{:?}",
        few.notes
    );
    for found in [failing(0.45, 1), failing(0.1, 20)] {
        let kinds: Vec<_> = found
            .changes
            .iter()
            .map(|it| (it.kind, &*it.name))
            .collect();
        assert_eq!(kinds, [(ChangeKind::Failing, "price")], "{found:?}");
        assert!(found.changes[0].chance.is_some());
    }
}

#[test]
fn two_files_of_one_run_each_are_compared_by_call() {
    let many = Service {
        requests: 400,
        ..Service::default()
    };
    let [before, after] = set(
        &[
            many,
            Service {
                slower: 1.4,
                queries: 9,
                ..many
            },
        ],
        1,
        5,
    );
    let found: Vec<_> = changes(&before, &after)
        .into_iter()
        .map(|(kind, name, _)| (kind, name))
        .collect();
    assert!(
        found.contains(&(ChangeKind::Slower, "price".to_owned())),
        "{found:?}"
    );
    assert!(
        found.contains(&(ChangeKind::RepeatedCalls, "SELECT item".to_owned())),
        "{found:?}"
    );
    // Of too few calls, nothing is said about times, and that is said.
    let few = Service {
        requests: 3,
        ..Service::default()
    };
    let [before, after] = set(&[few, few], 1, 5);
    let found = diff(&before, &after);
    assert_eq!(found.changes, []);
    assert!(
        found.notes[0].contains("expected 15 runs or 30 calls on both sides"),
        "{:?}",
        found.notes
    );
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_floe-trace"))
        .arg("diff")
        .args(arguments)
        .output()
        .unwrap()
}

fn write_runs(folder: &Path, runs: &[Recording]) {
    fs::create_dir(folder).unwrap();
    for (index, run) in runs.iter().enumerate() {
        let file = File::create(folder.join(format!("{index:02}.jsonl"))).unwrap();
        write::lines(run, file).unwrap();
    }
}

#[test]
fn the_program_prints_a_table_and_ends_with_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["before", "after"].map(|name| folder.path().join(name));
    let slower = Service {
        slower: 1.2,
        queries: 9,
        ..Service::default()
    };
    let [before, after] = set(&[Service::default(), slower], 20, 1);
    write_runs(&one, &before);
    write_runs(&other, &after);
    let [one, other] = [&one, &other].map(|path| path.to_str().unwrap());
    let page = folder.path().join("diff.html");

    let quiet = run(&[one, one]);
    assert_eq!(quiet.status.code(), Some(0));
    assert!(
        String::from_utf8(quiet.stdout)
            .unwrap()
            .ends_with("nothing is different\n")
    );

    let found = run(&[one, other, "--html", page.to_str().unwrap()]);
    assert_eq!(found.status.code(), Some(1));
    let text = String::from_utf8(found.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "before: 20 runs, 600 traces, 3600 spans · after: 20 runs, 600 traces, 7800 spans"
    );
    assert!(
        lines[1].starts_with("what            name         before → after"),
        "{text}"
    );
    assert!(
        lines[2].starts_with(
            "repeated calls  SELECT item  2 for each parent → 9 for each parent  ×4.5"
        ),
        "{text}"
    );
    assert!(
        lines[3].starts_with("slower          price        ") && lines[3].contains(" %  chance"),
        "{text}"
    );
    assert_eq!(lines.len(), 4, "{text}");
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("<td>SELECT item</td>") && page.contains("GET /cart/*"),
        "{page}"
    );

    let json = run(&[
        "--before",
        &format!("{one}/00.jsonl"),
        "--after",
        &format!("{other}/00.jsonl"),
        "--json",
    ]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["changes"][0]["what"], "repeated_calls");
    assert_eq!(json["before"]["runs"], 1);

    for arguments in [
        &[one][..],
        &[one, "/nowhere"],
        &["--before", one],
        &[one, other, "--before", one],
    ] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}
