//! The cases of the W3C's trace-context test suite over real sockets: the headers of an incoming
//! request, and the headers of the calls that the service makes in response.
//!
//! | of the suite | here |
//! |---|---|
//! | `test_both_traceparent_and_tracestate_missing`, `test_multiple_requests_*` | [`each_call_has_its_own_span_in_one_trace`] |
//! | `test_traceparent_*` | [`a_valid_header_continues_the_trace`], [`an_invalid_header_starts_a_new_trace`] |
//! | `test_tracestate_*`, at the strict level | [`a_valid_trace_state_is_propagated`], [`the_trace_state_header_needs_its_name_and_a_trace`] |
//! | `test_propagates_random_flag` | [`known_flags_are_kept`] |
//!
//! Keys follow level 2, which has no separate rule for what follows an `@`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

type Headers = Vec<(String, String)>;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

/// The service in its own process, and a socket for the calls that it makes.
struct Harness {
    service: Child,
    address: String,
    callback: String,
    called: Receiver<Headers>,
}

impl Harness {
    fn start() -> Self {
        let mut service = Command::new(env!("CARGO_BIN_EXE_validation-service"))
            .arg("0")
            .env_remove("OTEL_SDK_DISABLED")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let stdout = service.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut address).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let callback = format!("http://{}/", listener.local_addr().unwrap());
        let (sender, called) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if sender.send(read_message(&stream).1).is_err() {
                    return;
                }
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { service, address: address.trim().to_owned(), callback, called }
    }

    /// The service must make `count` calls in response.
    fn calls(&self, headers: &[(&str, &str)], count: usize) -> Vec<Headers> {
        let call = format!(r#"{{"url":"{}","arguments":[]}}"#, self.callback);
        let body = format!("[{}]", vec![call; count].join(","));
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "POST /test HTTP/1.1\r\nhost: {}\r\n", self.address).unwrap();
        for (name, value) in headers {
            write!(stream, "{name}: {value}\r\n").unwrap();
        }
        write!(stream, "content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
            .unwrap();
        let (first_line, _) = read_message(&stream);
        assert!(first_line.contains(" 200 "), "{headers:?}: {first_line}");
        // The service responds after its last call, which was recorded before it was answered.
        let called: Vec<_> = self.called.try_iter().collect();
        assert_eq!(called.len(), count, "{headers:?}");
        called
    }

    /// The trace context of one call.
    fn context(&self, headers: &[(&str, &str)]) -> Context {
        Context::of(&self.calls(headers, 1)[0])
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        drop(self.service.stdin.take());
        let _ = self.service.wait();
    }
}

/// The first line and the headers; the body is read and discarded.
fn read_message(stream: &TcpStream) -> (String, Headers) {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let headers: Headers = lines[1..]
        .iter()
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        })
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    reader.read_exact(&mut vec![0; length]).unwrap();
    (lines.remove(0), headers)
}

#[derive(Debug)]
struct Context {
    trace_id: String,
    parent_id: String,
    flags: String,
    state: Option<String>,
}

