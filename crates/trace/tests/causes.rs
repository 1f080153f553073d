//! Tests which causes are found in the traces of programs that are slow for one reason each.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod text;

use std::fmt::Write as _;

use floe_trace::{CauseKind, Forest, Recording, causes};

use self::text::{Random, spans};

/// Returns the causes of a recording: the kind, the name of the span, and the message.
fn found_in(recording: &Recording) -> Vec<(CauseKind, String, String)> {
    let forest = Forest::new(recording);
    let causes = causes(&forest).into_iter();
    causes.map(|it| (it.kind, forest.span(it.span).name.to_string(), it.message)).collect()
}

/// Returns a generator of random numbers below 1000, which are the same in each run.
fn numbers() -> impl FnMut() -> u64 {
    let mut random = Random(1);
    move || random.below(1000)
}

/// A partition that takes much longer than the others comes before the loop that each partition has.
#[test]
fn a_straggler_comes_before_the_loops_of_its_neighbours() {
    let mut text = "batch 0..33000\n".to_owned();
    let mut random = numbers();
    for partition in 0..16 {
        let block = if partition == 11 { 780 } else { 30 + random() / 100 };
        let _ = writeln!(text, "  load_partition {partition}..{}", partition + block * 40);
        for at in 0..40 {
            let from = partition + at * block;
            let _ = writeln!(text, "    write_block {from}..{}", from + block - 1);
        }
    }
    let found = found_in(&spans(&text));
    let sentence = "one of 16 spans `load_partition` took 31.2 s, the others about 1.";
    assert!(found[0].2.starts_with(sentence), "{found:#?}");
}

/// A straggler among the calls of one model does not hide the tenant whose calls of another model are slow.
#[test]
fn a_straggler_does_not_hide_a_property_of_calls_with_its_name() {
    let mut random = Random(3);
    let call = |model: &str, at: u64, time: f64, tenant: u64| {
        let end = f64::from(u32::try_from(at).unwrap()) + time;
        format!("chat {at}..{end} client gen_ai.request.model={model} tenant={tenant}\n")
    };
    let mut text = String::new();
    for at in 0..120 {
        let tenant = if at % 15 == 0 { 5 } else { random.below(4) };
        let usual = if tenant == 5 { 3_000.0 } else { 600.0 };
        text += &call("small", at * 10_000, random.about(usual), tenant);
    }
    for at in 0..12 {
        let usual = if at == 7 { 40_000.0 } else { 1_200.0 };
        text += &call("large", at * 100_000 + 5_000, random.about(usual), at % 4);
    }
    let found = found_in(&spans(&text));
    assert!(found[0].2.contains("slow spans have `tenant=5`"), "{found:#?}");
}

/// A loop comes before the spans above it that are slow because of the loop.
#[test]
fn a_loop_comes_before_the_slow_spans_around_it() {
    let mut text = String::new();
    let mut random = numbers();
    for request in 0..100 {
        let at = request * 1000;
        let many = if request % 10 == 0 { 8 } else { 1 };
        let call = 20 + random() / 100;
        let end = at + 4 + many * (call + 1);
        let _ = writeln!(text, "GET {at}..{end} server\n  middleware {}..{end}", at + 1);
        let _ = writeln!(text, "    request handler {}..{end}", at + 2);
        for time in (0..many).map(|it| at + 3 + it * (call + 1)) {
            let _ = writeln!(text, "      GET item {time}..{} client", time + call);
        }
    }
    let found = found_in(&spans(&text));
    assert_eq!(
        (found[0].0, &*found[0].1),
        (CauseKind::RepeatedCalls, "request handler"),
        "{found:#?}"
    );
}

