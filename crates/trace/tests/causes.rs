//! Programs that are slow for one reason each, and the reason that is found in their traces.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod text;

use std::fmt::Write as _;

use floe_trace::{
    CauseKind, Forest, Link, Recording, Source, Span, SpanId, Status, TraceId, Value, causes,
};

use self::text::spans;

/// The causes of a recording: the kind, the name of the span, and the sentence.
fn found_in(recording: &Recording) -> Vec<(CauseKind, String, String)> {
    let forest = Forest::new(recording);
    let causes = causes(&forest).into_iter();
    causes.map(|it| (it.kind, forest.span(it.span).name.to_string(), it.message)).collect()
}

/// Numbers below 1000 without an order, the same ones in each run.
fn numbers() -> impl FnMut() -> u64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) % 1000
    }
}

#[test]
fn messages_that_wait_for_a_slow_consumer_come_first() {
    for (lag, is_slow) in [(200, true), (0, false)] {
        let mut text = String::new();
        for message in 0..30 {
            let (at, began) = (message * 100, message * (100 + lag) + 8);
            let _ = writeln!(
                text,
                "POST /orders {at}..{}\n  publish {}..{} producer",
                at + 12,
                at + 1,
                at + 5
            );
            let _ = writeln!(text, "    process {began}..{} consumer", began + 95);
        }
        let found = found_in(&spans(&text));
        let part = "29 of 30 messages wait up to 5.8 s, 3 s or so, between the end of `publish` and the start of `process`";
        let first = found.first().filter(|it| it.0 == CauseKind::ConsumerLag);
        assert_eq!(first.is_some_and(|it| it.2.contains(part)), is_slow, "{found:#?}");
        assert!(is_slow || found.is_empty(), "{found:#?}");
    }
}

/// Two programs send to one consumer. A span that has not ended sent nothing that could wait.
#[test]
fn the_sender_of_the_longest_wait_is_named() {
    let mut recording = spans(
        "
         GET / 0..200
           notify 0..10 producer
             process 40..200 consumer
         POST / 0..700
           publish 0..10 producer
             process 600..700 consumer
         draft 0..1 producer",
    );
    let draft = &mut recording.spans[6];
    draft.end = 0;
    let link = Link { trace: draft.trace, span: draft.id, attributes: [].into() };
    recording.spans[5].links = [link].into();
    let found = found_in(&recording);
    let part = "2 of 2 messages wait up to 590 ms, 30 ms or so, between the end of `publish` ";
    let is_named = found.iter().any(|it| it.2.starts_with(part));
    assert!(is_named, "{found:#?}");
}

/// Many messages wait for a moment each, beside one trace that is slow.
#[test]
fn waits_of_short_traces_do_not_hide_the_longest_trace() {
    let mut text = "batch 0..33000\n".to_owned();
    let mut random = numbers();
    for partition in 0..16 {
        let time = if partition == 11 { 31_200 } else { 1_200 + random() / 10 };
        let _ = writeln!(text, "  load_partition {partition}..{}", partition + time);
    }
    for at in (0..1_500).map(|it| it * 100) {
        let _ = writeln!(text, "publish {at}..{} producer", at + 5);
        let _ = writeln!(text, "  process {}..{} consumer", at + 30, at + 35);
    }
    let found = found_in(&spans(&text));
    assert!(found[0].2.starts_with("one of 16 spans `load_partition` took 31.2 s"), "{found:#?}");
    assert!(found.iter().any(|it| it.0 == CauseKind::ConsumerLag), "{found:#?}");
}

/// A straggler among partitions, each of which has the same loop.
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
    let sentence = "one of 16 spans `load_partition` took 31.2 s, the others 1.";
    assert!(found[0].2.starts_with(sentence), "{found:#?}");
}

/// A loop of one route, behind spans that are slow because of it.
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

/// A row of a database is locked by four replicas, one at a time.
#[test]
fn a_lock_that_replicas_share_has_one_hold() {
    let mut text = String::new();
    let (mut random, mut now, mut free) = (numbers(), 0, 0);
    for _ in 0..300 {
        now += random() / 18;
        free = free.max(now) + 27 + random() / 160;
        let _ = writeln!(text, "UPDATE row {now}..{free} client @shop");
    }
    let mut recording = spans(&text);
    recording.sources = vec![recording.sources[0].clone(); 4];
    recording.spans.iter_mut().for_each(|it| it.source = u32::try_from(random() % 4).unwrap());
    let found = found_in(&recording);
    assert!(found[0].2.contains(": one goes on every 29") && found.len() == 1, "{found:#?}");
}

