//! Context in carriers: injection, extraction, and invalid headers.

use std::collections::{BTreeMap, HashMap};

use floe_telemetry::propagation::{
    self, baggage_value, extract_context, inject_context, inject_headers, set_baggage_value,
};
use floe_telemetry::{FloeSpanAttributes, Mode, create_span, testing, traced};
use opentelemetry::baggage::BaggageExt;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{SpanContext, TraceContextExt, TraceFlags};
use opentelemetry::{Context, KeyValue};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn header(flags: &str) -> String {
    format!("00-{TRACE}-{SPAN}-{flags}")
}

fn read(pairs: &[(&str, &str)]) -> SpanContext {
    extract_context(pairs).span().span_context().clone()
}

fn baggage_of(header: &str) -> BTreeMap<String, String> {
    let cx = extract_context(&[("baggage", header)]);
    let entries = cx.baggage().iter();
    entries.map(|(key, (value, _))| (key.to_string(), value.to_string())).collect()
}

fn written(cx: Context) -> HashMap<String, String> {
    let _attached = cx.attach();
    inject_headers()
}

#[traced(parent = carrier)]
fn below_header_list(carrier: &[(String, String)]) {
    let _ = carrier;
}

#[traced(parent = carrier)]
fn below_map(carrier: HashMap<String, String>) {
    drop(carrier);
}

#[traced(parent = HashMap::from([("traceparent".to_owned(), header("01"))]))]
fn below_made_here() {}

#[test]
fn context_goes_through_each_carrier() {
    let spans = testing::capture(|| {
        let _span = create_span("sender");
        let mut map = HashMap::from([("traceparent".to_owned(), "stale".to_owned())]);
        inject_context(&mut map);
        let mut list = vec![("TraceParent".to_owned(), "stale".to_owned())];
        inject_context(&mut list);
        assert_eq!(list.len(), 1, "earlier headers are replaced");
        let mut custom = Custom(Vec::new());
        inject_context(&mut custom);
        assert_eq!(inject_headers(), map);
        let _elsewhere = Context::new().attach();
        below_header_list(&list);
        let read = extract_context(&custom).span().span_context().clone();
        assert_eq!(extract_context(&map).span().span_context(), &read);
        below_map(map);
        assert!(read.is_remote());
    });

    spans.single("below_header_list").assert_child_of("sender");
    spans.single("below_map").assert_child_of("sender");
}

#[test]
fn a_carrier_may_be_constructed_in_the_attribute() {
    let spans = testing::capture(below_made_here);
    let span = spans.single("below_made_here");
    assert_eq!(span.parent_span_id().to_string(), SPAN);
    assert!(span.data().parent_span_is_remote);
}

struct Custom(Vec<(String, String)>);

impl Injector for Custom {
    fn set(&mut self, key: &str, value: String) {
        self.0.push((key.to_owned(), value));
    }
}

impl Extractor for Custom {
    fn get(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }
}