/// Four replicas that lock the same row of a database, one at a time, are found as one queue.
#[test]
fn a_lock_that_replicas_share_has_one_hold() {
    let mut text = String::new();
    let mut random = numbers();
    let mut now = 0;
    let mut free = 0;
    for _ in 0..300 {
        now += random() / 18;
        free = free.max(now) + 27 + random() / 160;
        let _ = writeln!(text, "UPDATE row {now}..{free} client @shop");
    }
    let mut recording = spans(&text);
    recording.sources = vec![recording.sources[0].clone(); 4];
    recording.spans.iter_mut().for_each(|it| it.source = usize::try_from(random() % 4).unwrap());
    let found = found_in(&recording);
    assert!(found[0].2.contains(": one proceeds every 29"), "{found:#?}");
    assert!(found.len() == 1, "{found:#?}");
}

/// A request with several parallel calls has few on each host, so that one slow call is half of them sooner there.
#[test]
fn a_host_of_a_parallel_call_is_not_named_by_chance() {
    let mut random = Random(7);
    for _ in 0..3 {
        let mut text = String::new();
        for at in (0..300_u64).map(|it| it * 1_000) {
            let _ = writeln!(text, "search {at}..{} @front", at + 90);
            for _ in 0..8 {
                let is_slow = random.below(14) == 0;
                let time = random.about(if is_slow { 55.0 } else { 20.0 });
                let end = f64::from(u32::try_from(at).unwrap()) + 1.0 + time;
                let host = random.below(4);
                let _ =
                    writeln!(text, "  query leaf {}..{end} client #host.name=leaf-{host}", at + 1);
            }
        }
        assert_causes(&text, &[]);
    }
}

/// A heavy request is slow on all leaves, which run on one host. Its calls are one observation of the host.
#[test]
fn a_host_of_heavy_requests_is_not_named_by_chance() {
    let mut random = Random(3);
    let text = lines(0..120, |request| {
        let at = request * 1_000;
        let host = request % 40;
        let is_heavy = [0, 40, 7, 15, 23, 71].contains(&request);
        let calls = lines(0..8, |_| {
            let end = at + 1 + random.below(6) + if is_heavy { 60 } else { 20 };
            format!("  query leaf {}..{end} client #host.name=leaf-{host}\n", at + 1)
        });
        format!("search {at}..{} @front\n{calls}", at + 90)
    });
    assert_causes(&text, &[]);
}

/// The parallel calls of a heavy request are slow together, and so overlap those of the requests after it.
#[test]
fn parallel_calls_of_heavy_requests_are_no_queue() {
    let mut random = Random(5);
    let mut at = 0;
    let text = lines(0..120, |_| {
        at += 5 + random.below(30);
        let usual = if random.below(8) == 0 { 60.0 } else { 20.0 };
        let calls = lines(0..12, |_| {
            let end = f64::from(u32::try_from(at).unwrap()) + random.about(usual);
            format!("  query leaf {at}..{end} client\n")
        });
        format!("search {at}..{at}\n{calls}")
    });
    assert_causes(&text, &[]);
}

/// The work of processes that share a lock has no span of its own, so the spans are internal.
#[test]
fn a_lock_that_processes_share_is_named_in_internal_spans() {
    let mut random = Random(2);
    let mut arrival = 0;
    let mut free = 0;
    let text = lines(0..160, |call| {
        arrival += random.below(56);
        free = free.max(arrival) + 24 + random.below(6);
        format!("rebuild index {arrival}..{free} #host.name=pod-{}\n", call % 40)
    });
    let sentence = "wait for each other, up to ";
    assert_causes(&text, &[(CauseKind::ContendedLock, "rebuild index", sentence)]);
}

/// All tasks of one trace take one lock.
#[test]
fn a_lock_within_one_trace_is_named() {
    let mut random = Random(4);
    let mut arrival = 0;
    let mut free = 0;
    let tasks = lines(0..120, |_| {
        arrival += random.below(56);
        free = free.max(arrival) + 24 + random.below(6);
        format!("  append row {arrival}..{free}\n")
    });
    let sentence = "wait for each other, up to ";
    let text = format!("import 0..{free}\n{tasks}");
    let found = found_in(&spans(&text));
    assert_eq!((found[0].0, &*found[0].1), (CauseKind::ContendedLock, "append row"), "{found:#?}");
    assert!(found[0].2.contains(sentence), "{found:#?}");
}