/// A falling load of replicas, all of which start at the beginning of the file.
#[test]
fn latency_that_falls_is_no_cold_start() {
    let mut random = numbers();
    for (replicas, calls) in [(3, 100), (6, 50), (20, 15)] {
        let mut text = String::new();
        let all = calls * u64::try_from(replicas).unwrap();
        for call in 0..all {
            let time = 40 * (200 - call * 100 / all) / 100 * (800 + random() * 2 / 5) / 1000;
            let _ = writeln!(text, "GET / {}..{}", call * 200, call * 200 + time);
        }
        let mut recording = spans(&text);
        recording.sources = vec![recording.sources[0].clone(); replicas];
        let replica = |at: usize| u32::try_from(at % replicas).unwrap();
        recording.spans.iter_mut().enumerate().for_each(|(at, it)| it.source = replica(at));
        assert_eq!(found_in(&recording), [], "{replicas} replicas");
    }
}

/// A program that is written down. Times are in microseconds.
#[derive(Default)]
struct Program {
    recording: Recording,
    spans: u64,
}

impl Program {
    /// Adds a span of a trace and returns its id. 0 is no parent.
    fn span(&mut self, trace: u64, parent: u64, name: &str, from: u64, to: u64) -> u64 {
        self.spans += 1;
        let span = Span {
            trace: TraceId(trace.into()),
            id: SpanId(self.spans),
            parent: (parent != 0).then_some(SpanId(parent)),
            name: name.into(),
            start: 1_000_000_000 + from * 1_000,
            end: 1_000_000_000 + to * 1_000,
            ..Span::default()
        };
        self.recording.add_span(span, Source::default());
        self.spans
    }

    fn attribute(&mut self, key: &str, value: Value) {
        let span = self.recording.spans.last_mut().unwrap();
        let mut attributes = span.attributes.to_vec();
        attributes.push((key.into(), value));
        span.attributes = attributes.into_iter().collect();
    }

    /// Adds the span of a future that was entered for `busy` microseconds, as bridges from `tracing` record it.
    fn entered(
        &mut self,
        trace: u64,
        parent: u64,
        name: &str,
        (from, to): (u64, u64),
        busy: u64,
    ) -> u64 {
        let id = self.span(trace, parent, name, from, to);
        for (key, micros) in [("busy_ns", busy), ("idle_ns", to - from - busy)] {
            self.attribute(key, Value::Int(i64::try_from(micros * 1_000).unwrap()));
        }
        id
    }

    /// The same for a future that waits for nearly all of its time.
    fn waiting(&mut self, trace: u64, parent: u64, name: &str, times: (u64, u64)) -> u64 {
        self.entered(trace, parent, name, times, 40)
    }

    fn failed(&mut self) {
        let span = self.recording.spans.last_mut().unwrap();
        span.status = Status::Error("421 try later".into());
    }

    /// What is found: the kind, the name and the message.
    fn causes(&self) -> Vec<(CauseKind, String, String)> {
        found_in(&self.recording)
    }

    /// Asserts that exactly these causes are found, in this order, with these parts of their messages.
    #[track_caller]
    fn assert(&self, expected: &[(CauseKind, &str, &str)]) {
        let found = self.causes();
        let is_expected = |(found, expected): (&(CauseKind, String, String), _)| {
            let (kind, name, part): &(CauseKind, &str, &str) = expected;
            found.0 == *kind && found.1 == *name && found.2.contains(part)
        };
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(is_expected),
            "expected {expected:#?}, found {found:#?}"
        );
    }
}

#[test]
fn a_queue_below_a_lock_or_a_semaphore_is_named() {
    // The work below the lock has a span; the wait ends when this span starts.
    let mut program = Program::default();
    for order in 0..8 {
        let held = 2_000 + order * 10_000;
        let save = program.waiting(order + 1, 0, "save", (order * 10, held + 10_000));
        program.waiting(order + 1, save, "load", (order * 10, 1_500 + order * 10));
        program.waiting(order + 1, save, "write", (held, held + 10_000));
    }
    program.assert(&[(
        CauseKind::ContendedLock,
        "save",
        "7 spans `save` wait for each other, up to 60.4 ms: one goes on every 10 ms, as below a lock or in a pool of one",
    )]);

    // Two go on at a time, and the two drift apart.
    let mut program = Program::default();
    for call in 0..12 {
        let drift = if call % 2 == 0 { 0 } else { call * 150 };
        let end = (call / 2 + 1) * 10_000 + drift;
        program.waiting(call + 1, 0, "call", (call * 10, end));
    }
    program.assert(&[(
        CauseKind::ContendedLock,
        "call",
        "10 spans `call` wait for each other, up to 51.2 ms: about 2 go on every 10 ms, as below a semaphore or in a small pool",
    )]);

    // An unfair lock: the first call to arrive gets the lock last.
    let mut program = Program::default();
    for (thread, turn) in [6, 1, 2, 3, 4, 5].into_iter().enumerate() {
        let start = u64::try_from(thread).unwrap() * 50;
        program.span(turn, 0, "update", start, turn * 20_000);
    }
    program.assert(&[(
        CauseKind::ContendedLock,
        "update",
        "5 spans `update` wait for each other, up to 100 ms: one goes on every 20 ms",
    )]);

    // Threads in loops: after the first turn, each waits for all others. The lock lets anybody go first.
    let mut program = Program::default();
    for (turn, thread) in [0, 4, 1, 3, 2, 0, 4, 1, 3, 2].into_iter().enumerate() {
        let turn = u64::try_from(turn).unwrap();
        let start = if turn < 5 { thread * 50 } else { (turn - 4) * 6_000 + 400 };
        program.span(turn + 1, 0, "append", start, (turn + 1) * 6_000);
    }
    program.assert(&[(
        CauseKind::ContendedLock,
        "append",
        "9 spans `append` wait for each other, up to ",
    )]);
}

