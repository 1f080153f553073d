//! Tests that clocks which differ are corrected, and that the correction is named.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod text;

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use floe_trace::{Forest, Recording, Span, TraceId, causes, critical_path};

use self::text::{every, line, spans};

/// Returns requests through three services; the times of `service` are shifted by these milliseconds.
fn shop(service: &str, shift: i64) -> Recording {
    let mut text = every(300.0, 40, |text, random, now| {
        let now = now + 20_000.0;
        let time = random.about(60.0);
        let [a, b, c] = [1.0, 2.0, 3.0].map(|it| (now + it, now + time - it));
        let _ = writeln!(text, "GET /cart {now}..{} server @web", now + time);
        let _ = writeln!(text, "  render {0}..{0}\n  GET {0}..{1} client", a.0, a.1);
        let _ = writeln!(text, "    GET /price {}..{} server @price", b.0, b.1);
        let _ = writeln!(text, "      SELECT {}..{} client @price", c.0, c.1);
    });
    // A service with a single call, and a client that waits for minutes, tell little about the clock.
    let _ = writeln!(text, "audit 20000..20099 server @audit\n  GET 20001..20098 client @audit");
    let _ = writeln!(text, "    GET /price 20002..20097 server @price");
    for now in (0..4).map(|it| it * 100_000) {
        let _ = writeln!(text, "poll {now}..{} client @poll", now + 90_000);
        let _ = writeln!(text, "  GET /price {}..{} server @price", now + 40_000, now + 40_050);
    }
    let mut recording = spans(&text);
    for span in &mut recording.spans {
        if *recording.sources[span.source].service == *service {
            move_by(span, shift);
        }
    }
    recording
}

/// Moves a span by these milliseconds.
fn move_by(span: &mut Span, shift: i64) {
    for time in [&mut span.start, &mut span.end] {
        *time = time.saturating_add_signed(shift * 1_000_000);
    }
}

/// Corrects the clocks, and returns the notes.
fn correct(recording: &mut Recording) -> Vec<String> {
    recording.correct_clocks();
    recording.notes.iter().map(ToString::to_string).collect()
}

#[test]
fn the_clock_of_a_service_is_corrected_and_named_once() {
    for (service, shift, note) in [
        ("price", -3_900, "clocks: the clock of `price` is 3.9 s behind; corrected"),
        ("price", 100, "clocks: the clock of `price` is 100 ms ahead; corrected"),
        ("price", 12_000, "clocks: the clock of `price` is 12 s ahead; corrected"),
        (
            "web",
            900,
            "clocks: the clock of `audit` is 900 ms behind, the clock of `price` is 900 ms behind; corrected",
        ),
    ] {
        let mut recording = shop(service, shift);
        assert_eq!(correct(&mut recording), [note]);
        let forest = Forest::new(&recording);
        for span in (0..recording.spans.len()).filter(|it| forest.tree().parent(*it).is_some()) {
            let parent = forest.span(forest.tree().parent(span).unwrap());
            let child = forest.span(span);
            assert!(parent.start <= child.start, "{service} {shift}");
            assert!(child.end <= parent.end, "{service} {shift}");
        }
    }
}

#[test]
fn two_clocks_that_are_off_in_both_directions_are_corrected() {
    for (services, names) in [
        (["price", "stock"], ["`price`", "`stock`"]),
        (["shop #host.name=a", "shop #host.name=b"], ["`shop` on `a`", "`shop` on `b`"]),
    ] {
        let note = corrected(services);
        let [ahead, behind] = names;
        let expected = format!("the clock of {behind} is 7 s behind, the clock of {ahead} is 4");
        assert!(note.contains(&expected), "{note}");
    }
}

/// Corrects the clocks of two servers of one client, and returns the note.
fn corrected([one, other]: [&str; 2]) -> String {
    let text = every(300.0, 40, |text, random, now| {
        let now = now + 20_000.0;
        let _ =
            writeln!(text, "GET /cart {now}..{} server @web\n  render {now}..{now}", now + 99.0);
        for (service, from) in [(one, 1.0), (other, 50.0)] {
            let [from, time] = [now + from, random.about(30.0)];
            let _ = writeln!(text, "  GET {from}..{} client", from + time);
            let [from, to] = [from + 1.0, from + time - 1.0];
            let _ = writeln!(text, "    GET / {from}..{to} server @{service}");
        }
    });
    let right = spans(&text);
    let mut recording = right.clone();
    for span in &mut recording.spans {
        let shift = [0, 400, -7_000][span.source];
        move_by(span, shift);
    }
    let notes = correct(&mut recording);
    for (one, other) in recording.spans.iter().zip(&right.spans) {
        assert!(one.start.abs_diff(other.start) < 50_000_000, "{notes:?}");
    }
    notes.join("")
}

