//! Generates random programs.

use floe_telemetry::config::Sampler;
use opentelemetry::trace::{SpanContext, SpanKind, TraceFlags, TraceState};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use proptest::bool::ANY as ANY_BOOL;
use proptest::collection::vec;
use proptest::num::f64::ANY as ANY_F64;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;

use crate::program::{
    Case, Code, Operation, Parent, Pick, Program, Settings, Start, Target, Time, Update,
};

/// Generates random settings with some programs.
pub fn case() -> impl Strategy<Value = Case> {
    (settings(), vec(program(), 1..32)).prop_map(|(settings, programs)| Case { settings, programs })
}

fn settings() -> impl Strategy<Value = Settings> {
    let sampler = prop_oneof![
        4 => Just(Sampler::ParentBasedAlwaysOn),
        2 => Just(Sampler::AlwaysOn),
        1 => Just(Sampler::AlwaysOff),
        1 => Just(Sampler::ParentBasedAlwaysOff),
        2 => Just(Sampler::TraceIdRatio),
        2 => Just(Sampler::ParentBasedTraceIdRatio),
    ];
    let ratio = prop_oneof![2 => select(vec![0.0, 0.25, 0.5, 1.0]), 1 => 0.0..1.0];
    let attributes = prop_oneof![2 => Just(128), 1 => 0..5_u32];
    let fields = (sampler, ratio, attributes);
    fields.prop_map(|(sampler, ratio, attributes)| Settings { sampler, ratio, attributes })
}

fn program() -> impl Strategy<Value = Program> {
    (vec(operation(), 1..24), ANY_BOOL, ANY_BOOL).prop_map(
        |(operations, numbers_keys, drops_spans_first)| Program {
            operations,
            numbers_keys,
            drops_spans_first,
        },
    )
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        5 => start().prop_map(|start| Operation::Start(Box::new(start))),
        3 => (pick(), ANY_BOOL).prop_map(|(span, in_current)| Operation::Share { span, in_current }),
        3 => parent().prop_map(Operation::Attach),
        2 => pick().prop_map(Operation::Detach),
        9 => (pick(), update()).prop_map(|(span, update)| Operation::Update(span, update)),
        1 => pick().prop_map(Operation::Drop),
    ]
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![4 => Just(0), 2 => 0..3_u8, 1 => any::<u8>()].prop_map(Pick)
}

fn start() -> impl Strategy<Value = Start> {
    let events = vec((time(), attributes()), 0..4);
    let links = vec((target(), attributes()), 0..4);
    let fields = (
        0..3_usize,
        prop_oneof![3 => Just(Parent::Current), 2 => parent()],
        option::of(kind()),
        option::weighted(0.3, time()),
        option::of(attributes()),
        option::weighted(0.2, events),
        option::weighted(0.3, links),
    );

    fields.prop_map(|(tracer, parent, kind, time, attributes, events, links)| Start {
        tracer,
        parent,
        kind,
        time,
        attributes,
        events,
        links,
    })
}

fn kind() -> impl Strategy<Value = SpanKind> {
    select(vec![
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ])
}

fn parent() -> impl Strategy<Value = Parent> {
    prop_oneof![
        4 => pick().prop_map(Parent::Of),
        2 => remote().prop_map(Parent::Remote),
        1 => Just(Parent::Empty),
        1 => Just(Parent::Current),
    ]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![pick().prop_map(Target::Span), remote().prop_map(Target::Remote)]
}

fn remote() -> impl Strategy<Value = SpanContext> {
    // Trace ids just below, at, and just above the bounds of the ratios above.
    let bounds: Vec<u128> = [0, 1, 1 << 62, 1 << 63, u64::MAX]
        .into_iter()
        .flat_map(|bound: u64| [bound.wrapping_sub(1), bound, bound.wrapping_add(1)])
        .map(u128::from)
        .collect();
    let trace_id = prop_oneof![2 => any::<u128>(), 1 => select(bounds)];
    let span_id = prop_oneof![15 => any::<u64>(), 1 => Just(0)];
    let flags = select(vec![0, 1, 1, 1, 2, 3]);
    let member = select(vec!["vendor", "other@tenant", "third"]);
    let state = vec((member, select(vec!["1", "a:b;c"])), 0..3);
    (trace_id, span_id, flags, state).prop_map(|(trace_id, span_id, flags, state)| {
        let state = TraceState::from_key_value(state).unwrap_or_default();
        SpanContext::new(trace_id.into(), span_id.into(), TraceFlags::new(flags), true, state)
    })
}

fn update() -> impl Strategy<Value = Update> {
    let code = select(vec![Code::Unset, Code::Ok, Code::Error, Code::ErrorWithoutDescription]);
    let number = || 100..150_usize;
    prop_oneof![
        16 => attribute().prop_map(Update::SetAttribute),
        8 => attributes().prop_map(Update::SetAttributes),
        12 => (option::of(time()), attributes())
            .prop_map(|(time, attributes)| Update::AddEvent(time, attributes)),
        8 => (target(), attributes())
            .prop_map(|(target, attributes)| Update::AddLink(target, attributes)),
        2 => Just(Update::RecordError),
        12 => code.prop_map(Update::SetStatus),
        4 => Just(Update::UpdateName),
        6 => Just(Update::End),
        3 => time().prop_map(Update::EndAt),
        1 => number().prop_map(Update::ManyAttributes),
        1 => number().prop_map(Update::ManyEvents),
        1 => number().prop_map(Update::ManyLinks),
    ]
}

fn time() -> impl Strategy<Value = Time> {
    any::<u32>().prop_map(Time)
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    vec(attribute(), 0..6)
}

fn attribute() -> impl Strategy<Value = KeyValue> {
    let key = select(vec!["a", "b", "c", "d", "code.line.number", "größe"]);
    let owned = ANY_BOOL;
    (key, owned, value()).prop_map(|(key, is_owned, value)| {
        if is_owned { KeyValue::new(key.to_owned(), value) } else { KeyValue::new(key, value) }
    })
}

fn text() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "text",
        "größe",
        "22 bytes fit in place.",
        "23 bytes do not, alas..",
        "a text that is longer than what fits in place, with a line\nbreak and an emoji 🦀",
    ])
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => ANY_BOOL.prop_map(Value::Bool),
        4 => any::<i64>().prop_map(Value::I64),
        2 => ANY_F64.prop_map(Value::F64),
        4 => text().prop_map(|text| Value::String(text.into())),
        2 => text().prop_map(|text| Value::String(text.to_owned().into())),
        1 => vec(ANY_BOOL, 0..3).prop_map(|values| Value::Array(Array::Bool(values))),
        1 => vec(any::<i64>(), 0..3).prop_map(|values| Value::Array(Array::I64(values))),
        1 => vec(ANY_F64, 0..3).prop_map(|values| Value::Array(Array::F64(values))),
        1 => vec(text(), 0..3).prop_map(|texts| {
            Value::Array(Array::String(texts.into_iter().map(StringValue::from).collect()))
        }),
    ]
}