#[test]
fn independent_calls_are_no_queue() {
    for latencies in [[9, 4, 7, 13, 5, 11], [3, 12, 6, 9, 15, 4], [8, 2, 14, 5, 10, 7]] {
        let mut program = Program::default();
        let root = program.span(1, 0, "read", 0, 16_000);
        for (replica, latency) in (0..).zip(latencies) {
            let start = replica * 10;
            program.waiting(1, root, "replica", (start, start + latency * 1_000));
        }
        program.assert(&[]);
    }
}

/// One thread runs the calls one after the other, and each span was entered for most of its time.
#[test]
fn calls_that_compute_are_no_queue() {
    let mut program = Program::default();
    for call in 0..8 {
        let times = (call * 10, (call + 1) * 10_000);
        program.entered(call + 1, 0, "hash", times, (times.1 - times.0) * 4 / 5);
    }
    program.assert(&[]);
}

/// Causes are sorted by the time of all spans of a name, even if their rule looks at one span at a time.
#[test]
fn what_takes_the_most_time_in_all_traces_comes_first() {
    let mut program = Program::default();
    for trace in 1..=200 {
        let at = trace * 1_000_000;
        let cart = program.span(trace, 0, "cart", at, at + 32_000);
        for item in 0..10 {
            let from = at + item * 3_000;
            program.span(trace, cart, "item", from, from + 2_900);
        }
        let is_cold = trace % 10 == 0;
        let time = if is_cold { 40_000 } else { 1_000 };
        program.span(trace, 0, "price", at, at + time);
        program.attribute("cold", Value::Bool(is_cold));
    }
    program.assert(&[
        (CauseKind::RepeatedCalls, "cart", "calls `item` 10 times"),
        (CauseKind::SlowWith, "price", "`cold=true`"),
    ]);
}

/// Times near the end of all times come from files that are damaged or hostile.
#[test]
fn times_at_the_end_of_all_times_are_judged() {
    let shapes: [fn(u64) -> (u64, u64); 4] = [
        |at| (at * 1_000_000, u64::MAX - (50 - at) * 1_000_000),
        |at| (u64::MAX - 40_000_000 * at, u64::MAX),
        |at| (1 + at, u64::MAX / 4 * 3 + at * 20_000_000),
        |at| (u64::MAX / 4 * 3, u64::MAX - at),
    ];
    for shape in shapes {
        let mut program = Program::default();
        for at in 0..50 {
            let parent = program.span(at % 3, 0, "root", 0, 0);
            for name in ["reserve", "hold"] {
                program.waiting(at % 3, parent, name, (0, 50));
            }
        }
        let spans = program.recording.spans.iter_mut();
        spans.zip(0_u64..).for_each(|(span, at)| (span.start, span.end) = shape(at % 50));
        let forest = Forest::new(&program.recording);
        assert!(causes(&forest).iter().all(|it| !it.message.is_empty()));
    }
}

#[test]
fn what_is_called_again_because_it_failed_is_told_from_a_loop() {
    let mut program = Program::default();
    let notify = program.waiting(1, 0, "notify", (0, 160_000));
    for (call, start) in [0, 12_000, 34_000, 76_000, 158_000].into_iter().enumerate() {
        program.waiting(1, notify, "send", (start, start + 2_000));
        if call < 4 {
            program.failed();
        }
    }
    program.assert(&[(
        CauseKind::Retries,
        "notify",
        "`notify` calls `send` 5 times, because it failed 4 times, which took 158 ms until the last call",
    )]);

    // Of many items, some fail.
    let mut program = Program::default();
    let import = program.waiting(1, 0, "import", (0, 31_000));
    for row in 0..10 {
        program.waiting(1, import, "row", (row * 3_000, row * 3_000 + 2_900));
        if row % 3 == 0 {
            program.failed();
        }
    }
    program.assert(&[(CauseKind::RepeatedCalls, "import", "calls `row` 10 times")]);
}