fn lines<T>(of: impl IntoIterator<Item = T>, line: impl FnMut(T) -> String) -> String {
    of.into_iter().map(line).collect()
}

/// Asserts that exactly these causes are found, in this order, with these parts of their messages.
#[track_caller]
fn assert_causes(text: &str, expected: &[(CauseKind, &str, &str)]) {
    let found = found_in(&spans(text));
    let is_expected = |(found, expected): (&(CauseKind, String, String), _)| {
        let (kind, name, part): &(CauseKind, &str, &str) = expected;
        found.0 == *kind && found.1 == *name && found.2.contains(part)
    };
    assert!(found.len() == expected.len(), "expected {expected:#?}, found {found:#?}");
    assert!(
        found.iter().zip(expected).all(is_expected),
        "expected {expected:#?}, found {found:#?}"
    );
}

#[test]
fn a_queue_below_a_lock_or_a_semaphore_is_named() {
    // The work under the lock has a span, and the wait is the gap before it.
    let saves = lines(0..8, |order| {
        let from = order * 10;
        let held = 2_000 + order * 10_000;
        let loaded = from + 1_500;
        let end = held + 10_000;
        format!(
            "save {from}..{end}us waits\n  load {from}..{loaded}us waits\n  write {held}..{end}us waits\n"
        )
    });
    // Two calls run at a time, and the two drift apart.
    let calls = lines(0..12, |call| {
        let drift = if call % 2 == 0 { 0 } else { call * 150 };
        format!("call {}..{}us waits\n", call * 10, (call / 2 + 1) * 10_000 + drift)
    });
    // The lock is unfair: the first thread to arrive gets it last.
    let updates = lines([5, 1, 2, 3, 4].into_iter().enumerate(), |(thread, turn)| {
        format!("update {}..{}us\n", thread * 50, turn * 20_000)
    });
    // Threads take an unfair lock in loops: after the first turn, each thread waits for all others.
    let turns = [0, 4, 1, 3, 2, 0, 4, 1, 3, 2].into_iter().enumerate();
    let appends = lines(turns, |(turn, thread)| {
        let start = if turn < 5 { thread * 50 } else { (turn - 4) * 6_000 + 400 };
        format!("append {start}..{}us\n", (turn + 1) * 6_000)
    });
    for (text, name, part) in [
        (
            saves,
            "save",
            "7 spans `save` wait for each other, up to 60.4 ms: one proceeds every 10 ms, as with a lock or a pool of one",
        ),
        (
            calls,
            "call",
            "10 spans `call` wait for each other, up to 51.2 ms: several proceed at a time, as with a semaphore or a small pool",
        ),
        (
            updates,
            "update",
            "4 spans `update` wait for each other, up to 80 ms: one proceeds every 20 ms",
        ),
        (appends, "append", "9 spans `append` wait for each other, up to "),
    ] {
        assert_causes(&text, &[(CauseKind::ContendedLock, name, part)]);
    }
}

