//! Traces as other SDKs write them, each of a program that is slow for one reason, and the first cause that is found.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

use std::time::Duration;

use floe_trace::{
    Attributes, CauseKind, Event, Forest, Kind, Recording, Source, Span, SpanId, Status, TraceId,
    Value, causes,
};

/// A file whose times are in milliseconds.
#[derive(Default)]
struct File {
    recording: Recording,
    source: Source,
    random: u64,
}

impl File {
    fn of(service: &str, resource: &[(&str, &str)]) -> Self {
        let mut file = Self::default();
        file.on(service, resource);
        file
    }

    /// Sets the service and the resource of the spans that follow.
    fn on(&mut self, service: &str, resource: &[(&str, &str)]) {
        self.source =
            Source { service: service.into(), resource: texts(resource), ..Source::default() };
    }

    /// Adds a span of a trace and returns its id. 0 is no parent.
    fn add(
        &mut self,
        trace: u32,
        parent: u64,
        kind: Kind,
        name: &str,
        from: f64,
        time: f64,
    ) -> u64 {
        let id = u64::try_from(self.recording.spans.len()).unwrap() + 1;
        let span = Span {
            trace: TraceId(u128::from(trace) + 1),
            id: SpanId(id),
            parent: (parent != 0).then_some(SpanId(parent)),
            name: name.into(),
            kind,
            start: nanos(from),
            end: nanos(from + time),
            ..Span::default()
        };
        self.recording.add_span(span, self.source.clone());
        id
    }

    fn with(&mut self, key: &str, value: &str) {
        let value = value.parse().map_or_else(|_| Value::Text(value.into()), Value::Int);
        let span = self.recording.spans.last_mut().unwrap();
        let attributes = span.attributes.iter().cloned();
        span.attributes = attributes.chain([(key.into(), value)]).collect();
    }

    fn event(&mut self, name: &str) {
        let span = self.recording.spans.last_mut().unwrap();
        span.events = Box::new([Event { time: span.start, name: name.into(), ..Event::default() }]);
    }

    /// A random number below a limit.
    fn below(&mut self, limit: u64) -> u64 {
        self.random =
            self.random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.random >> 33) % limit
    }

    /// A time that differs by a half or so.
    fn about(&mut self, time: f64) -> f64 {
        time * (0.75 + f64::from(u32::try_from(self.below(1_000)).unwrap()) / 2_000.0)
    }

    /// Asserts which cause is the first one: its kind, the name of its span, and a part of its message.
    #[track_caller]
    fn assert(&self, kind: CauseKind, name: &str, part: &str) {
        let forest = Forest::new(&self.recording);
        let found = causes(&forest);
        let first = found.first();
        assert!(
            first.is_some_and(|it| it.kind == kind
                && *forest.span(it.span).name == *name
                && it.message.contains(part)),
            "expected {kind:?} of `{name}` with `{part}`, found {found:#?}"
        );
    }

    #[track_caller]
    fn assert_quiet(&self) {
        assert_eq!(causes(&Forest::new(&self.recording)), []);
    }
}

fn texts(texts: &[(&str, &str)]) -> Attributes {
    let texts = texts.iter().map(|(key, value)| ((*key).into(), Value::Text((*value).into())));
    texts.collect()
}

fn nanos(ms: f64) -> u64 {
    1_000_000_000_000 + u64::try_from(Duration::from_secs_f64(ms / 1e3).as_nanos()).unwrap()
}

/// Requests one after the other, each with what `request` adds below it: the file, the trace, the root and the start.
/// `request` returns the duration of the request.
fn requests(
    file: &mut File,
    many: u32,
    name: &str,
    mut request: impl FnMut(&mut File, u32, u64, f64) -> f64,
) {
    let mut now = 1.0;
    for trace in 0..many {
        let root = file.add(trace, 0, Kind::Server, name, now, 0.0);
        let at = file.recording.spans.len() - 1;
        let time = request(file, trace, root, now);
        file.recording.spans[at].end = nanos(now + time);
        now += time + 5.0;
    }
}

#[test]
fn a_slow_shard() {
    let mut file = File::of("orders", &[]);
    requests(&mut file, 400, "GET /orders", |file, trace, root, now| {
        let shard = file.below(16);
        let time = if shard == 7 { file.about(150.0) } else { file.about(12.0) };
        file.add(trace, root, Kind::Client, "SELECT", now + 1.0, time);
        file.with("db.shard", &format!("s{shard}"));
        file.with("order.id", &format!("{trace}"));
        time + 2.0
    });
    file.assert(CauseKind::SlowWith, "SELECT", "slow ones have `db.shard=s7`, 0 of ");
}

