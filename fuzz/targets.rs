//! The fuzz targets of the runtime. Each is a function of bytes that panics when a property does not hold.

use std::collections::HashMap;
use std::fmt::Write as _;

use floe_telemetry::__fuzzing::{self as parsers, Accepted, Outcome, Parsed};
use floe_telemetry::config::{Propagator, ResourceAttributes};
use floe_telemetry::opentelemetry::Context;
use floe_telemetry::opentelemetry::baggage::BaggageExt as _;
use floe_telemetry::opentelemetry::trace::{SpanContext, TraceContextExt as _};
use floe_telemetry::propagation::ExtractFrom;
use floe_telemetry::{TelemetryConfig, propagation, sanitize_error_message, sanitize_url};
use floe_trace::read::Reader;
use floe_trace::{Forest, WaterfallOptions};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;

/// Redaction terminates for any bytes, its result is bounded, and it is idempotent.
pub(crate) fn redaction(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let safe = sanitize_error_message(&text);
    assert!(safe.chars().count() <= 500, "too long: {safe:?}");
    assert_eq!(sanitize_error_message(&safe), safe, "again: {text:?}");
    let url = sanitize_url(&text);
    assert!(!url.contains(SECRET) || text.contains(SECRET));
}

/// A secret that occurs nowhere else.
const SECRET: &str = "Zq7vXk29PmLw";

/// A password in a line of its own is redacted, whatever the other lines contain.
pub(crate) fn planted(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let half = text.len() / 2;
    let middle = (0..=half).rev().find(|at| text.is_char_boundary(*at));
    let (left, right) = text.split_at(middle.unwrap_or_default());
    let message = format!("{left}\ndb_password={SECRET}\n{right}");
    let safe = sanitize_error_message(&message);
    assert!(!safe.contains(SECRET), "{message:?} became {safe:?}");
}

/// Text that repeats a piece takes a bounded number of steps for each byte, whatever the piece is.
pub(crate) fn slowest(data: &[u8]) {
    let piece = String::from_utf8_lossy(&data[..data.len().min(64)]);
    if piece.is_empty() {
        return;
    }
    let text = piece.repeat(8192_usize.div_ceil(piece.len()));
    let steps = floe_redact::__steps(&text) / text.len();
    // libFuzzer keeps inputs that run a loop more often, so it proceeds to slower and slower texts.
    for _ in 0..steps / 16 {
        std::hint::black_box(steps);
    }
    assert!(steps < 512, "{steps} steps for a byte of {piece:?}");
}

/// A file of traces is read and drawn whatever its content, and the written form is read again.
pub(crate) fn recording(data: &[u8]) {
    let mut reader = Reader::new().max_bytes(1 << 26);
    let _ = reader.read("data", data);
    let first = reader.finish();
    let forest = Forest::new(&first);
    let rows: usize = forest.traces().iter().map(|trace| trace.spans.len()).sum();
    assert_eq!(rows, first.spans.len());
    let roots: Vec<usize> = forest.traces().iter().flat_map(|trace| trace.roots.clone()).collect();
    let reached = forest.tree().below(&roots).count();
    assert_eq!(reached, first.spans.len(), "each span is below one root");
    for trace in forest.traces() {
        let picture = floe_trace::waterfall(&forest, trace, WaterfallOptions::default());
        assert!(!picture.contains(['\u{1b}', '\r', '\u{202e}']), "{picture}");
        let path = floe_trace::critical_path(forest.tree(), &trace.roots);
        let length: u64 = path.iter().map(|step| step.to - step.from).sum();
        assert_eq!(length, trace.duration());
    }
    let _ = floe_trace::causes(&forest);
    assert!(floe_trace::write_page(&forest, std::io::sink()).is_ok());
    assert!(floe_trace::write_perfetto(&forest, std::io::sink()).is_ok());
}

/// Parses the lines of a header block. Invalid headers are left out, as by a server.
fn headers(data: &[u8]) -> http::HeaderMap {
    let mut headers = http::HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = line.split_at(colon);
        if let (Ok(name), Ok(value)) = (
            http::HeaderName::from_bytes(name),
            http::HeaderValue::from_bytes(value[1..].trim_ascii()),
        ) {
            headers.append(name, value);
        }
    }
    headers
}

fn is_printable(header: &str) -> bool {
    header.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'))
}

fn sent(cx: Context) -> HashMap<String, String> {
    let _attached = cx.attach();
    propagation::inject_headers()
}

fn parent(cx: &Context) -> SpanContext {
    cx.span().span_context().clone()
}