#[test]
fn what_is_independent_computes_or_is_healthy_is_not_named() {
    let replicas = |latencies: [u64; 6]| {
        let replica = |(at, latency): (u64, u64)| {
            format!("  replica {}..{}us waits\n", at * 10, at * 10 + latency * 1_000)
        };
        "read 0..16\n".to_owned() + &lines((0..).zip(latencies), replica)
    };
    // One thread runs the calls one after the other, and each was entered for most of its time.
    let hashes = lines(0..8, |call| {
        let from = call * 10;
        let to = (call + 1) * 10_000;
        format!("hash {from}..{to}us busy_ns={}\n", (to - from) * 800)
    });
    let requests = lines(0..30, |request| {
        let at = request * 7_000;
        format!(
            "api {at}..{}us busy_ns=3000000\n  query {}..{}us waits\n  render {1}..{0}us\n",
            at + 18_000,
            at + 15_000,
            at + 15_000
        )
    });
    // A worker waits for one event after the other.
    let events =
        lines(0..40, |event| format!("  event {}..{}us\n", event * 2_200, event * 2_200 + 30));
    let worker = format!("events 0..90 busy_ns=100000\n{events}");
    // Requests come as regularly as they end, and do not wait for each other.
    let regular =
        lines(0..50, |request| format!("GET / {}..{}\n", request * 10, request * 10 + 95));
    // Some children overlap, and others are quick.
    let children = lines(2..12, |child| format!("  shard 0..90\n  note {child}..{child}\n"));
    for text in [
        replicas([9, 4, 7, 13, 5, 11]),
        replicas([3, 12, 6, 9, 15, 4]),
        replicas([8, 2, 14, 5, 10, 7]),
        hashes,
        requests + &worker,
        format!("{regular}fan out 0..100\n  wait 0..100\n{children}"),
        // A function without children may block or compute.
        "export 0..90\n".to_owned(),
    ] {
        assert_causes(&text, &[]);
    }
}

/// Causes are sorted by the time of all spans of a name, even if their rule examines one span at a time.
#[test]
fn what_takes_the_most_time_in_all_traces_comes_first() {
    let traces = lines(1..=200, |trace| {
        let at = trace * 1_000_000;
        let items = lines(0..10, |item| {
            let from = at + item * 3_000;
            format!("  item {from}..{}us\n", from + 2_900)
        });
        let (is_cold, time) = if trace % 10 == 0 { ("yes", 40_000) } else { ("no", 1_000) };
        format!(
            "cart {at}..{}us\n{items}&price {at}..{}us cold={is_cold}\n",
            at + 32_000,
            at + time
        )
    });
    assert_causes(
        &traces,
        &[
            (CauseKind::RepeatedCalls, "cart", "calls `item` 10 times"),
            (CauseKind::SlowWith, "price", "`cold=yes`"),
        ],
    );
}

/// Times near the largest integer, which come from damaged or hostile files, cause no panic.
#[test]
fn times_at_the_end_of_all_times_are_judged() {
    let shapes: [fn(u64) -> (u64, u64); 4] = [
        |at| (at * 1_000_000, u64::MAX - (50 - at) * 1_000_000),
        |at| (u64::MAX - 40_000_000 * at, u64::MAX),
        |at| (1 + at, u64::MAX / 4 * 3 + at * 20_000_000),
        |at| (u64::MAX / 4 * 3, u64::MAX - at),
    ];
    let text = lines(0..50, |_| "&root 0..0\n  reserve 0..1 waits\n  hold 0..1 waits\n".to_owned());
    for shape in shapes {
        let mut recording = spans(&text);
        let all = recording.spans.iter_mut().zip(0_u64..);
        all.for_each(|(span, at)| (span.start, span.end) = shape(at % 50));
        assert!(found_in(&recording).iter().all(|it| !it.2.is_empty()));
    }
}

