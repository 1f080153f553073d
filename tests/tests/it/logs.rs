//! Log lines: trace context, fields, and redaction.

use std::fmt;

use floe_telemetry::config::LoggingConfig;
use floe_telemetry::tracing::with_current_span;
use floe_telemetry::{FloeSpanAttributes, Mode, logs, propagation, testing, traced, tracing_layer};
use floe_tests::{Written, json_lines, remote_in};
use opentelemetry::trace::{SpanContext, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use serde_json::{Value, json};
use tracing::{Instrument as _, dispatcher};
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

fn config(log_level: &str, json_output: bool) -> LoggingConfig {
    let mut config = LoggingConfig::default();
    log_level.clone_into(&mut config.log_level);
    config.json_output = json_output;
    config
}

fn written(config: &LoggingConfig, log: impl FnOnce()) -> String {
    let written = Written::default();
    let layer = logs::layer_with_writer(config, written.writer()).unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
    written.text()
}

fn all(log: impl FnOnce()) -> Vec<Value> {
    json_lines(&written(&config("DEBUG", true), log))
}

#[track_caller]
fn one(log: impl FnOnce()) -> Value {
    let mut lines = all(log);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

fn remote() -> SpanContext {
    remote_in(0x5f1d_06f1_e4a0_bd2f_2a0c_9f6f_0cd0_a3a5, true)
}

#[test]
fn a_line_has_ordered_names_and_typed_fields() {
    let _remote = Context::new().with_remote_span_context(remote()).attach();
    let text = written(&config("INFO", true), || {
        tracing::info!(
            rows = 5,
            ratio = 0.5,
            large = u64::MAX,
            nothing = f64::NAN,
            done = true,
            table = "orders",
            kind = ?Mode::Dev,
            path = %"a \"b\"\nc",
            "loaded {} rows",
            5
        );
    });

    let head = "{\"event\":\"loaded 5 rows\",\"level\":\"info\",\"timestamp\":\"20";
    assert!(text.starts_with(head), "{text}");
    let tail = "\",\"target\":\"it::logs\",\"trace_id\":\"5f1d06f1e4a0bd2f2a0c9f6f0cd0a3a5\",\
        \"span_id\":\"0000000000000007\",\"rows\":5,\"ratio\":0.5,\"large\":\"18446744073709551615\",\
        \"nothing\":\"NaN\",\"done\":true,\"table\":\"orders\",\"kind\":\"Dev\",\
        \"path\":\"a \\\"b\\\"\\nc\"}\n";
    assert!(text.ends_with(tail), "{text}");
    let timestamp = text.split("\"timestamp\":\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(timestamp.len(), "2026-11-20T13:32:26.123456Z".len());
    assert!(timestamp.ends_with('Z'), "{timestamp}");
}

#[traced]
fn load() -> [Option<String>; 2] {
    tracing::info!("loading");
    [propagation::current_trace_id(), propagation::current_span_id()]
}

#[test]
fn a_line_within_a_span_has_its_ids_and_one_outside_has_none() {
    let mut line = Value::Null;
    let mut ids = [None, None];
    testing::capture(|| line = one(|| ids = load())).single("load");
    assert_eq!(json!(ids), json!([line["trace_id"], line["span_id"]]));
    assert!(ids[0].is_some());

    // The current context of the caller is restored.
    let line = one(|| tracing::info!("outside"));
    assert!(line.get("trace_id").is_none());
    assert!(line.get("span_id").is_none());
}

#[traced]
fn spawns() -> [Option<String>; 2] {
    let future = async { tracing::info!("elsewhere") }.in_current_span();
    let dispatch = dispatcher::get_default(Clone::clone);
    let run = || dispatcher::with_default(&dispatch, || futures_executor::block_on(future));
    std::thread::scope(|scope| scope.spawn(run).join().unwrap());
    [propagation::current_trace_id(), propagation::current_span_id()]
}

#[test]
fn a_line_in_a_future_that_continues_the_span_has_its_ids() {
    let written = Written::default();
    let layer = logs::layer_with_writer(&config("INFO", true), written.writer()).unwrap();
    let layers = tracing_subscriber::registry().with(layer);
    let subscriber = with_current_span(layers.with(tracing_layer()));
    let mut ids = [None, None];
    testing::capture(|| tracing::subscriber::with_default(subscriber, || ids = spawns()));
    let line: Value = serde_json::from_str(&written.text()).unwrap();
    assert_eq!(json!(ids), json!([line["trace_id"], line["span_id"]]));
    assert!(ids[0].is_some());
}

#[test]
fn a_line_within_a_plain_span_of_opentelemetry_has_its_ids() {
    let tracer = floe_telemetry::get_tracer("plain");
    let mut expected = String::new();
    let mut line = Value::Null;
    testing::capture(|| {
        tracer.in_span("plain", |cx| {
            expected = cx.span().span_context().span_id().to_string();
            line = one(|| tracing::info!("within"));
        });
    });

    assert_eq!(line["span_id"], expected);
    // A tracer without an SDK has no ids.
    global::tracer("none").in_span("none", |_| {
        line = one(|| tracing::info!("within"));
    });

    assert!(line.get("span_id").is_none());
}

#[test]
fn baggage_that_no_configuration_lists_is_not_on_the_line() {
    let identity = FloeSpanAttributes::new("sales", "customer-360", "1.2.0", Mode::Prod);
    let _baggage = propagation::set_floe_baggage(&identity).attach();
    let written = one(|| tracing::info!("loaded"));
    let line = written.as_object().unwrap();
    assert!(line.keys().all(|key| !key.starts_with("floe.")), "{line:?}");
}

#[test]
fn levels_apply_by_target() {
    let log = || {
        tracing::debug!(target: "orders::load", "1");
        tracing::debug!(target: "orders", "2");
        tracing::info!(target: "hyper::client", "3");
        tracing::warn!(target: "hyper::client", "4");
        tracing::error!(target: "noisy", "5");
        tracing::info!(target: "other", "6");
        tracing::trace!(target: "other", "7");
    };

    for (levels, expected) in [
        ("debug", "124356"),
        ("INFO", "3456"),
        ("WARNING", "45"),
        ("CRITICAL", "5"),
        ("info,hyper=warn,orders::load=debug,noisy=off", "146"),
        ("error,other=TRACE", "567"),
        ("TRACE", "1234567"),
        ("off", ""),
        ("hyper=warn", "4"),
        ("error,orders", "125"),
    ] {
        let text = written(&config(levels, true), log);
        let mut events: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["event"].to_string())
            .collect();
        let mut expected: Vec<_> = expected.chars().map(|c| format!("\"{c}\"")).collect();
        events.sort();
        expected.sort();
        assert_eq!(events, expected, "{levels}");
    }

    let error = logs::layer::<tracing_subscriber::Registry>(&config("loud", true)).err().unwrap();
    assert!(error.is_config());
    assert_eq!(
        error.to_string(),
        "logging.log_level: expected a level or `target=level`, found `loud`; \
         a level is `off`, `error`, `warn`, `info`, `debug` or `trace`"
    );
}

#[test]
fn the_text_format_escapes_newlines() {
    let _remote = Context::new().with_remote_span_context(remote()).attach();
    let text = written(&config("DEBUG", false), || {
        tracing::warn!(
            rows = 5,
            table = "orders",
            note = "a b=c",
            "slow\n2026 \u{1b}[31mnot a line"
        );
        tracing::debug!("cached");
    });
    let (text, debug) = text.split_at(text.rfind("DEBUG it::logs: cached").unwrap());
    assert!(debug.ends_with("0000000000000007\n"), "{debug}");
    let (text, _) = text.rsplit_once('\n').unwrap();

    let (timestamp, rest) = text.split_once(' ').unwrap();
    assert_eq!(timestamp.len(), "2026-11-20T13:32:26.123456Z".len());
    assert_eq!(
        rest,
        "WARN  it::logs: slow\n    2026 \\u{1b}[31mnot a line rows=5 table=orders note=\"a b=c\" \
         trace_id=5f1d06f1e4a0bd2f2a0c9f6f0cd0a3a5 span_id=0000000000000007"
    );
}

#[test]
fn no_line_controls_a_terminal_or_reverses_its_text() {
    let text = "\u{1b}\u{7f}\u{9b}\u{202e}\u{2066}\u{2028}";
    let log = || tracing::warn!(note = text, "{text}");
    let shown = r"\u{1b}\u{7f}\u{9b}\u{202e}\u{2066}\u{2028}";
    let line = written(&config("INFO", false), log);
    assert!(line.ends_with(&format!(" {shown} note=\"{shown}\"\n")), "{line:?}");
    let line = written(&config("INFO", true), log);
    let escaped = r"\u001b\u007f\u009b\u202e\u2066\u2028";
    assert!(line.contains(&format!("\"event\":\"{escaped}\"")), "{line:?}");
    // The value itself is unchanged.
    assert_eq!(one(log)["note"], text);
}

#[test]
fn a_field_cannot_replace_a_reserved_name() {
    let line = one(|| {
        tracing::info!(level = "high", event = "login", trace_id = "mine", "message");
    });

    assert_eq!(
        [&line["event"], &line["level"], &line["fields.level"]],
        [&json!("message"), &json!("info"), &json!("high")]
    );

    assert_eq!(line["fields.event"], "login");
    assert_eq!(line["fields.trace_id"], "mine");
    assert!(line.get("trace_id").is_none());

    let log = || tracing::info!(fields.level = 1, level = 2, fields.rows = 3, "message");
    let line = written(&config("INFO", true), log);
    let fields = r#","fields.fields.level":1,"fields.level":2,"fields.rows":3}"#;
    assert!(line.trim_end().ends_with(fields), "{line}");
}

/// An endless `Display`, which stops at the first write error.
struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        loop {
            f.write_str("word ")?;
        }
    }
}

