//! Starts threads that are in spans in different ways, until standard input ends. For each thread, prints a line with
//! what a reader from outside, such as `check.py`, should find.
//!
//! The usage is `process-context every_span|boundaries`. With `fork`, the process is a fork of one that has published;
//! with `many`, there are 100,000 more tasks; with `waits`, the threads wait in system calls that the kernel does not
//! restart; with `changes`, the spans of a thread change all the time.

#![expect(clippy::print_stdout, reason = "the test reads the output")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::{Arc, Barrier, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use floe_telemetry::config::ContextMode;
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::opentelemetry::Context;
use floe_telemetry::opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use floe_telemetry::{
    FutureExt, TelemetryProvider, Tracer, create_span, get_current_span, in_current_span, span,
    traced,
};
use rustix::event::epoll;
use serde_json::{Value, json};

static TRACER: Tracer = floe_telemetry::tracer!("http");

/// The threads wait until this flag is set.
static END: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

fn locked() -> MutexGuard<'static, bool> {
    END.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints what a reader should find on this thread, and waits until the end. `code` consists of the name of the current
/// span, the function, the file and the line.
fn found_here(name: &str, code: &Value) {
    expect(name, &current(code));
}

fn current(code: &Value) -> Value {
    let span = get_current_span().span_context();
    let ids = span.is_valid().then(|| {
        json!({
            "trace_id": span.trace_id().to_string(),
            "span_id": span.span_id().to_string(),
            "flags": span.trace_flags().to_u8(),
            "code": code,
        })
    });
    ids.unwrap_or(Value::Null)
}

/// Returns the expected `code` of a span from a builder. The name is known only if the span is recorded.
fn built(name: &str) -> Value {
    let is_sampled = get_current_span().span_context().is_sampled();
    json!([is_sampled.then_some(name), null, null, null])
}

fn expect(name: &str, found: &Value) {
    print(name, found);
    let mut ended = locked();
    while !*ended {
        ended = END.1.wait(ended).unwrap_or_else(PoisonError::into_inner);
    }
}

fn print(name: &str, found: &Value) {
    // The system's id of this thread.
    let thread = std::fs::read_link("/proc/thread-self")
        .ok()
        .and_then(|path| path.file_name()?.to_str()?.parse::<u64>().ok());
    println!("{}", json!({ "name": name, "thread": thread, "found": found }));
}

/// The other ends of the sockets that threads wait for.
static SOCKETS: Mutex<Vec<UnixStream>> = Mutex::new(Vec::new());

/// Returns a socket whose other end stays open until the program ends. It has a timeout, because the kernel does not
/// restart a call with a timeout after a signal.
fn socket() -> UnixStream {
    let (own, other) = UnixStream::pair().expect("the system has sockets");
    own.set_read_timeout(Some(Duration::from_secs(600))).expect("a valid timeout");
    SOCKETS.lock().unwrap_or_else(PoisonError::into_inner).push(other);
    own
}

#[traced]
fn receives(name: &str) {
    let mut socket = socket();
    print(name, &Value::Null);
    assert_eq!(socket.read(&mut [0]).expect("nothing interrupts the wait"), 0);
}

#[traced]
fn polls(name: &str) {
    let socket = socket();
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("the system has epoll");
    let data = epoll::EventData::new_u64(0);
    epoll::add(&epoll, &socket, data, epoll::EventFlags::IN).expect("a socket can be added");
    print(name, &Value::Null);
    let mut room = [MaybeUninit::uninit()];
    let (events, _) = epoll::wait(&epoll, &mut room, None).expect("nothing interrupts the wait");
    assert_eq!(events.len(), 1);
}

/// Returns the expected `code` of an annotated function, whose attribute is `above` lines above this call.
macro_rules! code {
    ($function:literal, $above:literal) => {
        json!([$function, concat!("process_context::", $function), file!(), line!() - $above])
    };
}

#[traced]
fn inner(name: &str) {
    found_here(name, &code!("inner", 1));
}

#[traced]
fn outer(name: &str) {
    inner(name);
}

#[traced]
fn short() {}

#[traced]
fn around(name: &str) {
    short();
    found_here(name, &code!("around", 2));
}

#[traced]
async fn request(name: &str) {
    tokio::task::yield_now().await;
    within(name).await;
}