#[test]
fn a_canary_version_on_a_host() {
    let mut file = File::default();
    let mut now = 0.0;
    for trace in 0..300 {
        let canary = file.below(8) == 0;
        let host = if canary { 9 } else { file.below(3) };
        let version = if canary { "2.1.0" } else { "2.0.9" };
        file.on("cart", &[("service.version", version), ("host.name", &format!("pod-{host}"))]);
        let time = if canary { file.about(90.0) } else { file.about(30.0) };
        file.add(trace, 0, Kind::Server, "GET /cart", now, time);
        now += 100.0;
    }
    file.assert(
        CauseKind::SlowWith,
        "GET /cart",
        "have `host.name=pod-9` or `service.version=2.1.0`, 0 of ",
    );
}

#[test]
fn a_cold_start_of_one_process_or_of_many() {
    let mut file = File::of("thumbnail", &[]);
    requests(
        &mut file,
        200,
        "handler",
        |file, trace, _, _| {
            if trace == 0 { 2_400.0 } else { file.about(30.0) }
        },
    );
    file.assert(
        CauseKind::SlowWith,
        "handler",
        "one of 200 spans `handler`, the first one, took 2.4 s, the others 29.7 ms",
    );

    let mut file = File::default();
    for instance in 0..12_u32 {
        file.on("thumbnail", &[("faas.instance", &format!("i{instance}"))]);
        for call in 0..20_u32 {
            let time = if call == 0 { file.about(900.0) } else { file.about(30.0) };
            file.add(
                instance * 20 + call,
                0,
                Kind::Server,
                "handler",
                f64::from(call) * 1_000.0,
                time,
            );
        }
    }
    file.assert(
        CauseKind::SlowWith,
        "handler",
        "12 of the 12 slow ones have a place among the first",
    );
}

#[test]
fn a_hitch_with_a_child_that_no_other_has() {
    let mut file = File::of("game", &[]);
    requests(&mut file, 300, "frame", |file, trace, root, now| {
        let time = file.about(10.0);
        file.add(trace, root, Kind::Internal, "render", now, time);
        if trace != 211 {
            return time;
        }
        file.add(trace, root, Kind::Internal, "load texture", now + time, 400.0);
        time + 400.0
    });
    file.assert(CauseKind::SlowWith, "frame", "only it has `load texture` below it");
}

#[test]
fn a_child_that_only_slow_ones_have() {
    let mut file = File::of("proxy", &[]);
    requests(&mut file, 300, "GET /img", |file, trace, root, now| {
        let mut time = 0.0;
        if file.below(10) == 0 {
            time = file.about(120.0);
            file.add(trace, root, Kind::Internal, "dns.lookup", now, time);
        }
        let call = file.about(20.0);
        file.add(trace, root, Kind::Client, "GET", now + time, call);
        time + call
    });
    file.assert(CauseKind::SlowWith, "GET /img", "slow ones have a child `dns.lookup`, 0 of ");
}

#[test]
fn an_event_that_only_slow_ones_have() {
    let mut file = File::of("proxy", &[]);
    requests(&mut file, 300, "job", |file, trace, root, now| {
        let resolves = file.below(10) == 0;
        let time = if resolves { file.about(150.0) } else { file.about(20.0) };
        file.add(trace, root, Kind::Client, "GET", now, time);
        if resolves {
            file.event("dns.start");
        }
        time
    });
    file.assert(CauseKind::SlowWith, "GET", "slow ones have the event `dns.start`, 0 of ");
}

#[test]
fn a_statement_with_ids() {
    let mut file = File::of("orders", &[]);
    requests(&mut file, 300, "GET /orders", |file, trace, root, now| {
        let (table, time) = match file.below(10) {
            0 => ("archive", file.about(120.0)),
            _ => ("orders", file.about(15.0)),
        };
        file.add(trace, root, Kind::Client, "SELECT", now, time);
        file.with("db.query.text", &format!("SELECT * FROM {table} WHERE id = {trace}"));
        time
    });
    file.assert(
        CauseKind::SlowWith,
        "SELECT",
        "slow ones have `db.query.text` like `SELECT * FROM archive WHERE id = *`, 0 of ",
    );
}

#[test]
fn a_large_payload() {
    let mut file = File::of("upload", &[]);
    requests(&mut file, 400, "POST /upload", |file, _, _, _| {
        let size = if file.below(12) == 0 {
            5_000_000 + file.below(900_000)
        } else {
            1_000 + file.below(90_000)
        };
        file.with("http.request.body.size", &size.to_string());
        file.about(20.0) + f64::from(u32::try_from(size).unwrap()) / 20_000.0
    });
    file.assert(CauseKind::SlowWith, "POST /upload", "slow ones have `http.request.body.size` ≥ ");
}

