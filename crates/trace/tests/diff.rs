//! Tests the differences that `floe-trace diff` finds and ignores.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod runs;
mod text;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use floe_trace::{ChangeKind, Diff, Recording, diff};
use runs::{Noise, Service, nights, set};
use text::{Random, line, spans};

fn changes(before: &[Recording], after: &[Recording]) -> Vec<(ChangeKind, String, String)> {
    let changes = diff(before, after).changes.into_iter();
    changes.map(|it| (it.kind, it.name, format!("{} → {}", it.before, it.after))).collect()
}

fn changed(after: Service) -> Vec<(ChangeKind, String, String)> {
    let [before, after] = set(&[Service::default(), after], 20, 7);
    changes(&before, &after)
}

#[test]
fn each_change_is_named_and_nothing_else() {
    let base = Service::default();
    for (after, kind, name, text) in [
        (Service { has_audit: true, ..base }, ChangeKind::New, "audit", "none → 600 calls"),
        (
            Service { queries: 3, ..base },
            ChangeKind::MoreCalls,
            "SELECT item",
            "2 for each parent → 3 for each parent",
        ),
        (
            Service { queries: 1, ..base },
            ChangeKind::FewerCalls,
            "SELECT item",
            "2 for each parent → 1 for each parent",
        ),
        (
            Service { failures: 1.0, ..base },
            ChangeKind::Failing,
            "price",
            "0 of 600 failed → 600 of 600 failed",
        ),
    ] {
        let found = changed(after);
        assert_eq!(found, [(kind, name.to_owned(), text.to_owned())], "{after:?}");
    }
    let [before, after] = set(&[Service { has_audit: true, ..base }, base], 20, 7);
    assert_eq!(changes(&before, &after)[0].0, ChangeKind::Gone);
    for (slower, kind) in [(1.05, ChangeKind::Slower), (0.9, ChangeKind::Faster)] {
        let found = changed(Service { slower, ..base });
        let found: Vec<_> = found.iter().map(|(kind, name, _)| (*kind, &**name)).collect();
        assert_eq!(found, [(kind, "price")]);
    }
}

#[test]
fn it_does_not_cry_wolf() {
    let service = Service::default();
    let alarms = (0..20).filter(|seed| {
        let [before, after] = set(&[service, service], 20, *seed);
        !changes(&before, &after).is_empty()
    });
    assert_eq!(alarms.count(), 0);
    // A failure now and then is no change.
    let flaky = Service { failures: 0.003, ..service };
    let [before, after] = set(&[service, flaky], 20, 3);
    assert_eq!(changes(&before, &after), []);
    // Calls that fail as often as before cause no note either.
    let failing = Service { failures: 0.1, ..service };
    for seed in 0..5 {
        let [before, after] = set(&[failing, failing], 5, seed);
        assert_eq!(diff(&before, &after).notes, [""; 0], "{seed}");
    }
}

/// New failures are a difference only if there are many.
#[test]
fn failures_are_a_difference_if_chance_does_not_explain_them() {
    let failing = |failures, runs| {
        let service = Service::default();
        let some = Service { failures, ..service };
        let [before, after] = set(&[service, some], runs, 7);
        diff(&before, &after)
    };
    let few = failing(0.1, 1);
    assert_eq!(few.changes, []);
    for found in [failing(0.45, 1), failing(0.1, 20)] {
        let kinds: Vec<_> = found.changes.iter().map(|it| (it.kind, &*it.name)).collect();
        assert_eq!(kinds, [(ChangeKind::Failing, "price")], "{found:?}");
        assert!(found.changes[0].chance.is_some());
    }
}

#[test]
fn two_files_of_one_run_each_are_compared_by_call() {
    let many = Service { requests: 400, ..Service::default() };
    let [before, after] = set(&[many, Service { slower: 1.4, queries: 9, ..many }], 1, 5);
    let found: Vec<_> =
        changes(&before, &after).into_iter().map(|(kind, name, _)| (kind, name)).collect();
    assert!(found.contains(&(ChangeKind::Slower, "price".to_owned())), "{found:?}");
    assert!(found.contains(&(ChangeKind::MoreCalls, "SELECT item".to_owned())), "{found:?}");
    // With too few calls, the report says that it does not compare times.
    let few = Service { requests: 3, ..Service::default() };
    let [before, after] = set(&[few, few], 1, 5);
    let found = diff(&before, &after);
    assert_eq!(found.changes, []);
    assert!(
        found.notes[0].contains("expected 9 runs in total, or 30 calls on each side"),
        "{:?}",
        found.notes
    );
    // Nine runs are samples, however few calls they have.
    for (runs, notes) in [(7, 1), (8, 0)] {
        let [before, after] = nights(&[few, few], runs, 5);
        let found = diff(&before, &after).notes;
        assert_eq!(found.iter().filter(|it| it.starts_with("too few")).count(), notes, "{runs}");
    }
}