#[test]
fn a_line_is_bounded_and_a_truncated_secret_is_redacted() {
    let text = written(&config("INFO", true), || tracing::info!(endless = %Endless, "{Endless}"));
    assert!(text.len() < 20_000, "{}", text.len());
    let line: Value = serde_json::from_str(&text).unwrap();
    assert!(line["event"].as_str().unwrap().ends_with('…'));

    for before in 16_300..16_400 {
        let secret = format!("{}0123456789abcdefABCDEF0123456789abcd", concat!("gh", "p_"));
        let message = format!("{} {secret} behind", "x ".repeat(before / 2));
        let line = one(|| tracing::info!("{message}"));
        assert!(!line["event"].as_str().unwrap().contains("ghp"), "{before}");
    }

    for before in [8_180, 8_190, 8_195] {
        let message = format!("{} password=hunter2XyZ", "x".repeat(before));
        let line = one(|| tracing::info!(message));
        assert!(!line["event"].as_str().unwrap().contains("hunter"), "{before}");
    }
}

/// A value that panics while it is formatted if the flag is set, and logs otherwise.
struct Bad(bool);

impl fmt::Debug for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert!(!self.0, "a `Debug` that panics");
        tracing::info!("from within");
        f.write_str("written")
    }
}

#[test]
fn a_value_may_log_or_panic_while_it_is_formatted() {
    let lines = all(|| {
        tracing::info!(value = ?Bad(false), "logs");
        tracing::info!(first = 1, value = ?Bad(true), last = 2, "panics");
        tracing::info!("after the panic");
    });

    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0]["value"], "written");
    assert_eq!(lines[1]["event"], "panics");
    assert_eq!(lines[1]["first"], 1);
    assert_eq!(lines[1]["value"], "…");
    assert_eq!(lines[1]["last"], 2);
    assert_eq!(lines[1]["floe.warning"], "formatting a logged value panicked");
    assert_eq!(lines[2]["event"], "after the panic");
}

