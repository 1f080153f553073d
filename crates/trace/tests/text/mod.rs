//! Reads spans from a text.

#![allow(dead_code, reason = "each test uses a part")]

use floe_trace::{Event, Kind, Recording, Source, Span, SpanId, Status, Text, TraceId, Value};
use serde_json::{Value as Json, json};

/// The beginning of all recordings, in nanoseconds since 1970.
pub(crate) const START: u64 = 1_790_000_000_000_000_000;

/// Reads spans, one per line, such as `name 10..20.5 client error=message key=value !event @service #host=a`. The times
/// are milliseconds, or microseconds with `us` at the end; `waits` is a future that is entered for 40 µs, and `·` is a
/// blank in a value. An indented span is below the last line with less indentation. A span without indentation begins a
/// trace, unless its name begins with `&`.
pub(crate) fn spans(text: &str) -> Recording {
    let mut recording = Recording::default();
    let mut above: Vec<(usize, SpanId, String)> = Vec::new();
    let mut trace = 0;
    for (line, id) in text.lines().filter(|it| !it.trim().is_empty()).zip(1..) {
        let indent = line.len() - line.trim_start().len();
        while above.pop_if(|it| it.0 >= indent).is_some() {}
        let is_beside = line.trim_start().starts_with('&');
        trace += u128::from(above.is_empty() && !is_beside);
        let words: Vec<&str> = line.trim_start_matches([' ', '&']).split_whitespace().collect();
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
        let mut resource = Vec::new();
        for word in &words[at + 1..] {
            match *word {
                "error" => span.status = Status::Error("failed".into()),
                "server" => span.kind = Kind::Server,
                "client" => span.kind = Kind::Client,
                "producer" => span.kind = Kind::Producer,
                "consumer" => span.kind = Kind::Consumer,
                "waits" => attributes.push(("busy_ns".into(), Value::Int(40_000))),
                _ if word.starts_with("error=") => {
                    span.status = Status::Error(word[6..].replace('·', " ").into());
                }
                _ if word.starts_with('@') => word[1..].clone_into(&mut service),
                _ if word.starts_with('#') => resource.push(attribute(&word[1..])),
                _ if word.starts_with('!') => {
                    let name = word[1..].into();
                    span.events = [Event { time: span.start, name, ..Event::default() }].into();
                }
                _ => attributes.push(attribute(word)),
            }
        }
        span.attributes = attributes.into();
        above.push((indent, span.id, service.clone()));
        resource.push(("service.name".into(), Value::Text((&*service).into())));
        let service = service.into();
        let resource = resource.into();
        recording.add_span(span, Source { service, resource, ..Source::default() });
    }
    recording
}

/// Writes spans as a line of OTLP, without their events and links.
pub(crate) fn line(recording: &Recording) -> String {
    let attributes = |attributes: &[(Text, Value)]| -> Json {
        let value = |it: Json| match it {
            Json::Number(number) => json!({"intValue": number.to_string()}),
            other => json!({"stringValue": other}),
        };
        let pair = |(key, it): &(Text, Value)| json!({"key": &**key, "value": value(it.into())});
        attributes.iter().map(pair).collect()
    };
    let spans = recording.spans.iter().map(|span| {
        let status = match &span.status {
            Status::Error(message) => json!({"code": 2, "message": &**message}),
            _ => json!({}),
        };
        let resource = recording.sources.get(span.source).map(|it| attributes(&it.resource));
        json!({"resource": {"attributes": resource}, "scopeSpans": [{"spans": [{
            "traceId": span.trace.to_string(),
            "spanId": span.id.to_string(),
            "parentSpanId": span.parent.map(|it| it.to_string()).unwrap_or_default(),
            "name": &*span.name,
            "kind": span.kind as u8 + 1,
            "startTimeUnixNano": span.start.to_string(),
            "endTimeUnixNano": span.end.to_string(),
            "attributes": attributes(&span.attributes),
            "status": status,
        }]}]})
    });
    json!({"resourceSpans": spans.collect::<Json>()}).to_string()
}

fn attribute(word: &str) -> (Text, Value) {
    let (key, it) = word.split_once('=').unwrap_or_else(|| panic!("`{word}`?"));
    let text = || Value::Text(it.replace('·', " ").into());
    (key.into(), it.parse().map_or_else(|_| text(), Value::Int))
}

/// Returns the text of what `write` adds at `many` times, which are `step` milliseconds apart.
pub(crate) fn every(
    step: f64,
    many: u32,
    mut write: impl FnMut(&mut String, &mut Random, f64),
) -> String {
    let (mut text, mut random) = (String::new(), Random(0));
    for number in 0..many {
        write(&mut text, &mut random, f64::from(number) * step);
    }
    text
}

/// Random numbers, the same ones in each run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % limit
    }

    /// Returns a random time between 0.75 and 1.25 times the given one.
    pub(crate) fn about(&mut self, time: f64) -> f64 {
        time * (0.75 + f64::from(u32::try_from(self.below(1_000)).unwrap()) / 2_000.0)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "times")]
fn nanos(time: &str, unit: f64) -> u64 {
    (time.parse::<f64>().unwrap() * unit).round() as u64
}