#[test]
fn a_route_behind_a_parent() {
    let mut file = File::of("api", &[]);
    for trace in 0..200 {
        let from_export = file.below(10) == 0;
        let name = if from_export { "GET /export" } else { "GET /item" };
        let time = if from_export { file.about(300.0) } else { file.about(15.0) };
        let root = file.add(trace, 0, Kind::Server, name, f64::from(trace) * 400.0, time + 1.0);
        file.add(trace, root, Kind::Client, "SELECT", f64::from(trace) * 400.0 + 0.5, time);
    }
    file.assert(CauseKind::SlowWith, "SELECT", "slow ones have the parent `GET /export`, 0 of ");
}

#[test]
fn calls_of_clients_one_after_the_other() {
    let mut file = File::of("bff", &[]);
    requests(&mut file, 20, "GET /home", |file, trace, root, now| {
        let mut at = 1.0;
        for call in ["user.v1/Get", "cart.v1/Get", "stock.v1/Get", "price.v1/Get", "ads.v1/Get"] {
            let time = file.about(60.0);
            file.add(trace, root, Kind::Client, call, now + at, time);
            at += time + 0.2;
        }
        at
    });
    file.assert(
        CauseKind::SerialCalls,
        "GET /home",
        "`GET /home` waits for `user.v1/Get`, `cart.v1/Get`, ",
    );
}

#[test]
fn a_loop_with_ids_in_names() {
    let mut file = File::of("shop", &[]);
    requests(&mut file, 20, "GET /products", |file, trace, root, now| {
        let mut at = 1.0;
        for product in 1_001..1_025 {
            let time = file.about(6.0);
            file.add(
                trace,
                root,
                Kind::Client,
                &format!("GET /products/{product}"),
                now + at,
                time,
            );
            at += time + 0.1;
        }
        at
    });
    // The names of the requests have ids, too.
    let roots = file.recording.spans.iter_mut();
    for (page, root) in (100..).zip(roots.filter(|it| it.kind == Kind::Server)) {
        root.name = format!("GET /pages/{page}").into();
    }
    file.assert(
        CauseKind::RepeatedCalls,
        "GET /pages/104",
        "calls `GET /products/*` 24 times, one after the other",
    );
}

#[test]
fn two_statements_of_one_name_in_turns() {
    let mut file = File::of("blog", &[]);
    requests(&mut file, 20, "GET /posts", |file, trace, root, now| {
        let mut at = 1.0;
        let mut query = |file: &mut File, statement: &str| {
            let time = file.about(4.0);
            file.add(trace, root, Kind::Client, "SELECT", now + at, time);
            file.with("db.statement", statement);
            at += time + 0.1;
        };
        query(file, "SELECT * FROM post");
        for post in 0..30 {
            query(file, &format!("SELECT * FROM author WHERE id = {post}"));
            query(file, &format!("SELECT * FROM avatar WHERE author = {post}"));
        }
        at
    });
    file.assert(CauseKind::RepeatedCalls, "GET /posts", "`) 30 times, one after the other");
    let found = causes(&Forest::new(&file.recording)).remove(0).message;
    let [author, avatar] = ["author WHERE id = *", "avatar WHERE author = *"];
    assert!(found.contains(author) || found.contains(avatar), "{found}");
}

#[test]
fn retries_whose_status_is_not_set() {
    for (key, code) in [
        ("rpc.grpc.status_code", "14"),
        ("rpc.response.status_code", "UNAVAILABLE"),
        ("http.response.status_code", "503"),
        ("http.status_code", "429"),
    ] {
        let mut file = File::of("flags", &[]);
        requests(&mut file, 10, "GET /flags", |file, trace, root, now| {
            let mut at = 1.0;
            for attempt in 0..5 {
                file.add(trace, root, Kind::Client, "flags.v1.Flags/Eval", now + at, 30.0);
                let is_last = attempt == 4;
                file.with(
                    key,
                    if is_last && key.starts_with("http") {
                        "200"
                    } else if is_last {
                        "0"
                    } else {
                        code
                    },
                );
                at += 30.0 + f64::from(1 << attempt) * 10.0;
            }
            at
        });
        let part = "calls `flags.v1.Flags/Eval` 5 times, because it failed 4 times, which took 270 ms until the last call, 150 ms of it in pauses";
        file.assert(CauseKind::Retries, "GET /flags", part);
    }
}