#[test]
fn what_is_called_again_because_it_failed_is_told_from_a_loop() {
    let sends = lines([0, 12, 34, 76, 158], |at: u32| {
        format!("  send {at}..{} waits{}\n", at + 2, if at < 158 { " error" } else { "" })
    });
    assert_causes(
        &format!("notify 0..160 waits\n{sends}"),
        &[(
            CauseKind::Retries,
            "notify",
            "`notify` calls `send` 5 times, because it failed 4 times, in 158 ms",
        )],
    );
    // The row states the type of the error, and the status.
    let codes = "client error.type=rate_limit_exceeded http.response.status_code=429";
    let posts = lines([0, 12, 34], |at: u32| {
        format!("  POST {at}..{} {}\n", at + 2, if at < 34 { codes } else { "client" })
    });
    assert_causes(
        &format!("chat 0..36 waits\n{posts}"),
        &[(
            CauseKind::Retries,
            "chat",
            "because it failed 2 times with `rate_limit_exceeded` and `429`, in ",
        )],
    );
    // If only some of many calls fail, they are a loop, unless the program waits after failures.
    let retries = "calls `row` 10 times, some of them because it failed 3 times, in 21 ms";
    for (after_success, after_failure, kind, sentence) in [
        (0, 0, CauseKind::RepeatedCalls, "calls `row` 10 times, one after the other"),
        (1_200, 1_200, CauseKind::RepeatedCalls, "calls `row` 10 times, one after the other"),
        (100, 5_000, CauseKind::Retries, retries),
    ] {
        let mut now = 0;
        let rows = lines(0..10, |row| {
            let from = now;
            let (end, pause) =
                if row % 3 == 1 { (" error", after_failure) } else { ("", after_success) };
            now += 2_000 + pause;
            format!("  row {from}..{}us waits{end}\n", from + 2_000)
        });
        assert_causes(&format!("import 0..40 waits\n{rows}"), &[(kind, "import", sentence)]);
    }
}

/// The slow calls have a property in each of these files, but only some properties explain them.
#[test]
fn a_property_of_slow_calls_is_named_if_it_explains_them() {
    let host = |call: u64| ["a", "b"][usize::from(call < 5)].to_owned();
    let shard = |call: u64| if call < 5 { "few".to_owned() } else { format!("s{}", call % 10) };
    let kind = |call: u64| ["small", "large"][usize::from(call < 60)].to_owned();
    let order = |call: u64| if call < 10 { "same".to_owned() } else { format!("o{call}") };
    let path = |call: u64| format!("/items/{}", if call < 20 { 0 } else { call % 9 });
    let size = |call: u64| ["small", "large"][usize::from(call < 20)].to_owned();
    for (key, value, calls, slow, named) in [
        ("size", &size as &dyn Fn(u64) -> String, 200, 20, "20 of 20 slow spans have `size=large`"),
        ("host.name", &host, 20, 5, "5 of 5 slow spans have `host.name=b`"),
        // There are too few calls.
        ("host.name", &host, 19, 5, ""),
        ("shard", &shard, 200, 30, "5 of 30 slow spans have `shard=few`"),
        // So many calls have the value that it states their kind.
        ("kind", &kind, 200, 30, ""),
        // Ids identify calls. One of them recurs.
        ("order", &order, 200, 20, "10 of 20 slow spans have `order=same`"),
        // Equal calls have paths that differ in ids, and one of them may be slow.
        ("url.path", &path, 200, 20, "20 of 20 slow spans have `url.path=/items/0`"),
    ] {
        let text = lines(0..calls, |call| {
            let at = call * 1_000;
            // Slow calls take exactly twice the usual time.
            let end = at + if call < slow { 20 } else { 10 };
            format!("load {at}..{end} {key}={}\n", value(call))
        });
        let expected = (CauseKind::SlowWith, "load", named);
        assert_causes(&text, if named.is_empty() { &[] } else { std::slice::from_ref(&expected) });
    }
}

/// An inner loop is reported although each round of the outer loop takes only a fortieth of the trace.
#[test]
fn a_loop_in_each_round_of_another_one_is_named() {
    let rounds = lines(0..40, |round| {
        let at = round * 20_000;
        let queries = lines(0..6, |query| {
            let from = at + query * 3_000;
            format!("    SELECT {from}..{}us\n", from + 2_900)
        });
        format!("  item {at}..{}us\n{queries}", at + 20_000)
    });
    assert_causes(
        &format!("batch 0..800\n{rounds}"),
        &[
            (CauseKind::RepeatedCalls, "batch", "calls `item` 40 times"),
            (CauseKind::RepeatedCalls, "item", "calls `SELECT` 6 times"),
        ],
    );
}