#[traced]
async fn within(name: &str) {
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    found_here(name, &code!("within", 3));
}

#[traced(parent = headers)]
fn unsampled(headers: &HashMap<String, String>, name: &str) {
    found_here(name, &code!("unsampled", 1));
}

#[traced(parent = headers)]
fn below_unsampled(headers: &HashMap<String, String>, name: &str) {
    around(name);
}

/// The memory of the span of `pause` is used again for that of `within`.
#[traced(parent = headers)]
async fn async_below_unsampled(headers: &HashMap<String, String>, name: &str) {
    pause().await;
    within(name).await;
}

#[traced]
async fn pause() {
    tokio::task::yield_now().await;
}

#[traced(parent = headers)]
async fn async_unsampled(headers: &HashMap<String, String>, name: &str) {
    tokio::task::yield_now().await;
    found_here(name, &code!("async_unsampled", 2));
}

#[traced]
fn recursive(depth: usize, name: &str) {
    if depth > 0 {
        return recursive(depth - 1, name);
    }
    expect(name, &Value::Null);
}

#[traced]
fn shallow_after_deep(name: &str) {
    deep(100);
    found_here(name, &code!("shallow_after_deep", 2));
}

#[traced]
fn deep(depth: usize) {
    if depth > 0 {
        deep(depth - 1);
    }
}

#[traced]
fn panics() {
    panic!("on purpose");
}

#[traced]
fn after_panic(name: &str) {
    let caught = std::panic::catch_unwind(panics);
    assert!(caught.is_err());
    found_here(name, &code!("after_panic", 3));
}

/// Attaches an unpublished context, as another library would. `in_current_span` publishes only the context's ids.
#[traced]
fn in_another_context(other: SpanContext, name: &str) {
    let _attached = Context::new().with_remote_span_context(other).attach();
    in_current_span(|| found_here(name, &json!([null, null, null, null])))();
}

#[traced]
fn changes(name: &str) {
    print(name, &current(&code!("changes", 1)));
    while !*locked() {
        short();
        deep(0);
    }
}

fn span_context(span: u64) -> SpanContext {
    let trace = TraceId::from(1);
    let span = SpanId::from(span);
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE)
}

#[traced(name = "long")]
fn with_a_name_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_(
    name: &str,
) {
    found_here(name, &json!(["long", null, file!(), line!() - 3]));
}

use with_a_name_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_that_is_too_long_ as long_name;

fn block_on(future: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime of one thread starts").block_on(future);
}

