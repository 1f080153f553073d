//! The outcome of a call, for every kind of return value.

use std::any::Any;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, resume_unwind};
use std::task::Poll;
use std::thread;

use floe_telemetry::{testing, traced};
use futures_executor::block_on;
use http::{HeaderMap, Response, StatusCode};
use opentelemetry::trace::Status;

const SECRET: &str = "postgresql://floe:hunter2@db.internal/x?password=hunter2";

#[derive(Debug, thiserror::Error)]
#[error("cannot load from {SECRET}")]
struct Outer(#[source] Inner);

#[derive(Debug, thiserror::Error)]
#[error("token=hunter2 refused")]
struct Inner;

#[traced]
fn chained() -> Result<(), Outer> {
    Err(Outer(Inner))
}

#[test]
fn an_error_is_recorded_with_its_chain_and_without_its_secrets() {
    let spans = testing::capture(|| assert!(chained().is_err()));
    let message = "cannot load from postgresql://<REDACTED>@db.internal/x?password=<REDACTED>: token=<REDACTED> refused";
    let span = spans
        .single("chained")
        .assert_error(message)
        .assert_attribute("error.type", "it::outcome::Outer")
        .assert_attribute("exception.type", "it::outcome::Outer")
        .assert_attribute("exception.message", message)
        .assert_event("exception");
    let event = &span.events()[0];
    let keys: Vec<_> = event.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!(keys, ["exception.type", "exception.message", "exception.stacktrace"]);
    assert_eq!(
        event.attributes[2].value.as_str(),
        "0: cannot load from postgresql://<REDACTED>@db.internal/x?password=<REDACTED>\n1: token=<REDACTED> refused",
    );

    assert!(!format!("{:?}", span.data()).contains("hunter2"));
}

type Alias<T> = Result<T, String>;

struct Silent;
#[derive(Debug)]
#[expect(dead_code, reason = "read by `Debug`")]
struct DebugOnly(u8);

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Borrowing<'a>(&'a str);

#[traced]
fn alias() -> Alias<()> {
    Err("alias failed".to_owned())
}
#[traced]
fn silent() -> Result<(), Silent> {
    Err(Silent)
}
#[traced]
fn debug_only() -> Result<(), DebugOnly> {
    Err(DebugOnly(7))
}
#[traced]
fn borrowing(text: &str) -> Result<(), Borrowing<'_>> {
    Err(Borrowing(text))
}
#[traced]
fn boxed() -> Result<(), Box<dyn Error + Send + Sync>> {
    Err("boxed failed")?
}
#[traced]
fn boxed_local() -> Result<(), Box<dyn Error>> {
    Err("boxed failed")?
}
#[traced]
fn any() -> anyhow::Result<()> {
    Err(anyhow::Error::new(Inner).context("while loading").context("while running"))
}
#[traced]
fn generic<E>(error: E) -> Result<(), E> {
    Err(error)
}
#[traced]
fn unit() -> Result<(), ()> {
    Err(())
}
#[traced]
fn joined() -> thread::Result<()> {
    thread::spawn(|| panic!("joined {SECRET}")).join()
}
#[traced]
fn opaque() -> Result<impl Iterator<Item = u8>, String> {
    if thread::panicking() { Ok(0..3) } else { Err("opaque failed".to_owned()) }
}
#[traced]
fn payload() -> Result<(), Box<dyn Any + Send>> {
    Err(Box::new(7))
}

#[test]
fn the_error_may_be_of_any_type() {
    let spans = testing::capture(|| {
        let _ = alias();
        let _ = silent();
        let _ = debug_only();
        let _ = borrowing("borrowed");
        let _ = boxed();
        let _ = boxed_local();
        let _ = any();
        let _ = generic("generic");
        let _ = unit();
        let _ = joined();
        let _ = opaque();
        let _ = payload();
    });
    for (name, message) in [
        ("alias", "alias failed"),
        ("silent", "it::outcome::Silent"),
        ("debug_only", "DebugOnly(7)"),
        ("borrowing", "borrowed"),
        ("boxed", "boxed failed"),
        ("boxed_local", "boxed failed"),
        ("any", "while running: while loading: token=<REDACTED> refused"),
        // Without a bound only the type name of `E` is available.
        ("generic", "&str"),
        ("unit", "()"),
        ("joined", "joined postgresql://<REDACTED>@db.internal/x?password=<REDACTED>"),
        ("opaque", "opaque failed"),
        ("payload", "a value that is not text"),
    ] {
        spans.single(name).assert_error(message);
    }
    spans.single("alias").assert_attribute("error.type", "alloc::string::String");
    spans.single("joined").assert_attribute("exception.type", "panic");
}