fn kinds(found: &Diff) -> Vec<(ChangeKind, &str)> {
    let changes = found.changes.iter();
    changes.map(|it| (it.kind, &*it.name)).collect()
}

/// Returns a recording of requests. `calls` returns the name, attribute and milliseconds of each call of a request.
fn requests(many: u64, calls: impl Fn(u64) -> Vec<(&'static str, String, u64)>) -> Recording {
    let mut text = String::new();
    for request in 1..=many {
        let start = request * 1_000_000;
        let (mut now, mut below) = (start, String::new());
        for (at, (name, attribute, millis)) in (1..).zip(calls(request)) {
            // The times of the calls vary.
            let end = now + millis * (900 + (request * 7919 + at * 104_729) % 997 / 5);
            let _ = writeln!(below, "  {name} {now}..{end}us {attribute}");
            now = end;
        }
        let _ = write!(text, "GET /cart {start}..{now}us\n{below}");
    }
    spans(&text)
}

/// A clock with steps of a millisecond adds nothing to the time of a call. A call that few parents make may be random.
#[test]
fn the_time_of_more_calls_and_calls_of_few_parents() {
    let recording = |calls: u64| {
        let mut text = String::new();
        for at in (0..100).map(|it| it * 100) {
            let _ = writeln!(text, "GET {at}..{}", at + 50);
            for from in (0..calls).map(|it| at + it * 10) {
                let _ = writeln!(text, "  load {from}..{}", from + 5);
            }
        }
        spans(&text)
    };
    let found = diff([recording(1)], [recording(3)]).changes;
    let more = found.iter().find(|it| it.kind == ChangeKind::MoreCalls).unwrap();
    assert!((more.weight - 1_000_000_000).abs() < 1_000, "{more:?}");
    let [before, after] = [50, 16].map(|every| {
        requests(1_000, |request| {
            let mut calls = vec![("load", String::new(), 4)];
            calls.extend((request % every == 0).then_some(("retry", String::new(), 1)));
            calls
        })
    });
    assert_eq!(kinds(&diff([before], [after])), []);
}

/// A name whose calls became slower is not named again for those that became far slower.
#[test]
fn a_slower_name_with_a_tail_is_named_once() {
    let recording = |slow: u64| {
        requests(400, |request| {
            let time = if request % 3 == 0 { slow } else { 10 };
            ["a", "b", "c", "price"]
                .map(|name| (name, String::new(), if name == "price" { time } else { 10 }))
                .into()
        })
    };
    let found = diff([recording(10)], [recording(200)]);
    assert_eq!(kinds(&found), [(ChangeKind::Slower, "price")]);
}

/// Parents without the call count, too: when a cache no longer hits, all parents make a call that few made before.
#[test]
fn a_call_that_all_requests_make_and_few_made_before_is_named() {
    for (was, is) in [(1, 100), (2, 98), (10, 90), (100, 1), (0, 100), (100, 0)] {
        let [before, after] = [was, is].map(|some| {
            requests(100, |request| {
                let mut calls = vec![("cache.get", String::new(), 4)];
                calls.extend((request * 37 % 100 < some).then_some((
                    "SELECT cart",
                    String::new(),
                    40,
                )));
                calls
            })
        });
        let found = diff(&[before], &[after]);
        let kind = match (was, is) {
            (0, _) => ChangeKind::New,
            (_, 0) => ChangeKind::Gone,
            _ if was < is => ChangeKind::MoreCalls,
            _ => ChangeKind::FewerCalls,
        };
        assert_eq!(kinds(&found), [(kind, "SELECT cart")], "{was} to {is}");
        if was == 1 {
            let change = &found.changes[0];
            let text = format!("{} → {}", change.before, change.after);
            assert_eq!(text, "0.01 for each parent → 1 for each parent");
        }
    }
}

/// Five runs on each side hardly show how much runs differ, but if the runs are alike, rare failures are found.
#[test]
fn rare_failures_are_found_in_five_runs() {
    let base = Service { requests: 120, failures: 0.02, ..Service::default() };
    let failing = Service { failures: 0.06, ..base };
    let found = (0..10).filter(|seed| {
        let [before, after] = set(&[base, failing], 5, *seed);
        kinds(&diff(&before, &after)) == [(ChangeKind::Failing, "price")]
    });
    let found = found.count();
    assert!(found >= 7, "{found} of 10");
}

/// Scales all times of the runs to this percentage, except the durations of one name.
fn scaled(runs: &[Recording], hundredths: u64, but: &str) -> Vec<Recording> {
    let mut runs = runs.to_vec();
    for span in runs.iter_mut().flat_map(|run| &mut run.spans) {
        let length = span.duration();
        span.start = span.start / 100 * hundredths;
        span.end = span.end / 100 * hundredths;
        if *span.name == *but {
            span.end = span.start + length;
        }
    }
    runs
}

/// A slowdown that all names share is noted as one of the machine, and is also a change of the total if it is large.
#[test]
fn a_slower_machine_is_a_note_and_a_far_slower_one_is_a_total() {
    let base = Service { requests: 100, ..Service::default() };
    let [before, after] = set(&[base, base], 5, 1);
    let found = diff(&before, &scaled(&after, 107, ""));
    assert_eq!(found.changes, []);
    let has_note = |found: &Diff, start| found.notes.iter().any(|it| it.starts_with(start));
    assert!(
        has_note(&found, "the machine, or a change common to all names, made most names "),
        "{found:?}"
    );
    for (hundredths, kind) in [
        (130, ChangeKind::SlowerTotal),
        (200, ChangeKind::SlowerTotal),
        (1000, ChangeKind::SlowerTotal),
        (50, ChangeKind::FasterTotal),
    ] {
        let total = (kind, "GET /cart/*");
        let found = diff(&before, &scaled(&after, hundredths, ""));
        assert_eq!(kinds(&found), [total], "{found:?}");
        let note = "the machine, or a change common to all names, made most names ";
        assert!(has_note(&found, note), "{found:?}");
        // A name that takes as long as before has not changed, although all others have.
        let found = diff(&before, &scaled(&after, hundredths, "shard"));
        assert!(kinds(&found).contains(&total), "{found:?}");
        assert!(found.changes.iter().all(|it| it.name != "shard"), "{found:?}");
    }
}

#[test]
fn what_changed_more_than_all_is_named_beside_the_total() {
    let base = Service { requests: 100, ..Service::default() };
    let slower = Service { slower: 1.5, ..base };
    let [before, after] = set(&[base, slower], 5, 1);
    let found = diff(&before, &scaled(&after, 1000, ""));
    let mut kinds = kinds(&found);
    kinds.sort_unstable();
    let expected = [(ChangeKind::Slower, "price"), (ChangeKind::SlowerTotal, "GET /cart/*")];
    assert_eq!(kinds, expected, "{found:?}");
    let price = found.changes.iter().find(|it| it.name == "price").unwrap();
    assert!(price.before.ends_with(" µs"));
    assert!(price.after.ends_with(" ms"));
    assert!(price.factor.is_some_and(|it| it < 2.0), "{price:?}");
}

/// If a program has only one or two functions and all of them have changed, each change is found.
#[test]
fn one_or_two_names_that_all_changed_are_named() {
    let job = |micros: u64, names: &[&str]| {
        let call = |call: u64| {
            let start = call * 1_000_000;
            let end = start + micros + call * 7919 % 997 / 2;
            let line = |name: &&str| format!("{name} {start}..{end}us\n");
            names.iter().map(line).collect::<Vec<_>>().concat()
        };
        spans(&(1..=40).map(call).collect::<String>())
    };
    for names in [&["job"][..], &["job", "report"]] {
        for runs in [1, 5, 20] {
            let [before, after] = [30_000, 39_000].map(|micros| vec![job(micros, names); runs]);
            let found = diff(&before, &after);
            let mut found: Vec<_> = kinds(&found).into_iter().map(|it| it.1).collect();
            found.dedup();
            assert_eq!(found, names, "{runs} runs");
        }
    }
}

#[test]
fn a_change_is_found_on_an_uneven_machine() {
    let base =
        Service { noise: Noise { run: 0.05, drift: 0.05, ..Noise::of(0.1) }, ..Service::default() };
    let [before, after] = set(&[base, Service { slower: 1.1, ..base }], 20, 5);
    let found = diff(&before, &after);
    assert_eq!(kinds(&found), [(ChangeKind::Slower, "price")]);
}

#[test]
fn names_are_told_apart_by_their_place_without_its_values() {
    for (key, places, slower) in [
        ("http.route", ["/orders", "/carts"], "/carts"),
        ("floe.asset.key", ["sales", "stock"], "stock"),
        ("db.query.text", ["SELECT a", "SELECT b"], "SELECT b"),
        ("db.query.text", ["SELECT 1, 2, 'x'", "SELECT 7, 'y'"], "SELECT *"),
        ("server.address", ["127.0.0.1", "::1"], "*"),
        ("server.address", ["stock-1", "stock-12"], "stock-*"),
    ] {
        let [before, after] = [10, 20].map(|millis| {
            requests(100, move |_| {
                let call = |at: usize, millis| {
                    ("query", format!("{key}={}", places[at].replace(' ', "·")), millis)
                };
                vec![call(0, 10), call(1, millis), ("a", String::new(), 9), ("b", String::new(), 8)]
            })
        });
        let found = diff(&[before], &[after]);
        let mut found: Vec<&str> = found.changes.iter().map(|it| &*it.place).collect();
        found.dedup();
        assert_eq!(found, [slower], "{places:?}");
    }
}

/// Returns a run of dbt, in which the name of a span repeats below each model.
fn models(random: &mut Random, count: usize, slow: &[usize], factor: f64) -> Recording {
    let mut now = 0.0;
    let mut text = String::new();
    for model in 0..count {
        let time = random.about(20.0) * if slow.contains(&model) { factor } else { 1.0 };
        let _ = writeln!(text, "  dbt.model.m{model} {now}..{}", now + time + 1.0);
        let _ = writeln!(text, "    execute {}..{}", now + 0.5, now + time + 0.5);
        now += time + 1.0;
    }
    spans(&format!("dbt.run 0..{now}\n{text}"))
}

#[test]
fn a_call_that_is_slower_below_some_of_its_parents_is_named_there() {
    let mut random = Random(1);
    let mut found = |runs: [usize; 2], count, slow: &[usize], factor| {
        let [before, after] = [(runs[0], &[][..]), (runs[1], slow)].map(|(runs, slow)| {
            let run = |_| models(&mut random, count, slow, factor);
            (0..runs).map(run).collect::<Vec<_>>()
        });
        diff(&before, &after)
    };
    let rows = |found: &Diff| {
        let rows = found.changes.iter();
        let mut rows: Vec<_> =
            rows.map(|it| format!("{:?} {} < {}", it.kind, it.name, it.parent)).collect();
        rows.sort();
        rows
    };
    for (runs, count, slow, factor, expected) in [
        ([14, 1], 40, &[1][..], 60.0, &["Slower execute < dbt.model.m1"][..]),
        ([14, 1], 2, &[1], 60.0, &["Slower execute < dbt.model.m1"]),
        ([20, 20], 12, &[1], 60.0, &["Slower execute < dbt.model.m1"]),
        (
            [14, 1],
            12,
            &[1, 7],
            20.0,
            &["Slower execute < dbt.model.m1", "Slower execute < dbt.model.m7"],
        ),
        // A change below all parents has one row.
        ([20, 20], 3, &[0, 1, 2], 2.0, &["Slower execute < "]),
    ] {
        let found = found(runs, count, slow, factor);
        assert_eq!(rows(&found), expected, "{found:#?}");
    }
    let unchanged = [([14, 1], 40), ([14, 1], 3), ([5, 5], 12), ([20, 20], 12)];
    let unchanged = unchanged.repeat(50).into_iter();
    let alarms: Vec<_> =
        unchanged.flat_map(|(runs, count)| rows(&found(runs, count, &[], 1.0))).collect();
    // Two of a hundred comparisons may have a false row.
    assert!(alarms.len() <= 4, "{alarms:#?}");
    // One run on each side allows no test.
    let once = found([1, 1], 40, &[7], 60.0);
    assert_eq!(rows(&once), [""; 0], "{once:#?}");
}

#[test]
fn one_night_is_compared_with_those_before() {
    let base = Service { requests: 100, ..Service::default() };
    let [before, after] = nights(&[base, Service { slower: 1.2, ..base }], 14, 4);
    let found = diff(&before, &after);
    assert_eq!(kinds(&found), [(ChangeKind::Slower, "price")]);
    let alarms = (0..20).filter(|seed| {
        let [before, after] = nights(&[base, base], 14, *seed);
        !diff(&before, &after).changes.is_empty()
    });
    assert_eq!(alarms.count(), 0);
    // A step is missing in the last night.
    let missing = Service { queries: 0, ..base };
    let [before, after] = nights(&[base, missing], 14, 4);
    let found = diff(&before, &after);
    assert_eq!(kinds(&found), [(ChangeKind::Gone, "SELECT item")]);
}

#[test]
fn a_renamed_call_a_slow_tail_and_another_mix_of_routes_are_told_apart() {
    let one = |name, millis| vec![("load", String::new(), 4), (name, String::new(), millis)];
    let old = requests(100, |_| one("checkout", 30));
    let found = diff(std::slice::from_ref(&old), &[requests(100, |_| one("checkout v2", 30))]);
    let names = [(ChangeKind::New, "checkout v2"), (ChangeKind::Gone, "checkout")];
    assert!(names.iter().all(|it| kinds(&found).contains(it)), "{found:?}");
    assert_eq!(kinds(&found).len(), 2);
    let tail = |it: u64| one("checkout", if it * 37 % 100 < 10 { 300 } else { 30 });
    let found = diff(&[old], &[requests(200, tail)]);
    assert_eq!(kinds(&found), [(ChangeKind::Slower, "checkout")], "{found:?}");
    assert!(found.changes[0].after.starts_with("mean "), "{found:?}");
    let mix = |part: u64| {
        requests(300, move |it| {
            let name = if it * 37 % 100 < part { "GET users" } else { "GET search" };
            vec![(name, String::new(), 20)]
        })
    };
    let found = diff(&[mix(30)], &[mix(60)]);
    assert_eq!(found.changes, []);
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_floe-trace")).arg("diff").args(arguments).output().unwrap()
}

fn json(arguments: &[&str]) -> serde_json::Value {
    serde_json::from_slice(&run(&[arguments, &["--json"]].concat()).stdout).unwrap()
}

fn write_runs(folder: &Path, runs: &[Recording]) {
    fs::create_dir(folder).unwrap();
    for (index, run) in runs.iter().enumerate() {
        fs::write(folder.join(format!("{index:02}.jsonl")), line(run)).unwrap();
    }
}

#[test]
fn the_program_prints_a_table_and_ends_with_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["before", "after"].map(|name| folder.path().join(name));
    let slower = Service { slower: 1.2, queries: 9, ..Service::default() };
    let [before, after] = set(&[Service::default(), slower], 20, 1);
    write_runs(&one, &before);
    write_runs(&other, &after);
    let [one, other] = [&one, &other].map(|path| path.to_str().unwrap());

    let quiet = run(&[one, one]);
    assert_eq!(quiet.status.code(), Some(0));
    assert!(
        String::from_utf8(quiet.stdout)
            .unwrap()
            .ends_with("\nno difference can be distinguished from chance\n")
    );
    assert_eq!(json(&[one, one])["changes"], serde_json::json!([]));

    let found = run(&[one, other]);
    assert_eq!(found.status.code(), Some(1));
    assert_table(&String::from_utf8(found.stdout).unwrap());
    assert_json(one, other);

    for arguments in [&[one][..], &[one, "/nowhere"]] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

fn assert_table(text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "before: 20 runs, 600 traces, 3600 spans · after: 20 runs, 600 traces, 7800 spans"
    );
    assert!(lines[1].starts_with("what        name         before → after"), "{text}");
    assert!(
        lines[2]
            .starts_with("more calls  SELECT item  2 for each parent → 9 for each parent  ×4.5"),
        "{text}"
    );
    assert!(lines[3].starts_with("slower      price        "), "{text}");
    assert!(lines[3].contains(" %  chance"), "{text}");
    assert_eq!(lines.len(), 4, "{text}");
}

fn assert_json(one: &str, other: &str) {
    let [one, other] = [one, other].map(|folder| format!("{folder}/00.jsonl"));
    let found = json(&[&one, &other]);
    assert_eq!(found["changes"][0]["what"], "more_calls");
    assert_eq!(found["before"]["runs"], 1);
}