/// Reads `traceparent` and `tracestate`: a valid context is passed on as it was received, within the limits; an invalid
/// one is not passed on.
pub(crate) fn trace_context(data: &[u8]) {
    let cx = propagation::extract_context(&headers(data));
    let received = parent(&cx);
    let sent = sent(cx);
    if !received.is_valid() {
        assert!(!sent.contains_key("traceparent"));
        assert!(!sent.contains_key("tracestate"));
        return;
    }
    assert!(received.is_remote());
    assert_eq!(sent["traceparent"].len(), 55);
    let state = sent.get("tracestate").map_or("", String::as_str);
    assert!(state.len() <= 512, "{state}");
    assert!(state.split(',').count() <= 32, "{state}");
    assert!(is_printable(state), "{state:?}");
    let passed_on = parent(&propagation::extract_context(&sent));
    if sent.contains_key("tracestate") {
        assert_eq!(passed_on, received);
    } else {
        // A `tracestate` over the limit is not passed on by a service without a span of its own.
        let ids = |context: &SpanContext| (context.trace_id(), context.span_id());
        assert_eq!(ids(&passed_on), ids(&received));
    }
}

/// Reads the headers of B3: those that are passed on are bounded, and do not change when they are passed on again.
pub(crate) fn other_headers(data: &[u8]) {
    let received = headers(data);
    for format in [Propagator::B3, Propagator::B3Multi] {
        let sent = passed_on(format, &received);
        let bytes: usize = sent.values().map(String::len).sum();
        assert!(bytes <= 80, "{sent:?}");
        assert_eq!(passed_on(format, &sent), sent);
    }
}

/// Returns the headers that a service passes on after it has received these, in one format of context propagation.
fn passed_on<K>(
    format: Propagator,
    headers: &(impl ExtractFrom<K> + ?Sized),
) -> HashMap<String, String> {
    let propagator = parsers::by_name(format.as_str()).unwrap();
    let mut cx = Context::new();
    headers.extract(&mut |extractor| {
        cx = propagator.extract_with_context(&Context::new(), extractor);
    });
    let mut sent = HashMap::new();
    propagator.inject_context(&cx, &mut sent);
    sent
}

/// Reads `baggage`: the entries that are passed on are bounded and do not change when they are passed on again, and a
/// secret is not passed on.
pub(crate) fn baggage(data: &[u8]) {
    let header = |cx| sent(cx).remove("baggage").unwrap_or_default();
    let cx = propagation::extract_context(&headers(data));
    assert!(cx.baggage().len() <= 64);
    let once = header(cx.clone());
    assert!(once.len() <= 8192);
    assert!(once.split(',').count() <= 64);
    assert!(is_printable(&once), "{once:?}");
    let carrier = [("baggage", &*once)];
    assert_eq!(header(propagation::extract_context(&carrier)), once);

    let attached = cx.attach();
    let with_secret = propagation::set_baggage_value("api_key", SECRET);
    drop(attached);
    assert!(!header(with_secret).contains(SECRET));
}

/// Percent-encodes every byte of a text that is not a letter or a digit.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

fn list<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let members: Vec<_> = pairs
        .into_iter()
        .map(|(key, value)| format!("{}={}", encoded(key), encoded(value)))
        .collect();
    members.join(",")
}

/// Reads `OTEL_EXPORTER_OTLP_HEADERS`: only headers that can be sent are accepted, and no warning quotes a value.
pub(crate) fn otlp_headers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(headers) = parsers::otlp_headers(&text) {
        for (name, value) in &headers {
            assert!(http::HeaderName::from_bytes(name.as_bytes()).is_ok(), "{name}");
            assert!(http::HeaderValue::from_str(value.expose()).is_ok(), "{value:?}");
        }
        let pairs = headers.iter().map(|(name, value)| (&**name, value.expose()));
        let again = parsers::otlp_headers(&list(pairs));
        assert_eq!(again, Ok(headers));
    }
    for invalid in [
        format!("x-api-key={SECRET}%07"),
        format!("{text}, x-api-key={SECRET}%ff"),
        format!("x api key={SECRET},{text}"),
    ] {
        let error = parsers::otlp_headers(&invalid).err().unwrap_or_default();
        assert!(!error.contains(SECRET), "{invalid:?}: {error}");
    }
}