/// Nothing is known about clocks that share one call each.
#[test]
fn a_trace_with_one_span_of_each_of_many_services() {
    let mut text = String::new();
    for level in 0..500 {
        let kind = ["server", "client"][level % 2];
        let _ =
            writeln!(text, "{}s {level}..{} {kind} @s{level}", " ".repeat(level), 1_500 - level);
    }
    let mut recording = spans(&text);
    recording.correct_clocks();
    assert_eq!((recording.notes.len(), recording.sources.len()), (0, 500));
    let forest = Forest::new(&recording);
    assert_eq!(causes(&forest), []);
    let path = critical_path(forest.tree(), &forest.traces()[0].roots);
    assert_eq!(path.iter().map(|it| it.to - it.from).sum::<u64>(), 1_500_000_000);
}

#[test]
fn clocks_that_agree_or_change_are_left_alone() {
    let mut stepped = shop("price", 5_000);
    let right = shop("price", 0);
    let half = right.spans.len() / 2;
    stepped.spans.truncate(half);
    stepped.spans.extend(right.spans[half..].iter().cloned());
    let mut two = shop("price", 0);
    two.spans.truncate(10);
    move_by(&mut two.spans[8], 5_000);
    let circle = spans(&"GET 1..90 server @web\n  GET 2..40 client\n    GET 3..39 server @price\n      GET 4..38 client\n        GET 5..37 server @stock\n  GET 41..89 client\n    GET 9041..9060 server @stock\n".repeat(4));
    let note = "clocks: the clocks of `web` and `price` seem to differ; not corrected: the calls between them contradict each other";
    let of_circle = "clocks: the clocks of `web` and `stock` seem to differ; not corrected: the calls between other clocks contradict it";
    for (mut recording, notes) in
        [(right, &[][..]), (stepped, &[note]), (two, &[note]), (circle, &[of_circle])]
    {
        let before = recording.spans.clone();
        assert_eq!(correct(&mut recording), notes);
        assert_eq!(recording.spans, before);
    }
}

/// If the calls allow offsets that differ by 2 ms, the offset is a whole number of milliseconds.
#[test]
fn an_offset_is_as_precise_as_the_calls() {
    for (room, note) in [(1.3, "10 ms"), (0.7, "9.85 ms")] {
        let mut text = String::new();
        for now in (0..10).map(|it| f64::from(it) * 300.0 + 20_000.0) {
            let server = now + 10.0;
            let _ = writeln!(text, "GET {now}..{} client @web", now + 50.0);
            let _ = writeln!(text, "  sort {now}..{now}\n  render {now}..{now}");
            let _ = writeln!(text, "  GET / {}..{} server @price", server + room, server + 49.0);
            let _ = writeln!(text, "    parse {0}..{0}", server + 3.0);
        }
        let mut recording = spans(&text);
        let notes = correct(&mut recording);
        assert_eq!(notes, [format!("clocks: the clock of `price` is {note} ahead; corrected")]);
    }
}

/// Two calls may begin late because they are asynchronous.
#[test]
fn three_calls_that_begin_late_are_a_clock() {
    for (calls, expected) in [
        (
            2,
            "clocks: the clocks of `web` and `price` seem to differ; not corrected: fewer than 3 calls show it",
        ),
        (3, "clocks: the clock of `price` is 12 s ahead; corrected"),
    ] {
        let mut recording = shop("price", 12_000);
        recording.spans.truncate(calls * 5);
        assert_eq!(correct(&mut recording), [expected], "{calls} calls");
    }
}

/// A tenth of the calls may be asynchronous, so that their servers begin after the clients have ended.
#[test]
fn some_late_servers_do_not_hide_the_clock() {
    let mut recording = shop("price", 12_000);
    for late in [2, 6, 10] {
        move_by(&mut recording.spans[late * 5 + 3], 200);
    }
    assert_eq!(correct(&mut recording).len(), 1);
}

#[test]
fn the_program_calls_nothing_a_wait_that_a_clock_makes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traces.jsonl");
    fs::write(&path, line(&shop("price", -3_000))).unwrap();
    for (command, files) in [("critical-path", 1), ("diff", 2)] {
        let run = Command::new(env!("CARGO_BIN_EXE_floe-trace"))
            .arg(command)
            .args(vec![&path; files])
            .output()
            .unwrap();
        let [out, errors] = [run.stdout, run.stderr].map(|it| String::from_utf8(it).unwrap());
        let note = "note: clocks: the clock of `price` is 3 s behind; corrected\n";
        assert_eq!(errors, note.repeat(files));
        assert!(!out.contains("waited"), "{out}");
    }
}

#[test]
fn a_trace_id_that_a_service_cut_is_named() {
    let mut recording = spans("GET 0..20\n  call 1..19\nserve 2..18 @old\n");
    recording.spans[2].trace = TraceId(7);
    recording.spans[0].trace = TraceId((0xaa << 64) | 7);
    recording.spans[1].trace = recording.spans[0].trace;
    let notes: Vec<String> =
        Forest::new(&recording).notes().to_vec().iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "trace 00000000000000000000000000000007, span 0000000000000003: this trace id is cut to 64 bits; spans of another trace, whose id ends with it, belong to the same request"
        ]
    );
}