mod custom {
    pub(super) enum Result {
        Err(u8),
    }
}

#[traced]
fn no_result() -> custom::Result {
    custom::Result::Err(3)
}
#[traced]
fn infallible() -> Result<(), Infallible> {
    Ok(())
}
#[traced]
fn by_reference(result: &Result<u8, String>) -> &Result<u8, String> {
    result
}
#[traced]
fn nested() -> Result<Option<Result<u8, String>>, String> {
    Ok(Some(Err("inner".to_owned())))
}
#[traced]
async fn nested_later() -> Result<Option<Result<u8, String>>, String> {
    Ok(Some(Err("inner".to_owned())))
}
#[traced]
fn text() -> String {
    "Err".to_owned()
}
#[traced]
fn polled() -> Poll<Result<u8, String>> {
    Poll::Ready(Err("in a poll".to_owned()))
}
#[traced]
async fn flow() -> ControlFlow<u8> {
    ControlFlow::Break(1)
}

#[test]
fn a_value_that_only_looks_like_an_error_is_none() {
    let spans = testing::capture(|| {
        let custom::Result::Err(n) = no_result();
        assert_eq!(n, 3);
        infallible().unwrap();
        assert!(by_reference(&Err(String::new())).is_err());
        assert!(nested().is_ok());
        assert!(block_on(nested_later()).is_ok());
        assert_eq!(text(), "Err");
        assert!(polled().is_ready());
        assert!(block_on(flow()).is_break());
    });

    assert_eq!(spans.len(), 8);
    for span in spans.iter() {
        span.assert_ok();
    }
}

#[traced]
fn panics() {
    panic!("lost {SECRET}");
}

#[test]
fn a_panic_is_recorded_and_resumed() {
    let spans = testing::capture(|| {
        let payload = catch_unwind(panics).unwrap_err();
        assert_eq!(payload.downcast_ref::<String>().unwrap(), &format!("lost {SECRET}"));
    });
    spans
        .single("panics")
        .assert_error("lost postgresql://<REDACTED>@db.internal/x?password=<REDACTED>")
        .assert_attribute("exception.type", "panic")
        .assert_event("exception");
}

#[traced]
fn resumes(panic: fn()) {
    let payload = thread::spawn(panic).join().unwrap_err();
    resume_unwind(payload);
}

#[traced(error_if = |text: &Result<u8, String>| 7 / text.as_ref().unwrap() < 7)]
fn judged(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| "no number".to_owned())
}

#[test]
fn a_panic_in_error_if_is_recorded_and_the_outcome_counts() {
    let spans = testing::capture(|| {
        assert!(judged("x").is_err());
        assert!(judged("2").is_ok());
        assert!(judged("0").is_ok());
    });

    let [failed, refused, undecided] = [0, 1, 2].map(|at| spans.named("judged").nth(at).unwrap());
    let warning = "error_if panicked: called `Result::unwrap()` on an `Err` value: \"no number\"";
    failed.assert_error("no number").assert_attribute("floe.warning", warning);
    refused.assert_error("refused by `error_if`").assert_no_attribute("floe.warning");
    let warning = "error_if panicked: attempt to divide by zero";
    undecided.assert_ok().assert_attribute("floe.warning", warning);
}

/// The panic hook, which provides the message of a panic, has run on another thread. Therefore there is no message.
#[test]
fn a_panic_that_another_thread_started_has_no_message_of_an_earlier_one() {
    let spans = testing::capture(|| {
        let _ = catch_unwind(panics);
        let _ = catch_unwind(|| resumes(|| panic!("elsewhere")));
        let _ = catch_unwind(|| std::panic::panic_any(7));
    });
    spans
        .single("resumes")
        .assert_error("the thread is panicking")
        .assert_attribute("exception.type", "panic");
}