#[test]
fn a_status_of_a_server_or_an_ok_is_no_failure() {
    let span = |kind, status, key: &str, code| Span {
        kind,
        status,
        attributes: Box::new([(key.into(), Value::Int(code))]),
        ..Span::default()
    };
    assert!(span(Kind::Client, Status::Unset, "http.response.status_code", 404).is_failure());
    assert!(!span(Kind::Server, Status::Unset, "http.response.status_code", 404).is_failure());
    assert!(span(Kind::Server, Status::Unset, "http.response.status_code", 500).is_failure());
    assert!(!span(Kind::Client, Status::Ok, "http.response.status_code", 404).is_failure());
    assert!(!span(Kind::Client, Status::Unset, "rpc.grpc.status_code", 0).is_failure());
    assert!(span(Kind::Client, Status::Error("x".into()), "other", 0).is_failure());
}

/// Requests that arrive at random. Each one waits for one of some places, first come, first served.
fn queue(file: &mut File, call: &str, places: usize, hold: f64, every: u64, is_held_below: bool) {
    let mut free = vec![0.0_f64; places];
    let mut now = 1.0;
    for trace in 0..200 {
        now += f64::from(u32::try_from(file.below(every * 200)).unwrap()) / 100.0;
        free.sort_by(f64::total_cmp);
        let got = free[0].max(now + 0.1);
        let hold = file.about(hold);
        free[0] = got + hold;
        let root = file.add(trace, 0, Kind::Server, "GET /report", now, got + hold + 0.2 - now);
        let until = if is_held_below { got } else { got + hold };
        file.add(trace, root, Kind::Internal, call, now + 0.1, until - now - 0.1);
        if is_held_below {
            file.add(trace, root, Kind::Client, "SELECT", got, hold);
        }
    }
}

#[test]
fn a_pool_of_connections_and_a_process_that_does_one_thing_at_a_time() {
    let mut file = File::of("reports", &[]);
    queue(&mut file, "HikariPool.getConnection", 4, 40.0, 8, true);
    file.assert(
        CauseKind::ContendedLock,
        "HikariPool.getConnection",
        "wait for each other, up to ",
    );

    let mut file = File::of("reports", &[]);
    queue(&mut file, "GenServer.call", 1, 10.0, 8, false);
    file.assert(CauseKind::ContendedLock, "GenServer.call", ": one goes on every 9.95 ms");
}

/// Quick calls all the time, which now and then wait for `holder`.
fn held(holder: &str, call: &str) -> File {
    let mut file = File::of("shop", &[]);
    let mut now = 1.0;
    for trace in 0..600 {
        now += file.about(10.0);
        // It runs from 2,000 ms on, for 700 ms.
        let held = if (2_000.0..2_700.0).contains(&now) { 2_700.0 - now } else { 0.0 };
        let time = held + file.about(3.0);
        let root = file.add(trace, 0, Kind::Server, "GET /cart", now, time + 1.0);
        file.add(trace, root, Kind::Client, call, now + 0.3, time);
    }
    file.add(1_000, 0, Kind::Client, holder, 2_000.0, 700.0);
    file
}

#[test]
fn one_span_that_all_others_wait_for() {
    held("KEYS", "GET").assert(
        CauseKind::ContendedLock,
        "KEYS",
        "spans `GET` waited until `KEYS` ended, up to ",
    );
    held("nightly report", "UPDATE stock").assert(
        CauseKind::ContendedLock,
        "nightly report",
        "spans `UPDATE stock` waited until `nightly report` ended",
    );
}

/// Calls begin at the same time if the clock has milliseconds, or if the program starts them together.
#[test]
fn calls_that_begin_at_one_time_are_no_queue() {
    let mut file = File::of("shop", &[]);
    requests(&mut file, 20, "GET /", |file, trace, root, now| {
        let mut longest = 0.0_f64;
        for _ in 0..12 {
            let time = 10.0 + file.about(10.0) * f64::from(u32::try_from(file.below(4)).unwrap());
            longest = longest.max(time);
            file.add(trace, root, Kind::Client, "fetch", now, time);
        }
        longest
    });
    file.assert_quiet();
}

#[test]
fn healthy_calls_with_attributes_are_not_named() {
    let mut file = File::default();
    let mut now = 0.0;
    for trace in 0..600 {
        let host = format!("pod-{}", file.below(4));
        file.on("api", &[("host.name", &host)]);
        now += file.about(8.0);
        let time = file.about(20.0) * if file.below(12) == 0 { 6.0 } else { 1.0 };
        let root = file.add(trace, 0, Kind::Server, "GET /", now, time + 2.0);
        let tenant = file.below(20).to_string();
        file.with("tenant", &tenant);
        let user = file.below(1_000_000).to_string();
        file.with("user.id", &user);
        file.add(trace, root, Kind::Client, "SELECT", now + 1.0, time);
        let shard = file.below(16).to_string();
        file.with("shard", &shard);
    }
    file.assert_quiet();
}