/// Each round of the loop takes a fortieth of the trace, and its queries are most of it.
#[test]
fn a_loop_in_each_round_of_another_one_is_named() {
    let mut program = Program::default();
    let batch = program.span(1, 0, "batch", 0, 800_000);
    for round in 0..40 {
        let start = round * 20_000;
        let item = program.span(1, batch, "item", start, start + 20_000);
        for query in 0..6 {
            let start = start + query * 3_000;
            program.span(1, item, "SELECT", start, start + 2_900);
        }
    }
    program.assert(&[
        (CauseKind::RepeatedCalls, "batch", "calls `item` 40 times"),
        (CauseKind::RepeatedCalls, "item", "calls `SELECT` 6 times"),
    ]);
}

#[test]
fn long_waits_one_after_the_other_are_named_together() {
    let names = ["user", "prices", "stock"];
    let page = |step: u64, busy| {
        let mut program = Program::default();
        let page = program.waiting(1, 0, "page", (0, 100_000));
        for (call, name) in (0..).zip(names) {
            let start = call * step;
            program.entered(1, page, name, (start, start + 30_000), busy);
        }
        program.causes()
    };
    assert_eq!(
        page(31_000, 40),
        [(
            CauseKind::SerialCalls,
            "page".to_owned(),
            "`page` waits for `user`, `prices` and `stock` one after the other, 90 ms: if none needs the result of another, all at once take 30 ms".to_owned(),
        )]
    );
    // Parallel calls, and calls that compute.
    assert_eq!(page(1_000, 40), []);
    assert_eq!(page(31_000, 25_000), []);
}

#[test]
fn what_cannot_be_told_from_something_else() {
    // A sender with a full channel: each call ends when there is room.
    let mut program = Program::default();
    let produce = program.waiting(1, 0, "produce", (0, 121_000));
    for message in 0..12 {
        let start = message * 10_000;
        program.waiting(1, produce, "send", (start, start + 9_900));
    }
    program.assert(&[(CauseKind::RepeatedCalls, "produce", "calls `send` 12 times")]);

    // Calls at the same time of which each takes longer than the one before.
    let mut program = Program::default();
    for call in 0..8 {
        program.waiting(call + 1, 0, "page", (call * 10, 8_000 + call * 7_000));
    }
    program.assert(&[(CauseKind::ContendedLock, "page", "8 spans `page` wait for each other")]);

    // A function that blocks or computes.
    let mut program = Program::default();
    program.span(1, 0, "export", 0, 90_000);
    program.assert(&[]);
}

#[test]
fn what_is_healthy_is_not_named() {
    let mut program = Program::default();
    for request in 0..30 {
        let (trace, start) = (request + 1, request * 7_000);
        let api = program.entered(trace, 0, "api", (start, start + 18_000), 3_000);
        program.waiting(trace, api, "query", (start + 100, start + 15_000));
        program.span(trace, api, "render", start + 15_000, start + 18_000);
    }
    // A worker that waits for one event after the other.
    let worker = program.entered(100, 0, "events", (0, 90_000), 100);
    for event in 0..40 {
        program.span(100, worker, "event", event * 2_200, event * 2_200 + 30);
    }
    program.assert(&[]);
}

#[test]
fn what_is_parallel_or_short_is_not_reported() {
    let mut recording = Recording::default();
    let mut add = |trace: u64, id: u64, parent: u64, name: &str, from: u64, to: u64| {
        let span = Span {
            trace: TraceId(trace.into()),
            id: SpanId(id),
            parent: (parent != 0).then_some(SpanId(parent)),
            name: name.into(),
            start: 1_000_000_000 + from * 1_000_000,
            end: 1_000_000_000 + to * 1_000_000,
            ..Span::default()
        };
        recording.add_span(span, Source::default());
    };
    // Requests that come as regularly as they end, and do not wait for each other.
    for request in 0..50 {
        add(request + 1, 1, 0, "GET /", request * 10, request * 10 + 95);
    }
    // Children that overlap, and children that are quick.
    add(100, 1, 0, "fan out", 0, 100);
    add(100, 100, 1, "wait", 0, 100);
    for child in 2..12 {
        add(100, child, 1, "shard", 0, 90);
        add(100, child + 50, 1, "note", child, child);
    }
    let forest = Forest::new(&recording);
    assert_eq!(causes(&forest), []);
}