impl Context {
    /// Every call must have one valid `traceparent`, and at most one `tracestate`.
    fn of(headers: &Headers) -> Self {
        let named = |expected: &str| -> Vec<String> {
            let named = headers.iter().filter(|(name, _)| name == expected);
            named.map(|(_, value)| value.clone()).collect()
        };
        let (parents, mut states) = (named("traceparent"), named("tracestate"));
        assert_eq!(parents.len(), 1, "{headers:?}");
        assert!(states.len() <= 1, "{headers:?}");
        let parts: Vec<_> = parents[0].split('-').map(str::to_owned).collect();
        let [version, trace_id, parent_id, flags] = &parts[..] else {
            panic!("{headers:?}");
        };
        for (part, digits) in [(version, 2), (trace_id, 32), (parent_id, 16), (flags, 2)] {
            assert_eq!(part.len(), digits, "{headers:?}");
            assert!(part.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')));
        }
        assert!(version == "00" && trace_id.contains(|c| c != '0'));
        assert!(parent_id.contains(|c| c != '0'));
        Self {
            trace_id: trace_id.clone(),
            parent_id: parent_id.clone(),
            flags: flags.clone(),
            state: states.pop(),
        }
    }
}

fn valid() -> String {
    format!("00-{TRACE}-{PARENT}-01")
}

#[test]
fn a_valid_header_continues_the_trace() {
    let harness = Harness::start();
    let valid = valid();
    for (name, value) in [
        ("traceparent", &*valid),
        ("Traceparent", &valid),
        ("TRACEPARENT", &valid),
        ("tRaCePaReNt", &valid),
        ("traceparent", &format!(" {valid}")),
        ("traceparent", &format!("\t{valid}")),
        ("traceparent", &format!("{valid} ")),
        ("traceparent", &format!("{valid}\t")),
        ("traceparent", &format!(" \t{valid}\t ")),
        ("traceparent", &format!("cc-{TRACE}-{PARENT}-01")),
        ("traceparent", &format!("01-{TRACE}-{PARENT}-01-")),
        ("traceparent", &format!("fe-{TRACE}-{PARENT}-01-and-what-comes-then")),
        ("traceparent", &format!("00-{TRACE}-{PARENT}-ff")),
    ] {
        let context = harness.context(&[(name, value)]);
        assert_eq!(context.trace_id, TRACE, "{name}: {value}");
        assert_ne!(context.parent_id, PARENT, "{name}: {value}");
    }
}

#[test]
fn an_invalid_header_starts_a_new_trace() {
    let harness = Harness::start();
    let valid = valid();
    for (name, value) in [
        // Other header names.
        ("trace-parent", &*valid),
        ("trace.parent", &valid),
        // Invalid versions, and fields that version 00 does not have.
        ("traceparent", &format!("ff-{TRACE}-{PARENT}-01")),
        ("traceparent", &format!(".0-{TRACE}-{PARENT}-01")),
        ("traceparent", &format!("0.-{TRACE}-{PARENT}-01")),
        ("traceparent", &format!("+0-{TRACE}-{PARENT}-01")),
        ("traceparent", &format!("0-{TRACE}-{PARENT}-01")),
        ("traceparent", &format!("000-{TRACE}-{PARENT}-01")),
        ("traceparent", &format!("0000-{TRACE}-{PARENT}-01")),
        ("traceparent", &format!("{valid}.")),
        ("traceparent", &format!("{valid}-")),
        ("traceparent", &format!("{valid}-more")),
        ("traceparent", &format!("cc-{TRACE}-{PARENT}-01.more")),
        // Ids that are too short, too long, zero, or have invalid characters.
        ("traceparent", &format!("00-{}-{PARENT}-01", &TRACE[1..])),
        ("traceparent", &format!("00-{TRACE}0-{PARENT}-01")),
        ("traceparent", &format!("00-.{}-{PARENT}-01", &TRACE[1..])),
        ("traceparent", &format!("00-{}.-{PARENT}-01", &TRACE[1..])),
        ("traceparent", &format!("00-{}-{PARENT}-01", TRACE.to_uppercase())),
        ("traceparent", &format!("00-{}-{PARENT}-01", "0".repeat(32))),
        ("traceparent", &format!("00-{TRACE}-{}-01", &PARENT[1..])),
        ("traceparent", &format!("00-{TRACE}-{PARENT}1-01")),
        ("traceparent", &format!("00-{TRACE}-.{}-01", &PARENT[1..])),
        ("traceparent", &format!("00-{TRACE}-{}.-01", &PARENT[1..])),
        ("traceparent", &format!("00-{TRACE}-{}-01", "0".repeat(16))),
        // Invalid flags.
        ("traceparent", &format!("00-{TRACE}-{PARENT}-.1")),
        ("traceparent", &format!("00-{TRACE}-{PARENT}-0.")),
        ("traceparent", &format!("00-{TRACE}-{PARENT}-1")),
        ("traceparent", &format!("00-{TRACE}-{PARENT}-001")),
        ("traceparent", &format!("00-{TRACE}-{PARENT}-0A")),
        ("traceparent", ""),
    ] {
        let context = harness.context(&[(name, value)]);
        assert_ne!(context.trace_id, TRACE, "{name}: {value}");
        assert_eq!(context.flags, "03", "a new trace is sampled, and its id is random");
    }
    // Two headers contradict each other.
    let other = format!("00-{}-{PARENT}-01", "d".repeat(32));
    let context = harness.context(&[("traceparent", &valid), ("traceparent", &other)]);
    assert!(context.trace_id != TRACE && context.trace_id != "d".repeat(32));
}

fn trace_state(harness: &Harness, states: &[&str]) -> Option<String> {
    let parent = format!("00-{TRACE}-{PARENT}-00");
    let mut headers = vec![("traceparent", &*parent)];
    headers.extend(states.iter().map(|state| ("TraceState", *state)));
    let context = harness.context(&headers);
    assert_eq!(context.trace_id, TRACE, "no trace state spoils the trace");
    context.state
}

fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("k{n}={n}")).collect()
}