fn with_state(state: &str) -> [(&'static str, String); 2] {
    [("traceparent", header("01")), ("tracestate", state.to_owned())]
}

#[test]
fn a_trace_state_is_not_changed_under_the_id_of_its_sender() {
    let long = format!("one=1,{}=1,two=2,{}=1", "x".repeat(256), "y".repeat(256));
    let shortened = format!("one=1,{}=1,two=2", "x".repeat(256));
    let vendor = format!("one=1,{}@{}=1", "t".repeat(242), "v".repeat(13));
    for (state, passed_on, below_a_span) in [
        ("one=1,two=2", Some("one=1,two=2"), "one=1,two=2"),
        (" one=1 ,, two=2,", Some("one=1,two=2"), "one=1,two=2"),
        ("one=1,one=2", Some("one=1,one=2"), "one=1,one=2"),
        ("a@@b=1,c@=2,d@e@f=3", Some("a@@b=1,c@=2,d@e@f=3"), "a@@b=1,c@=2,d@e@f=3"),
        (&vendor, Some(&vendor), &vendor),
        (&long, None, &shortened),
    ] {
        let received = extract_context(&with_state(state));
        let sent = written(received.clone());
        assert_eq!(sent["traceparent"], header("01"));
        assert_eq!(sent.get("tracestate").map(String::as_str), passed_on, "{state}");
        let spans = testing::capture(|| {
            let cx = Context::current().with_remote_span_context(SpanContext::NONE);
            let _capture = cx.attach();
            let _received = extract_context(&with_state(state)).attach();
            let _span = create_span("below");
            let sent = inject_headers();
            assert_ne!(sent["traceparent"], header("01"));
            assert_eq!(sent["tracestate"], below_a_span, "{state}");
        });

        assert_eq!(spans.len(), 1);
    }
}

#[test]
fn the_trace_state_of_an_earlier_request_is_not_sent() {
    let _first = extract_context(&with_state("one=1,a@@b=1")).attach();
    let second = extract_context(&with_state("one=1"));
    assert_eq!(written(second)["tracestate"], "one=1");
    let none = extract_context(&[("traceparent", header("01"))]);
    assert_eq!(written(none).get("tracestate"), None);
    // Another trace whose `TraceState` has the same valid members as the header of the first request.
    let other = SpanContext::new(
        opentelemetry::TraceId::from(5_u128),
        opentelemetry::SpanId::from(5_u64),
        TraceFlags::SAMPLED,
        false,
        opentelemetry::trace::TraceState::from_key_value([("one", "1")]).unwrap(),
    );

    let other = Context::current().with_remote_span_context(other);
    assert_eq!(written(other)["tracestate"], "one=1");
}

#[test]
fn an_invalid_context_starts_a_new_trace() {
    let spans = testing::capture(|| {
        let active = create_span("active");
        // Without headers the current span stays the parent; with invalid headers it does not.
        assert_eq!(read(&[]), active.span_context());
        below_header_list(&[("traceparent".to_owned(), header("1"))]);
    });

    spans.single("below_header_list").assert_root();
}

#[test]
fn baggage_survives_a_round_trip() {
    let values = [
        ("percent", "100%25 of %41"),
        ("equation", "a=b=c"),
        ("list", "a,b;c"),
        ("quotes", "\"so\" \\ she said"),
        ("umlaut", "Zürich ☃"),
        ("empty", ""),
        ("control", "a\r\nb\0c"),
    ];
    let sent = Context::new().with_baggage(values.map(|(key, value)| KeyValue::new(key, value)));
    let headers = written(sent);
    let header = &headers["baggage"];
    assert!(header.bytes().all(|byte| matches!(byte, b'!'..=b'~')), "{header}");
    let expected = values.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(baggage_of(header), BTreeMap::from(expected));
}

#[test]
fn foreign_baggage_is_parsed_by_the_specification() {
    for (header, expected) in [
        ("a=1,b=2;ttl=3;x , c = 3 ", &[("a", "1"), ("b", "2"), ("c", "3")][..]),
        // A member without a value, without a name, or with an invalid name is dropped; the others
        // are kept.
        ("a,=1,b c=2,d=4", &[("d", "4")]),
        // Invalid UTF-8 is replaced by U+FFFD.
        ("a=%FF%41", &[("a", "\u{fffd}A")]),
        ("a=%4", &[("a", "%4")]),
        (",,, ,", &[]),
        // Only ASCII is valid, and other characters are percent-encoded.
        ("a=1,b=é,é=1,c=3;p=é,d=4", &[("a", "1"), ("d", "4")]),
        ("b=%C3%A9", &[("b", "é")]),
    ] {
        let expected = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        assert_eq!(baggage_of(header), expected.collect(), "{header}");
    }

    // Other implementations refuse a member with an invalid property, so it leaves without its properties.
    let several = extract_context(&[("baggage", "a=1;not one=1"), ("Baggage", "b=2;p;q = 3")]);
    assert_eq!(several.baggage().len(), 2);
    assert_eq!(written(several)["baggage"], "a=1,b=2;p;q = 3");
}

#[test]
fn bytes_that_are_not_ascii_invalidate_one_member_of_a_header() {
    let mut headers = http::HeaderMap::new();
    for header in [&b"a=1,b=\xe9,c=3"[..], b"d=\xc3\xa9,e=5", b"\xff", b"f=6"] {
        let value = http::HeaderValue::from_bytes(header).unwrap();
        headers.append("baggage", value);
    }

    let cx = extract_context(&headers);
    assert_eq!(written(cx)["baggage"], "a=1,c=3,e=5,f=6");
    // A trace state with an invalid member is invalid as a whole.
    let mut headers = http::HeaderMap::new();
    headers.insert("traceparent", header("01").parse().unwrap());
    let value = http::HeaderValue::from_bytes(b"one=1,two=\xe9").unwrap();
    headers.insert("tracestate", value);
    let state = extract_context(&headers).span().span_context().trace_state().header();
    assert_eq!(state, "");
}

#[test]
fn baggage_stays_within_its_limits() {
    // Invalid members do not count.
    let header = format!("{}a=1", "invalid,".repeat(200));
    assert_eq!(baggage_of(&header), BTreeMap::from([("a".to_owned(), "1".to_owned())]));
    let wide = (0..200).map(|n| format!("key{n}=1")).collect::<Vec<_>>().join(",");
    assert_eq!(baggage_of(&wide).len(), 64);
    let long =
        (0..20).map(|n| format!("key{n}={}", "x".repeat(1000))).collect::<Vec<_>>().join(",");
    assert_eq!(baggage_of(&long).len(), 8);
    // Each of these bytes becomes three when it is encoded. The identity has priority over other entries.
    let many = (0..60).map(|n| KeyValue::new(format!("a{n:02}"), "%".repeat(100)));
    let _baggage = Context::current_with_baggage(many.collect::<Vec<_>>()).attach();
    let identity = FloeSpanAttributes::new("sales", "orders", "1.0", Mode::Staging);
    let headers = written(propagation::set_floe_baggage(&identity));
    let header = &headers["baggage"];
    // The room that is left is too small for another member of 305 bytes.
    let length = header.len();
    assert!((8192 - 304..=8192).contains(&length), "{length}");
    let expected = "floe.mode=staging,floe.namespace=sales,floe.product.name=orders,floe.product.version=1.0,a00=%25";
    assert!(header.starts_with(expected), "{header}");
    assert!(header.ends_with("%25"), "no member is cut");
}

#[test]
fn baggage_is_redacted() {
    let _one = set_baggage_value("password", "hunter2").attach();
    let _two = set_baggage_value("dsn", "postgres://floe:hunter2@db/orders").attach();
    let _three = set_baggage_value("table", "orders").attach();
    let _four = set_baggage_value("auth.header", "Bearer abcdefghijklmnop").attach();
    let cx = Context::map_current(|cx| {
        let mut baggage = opentelemetry::baggage::Baggage::new();
        for (key, (value, _)) in cx.baggage() {
            baggage.insert(key.clone(), value.clone());
        }

        baggage.insert_with_metadata("noted", "1", "password=hunter2");
        baggage.insert_with_metadata("broken", "1", "a\r\nSet-Cookie: b");
        baggage.insert_with_metadata("open", "1", "ttl=3");
        cx.with_baggage(baggage)
    });

    assert_eq!(
        written(cx)["baggage"],
        "auth.header=Bearer%20<REDACTED>,broken=1,dsn=postgres://<REDACTED>@db/orders,noted=1,open=1;ttl=3,password=<REDACTED>,table=orders"
    );

    assert_eq!(
        baggage_value("password").as_deref(),
        Some("hunter2"),
        "within the process, nothing is redacted"
    );
}

#[test]
fn the_current_ids_are_available() {
    assert!(!propagation::current_span_context().is_valid());
    assert_eq!(propagation::current_trace_id(), None);
    assert_eq!(propagation::current_span_id(), None);
    assert!(inject_headers().is_empty());
    let _attached = extract_context(&[("traceparent", header("00"))]).attach();
    assert!(
        propagation::current_span_context().is_valid(),
        "a context is valid even if it is not sampled"
    );

    assert_eq!(propagation::current_trace_id().as_deref(), Some(TRACE));
    assert_eq!(propagation::current_span_id().as_deref(), Some(SPAN));
    assert_eq!(propagation::current_span_context().span_id().to_string(), SPAN);
}

#[traced(parent = request)]
fn below_request(request: &http::Request<()>) {
    let _ = request;
}

#[traced(parent = headers)]
async fn below_headers(headers: http::HeaderMap) {
    drop(headers);
}

#[tokio::test]
async fn header_maps_are_carriers() {
    let spans = testing::capture_async(async {
        let mut request = http::Request::new(());
        let mut headers = http::HeaderMap::new();
        headers.insert("traceparent", http::HeaderValue::from_static("stale"));
        {
            let _span = create_span("sender");
            inject_context(&mut request);
            inject_context(&mut headers);
        }

        assert_eq!(headers["traceparent"], request.headers()["traceparent"]);
        below_request(&request);
        below_headers(headers.clone()).await;
        // A duplicate header makes the context invalid even if it is not text.
        headers.append("traceparent", http::HeaderValue::from_bytes(b"\xff").unwrap());
        assert!(!extract_context(&headers).span().span_context().is_valid());
        // A single header that is not text starts a new trace, too, because the sender is not the current span.
        headers.remove("traceparent");
        let no_text = http::HeaderValue::from_bytes(b"\xff").unwrap();
        headers.insert("traceparent", no_text);
        let _span = create_span("current");
        assert!(!extract_context(&headers).span().span_context().is_valid());
    })
    .await;
    spans.single("below_request").assert_child_of("sender");
    spans.single("below_headers").assert_child_of("sender");
}
