//! Spans that are written down as a text.

#![allow(dead_code, reason = "each test uses a part")]

use floe_trace::{Kind, Recording, Source, Span, SpanId, Status, TraceId, Value};

/// The beginning of all recordings, in nanoseconds since 1970.
pub(crate) const START: u64 = 1_790_000_000_000_000_000;

/// Reads spans, one a line: `name 10..20.5 client error key=value @service`. The times are milliseconds, or microseconds
/// with `us` after them; `waits` is a future that is entered for 40 µs. What is indented is below the line above it with
/// less. What is not begins a trace, unless `&` is before its name.
pub(crate) fn spans(text: &str) -> Recording {
    let mut recording = Recording::default();
    let mut above: Vec<(usize, SpanId, String)> = Vec::new();
    let mut trace = 0;
    for (line, id) in text.lines().filter(|it| !it.trim().is_empty()).zip(1..) {
        let indent = line.len() - line.trim_start().len();
        while above.pop_if(|it| it.0 >= indent).is_some() {}
        let is_beside = line.trim_start().starts_with('&');
        trace += u128::from(above.is_empty() && !is_beside);
        let words: Vec<&str> = line.trim_start_matches([' ', '&']).split(' ').collect();
        let is_time =
            |word: &&str| word.starts_with(|it: char| it.is_ascii_digit()) && word.contains("..");
        let at = words.iter().position(is_time).unwrap_or_else(|| panic!("no times in `{line}`"));
        let (times, unit) = match words[at].strip_suffix("us") {
            Some(times) => (times, 1e3),
            None => (words[at], 1e6),
        };
        let (from, to) = times.split_once("..").unwrap();
        let mut service = above.last().map(|it| it.2.clone()).unwrap_or_default();
        let mut span = Span {
            trace: TraceId(trace),
            id: SpanId(id),
            parent: above.last().map(|it| it.1),
            name: words[..at].join(" ").into(),
            start: START + nanos(from, unit),
            end: START + nanos(to, unit),
            ..Span::default()
        };
        let mut attributes = Vec::new();
        for word in &words[at + 1..] {
            match *word {
                "error" => span.status = Status::Error("failed".into()),
                "server" => span.kind = Kind::Server,
                "client" => span.kind = Kind::Client,
                "producer" => span.kind = Kind::Producer,
                "consumer" => span.kind = Kind::Consumer,
                "waits" => attributes.push(("busy_ns".into(), Value::Int(40_000))),
                _ if word.starts_with('@') => word[1..].clone_into(&mut service),
                _ => {
                    let (key, it) = word.split_once('=').unwrap_or_else(|| panic!("`{word}`?"));
                    let value = it.parse().map_or_else(|_| Value::Text(it.into()), Value::Int);
                    attributes.push((key.into(), value));
                }
            }
        }
        span.attributes = attributes.into();
        above.push((indent, span.id, service.clone()));
        let resource = ("service.name".into(), Value::Text((&*service).into()));
        let resource = Box::new([resource]);
        recording.add_span(span, Source { service: service.into(), resource, ..Source::default() });
    }
    recording
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times")]
fn nanos(time: &str, unit: f64) -> u64 {
    (time.parse::<f64>().unwrap() * unit).round() as u64
}
