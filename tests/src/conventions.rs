//! Checks received spans against OpenTelemetry's semantic conventions.

use floe_semconv::Kind;

use crate::{ReceivedSpan, Value};

/// A key that is not in the conventions, but that tracing-opentelemetry records.
const MODULE: &str = "code.module.name";

/// Checks the keys and values of spans and of their events.
///
/// # Panics
///
/// A key or a value is wrong. The message lists all of them.
#[track_caller]
pub fn assert_conventions(spans: &[ReceivedSpan]) {
    let problems: Vec<_> = spans.iter().flat_map(problems).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn problems(span: &ReceivedSpan) -> Vec<String> {
    let events = span.events.iter().flat_map(|event| &event.attributes);
    let all = span.attributes.iter().chain(events).filter(|(key, _)| *key != MODULE);
    let attributes = all.flat_map(|(key, value)| {
        let of_value = match value {
            Value::String(text) => floe_semconv::check_text(key, text),
            Value::Number(number) if number.is_f64() => floe_semconv::check_kind(key, Kind::Double),
            Value::Number(_) => floe_semconv::check_kind(key, Kind::Int),
            Value::Bool(_) => floe_semconv::check_kind(key, Kind::Bool),
            Value::Array(values) => match values.first() {
                Some(Value::String(_)) => floe_semconv::check_kind(key, Kind::Texts),
                Some(Value::Number(number)) if number.is_i64() => {
                    floe_semconv::check_kind(key, Kind::Ints)
                }
                _ => None,
            },
            _ => None,
        };

        floe_semconv::check(key).into_iter().chain(of_value)
    });

    attributes.map(|problem| format!("span `{}`: {problem}", span.name)).collect()
}