#[track_caller]
fn assert_propagated(harness: &Harness, cases: &[(&[&str], &str)]) {
    for (states, expected) in cases {
        let state = trace_state(harness, states);
        assert_eq!(state.as_deref(), Some(*expected), "{states:?}");
    }
}

/// A key may contain `@` anywhere but at its beginning, which OpenTelemetry's type does not allow.
fn with_an_at_sign(harness: &Harness) {
    assert_propagated(
        harness,
        &[
            (
                &["one=1", &format!("{}@{}=1", "t".repeat(241), "v".repeat(14))],
                &format!("one=1,{}@{}=1", "t".repeat(241), "v".repeat(14)),
            ),
            (
                &["one=1", &format!("{}@v=1", "t".repeat(242))],
                &format!("one=1,{}@v=1", "t".repeat(242)),
            ),
            (&["one=1", &format!("t@{}=1", "v".repeat(15))], "one=1,t@vvvvvvvvvvvvvvv=1"),
            (&["one@=1,two=2"], "one@=1,two=2"),
            (&["one@@a=1,two=2"], "one@@a=1,two=2"),
            (&["one@a@b=1,two=2"], "one@a@b=1,two=2"),
        ],
    );
}

/// A duplicate key is not valid to send, but a service does not change what others sent.
fn with_duplicate_keys(harness: &Harness) {
    assert_propagated(
        harness,
        &[
            (&["one=1,one=1"], "one=1,one=1"),
            (&["one=1,one=2"], "one=1,one=2"),
            (&["one=1", "one=1"], "one=1,one=1"),
            (&["one=1", "one=2"], "one=1,one=2"),
        ],
    );
}

/// Above 512 characters, long members are dropped first, then the last ones.
fn with_too_many_characters(harness: &Harness) {
    let [x, y] = ["x", "y"].map(|sign| sign.repeat(256));
    assert_propagated(
        harness,
        &[(&[&format!("one=1,{x}=1,two=2,{y}=1")], &format!("one=1,{x}=1,two=2"))],
    );
}