#[test]
fn a_huge_message_is_cut() {
    #[traced]
    fn huge() -> Result<(), String> {
        Err("ä".repeat(1_000_000))
    }

    let spans = testing::capture(|| assert_eq!(huge().unwrap_err().chars().count(), 1_000_000));
    let cut = |chars: usize| "ä".repeat(chars) + "…";
    // The cut text has no other word. Otherwise its last word would be left out, because it may be a part of a secret.
    let recorded = cut((16 - 4) * 1024 / 2);
    spans.single("huge").assert_error(&cut(499)).assert_attribute("exception.message", recorded);
}

#[test]
fn a_long_message_is_complete_where_the_limits_allow_it() {
    #[traced]
    fn long() -> Result<(), String> {
        Err("word ".repeat(300))
    }

    let spans = testing::capture(|| assert!(long().is_err()));
    let message = "word ".repeat(300);
    let span = spans.single("long");
    span.assert_error(&format!("{}…", &message[..499]))
        .assert_attribute("exception.message", &*message);
    let event = &span.assert_event("exception").events()[0];
    let of_event = |key: &str| {
        let found = event.attributes.iter().find(|own| own.key.as_str() == key);
        found.map(|own| own.value.as_str().into_owned())
    };

    assert_eq!(of_event("exception.message"), Some(message));
}

#[derive(Debug)]
struct Load<E>(E);

impl<E> fmt::Display for Load<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot load")
    }
}

impl<E: Error + 'static> Error for Load<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[traced]
fn around<E: Error>(error: E) -> Result<(), Load<E>> {
    Err(Load(error))
}

#[traced]
fn around_static<E>(error: E) -> Result<(), Load<E>>
where
    E: Error + 'static,
{
    Err(Load(error))
}

/// `Error` is implemented only for a `'static` parameter, but method lookup does not take the lifetime into account.
#[test]
fn a_generic_error_is_recorded_as_far_as_its_bounds_allow() {
    let error = || "x".parse::<u8>().unwrap_err();
    let spans = testing::capture(|| {
        let _ = around(error());
        let _ = around_static(error());
    });

    spans.single("around").assert_error("cannot load");
    let text = "cannot load: invalid digit found in string";
    spans.single("around_static").assert_error(text);
}

#[traced]
fn answer(status: StatusCode) -> Result<(), StatusCode> {
    Err(status)
}

#[traced]
async fn respond(status: StatusCode) -> Result<(), Response<Vec<u8>>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    Err(response)
}

#[traced(kind = client)]
fn ask(status: StatusCode) -> Result<(), StatusCode> {
    Err(status)
}

#[traced]
fn explain(status: StatusCode) -> Result<(), (StatusCode, String)> {
    Err((status, "no order".to_owned()))
}

#[traced(error_if = |_| true)]
fn strict(status: StatusCode) -> Result<(), StatusCode> {
    Err(status)
}

/// The status of HTTP follows <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status>.
#[test]
fn a_status_4xx_is_an_error_of_clients_only() {
    let spans = testing::capture(|| {
        for status in [StatusCode::NOT_FOUND, StatusCode::BAD_GATEWAY] {
            _ = answer(status);
            _ = block_on(respond(status));
            _ = ask(status);
            _ = explain(status);
            _ = strict(status);
        }
    });

    for name in ["answer", "respond"] {
        let found: Vec<_> = spans.named(name).collect();
        found[0].assert_ok();
        assert_eq!(found[0].data().events.events, []);
        found[1].assert_error("502 Bad Gateway");
    }

    let found: Vec<_> = spans.named("explain").collect();
    found[0].assert_ok();
    found[1].assert_error("502 Bad Gateway: no order");
    for name in ["ask", "strict"] {
        let found: Vec<_> = spans.named(name).collect();
        found[0].assert_error("404 Not Found");
        found[1].assert_error("502 Bad Gateway");
    }
}

/// A page that has no text, like a template.
struct Page;

