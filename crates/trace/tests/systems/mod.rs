//! Generates the traces of several invented systems, healthy or with one trouble each.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "durations"
)]

use floe_trace::{
    Attributes, Event, Kind, Recording, Source, Span, SpanId, Status, Text, TraceId, Value,
};

use crate::runs::Numbers;

/// The systems. A line is `service|name|kind|milliseconds|attributes`, a child is indented, `&` starts beside the sibling
/// before it, and `%6` is a random number below 6. A line without indentation begins a kind of request.
pub(crate) const SYSTEMS: [(&str, &str); 8] = [
    ("social", include_str!("social.txt")),
    ("shop", include_str!("shop.txt")),
    ("agents", include_str!("agents.txt")),
    ("shards", include_str!("shards.txt")),
    ("queues", include_str!("queues.txt")),
    ("browsers", include_str!("browsers.txt")),
    ("graph", include_str!("graph.txt")),
    ("mesh", include_str!("mesh.txt")),
];

/// The beginning of all recordings, in nanoseconds since 1970.
const START: f64 = 1_790_000_000_000.0;

#[derive(Clone, Debug)]
struct Call {
    service: String,
    name: String,
    kind: Kind,
    millis: f64,
    is_beside: bool,
    attributes: Vec<(String, String)>,
    children: Vec<Call>,
}

fn parse(text: &str) -> Vec<Call> {
    let mut lines = text.lines().filter(|it| !it.trim().is_empty()).peekable();
    let mut calls = Vec::new();
    while lines.peek().is_some() {
        calls.extend(parse_below(&mut lines, 0));
    }
    calls
}

fn parse_below<'a>(
    lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
    indent: usize,
) -> Vec<Call> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut calls = Vec::new();
    while let Some(line) = lines.next_if(|it| depth(it) == indent) {
        let fields: Vec<&str> = line.trim_start_matches([' ', '&']).split('|').collect();
        let pair = |it: &str| {
            let (key, value) = it.split_once('=').unwrap();
            (key.to_owned(), value.replace('_', " "))
        };
        calls.push(Call {
            service: fields[0].to_owned(),
            name: fields[1].to_owned(),
            kind: match fields[2] {
                "server" => Kind::Server,
                "client" => Kind::Client,
                "producer" => Kind::Producer,
                "consumer" => Kind::Consumer,
                _ => Kind::Internal,
            },
            millis: fields[3].parse().unwrap(),
            is_beside: line.trim_start().starts_with('&'),
            attributes: fields[4].split_whitespace().map(pair).collect(),
            children: parse_below(lines, indent + 2),
        });
    }
    calls
}