/// Half of the calls of a loop take three times the time of the others, which is the usual one.
#[test]
fn a_loop_takes_the_usual_time_of_its_calls() {
    let rows = lines(0..100, |row| format!("  row {}..{}\n", row * 4, row * 4 + 1 + row % 2 * 2));
    let recording = spans(&format!("import 0..400\n{rows}"));
    let found = causes(&Forest::new(&recording));
    assert_eq!((found[0].kind, found[0].time), (CauseKind::RepeatedCalls, 100_000_000));
}

#[test]
fn what_cannot_be_told_from_something_else() {
    // One sender writes to a full channel: each call ends when there is room.
    let sends = lines(0..12, |message| {
        format!("  send {}..{}us waits\n", message * 10_000, message * 10_000 + 9_900)
    });
    assert_causes(
        &format!("produce 0..121 waits\n{sends}"),
        &[(CauseKind::RepeatedCalls, "produce", "calls `send` 12 times")],
    );
    // The calls are simultaneous, and each takes longer than the one before.
    let pages =
        lines(0..8, |call| format!("page {}..{}us waits\n", call * 10, 8_000 + call * 7_000));
    let sentence = "8 spans `page` wait for each other";
    assert_causes(&pages, &[(CauseKind::ContendedLock, "page", sentence)]);
}

/// Writes 15 joins of 24 parallel tasks. `slow` returns the factor and the attributes of a task.
fn joins(mut task: impl FnMut(u64, u64) -> (f64, String)) -> String {
    let mut random = Random(11);
    lines(0..15, |join| {
        let at = join * 10_000;
        let tasks = lines(0..24, |number| {
            let (factor, attributes) = task(join, number);
            let end = f64::from(u32::try_from(at).unwrap()) + random.about(60.0 * factor);
            format!("  task {at}..{end} {attributes}\n")
        });
        format!("join {at}..{}\n{tasks}", at + 2_000)
    })
}

/// Returns the factor and the attributes of a task of a join.
type Tasks<'a> = &'a dyn Fn(u64, u64) -> (f64, String);

/// One task of each join is late, and the property of the late tasks is the answer.
#[test]
fn the_property_that_stragglers_share_is_named() {
    let node = |join: u64, task: u64| format!("index-{}", (join * 7 + task) % 24);
    let rows = |join: u64, task: u64| if task == join % 24 { 240_000 + join } else { 1_900 + join };
    let partition: Tasks<'_> =
        &|_, task| (if task == 7 { 12.0 } else { 1.0 }, format!("partition={task}"));
    // The shard is slow in most of the joins.
    let shard: Tasks<'_> = &|join, task| {
        let is_slow = task == 7 && join % 4 != 0;
        (if is_slow { 20.0 } else { 1.0 }, format!("db.shard={task}"))
    };
    let time_out: Tasks<'_> = &|join, task| {
        let node = node(join, task);
        (if node == "index-11" { 25.0 } else { 1.0 }, format!("server.address={node}"))
    };
    let large: Tasks<'_> = &|join, task| {
        let rows = rows(join, task);
        (if rows > 100_000 { 14.0 } else { 1.0 }, format!("rows={rows}"))
    };
    for (tasks, part) in [
        (partition, "15 of 15 have `partition=7`, compared with 0 of 345 others"),
        (shard, "11 of 11 have `db.shard=7`"),
        (time_out, "15 of 15 have `server.address=index-11`"),
        (large, "15 of 15 have `rows` ≥ 10000"),
    ] {
        let found = found_in(&spans(&joins(tasks)));
        let message = &found[0].2;
        assert!(message.starts_with("one span `task` below each of "), "{found:#?}");
        assert!(message.contains(part), "{found:#?}");
        assert_eq!(found.iter().filter(|it| it.1 == "task").count(), 1, "{found:#?}");
    }
}