type Headers = [(&'static str, u8); 1];

/// A body whose text cannot be formatted.
struct Torn;

impl fmt::Debug for Torn {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("this text is not read")
    }
}

#[traced]
fn page(status: StatusCode) -> Result<(), (StatusCode, Page)> {
    Err((status, Page))
}

#[traced]
fn torn(status: StatusCode) -> Result<(), (StatusCode, Torn)> {
    Err((status, Torn))
}

#[traced]
async fn with_headers(status: StatusCode) -> Result<(), (StatusCode, HeaderMap, Page)> {
    Err((status, HeaderMap::new(), Page))
}

#[traced]
fn with_a_header(status: StatusCode) -> Result<(), (StatusCode, Headers, Torn)> {
    Err((status, [("retry-after", 7)], Torn))
}

#[traced]
fn with_more(status: StatusCode) -> Result<(), (StatusCode, Headers, Headers, Page)> {
    Err((status, [("retry-after", 7)], [("age", 1)], Page))
}

#[traced]
fn with_text(status: StatusCode) -> Result<(), (StatusCode, HeaderMap, &'static str)> {
    Err((status, HeaderMap::new(), "token=hunter2"))
}

#[traced]
fn borrowed(status: StatusCode, body: &str) -> Result<(), (StatusCode, &str)> {
    Err((status, body))
}

#[traced(kind = client, name = "page.client")]
fn page_of_client(status: StatusCode) -> Result<(), (StatusCode, Page)> {
    Err((status, Page))
}

#[traced(error_if = |_| true, name = "page.strict")]
fn strict_page(status: StatusCode) -> Result<(), (StatusCode, Page)> {
    Err((status, Page))
}

/// axum turns these tuples into responses.
#[test]
fn the_status_of_a_response_decides_whatever_its_body_is() {
    let statuses = [303, 404, 502].map(|code| StatusCode::from_u16(code).unwrap());
    let spans = testing::capture(|| {
        for status in statuses {
            _ = page(status);
            _ = torn(status);
            _ = block_on(with_headers(status));
            _ = with_a_header(status);
            _ = with_more(status);
            _ = with_text(status);
            _ = borrowed(status, "");
            _ = page_of_client(status);
            _ = strict_page(status);
        }
    });

    let of = |name| {
        let [redirect, not_found, failed] =
            spans.named(name).collect::<Vec<_>>().try_into().unwrap();
        [redirect, not_found, failed]
    };
    for name in
        ["page", "torn", "with_headers", "with_a_header", "with_more", "with_text", "borrowed"]
    {
        let [redirect, not_found, failed] = of(name);
        redirect.assert_ok();
        not_found.assert_ok();
        for span in [redirect, not_found] {
            assert_eq!(span.data().events.events, [], "{name}");
        }
        let text = match name {
            "with_text" => "502 Bad Gateway: token=<REDACTED>",
            _ => "502 Bad Gateway",
        };
        failed.assert_error(text).assert_attribute("exception.message", text);
    }

    let [redirect, not_found, failed] = of("page.client");
    redirect.assert_ok();
    not_found.assert_error("404 Not Found");
    failed.assert_error("502 Bad Gateway");
    for (span, text) in
        of("page.strict").iter().zip(["303 See Other", "404 Not Found", "502 Bad Gateway"])
    {
        span.assert_error(text);
    }
}

#[traced]
fn call(code: tonic::Code) -> Result<(), tonic::Status> {
    Err(tonic::Status::new(code, "orders"))
}

#[traced(kind = client)]
fn call_out(code: tonic::Code) -> Result<(), tonic::Status> {
    Err(tonic::Status::new(code, "orders"))
}

/// The status of gRPC follows <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>.
#[test]
fn a_status_of_grpc_is_an_error_by_its_code_and_side() {
    use tonic::Code;
    let of_server = [
        Code::Unknown,
        Code::DeadlineExceeded,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
        Code::DataLoss,
    ];
    let codes = (1..=16).map(Code::from_i32);
    let spans = testing::capture(|| {
        for code in codes.clone() {
            _ = call(code);
            _ = call_out(code);
        }
    });

    for (span, code) in spans.named("call").zip(codes) {
        if of_server.contains(&code) {
            assert!(matches!(span.data().status, Status::Error { .. }), "{code:?}");
        } else {
            span.assert_ok();
        }

        span.assert_attribute("error.type", "tonic::status::Status");
    }

    assert_eq!(spans.named("call_out").count(), 16);
    for span in spans.named("call_out") {
        assert!(matches!(span.data().status, Status::Error { .. }));
    }
}