/// A trouble: the name of its kind, and whether a message of a cause states it.
pub(crate) type Trouble = (&'static str, &'static [&'static str]);

pub(crate) const TROUBLES: [Trouble; 38] = [
    ("pod", &["pod-1`"]),
    ("canary", &["service.version=2.0"]),
    ("deploy", &["service.version=2.0"]),
    ("zone", &["zone=c"]),
    ("shard", &["`shard=7`"]),
    ("tenant", &["`tenant=5`"]),
    ("lost", &["`tenant=5`"]),
    ("card", &["`card.type=amex`"]),
    ("payload", &["body.size` ≥"]),
    ("miss", &["`cache.hit=false`"]),
    ("cold", &["a child `load from disk`"]),
    ("dns", &["slow spans have a child `dns.lookup`, compared with 0 of "]),
    ("event", &["slow spans have the event `rebuild`, compared with 0 of "]),
    ("flag", &["new-engine", "=on"]),
    ("agent", &["`agent=Old`"]),
    ("region", &["`region=eu`"]),
    ("connection", &["`connection=new`"]),
    ("weak", &["`tenant=5`"]),
    ("rare", &["`tenant=5`"]),
    ("large", &["`tenant=5`"]),
    ("loop", &["calls `SELECT item` 14 times, one after the other"]),
    ("loop of ids", &["calls `GET /items/*` 12 times, one after the other"]),
    ("loop of three", &["` 12 times, one after the other"]),
    ("loop of statements", &["WHERE id = *`) 14 times, one after the other"]),
    ("parallel loop", &["times"]),
    ("retries", &["because it failed"]),
    ("retries by status", &["because it failed"]),
    ("retries and successes", &["because it failed"]),
    ("one long retry", &["because it failed"]),
    ("lock", &["wait for each other, up to ", ": one proceeds every 1"]),
    ("pool", &["wait for each other"]),
    ("one at a time", &["wait for each other, up to ", ": one proceeds every 1"]),
    ("keys", &["`KEYS`"]),
    ("straggler", &["one of "]),
    ("first", &["the first one"]),
    ("collection", &["", "pod-1`"]),
    ("cron", &["", "\u{0}"]),
    ("throttled", &["", "pod-1`"]),
];

/// A trouble, the part of its slow calls, the attribute of these calls, its values for slow and other calls, the factor.
type Property = (&'static str, f64, &'static str, [&'static str; 2], f64);

const PROPERTIES: [Property; 12] = [
    ("shard", 1.0 / 16.0, "shard", ["7", "3"], 8.0),
    ("tenant", 0.06, "tenant", ["5", "4"], 8.0),
    ("lost", 0.06, "tenant", ["5", "4"], 8.0),
    ("weak", 0.1, "tenant", ["5", "4"], 3.0),
    ("rare", 0.03, "tenant", ["5", "4"], 15.0),
    ("large", 0.18, "tenant", ["5", "4"], 4.0),
    ("card", 0.15, "card.type", ["amex", "visa"], 5.0),
    ("payload", 0.08, "http.request.body.size", ["2400000", "2400"], 10.0),
    ("miss", 0.12, "cache.hit", ["false", "true"], 6.0),
    ("agent", 0.1, "agent", ["Old", "New"], 5.0),
    ("region", 0.15, "region", ["eu", "us"], 5.0),
    ("connection", 0.1, "connection", ["new", "kept"], 6.0),
];

/// The calls that are troubled in each system.
const VICTIMS: [&str; 8] = [
    "PostStorage/Read",
    "SELECT cart",
    "chat",
    "search shard",
    "process image",
    "POST /basket",
    "resolve price",
    "Mq",
];

pub(crate) struct Maker {
    numbers: Numbers,
    recording: Recording,
    trouble: &'static str,
    victim: &'static str,
    /// The arrival and the hold of each call that waits, and then the waits.
    arrivals: Vec<(f64, f64)>,
    waits: Vec<f64>,
    /// The number of the request, of all requests.
    request: (u32, u32),
    trace: u128,
    troubled: usize,
}

/// The words of a call that its trouble changes.
#[derive(Default)]
struct Change {
    factor: f64,
    wait: f64,
    pod: u32,
    version: &'static str,
    attributes: Vec<(&'static str, &'static str)>,
    event: Option<Event>,
    extra: Vec<Call>,
    fails: bool,
}

pub(crate) fn recording(system: usize, trouble: &'static str, seed: u64) -> Recording {
    let (recording, arrivals) = make(system, trouble, seed, Vec::new());
    if arrivals.is_empty() {
        return recording;
    }
    // The second time, the calls wait for a free place, first come, first served.
    let mut free = vec![0.0_f64; if trouble == "pool" { 4 } else { 1 }];
    let mut order: Vec<usize> = (0..arrivals.len()).collect();
    order.sort_by(|one, other| arrivals[*one].0.total_cmp(&arrivals[*other].0));
    let mut waits = vec![0.0; arrivals.len()];
    for at in order {
        let (arrival, hold) = arrivals[at];
        free.sort_by(f64::total_cmp);
        let got = free[0].max(arrival);
        free[0] = got + hold;
        waits[at] = got - arrival;
    }
    make(system, trouble, seed, waits).0
}

fn make(
    system: usize,
    trouble: &'static str,
    seed: u64,
    waits: Vec<f64>,
) -> (Recording, Vec<(f64, f64)>) {
    let calls = parse(SYSTEMS[system].1);
    let mut maker = Maker {
        numbers: Numbers::new(seed * 8 + system as u64 + 1),
        recording: Recording::default(),
        trouble,
        victim: VICTIMS[system],
        arrivals: Vec::new(),
        waits,
        request: (0, 0),
        trace: u128::from(seed) << 64,
        troubled: 0,
    };
    let many = 150 + (maker.numbers.next() * 250.0) as u32;
    let mut now = START;
    let gap = if maker.is_queue() { 14.0 } else { 40.0 };
    for request in 0..many {
        now -= (1.0 - maker.numbers.next()).ln() * gap;
        maker.request = (request, many);
        maker.trace += 1;
        let which = (maker.numbers.next() * maker.numbers.next() * calls.len() as f64) as usize;
        let call = calls[which].clone();
        maker.emit(&call, None, now);
    }
    if trouble == "keys" {
        for at in 0..4 {
            maker.trace += 1;
            let from = START + 1_000.0 + 1_500.0 * f64::from(at);
            let call = parse("admin|KEYS|client|0|db.system.name=redis").remove(0);
            maker.add(
                &call,
                None,
                (from, from + 400.0),
                &Change { version: "1.0", ..Change::default() },
            );
        }
    }
    if trouble == "lost" {
        let mut numbers = Numbers::new(seed);
        maker.recording.spans.retain(|_| numbers.next() < 0.75);
    }
    (maker.recording, maker.arrivals)
}

impl Maker {
    fn below(&mut self, limit: u32) -> u32 {
        (self.numbers.next() * f64::from(limit)) as u32
    }

    fn is_queue(&self) -> bool {
        ["lock", "pool", "one at a time"].contains(&self.trouble)
    }

    fn time(&mut self, millis: f64) -> f64 {
        let outlier = if self.numbers.next() < 0.01 { 3.0 } else { 1.0 };
        millis * outlier * (self.numbers.normal() * 0.25).exp()
    }

    /// Adds a call with everything below it, and returns its end.
    fn emit(&mut self, call: &Call, parent: Option<SpanId>, start: f64) -> f64 {
        let change = self.change(call, start);
        let own = self.time(call.millis) * change.factor;
        let id = self.add(call, parent, (start, start), &change);
        let at = self.recording.spans.len() - 1;
        let mut now = start + own / 2.0 + change.wait;
        let mut last = now;
        let mut latest = now;
        for child in call.children.iter().chain(&change.extra) {
            let mut from = if child.is_beside { last } else { latest };
            last = from;
            for pause in self.pauses(child) {
                let end = from + self.time(child.millis.max(1.0));
                self.add(
                    child,
                    Some(id),
                    (from, end),
                    &Change { fails: true, version: "1.0", ..Change::default() },
                );
                from = end + pause;
            }
            let network = if child.kind == Kind::Server { 0.4 } else { 0.05 };
            latest = latest.max(self.emit(child, Some(id), from + network) + network);
        }
        now = latest.max(now) + own / 2.0;
        self.recording.spans[at].end = nanos(now);
        now
    }

    fn pauses(&mut self, call: &Call) -> Vec<f64> {
        let is_it = call.name == self.victim && self.numbers.next() < 0.15;
        match self.trouble {
            _ if !is_it => Vec::new(),
            "retries" | "retries by status" => vec![100.0, 200.0, 400.0],
            "retries and successes" => vec![2_000.0, 2_000.0],
            "one long retry" => vec![6_000.0],
            _ => Vec::new(),
        }
    }

    fn add(
        &mut self,
        call: &Call,
        parent: Option<SpanId>,
        times: (f64, f64),
        change: &Change,
    ) -> SpanId {
        let id = SpanId(self.recording.spans.len() as u64 + 1);
        let mut attributes: Vec<(Text, Value)> = Vec::new();
        for (key, value) in &call.attributes {
            let changed = change.attributes.iter().find(|it| it.0 == key);
            let value = changed.map_or_else(|| self.drawn(value), |it| it.1.to_owned());
            attributes.push((key.as_str().into(), typed(&value)));
        }
        for (key, value) in &change.attributes {
            if !call.attributes.iter().any(|it| it.0 == *key) {
                attributes.push(((*key).into(), typed(value)));
            }
        }
        let mut status = Status::Unset;
        if change.fails {
            if self.trouble == "retries by status" {
                attributes.push(("http.response.status_code".into(), Value::Int(503)));
            } else {
                status = Status::Error("unavailable".into());
            }
        }
        let zone = ["a", "b", "c", "a"][change.pod as usize];
        let resource = [
            ("service.name", call.service.clone()),
            ("service.version", change.version.to_owned()),
            ("host.name", format!("{}-pod-{}", call.service, change.pod)),
            ("cloud.availability_zone", zone.to_owned()),
        ];
        let resource: Attributes =
            resource.into_iter().map(|(key, it)| (key.into(), typed(&it))).collect();
        let span = Span {
            trace: TraceId(self.trace),
            id,
            parent,
            name: self.drawn(&call.name).as_str().into(),
            kind: call.kind,
            start: nanos(times.0),
            end: nanos(times.1),
            status,
            attributes: attributes.into(),
            events: change
                .event
                .clone()
                .into_iter()
                .map(|it| Event { time: nanos(times.0), ..it })
                .collect(),
            ..Span::default()
        };
        let service = call.service.as_str().into();
        self.recording.add_span(span, Source { service, resource, ..Source::default() });
        id
    }

    fn drawn(&mut self, value: &str) -> String {
        let Some((before, rest)) = value.split_once('%') else { return value.to_owned() };
        let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
        let number = self.below(rest[..end].parse().unwrap());
        format!("{before}{number}{}", &rest[end..])
    }

    fn change(&mut self, call: &Call, start: f64) -> Change {
        let mut change =
            Change { factor: 1.0, version: "1.0", pod: self.below(4), ..Change::default() };
        let moment = (start - START) % 2_000.0;
        let is_paused = |rate: f64| moment % 500.0 < 500.0 * rate;
        match self.trouble {
            "collection"
                if change.pod == 1 && call.service == self.service() && moment > 1_800.0 =>
            {
                change.wait = 2_000.0 - moment;
            }
            "cron" if moment > 1_500.0 => change.factor = 5.0,
            "keys" if call.name == "EXISTS" => {
                let holds = (0..4).map(|at| START + 1_000.0 + 1_500.0 * f64::from(at));
                let held = holds.filter(|from| (*from..from + 400.0).contains(&start));
                change.wait = held.map(|from| from + 400.0 - start).sum();
            }
            "throttled" if change.pod == 1 && call.service == self.service() && is_paused(0.4) => {
                change.wait = 200.0 - moment % 500.0;
            }
            _ => {}
        }
        if call.name == self.victim {
            self.trouble_victim(call, &mut change, start);
        }
        change
    }

    fn service(&self) -> &'static str {
        match self.victim {
            "PostStorage/Read" => "posts",
            "SELECT cart" => "cart",
            "chat" => "agent",
            "search shard" => "search",
            "process image" => "images",
            "POST /basket" => "page",
            "resolve price" => "graph",
            _ => "ms-7",
        }
    }

    fn trouble_victim(&mut self, call: &Call, change: &mut Change, start: f64) {
        let roll = self.numbers.next();
        let (request, many) = self.request;
        let one = |name: &str, millis: f64, beside: bool| Call {
            name: name.to_owned(),
            millis,
            is_beside: beside,
            kind: Kind::Client,
            children: Vec::new(),
            attributes: Vec::new(),
            ..call.clone()
        };
        if let Some((_, part, key, values, factor)) =
            PROPERTIES.iter().find(|it| it.0 == self.trouble)
        {
            let is_slow = roll < *part;
            change.attributes.push((key, values[usize::from(!is_slow)]));
            change.factor = if is_slow { *factor } else { 1.0 };
        }
        let is_first = self.troubled == 0;
        match self.trouble {
            "pod" if change.pod == 1 => change.factor = 6.0,
            "canary" if roll < 0.1 => (change.version, change.factor) = ("2.0", 5.0),
            "deploy" if request * 5 > many * 3 => (change.version, change.factor) = ("2.0", 4.0),
            "zone" if change.pod == 2 => change.factor = 5.0,
            "cold" if roll < 0.12 => {
                change.extra.push(one("load from disk", call.millis * 8.0 + 5.0, false));
            }
            "dns" if roll < 0.08 => {
                change.extra.push(one("dns.lookup", call.millis * 6.0 + 20.0, false));
            }
            "event" if roll < 0.07 => {
                change.factor = 7.0;
                change.event = Some(Event { name: "rebuild".into(), ..Event::default() });
            }
            "flag" => evaluate(change, roll < 0.12),
            "lock" | "pool" | "one at a time" => self.wait(change, start),
            "straggler" | "first"
                if is_first && (self.trouble == "first" || request == many / 2) =>
            {
                (self.troubled, change.factor, change.wait) = (1, 20.0, 2_500.0);
            }
            "keys" => change.extra.push(one("EXISTS", 1.0, false)),
            _ if roll < 0.4 => self.repeat(change, &one),
            _ => {}
        }
    }

    fn repeat(&self, change: &mut Change, one: &dyn Fn(&str, f64, bool) -> Call) {
        let item = one("SELECT item", 4.0, false);
        change.extra = match self.trouble {
            "loop" => vec![item; 14],
            "loop of ids" => vec![one("GET /items/%90000", 5.0, false); 12],
            "loop of three" => {
                let three = [one("open", 1.0, false), item, one("close", 1.0, false)];
                three.iter().cycle().take(36).cloned().collect()
            }
            "loop of statements" => {
                let mut select = one("SELECT", 4.0, false);
                let statement = "SELECT name FROM item WHERE id = %90000".to_owned();
                select.attributes.push(("db.query.text".to_owned(), statement));
                vec![select; 14]
            }
            "parallel loop" => (0..30).map(|it| one("SELECT item", 9.0, it % 3 != 0)).collect(),
            _ => return,
        };
    }

    fn wait(&mut self, change: &mut Change, start: f64) {
        let hold = self.time(if self.trouble == "pool" { 52.0 } else { 13.0 });
        let wait = self.waits.get(self.arrivals.len()).copied().unwrap_or_default();
        self.arrivals.push((start, hold));
        (change.factor, change.wait) = (0.001, wait + hold);
        if self.trouble == "one at a time" {
            change.pod = 0;
        }
    }
}

fn evaluate(change: &mut Change, is_on: bool) {
    let (variant, factor) = if is_on { ("on", 8.0) } else { ("off", 1.0) };
    change.factor = factor;
    let attributes = [("feature_flag.key", "new-engine"), ("feature_flag.result.variant", variant)]
        .into_iter()
        .map(|(key, it)| (key.into(), typed(it)))
        .collect();
    change.event = Some(Event { name: "feature_flag.evaluation".into(), attributes, time: 0 });
}

fn typed(value: &str) -> Value {
    match value {
        "true" | "false" => Value::Bool(value == "true"),
        _ => value.parse().map_or_else(|_| Value::Text(value.into()), Value::Int),
    }
}

fn nanos(millis: f64) -> u64 {
    (millis * 1e6).round() as u64
}
