//! Hosts whose clocks differ.

use floe_trace::{
    Event, Forest, Kind, Log, Recording, Source, Span, SpanId, Status, TraceId, Value,
    WaterfallOptions, critical_path, waterfall,
};

const MS: u64 = 1_000_000;
const START: u64 = 1_700_000_000_000_000_000;

/// Spans of hosts, whose clocks are ahead by so many milliseconds.
#[derive(Default)]
struct Traces {
    recording: Recording,
    offsets: Vec<(&'static str, i64)>,
    next: u64,
}

impl Traces {
    fn new(offsets: &[(&'static str, i64)]) -> Self {
        Self { offsets: offsets.to_vec(), ..Self::default() }
    }

    /// Adds a span with its true times in microseconds, and returns its id.
    fn span(
        &mut self,
        (trace, parent): (u128, u64),
        host: &str,
        kind: Kind,
        (from, to): (u64, u64),
    ) -> (u128, u64) {
        self.next += 1;
        let offset = self.offsets.iter().find(|(name, _)| *name == host);
        let clock = |time: u64| {
            let ahead = offset.map_or(0, |(_, ahead)| *ahead * 1_000_000);
            (START + u64::try_from(trace).unwrap_or_default() * 1000 * MS + time * 1000)
                .saturating_add_signed(ahead)
        };
        let span = Span {
            trace: TraceId(trace),
            id: SpanId(self.next),
            parent: (parent > 0).then_some(SpanId(parent)),
            name: format!("{} on {host}", kind.as_str()).into(),
            kind,
            start: clock(from),
            end: clock(to),
            events: Box::new([Event { time: clock(from), ..Event::default() }]),
            ..Span::default()
        };
        self.recording.logs.push(Log {
            trace: span.trace,
            span: span.id,
            time: clock(to),
            ..Log::default()
        });
        let source = Source {
            service: host.into(),
            resource: Box::new([("host.name".into(), Value::Text(host.into()))]),
            ..Source::default()
        };
        self.recording.add_span(span, source);
        (trace, self.next)
    }

    /// Adds a call from a span to another host, which serves it for half of the time.
    fn call(
        &mut self,
        parent: (u128, u64),
        hosts: (&str, &str),
        at: u64,
        took: u64,
    ) -> (u128, u64) {
        let client = self.span(parent, hosts.0, Kind::Client, (at, at + took));
        let served = (at + took / 5, at + took / 5 + took / 2);
        self.span(client, hosts.1, Kind::Server, served)
    }

    /// Aligns the clocks. Returns how far each span was moved.
    fn aligned(mut self) -> Aligned {
        let raw = self.recording.clone();
        self.recording.align_clocks();
        let spans = raw.spans.iter().zip(&self.recording.spans);
        let shifts = spans.clone().map(|(raw, span)| {
            let by = |time: u64, raw: u64| time.cast_signed() - raw.cast_signed();
            assert_eq!(by(span.start, raw.start), span.shifted);
            assert_eq!(by(span.end, raw.end), span.shifted);
            assert_eq!(by(span.events[0].time, raw.events[0].time), span.shifted);
            let host = self.recording.service(span).to_owned();
            (host, -span.shifted)
        });
        let logs = raw.logs.iter().zip(&self.recording.logs).zip(spans);
        for ((raw, log), (_, span)) in logs {
            let by = log.time.cast_signed() - raw.time.cast_signed();
            assert_eq!(by, span.shifted);
        }
        Aligned { shifts: shifts.collect(), recording: self.recording }
    }
}

struct Aligned {
    recording: Recording,
    /// The host of each span, and by how many nanoseconds its clock was set back.
    shifts: Vec<(String, i64)>,
}

impl Aligned {
    /// Asserts that the clocks were set back by these milliseconds, give or take one.
    fn expect(&self, offsets: &[(&str, i64)]) {
        for (host, by) in &self.shifts {
            let ahead = offsets.iter().find(|(name, _)| name == host);
            let ahead = ahead.map_or(0, |(_, ahead)| *ahead * 1_000_000);
            assert!((by - ahead).abs() < 1_000_000, "{host}: {by}");
            assert!(ahead != 0 || *by == 0, "{host} is right, and was set by {by}");
        }
    }

    fn notes(&self) -> Vec<String> {
        let notes = self.recording.notes.iter();
        notes.map(|note| note.message.clone()).collect()
    }
}

/// Requests of `a` to `b`, which calls `c`.
fn chain(offsets: &[(&'static str, i64)]) -> Traces {
    let mut traces = Traces::new(offsets);
    for trace in 1..=20 {
        let at = u64::try_from(trace).unwrap_or_default() * 10;
        let root = traces.span((trace, 0), "a", Kind::Server, (0, 30_000));
        let b = traces.call(root, ("a", "b"), 1000 + at, 20_000 - at * 90);
        traces.call(b, ("b", "c"), 6000, 900);
    }
    traces
}

#[test]
fn clocks_that_are_right_are_left() {
    let aligned = chain(&[]).aligned();
    aligned.expect(&[]);
    assert_eq!(aligned.notes(), Vec::<String>::new());
}

#[test]
fn a_host_is_moved_between_the_bounds_of_all_its_calls() {
    for ahead in [-400, 400, 5, -86_400_000] {
        let aligned = chain(&[("b", ahead), ("c", ahead)]).aligned();
        // The two clocks agree with each other.
        aligned.expect(&[("b", ahead), ("c", ahead)]);
        let notes = aligned.notes();
        assert_eq!(notes.len(), 2, "{notes:?}");
        let way = if ahead < 0 { "behind" } else { "ahead" };
        assert!(notes.iter().all(|note| note.contains(way)), "{notes:?}");
    }
    let notes = chain(&[("b", -400)]).aligned().notes();
    let note = "the clock of `b` (b) looks 400 ms behind (± 500 µs, 20 calls); its spans are moved";
    assert_eq!(notes, [note]);
}

#[test]
fn a_chain_of_hosts_is_moved_one_by_one() {
    for offsets in [[("b", 400), ("c", 0)], [("b", 0), ("c", -400)], [("b", 400), ("c", -3000)]] {
        chain(&offsets).aligned().expect(&offsets);
    }
}

/// A message may wait for any time, but is not read before it was sent.
#[test]
fn a_message_says_only_that_it_was_sent_before() {
    let messages = |ahead| {
        let mut traces = Traces::new(&[("b", ahead)]);
        for (trace, waited) in (1..).zip([5, 2, 900]) {
            let sent = traces.span((trace, 0), "a", Kind::Producer, (0, 1000));
            traces.span(sent, "b", Kind::Consumer, (waited * 1000, waited * 1000 + 300));
        }
        traces.aligned()
    };
    messages(0).expect(&[]);
    messages(7000).expect(&[]);
    let aligned = messages(-400);
    // The quickest one waited for 2 ms.
    aligned.expect(&[("b", -398)]);
    let note = "the clock of `b` (b) looks at least 398 ms behind (3 calls); its spans are moved";
    assert_eq!(aligned.notes(), [note]);
}

/// Calls that no clock explains: a client that gave up, an answer that is still sent after the client span has ended.
#[test]
fn a_server_that_goes_on_is_left() {
    let mut traces = Traces::new(&[]);
    for trace in 1..=20 {
        let root = traces.span((trace, 0), "a", Kind::Server, (0, 500_000));
        let client = traces.span(root, "a", Kind::Client, (0, 100_000));
        let (start, status) = match trace % 2 {
            0 => (60_000, Status::Error("timeout".into())),
            _ => (1000, Status::Unset),
        };
        traces.span(client, "b", Kind::Server, (start, 140_000));
        let spans = &mut traces.recording.spans;
        let at = spans.len() - 2;
        spans[at].status = status;
    }
    let aligned = traces.aligned();
    aligned.expect(&[]);
    assert_eq!(aligned.notes(), Vec::<String>::new());
}

#[test]
fn a_clock_that_was_set_is_left() {
    let mut traces = Traces::new(&[("b", 400)]);
    let root = traces.span((1, 0), "a", Kind::Server, (0, 30_000));
    traces.call(root, ("a", "b"), 1000, 2000);
    traces.offsets = vec![("b", -400)];
    traces.call(root, ("a", "b"), 4000, 2000);
    let aligned = traces.aligned();
    aligned.expect(&[]);
    let note =
        "the clock of `b` (b) is not known: 2 calls contradict each other; its spans are not moved";
    assert_eq!(aligned.notes(), [note]);
}

/// At any load, and with times rounded to milliseconds, a correct clock is not moved, and a wrong one only within its
/// bounds.
#[test]
fn any_calls_bound_the_clocks() {
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    for round in 0..300_u32 {
        let ahead = if round % 2 == 0 { 0 } else { random(100_000).cast_signed() - 50_000 };
        let mut traces = Traces::new(&[("b", ahead)]);
        for trace in 1..=u128::from(1 + random(20)) {
            let root = traces.span((trace, 0), "a", Kind::Server, (0, 100_000));
            let client = traces.span(root, "a", Kind::Client, (10, 60_000));
            let start = 10 + random(30_000);
            let server =
                traces.span(client, "b", Kind::Server, (start, start + random(60_000 - start)));
            traces.span(server, "b", Kind::Producer, (start, start + 50));
            traces.span(server, "a", Kind::Consumer, (start + random(90_000), 200_000));
        }
        if round % 3 == 0 {
            for span in &mut traces.recording.spans {
                for time in [&mut span.start, &mut span.end, &mut span.events[0].time] {
                    *time -= *time % MS;
                }
            }
        }
        let aligned = traces.aligned();
        for span in &aligned.recording.spans {
            assert!(ahead != 0 || span.shifted == 0, "round {round}");
            let parent = aligned
                .recording
                .spans
                .iter()
                .find(|it| Some(it.id) == span.parent && it.trace == span.trace);
            if let Some(parent) = parent {
                assert!(parent.start <= span.start + MS, "round {round}");
                assert!(span.kind != Kind::Server || span.end <= parent.end + MS, "round {round}");
            }
        }
    }
}

#[test]
fn a_row_is_marked_where_another_clock_begins() {
    let mut traces = Traces::new(&[("b", -400)]);
    let root = traces.span((1, 0), "a", Kind::Server, (0, 30_000));
    let served = traces.call(root, ("a", "b"), 1000, 20_000);
    traces.span(served, "b", Kind::Internal, (6000, 7000));
    let recording = traces.aligned().recording;
    let forest = Forest::new(&recording);
    let trace = &forest.traces()[0];
    let picture = waterfall(&forest, trace, WaterfallOptions::default());
    let marked: Vec<&str> = picture.lines().filter(|row| row.contains("clock")).collect();
    assert_eq!(marked.len(), 1, "{picture}");
    assert!(marked[0].contains("server on b [b] clock +401 ms"), "{picture}");
    assert_eq!(trace.duration(), 30 * MS);
    let path = critical_path(&forest, &trace.roots);
    assert!(path.iter().all(|step| !step.is_wait));
}