/// Reads `OTEL_RESOURCE_ATTRIBUTES`: no accepted value makes a configuration invalid, and the result can be written as
/// a list that means the same.
pub(crate) fn resource_attributes(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let parse = |text: &str| {
        let mut resource = ResourceAttributes::new("fuzz");
        let ((), refused) = parsers::resource_attributes(text, &mut resource)?;
        Ok::<_, String>((resource, refused))
    };
    let Ok((resource, _)) = parse(&text) else {
        return;
    };
    let mut config = TelemetryConfig::new("fuzz");
    config.resource_attributes = resource.clone();
    assert_eq!(config.validate().map_err(|error| error.to_string()), Ok(()));
    let mode = resource.floe_mode.map(|mode| mode.as_str().to_owned());
    let fields = [
        ("service.name", Some(&resource.service_name)),
        ("service.version", resource.service_version.as_ref()),
        ("deployment.environment.name", resource.deployment_environment.as_ref()),
        ("floe.namespace", resource.floe_namespace.as_ref()),
        ("floe.product.name", resource.floe_product_name.as_ref()),
        ("floe.product.version", resource.floe_product_version.as_ref()),
        ("floe.mode", mode.as_ref()),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?.as_str())));
    let additional = resource.additional.iter().map(|(key, value)| (&**key, &**value));
    let again = parse(&list(fields.chain(additional)));
    assert_eq!(again, Ok((resource, Vec::new())));
}

/// Reads `FLOE_SPAN_FILTER`, `FLOE_LOG_LEVEL` and `RUST_LOG`: the written form of an accepted value means the same.
pub(crate) fn filters(data: &[u8]) {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

    let text = String::from_utf8_lossy(data);
    if let Ok(directives) = parsers::filter(&text) {
        let written: Vec<_> = directives
            .iter()
            .map(|(target, level)| {
                let level = LEVELS[usize::from(*level)];
                let separator = if target.is_empty() { "" } else { "=" };
                format!("{target}{separator}{level}")
            })
            .collect();
        assert_eq!(parsers::filter(&written.join(",")), Ok(directives));
    }
}

/// Reads a document: an accepted one can be written and read again, unless it contains a credential, which is not
/// written. No error, no debug output and no written form contains a credential.
pub(crate) fn configuration(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(config) = TelemetryConfig::from_yaml(&text) {
        let written = as_document(&config);
        match TelemetryConfig::from_yaml(&written) {
            Ok(again) => assert_eq!(again, config, "{written}"),
            Err(error) => assert!(error.to_string().contains("mask"), "{error}: {written}"),
        }
    }
    let with_secret =
        format!("{text}\nauthentication: {{auth_type: bearer, bearer_token: {SECRET}}}\n");
    match TelemetryConfig::from_yaml(&with_secret) {
        Ok(config) if config.authentication.is_some() => {
            assert!(!format!("{config:?}").contains(SECRET));
            assert!(!serde_json::to_string(&config).unwrap().contains(SECRET));
        }
        Ok(_) => {}
        Err(error) => assert!(!error.to_string().contains(SECRET), "{error}"),
    }
}

/// Returns the written form of a configuration as a document, in which `$` is doubled, except in credentials.
fn as_document(config: &TelemetryConfig) -> String {
    fn double(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = text.replace('$', "$$"),
            serde_json::Value::Array(items) => items.iter_mut().for_each(double),
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    if !["api_key", "bearer_token", "headers"].contains(&&**key) {
                        double(value);
                    }
                }
            }
            _ => {}
        }
    }
    let mut written = serde_json::to_value(config).unwrap();
    double(&mut written);
    written.to_string()
}

/// Reads the file of `OTEL_CONFIG_FILE`: its substitution ends even if variables refer to each other, an accepted file
/// without credentials can be written in our own format and read again, and messages are bounded and contain none.
pub(crate) fn config_file(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let variable = |name: &str| match name {
        "SECRET" => Some(SECRET.to_owned()),
        "LONG" => Some("long ".repeat(20_000)),
        "A" => Some("${B}".to_owned()),
        "B" => Some("${A} ${env:B:-${A}}".to_owned()),
        "RATIO" => Some("0.25".to_owned()),
        _ => None,
    };
    let base = TelemetryConfig::new("fuzz");
    match parsers::config_file(&text, &base, &variable) {
        Ok(Parsed { config, warning, .. }) => {
            let written = as_document(&config);
            if let Err(error) = TelemetryConfig::from_yaml(&written) {
                assert!(error.to_string().contains("mask"), "{error}: {written}");
            }
            assert!(warning.len() < MAX_MESSAGE);
        }
        Err(error) => assert!(error.to_string().len() < MAX_MESSAGE),
    }
    // The secrets come first, so that the text cannot make them part of a word or a number.
    let with_secrets = format!(
        "file_format: '1.0'\ntracer_provider: {{processors: [{{batch: {{exporter: {{otlp_http: {{endpoint: \
         'https://u:{SECRET}@host', headers: [{{name: x-team, value: '${{SECRET}}'}}], \
         headers_list: 'x-user={SECRET}'}}}}}}}}]}}\n{text}"
    );
    match parsers::config_file(&with_secrets, &base, &variable) {
        Ok(Parsed { config, warning, .. }) => {
            assert!(!format!("{config:?}{warning}").contains(SECRET));
            assert!(!serde_json::to_string(&config).unwrap().contains(SECRET));
        }
        Err(error) => assert!(!error.to_string().contains(SECRET), "{error}"),
    }
}