#[test]
fn a_valid_trace_state_is_propagated() {
    let harness = Harness::start();
    let key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    let value: String = (' '..='~').filter(|c| !matches!(c, ',' | '=')).collect();
    let at_most = numbered(32);
    assert_propagated(
        &harness,
        &[
            (&["one=1,two=2"], "one=1,two=2"),
            // Several headers are one list, in their order; empty members are ignored.
            (&["one=1,two=2", "three=3", "four=4"], "one=1,two=2,three=3,four=4"),
            (&["one=1", ""], "one=1"),
            (&["", "one=1"], "one=1"),
            (&["one=1,,two=2,"], "one=1,two=2"),
            (&[" one=1 \t,\t two=2\t"], "one=1,two=2"),
            (&["one=1\t \t,\t \ttwo=2"], "one=1,two=2"),
            (&[" one=1"], "one=1"),
            (&["\tone=1"], "one=1"),
            (&["one=1 "], "one=1"),
            (&["one=1\t"], "one=1"),
            (&[&format!("{key}={}", value.trim_end())], &format!("{key}={}", value.trim_end())),
            (&[&format!("{key}@a-z0-9_-*/=1")], &format!("{key}@a-z0-9_-*/=1")),
            (&[&at_most[..16].join(","), &at_most[16..].join(",")], &at_most.join(",")),
            (
                &["one=1", &format!("{}=1", "z".repeat(256))],
                &format!("one=1,{}=1", "z".repeat(256)),
            ),
            (
                &["one=1", &format!("{}@{}=1", "t".repeat(241), "v".repeat(13))],
                &format!("one=1,{}@{}=1", "t".repeat(241), "v".repeat(13)),
            ),
        ],
    );
    with_an_at_sign(&harness);
    with_duplicate_keys(&harness);
    with_too_many_characters(&harness);
}

#[test]
fn an_invalid_trace_state_is_discarded() {
    let harness = Harness::start();
    let too_many = numbered(33);
    for states in [
        &[][..],
        &[""],
        &[&too_many.join(",")],
        &["one =1,two=2"],
        &["ONE=1,two=2"],
        &["o.ne=1,two=2"],
        &["@one=1,two=2"],
        &["one=1", &format!("{}=1", "z".repeat(257))],
        &["one=1", &format!("{}@v=1", "t".repeat(255))],
        &["one=1=2,two=2"],
        &["one=,two=2"],
        &["one,two=2"],
        &[&format!("one={}", "v".repeat(257))],
    ] {
        assert_eq!(trace_state(&harness, states), None, "{states:?}");
    }
}

#[test]
fn the_trace_state_header_needs_its_name_and_a_trace() {
    let harness = Harness::start();
    let parent = format!("00-{TRACE}-{PARENT}-00");
    for (name, expected) in [
        ("tracestate", Some("one=1")),
        ("TRACESTATE", Some("one=1")),
        ("TrAcEsTaTe", Some("one=1")),
        ("trace-state", None),
        ("trace.state", None),
    ] {
        let headers = [("traceparent", &*parent), (name, "one=1")];
        assert_eq!(harness.context(&headers).state.as_deref(), expected);
    }
    // A trace state without a trace.
    assert_eq!(harness.context(&[("tracestate", "one=1")]).state, None);
}

#[test]
fn each_call_has_its_own_span_in_one_trace() {
    let harness = Harness::start();
    for (header, expected) in [
        (Some(valid()), Some(TRACE)),
        (Some(format!("00-{TRACE}-{PARENT}-00")), Some(TRACE)),
        (None, None),
        (Some(format!("00-{}-{PARENT}-01", "0".repeat(32))), None),
    ] {
        let headers: Vec<_> = header.iter().map(|value| ("traceparent", &**value)).collect();
        let contexts: Vec<_> = harness.calls(&headers, 3).iter().map(Context::of).collect();
        let first = &contexts[0];
        assert!(expected.is_none_or(|expected| first.trace_id == expected));
        assert!(contexts.iter().all(|context| context.trace_id == first.trace_id));
        let mut parents: Vec<_> = contexts.iter().map(|context| &context.parent_id).collect();
        parents.sort();
        parents.dedup();
        assert_eq!(parents.len(), 3);
    }
}

#[test]
fn known_flags_are_kept() {
    let harness = Harness::start();
    for (received, sent) in [("00", "00"), ("01", "01"), ("02", "02"), ("03", "03"), ("fd", "01")] {
        let header = format!("00-{TRACE}-{PARENT}-{received}");
        let context = harness.context(&[("traceparent", &header)]);
        assert_eq!(context.flags, sent);
        assert_eq!(context.trace_id, TRACE);
        assert_ne!(context.parent_id, PARENT, "sampled or not, a span has its own id");
    }
}