/// Stragglers without a common property are reported as such.
#[test]
fn stragglers_without_a_property_are_named() {
    let late = |join: u64, task: u64| task == join * 5 % 24;
    let text = joins(|join, task| {
        (if late(join, task) { 14.0 } else { 1.0 }, format!("partition={task}"))
    });
    let found = found_in(&spans(&text));
    let message = &found[0].2;
    assert!(message.starts_with("one span `task` below each of 15 of 15 parents"), "{found:#?}");
    assert!(!message.contains("have `"), "{found:#?}");
}

/// One row of many is locked or large. The other rows hardly repeat.
#[test]
fn a_hot_key_is_named_among_few_and_many_values() {
    for (others, traces) in [(5, 200), (100, 233), (500, 233), (50_000, 4_000)] {
        for prefix in ["", "sku-"] {
            let mut random = Random(13);
            let text = lines(0..traces, |update| {
                let at = update * 1_000;
                let is_hot = update % 7 == 3;
                let value = if is_hot { 77 } else { 1_000 + random.below(others) };
                let time = random.about(if is_hot { 240.0 } else { 3.0 });
                let end = f64::from(u32::try_from(at).unwrap()) + time;
                let ids = format!("request.id=r{update} order={}", random.below(1 << 30));
                format!("update {at}..{end} app.sku={prefix}{value} {ids}\n")
            });
            let part = format!("slow spans have `app.sku={prefix}77`");
            let found = found_in(&spans(&text));
            let messages = found.iter().map(|it| &*it.2).collect::<Vec<_>>();
            assert!(
                messages.first().is_some_and(|it| it.contains(&part)),
                "{others} others: {messages:#?}"
            );
        }
    }
}

/// The request, the client and the server of a slow query each have a property.
#[test]
fn a_cause_and_the_calls_around_it_are_one_row() {
    let mut random = Random(23);
    let text = lines(0..300, |request| {
        let at = f64::from(u32::try_from(request).unwrap()) * 10_000.0;
        let is_slow = request % 7 == 3;
        let (size, table) = if is_slow { ("large", "archive") } else { ("small", "recent") };
        let end = at + random.about(if is_slow { 400.0 } else { 20.0 });
        let query = format!("    query {}..{} db.table={table}\n", at + 2.0, end - 2.0);
        let call = format!("  call {}..{} client size={size}\n", at + 1.0, end - 1.0);
        format!("GET {at}..{end} server size={size}\n{call}{query}")
    });
    assert_causes(
        &text,
        &[(CauseKind::SlowWith, "query", "43 of 43 slow spans have `db.table=archive`")],
    );
}

/// A fifth of the look-ups of names run into a time-out, and nothing tells them from the others.
#[test]
fn a_name_whose_tail_holds_the_time_is_named() {
    let mut random = Random(17);
    let text = lines(0..171, |request| {
        let at = f64::from(u32::try_from(request).unwrap()) * 10_000.0;
        let look_up =
            if request % 5 == 2 { 5_000.0 + random.about(4.0) } else { random.about(1.6) };
        let end = at + look_up + random.about(20.0);
        let sent = format!("  send {}..{} client\n", at + look_up + 1.0, end);
        format!("POST {at}..{} client\n  dns.lookup {at}..{}\n{sent}", end + 1.0, at + look_up)
    });
    let part = "34 of 171 calls of `dns.lookup` took about 5 s, the others about 1.58 ms: 97 % ";
    let found = found_in(&spans(&text));
    assert!(found[0].2.starts_with(part), "{found:#?}");
    assert_eq!(found.len(), 1, "{found:#?}");
}

/// One call in a hundred takes fifty times as long.
#[test]
fn a_rare_mode_that_holds_the_time_is_named() {
    let mut random = Random(19);
    let text = lines(0..2_000, |call| {
        let at = call * 1_000;
        let time = random.about(if call % 50 == 9 { 500.0 } else { 3.0 });
        format!("query {at}..{}\n", f64::from(u32::try_from(at).unwrap()) + time)
    });
    let found = found_in(&spans(&text));
    assert!(found[0].2.starts_with("40 of 2000 calls of `query` took about "), "{found:#?}");
}