type Way = fn(&'static str);

#[expect(clippy::too_many_lines, reason = "a list of ways")]
fn ways() -> Vec<(&'static str, Way)> {
    vec![
        ("no span", |name| expect(name, &Value::Null)),
        ("nested", outer),
        ("the inner one has returned", around),
        ("after a span", |name| {
            short();
            expect(name, &Value::Null);
        }),
        ("async", |name| block_on(request(name))),
        ("between two polls", |name| {
            let mut future = Box::pin(request("never"));
            let mut task = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(future.as_mut().poll(&mut task).is_pending());
            expect(name, &Value::Null);
        }),
        ("a task", |name| {
            block_on(async move {
                let _ = tokio::spawn(request(name)).await;
            });
        }),
        ("unsampled", |name| unsampled(&not_sampled(), name)),
        ("below unsampled", |name| {
            below_unsampled(&not_sampled(), name);
        }),
        ("async below unsampled", |name| {
            let headers = not_sampled();
            block_on(async_below_unsampled(&headers, name));
        }),
        ("async unsampled", |name| {
            let headers = not_sampled();
            block_on(async_unsampled(&headers, name));
        }),
        ("a builder", |name| {
            let _span = create_span("builder");
            found_here(name, &built("builder"));
        }),
        ("guards in any order", |name| {
            let first = create_span("first");
            let _second = create_span("second");
            drop(first);
            found_here(name, &built("second"));
        }),
        ("a span of tracing", |name| {
            let _span = tracing::info_span!("with_tracing").entered();
            found_here(name, &json!(["with_tracing", null, file!(), line!() - 1]));
        }),
        ("below a span of tracing", |name| {
            let _span = tracing::info_span!("with_tracing").entered();
            around(name);
        }),
        ("a closure", |name| {
            let _span = create_span("builder");
            let found = in_current_span(move || found_here(name, &built("builder")));
            let _ = thread::spawn(found).join();
        }),
        ("a future in the current span", |name| {
            let _span = create_span("builder");
            let found = async move { found_here(name, &built("builder")) };
            block_on(found.in_current_span());
        }),
        ("a future of a builder", |name| {
            let found = async move { found_here(name, &built("builder")) };
            block_on(found.in_span(span("builder")));
        }),
        ("a detached span", |name| {
            let mut detached = TRACER.open(Context::new(), |_| {});
            detached.run(|| found_here(name, &json!([null, null, null, null])));
        }),
        ("a guard that is forgotten", |name| {
            std::mem::forget(create_span("builder"));
            found_here(name, &built("builder"));
        }),
        ("a span of tracing on another thread", |name| {
            let span = tracing::info_span!("with_tracing").entered();
            let line = line!() - 1;
            let clone = (*span).clone();
            let other = thread::spawn(move || {
                let _span = clone.entered();
                found_here(name, &json!(["with_tracing", null, file!(), line]));
            });
            let _ = other.join();
        }),
        ("a context of OpenTelemetry", |name| {
            in_another_context(span_context(2), name);
        }),
        ("a context with one id", |name| {
            in_another_context(span_context(0), name);
        }),
        ("deep", |name| recursive(100, name)),
        ("after deep ones", shallow_after_deep),
        ("after a panic", after_panic),
        ("a name that is too long", long_name),
    ]
}

fn not_sampled() -> HashMap<String, String> {
    let parent = "00-0102030405060708090a0b0c0d0e0f10-1112131415161718-00";
    HashMap::from([("traceparent".to_owned(), parent.to_owned())])
}

/// Returns tasks that were polled once and wait for their next poll.
fn waiting(count: usize) -> Vec<Pin<Box<dyn Future<Output = ()>>>> {
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    let tasks = (0..count).map(|_| {
        let mut future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(request("never"));
        assert!(future.as_mut().poll(&mut task).is_pending());
        future
    });
    tasks.collect()
}

fn start(context: ContextMode) -> Result<TelemetryProvider, Box<dyn std::error::Error>> {
    let telemetry = floe_telemetry::builder()
        .with_span_exporter(MemoryExporter::new())
        .configure(|config| config.context = context)
        .init()?;
    telemetry.publish_context()?;
    Ok(telemetry)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let context = if has("boundaries") { ContextMode::Boundaries } else { ContextMode::EverySpan };
    let mut telemetry = start(context)?;
    if has("fork") {
        #[expect(unsafe_code, reason = "the standard library does not fork")]
        // SAFETY: the parent only waits for the child.
        let child = unsafe { libc::fork() };
        if child != 0 {
            let mut status = 0;
            #[expect(unsafe_code, reason = "the child of `fork`")]
            // SAFETY: `status` is valid.
            unsafe {
                libc::waitpid(child, &raw mut status, 0);
            }
            return Ok(());
        }
        println!("{}", json!({ "process": std::process::id(), "published": false }));
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        telemetry = start(context)?;
    }
    let _waiting = has("many").then(|| waiting(100_000));
    // A thread that ends leaves its records to threads that start later.
    let _ = thread::spawn(short).join();
    let ways = if has("waits") {
        vec![("recv", receives as Way), ("epoll_wait", polls)]
    } else if has("changes") {
        vec![("changes", changes as Way)]
    } else {
        ways()
    };
    let count = ways.len();
    let begun = Arc::new(Barrier::new(count + 1));
    let threads: Vec<_> = ways
        .into_iter()
        .map(|(name, way)| {
            let begun = Arc::clone(&begun);
            thread::spawn(move || {
                begun.wait();
                way(name);
            })
        })
        .collect();
    begun.wait();
    println!("{}", json!({ "process": std::process::id(), "published": true, "threads": count }));
    io::stdout().flush()?;
    let mut rest = String::new();
    io::stdin().read_to_string(&mut rest)?;
    SOCKETS.lock().unwrap_or_else(PoisonError::into_inner).clear();
    *locked() = true;
    END.1.notify_all();
    for thread in threads {
        thread.join().map_err(|_| "a thread has panicked")?;
    }
    telemetry.shutdown(Duration::from_secs(5))?;
    Ok(())
}