/// OpenTelemetry logs this warning while its `Context` is borrowed.
#[test]
fn unbounded_context_depth_is_a_warning() {
    let lines = all(|| {
        let mut attached: Vec<_> = (0..66_000).map(|_| Context::new().attach()).collect();
        while attached.pop().is_some() {}
    });

    let warned = lines.iter().any(|line| line["target"] == "opentelemetry");
    assert!(warned, "{lines:?}");
}

#[test]
fn an_event_without_a_message_has_the_name_that_the_code_gives_it() {
    let line = one(|| tracing::info!(rows = 1));
    assert_eq!(line["event"], "");
    let line = one(|| tracing::info!(name: "rows.loaded", rows = 1));
    assert_eq!(line["event"], "rows.loaded");
}

#[test]
fn a_layer_of_the_program_gets_redacted_lines_with_ids() {
    let written = Written::default();
    let lines = |is_json: bool, in_span: bool| {
        let writer = logs::safe_writer(written.writer());
        let fmt = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
        let layer = if is_json { fmt.json().boxed() } else { fmt.boxed() };
        let _remote = in_span.then(|| Context::new().with_remote_span_context(remote()).attach());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!(password = "hunter2XyZ", rows = 5, "logged in");
        });

        written.take()
    };

    let line: Value = serde_json::from_str(&lines(true, true)).unwrap();
    assert_eq!(line["fields"]["password"], "<REDACTED>");
    assert_eq!((&line["fields"]["rows"], &line["level"]), (&json!(5), &json!("INFO")));
    assert_eq!(line["trace_id"], "5f1d06f1e4a0bd2f2a0c9f6f0cd0a3a5");
    assert_eq!(line["span_id"], "0000000000000007");
    let line: Value = serde_json::from_str(&lines(true, false)).unwrap();
    assert_eq!((&line["fields"]["password"], line.get("trace_id")), (&json!("<REDACTED>"), None));

    let line = lines(false, true);
    let ids = " trace_id=5f1d06f1e4a0bd2f2a0c9f6f0cd0a3a5 span_id=0000000000000007\n";
    assert!(line.ends_with(ids), "{line}");
    assert!(line.contains("logged in"), "{line}");
    assert!(line.contains("rows=5"), "{line}");
    assert!(!line.contains("hunter2XyZ"), "{line}");
    assert_eq!(line.lines().count(), 1);
}