/// The limit in bytes for the error, and for the warning, about a file. Each has at most 100 lines of 2 KiB.
const MAX_MESSAGE: usize = 256 * 1024;

/// Reads endpoints: neither an error nor the written form contains a credential.
pub(crate) fn endpoint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let in_authority = format!("https://user:{SECRET}@{text}");
    let in_query = format!("{text}?token={SECRET}");
    for endpoint in [in_authority, in_query] {
        let mut config = TelemetryConfig::new("fuzz");
        config.otlp_endpoint = Some(endpoint.clone());
        match config.validate() {
            Ok(()) => {
                assert!(!format!("{config:?}").contains(SECRET), "{config:?}");
                let written = serde_json::to_string(&config).unwrap();
                assert!(!written.contains(SECRET), "{written}");
            }
            Err(error) => assert!(!error.to_string().contains(SECRET), "{error}"),
        }
    }
}

/// Reads a response over HTTP. The input has a line each for the status, `Content-Type`, `Content-Encoding` and
/// `Retry-After`, and then the body. Only a success is accepted. The reason of a failure is bounded; for an error
/// status, it quotes the body, which the exporter redacts.
pub(crate) fn http_response(data: &[u8]) {
    let mut lines = data.splitn(5, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let status = str::from_utf8(line()).ok().and_then(|text| text.parse().ok());
    let headers = [line(), line(), line()];
    let body = line();
    let status = status.unwrap_or(200);
    let Some(response) = parsers::http_response(status, headers, body) else {
        return;
    };
    match &response {
        Outcome::Accepted(Accepted { message, .. }) => {
            assert!((200..300).contains(&status), "{status}");
            assert!(message.len() <= body.len());
        }
        Outcome::Retry { reason, .. } => {
            assert!([429, 502, 503, 504].contains(&status), "{status}: {reason}");
        }
        Outcome::Rejected(reason) => {
            assert!(![429, 502, 503, 504].contains(&status), "{status}: {reason}");
        }
        other => panic!("expected the outcome of an answer, found {other:?}"),
    }
    if let Outcome::Retry { reason, .. } | Outcome::Rejected(reason) = &response {
        // A byte that is not UTF-8 becomes a character of three bytes.
        let bound = match status {
            200..300 => 200,
            _ => 200 + 3 * body.len().min(16 * 1024),
        };
        assert!(reason.len() < bound, "{reason}");
    }
    if (200..300).contains(&status) {
        let with_secret = [body, SECRET.as_bytes()].concat();
        let other = parsers::http_response(status, headers, &with_secret);
        assert!(
            !format!("{other:?}").contains(SECRET) || matches!(other, Some(Outcome::Accepted(_)))
        );
    }

    // A partial success, as a receiver encodes it.
    let rejected = i64::try_from(body.len()).unwrap() - 8;
    let message = String::from_utf8_lossy(body).into_owned();
    let expected = (u64::try_from(rejected).unwrap_or(0), message.clone());
    let partial = ExportTraceServiceResponse {
        partial_success: Some(ExportTracePartialSuccess {
            rejected_spans: rejected,
            error_message: message,
        }),
    };
    let response = parsers::http_response(200, [b""; 3], &partial.encode_to_vec());
    let Some(Outcome::Accepted(Accepted { rejected, message })) = response else {
        panic!("expected a success, found {response:?}");
    };
    assert_eq!((rejected, message), expected);
}

/// Reads a response over gRPC. The input is the code, the length of the message, the message, and the details. The
/// specification lists the codes that are retried.
pub(crate) fn grpc_response(data: &[u8]) {
    let [code, length, rest @ ..] = data else {
        return;
    };
    let (message, details) = rest.split_at(usize::from(*length).min(rest.len()));
    let message = String::from_utf8_lossy(message);
    match parsers::grpc_response(i32::from(code % 20), &message, details) {
        Outcome::Retry { reason, after } => {
            let is_retried = [1, 4, 10, 11, 14, 15].contains(&(code % 20));
            let is_delayed = code % 20 == 8 && after.is_some();
            assert!(is_retried || is_delayed, "{reason}");
        }
        Outcome::Rejected(reason) => assert!(reason.len() <= message.len() + 200),
        other => panic!("expected the outcome of a failure, found {other:?}"),
    }
}
