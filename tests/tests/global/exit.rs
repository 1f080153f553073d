//! The end of a process, and forks.
#![cfg(unix)]

use std::collections::HashSet;
use std::ffi::c_int;
use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Output};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, SyncSender, sync_channel};
use std::sync::{Arc, Barrier, LazyLock, Mutex};
use std::time::{Duration, Instant};
use std::{iter, mem, thread};

use floe_telemetry::config::{ContextMode, ExporterKind, OtlpProtocol};
use floe_telemetry::{
    MetricRecorder, TelemetryConfig, TelemetryProvider, create_span, propagation, span, traced,
    tracing_layer,
};
use floe_tests::signal::{SIGHUP, SIGINT, SIGTERM, handle, reset, send_to_self, send_to_thread};
use floe_tests::{
    Program, Receiver, Response, TIMEOUT, before, in_copy, in_fork, program, remote, wait_until,
};
use opentelemetry::Context;
use tracing::{Event, Subscriber, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::lifecycle::Panicking;
use super::pipeline::{self, AtShutdown, NEVER, traces_alone, work};

fn config(endpoint: &str) -> TelemetryConfig {
    let mut config = traces_alone(OtlpProtocol::Http, endpoint);
    config.otlp.all.timeout_millis = Some(3_600_000);
    config.batch_processor.export_timeout_millis = 3_600_000;
    config
}

fn start(endpoint: &str) -> TelemetryProvider {
    pipeline::start(config(endpoint))
}

fn start_child() -> TelemetryProvider {
    let mut config = config("http://127.0.0.1:1");
    config.apply_env().unwrap();
    pipeline::start(config)
}

/// Starts a provider that a signal shuts down within the timeout.
fn start_with_signals(timeout: Duration) -> TelemetryProvider {
    let telemetry = start_child().with_shutdown_timeout(timeout);
    telemetry.shutdown_on_signals().unwrap();
    telemetry
}

fn wait_for_the_end() -> ! {
    loop {
        thread::park();
    }
}

/// The exit waits no longer than its timeout, although the receiver hangs and the subscriber is blocked.
#[test]
fn the_exit_does_not_wait_for_a_blocked_subscriber() {
    let program = program!({
        let telemetry = start_child();
        telemetry.shutdown_at_exit(Duration::from_millis(100));
        work();
        // From here on, messages of the library wait for the lock of standard output.
        tracing_subscriber::fmt().init();
        let _locked = std::io::stdout().lock();
        std::process::exit(7);
    });
    let receiver = Receiver::http();
    receiver.respond(Response::Hang);
    assert_eq!(program.ended_at(&receiver).status.code(), Some(7));
}

/// The receiver accepts the export and never answers. A busy machine decides how far the export has come.
#[test]
fn the_exit_says_what_a_silent_receiver_has_lost() {
    let program = program!({
        let telemetry = start_child();
        telemetry.shutdown_at_exit(Duration::from_secs(2));
        work();
        std::process::exit(7);
    });
    let told = "error: telemetry has ended: exported 0 of 1 spans: ";
    for receiver in [Receiver::http(), Receiver::grpc()] {
        receiver.respond(Response::Hang);
        let ended = program.ended_at(&receiver);
        assert_eq!(ended.status.code(), Some(7), "{ended:?}");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        let lost = stderr.strip_prefix(told).and_then(|lost| lost.split_once("=1; "));
        let words = ["failed", "pending", "dropped_shutdown"];
        assert!(lost.is_some_and(|(word, _)| words.contains(&word)), "{stderr}");
    }
}

/// Kills the process when one of its threads starts another one, as seccompiler does by default.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
fn forbid_threads() {
    use seccompiler::{SeccompAction, SeccompFilter};

    let calls = [libc::SYS_clone, libc::SYS_clone3].map(|call| (call, Vec::new()));
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let kill = SeccompAction::KillProcess;
    let filter = SeccompFilter::new(calls.into(), SeccompAction::Allow, kill, arch).unwrap();
    let filter: seccompiler::BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter_all_threads(&filter).unwrap();
}

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[test]
fn the_end_needs_no_thread_that_a_sandbox_forbids() {
    let program = program!({
        let _telemetry = start_with_signals(TIMEOUT);
        work();
        forbid_threads();
        match own_signal() {
            0 => std::process::exit(7),
            signal => send_to_self(signal),
        }
        wait_for_the_end()
    });
    for receiver in [Receiver::http(), Receiver::grpc()] {
        for (signal, code) in [(0, Some(7)), (SIGTERM, None)] {
            let ended = output_with_signal(&program.at(&receiver), signal, "");
            assert_eq!(ended.status.code(), code, "{ended:?}");
            assert_eq!(ended.status.signal().unwrap_or(0), signal, "{ended:?}");
            assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
        }
        assert_eq!(receiver.spans().len(), 2);
    }
}

#[alone]
fn dropping_a_provider_does_not_wait_for_a_lock_of_its_thread() {
    static OUTPUT: Mutex<()> = Mutex::new(());

    let receiver = Receiver::http();
    receiver.respond(Response::Http { status: 400, headers: Vec::new() });
    let telemetry = start(&receiver.endpoint());
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(|| {
            drop(OUTPUT.lock());
            std::io::sink()
        })
        .init();
    work();
    let _locked = OUTPUT.lock().unwrap();
    drop(telemetry);
}

#[alone]
fn the_panic_of_an_exporter_does_not_wait_for_a_flush() {
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("exit"))
        .with_span_exporter(Panicking::new(false))
        .initialize()
        .unwrap();
    telemetry.flush_on_panic(3 * TIMEOUT);
    work();
    let error = telemetry.force_flush(TIMEOUT).unwrap_err();
    assert!(error.is_export(), "{error}");
    telemetry.shutdown(TIMEOUT).unwrap();
}

#[test]
fn a_panic_that_aborts_delivers_if_it_is_chosen() {
    let program = program!({
        let telemetry = start_child();
        telemetry.flush_on_panic(TIMEOUT);
        work();
        // As with `panic = "abort"`, nothing runs after the hook.
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            hook(panic);
            std::process::abort();
        }));
        panic!("the end");
    });
    let receiver = Receiver::http();
    assert_eq!(program.ended_at(&receiver).status.code(), None);
    assert_eq!(receiver.spans().len(), 1);
}

/// Drops the provider of the parent process, and checks that this does not wait for threads of that process. Such a
/// wait would end only after 5 seconds, the timeout of this library and of OpenTelemetry's SDK.
fn drop_at_once(inherited: TelemetryProvider) {
    let start = Instant::now();
    drop(inherited);
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// Allocates, logs and records until the process ends.
fn loop_with(turns: &AtomicU32) -> ! {
    loop {
        let texts: Vec<_> = (1..50).map(|n| black_box("x".repeat(n * 20))).collect();
        tracing::info!(texts = texts.len(), "looping");
        work();
        turns.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sends a signal to one of three threads while each of them loops, and lets them loop until the process ends.
fn interrupt_a_loop(signal: c_int) -> ! {
    static TURNS: [AtomicU32; 3] = [const { AtomicU32::new(0) }; 3];

    let threads = TURNS.each_ref().map(|turns| thread::spawn(|| loop_with(turns)));
    let is_slow = |turns: &AtomicU32| turns.load(Ordering::Relaxed) < 50;
    while TURNS.iter().any(is_slow) {
        thread::yield_now();
    }

    send_to_thread(&threads[0], signal);
    wait_for_the_end()
}

/// A handler may interrupt a thread while it allocates or holds a lock of the library.
#[test]
fn a_signal_handler_may_exit() {
    extern "C" fn exits(_: c_int) {
        std::process::exit(143);
    }

    let program = program!({
        let telemetry = floe_telemetry::init().unwrap();
        telemetry.shutdown_at_exit(Duration::from_secs(1));
        handle(SIGTERM, exits);
        interrupt_a_loop(SIGTERM);
    });
    for _ in 0..3 {
        let receiver = Receiver::http();
        let ended = program.at(&receiver).env("FLOE_LOG_OUTPUT", "none").output().unwrap();
        assert_eq!(ended.status.code(), Some(143), "{ended:?}");
        let stderr = String::from_utf8_lossy(&ended.stderr);
        let is_said = stderr.contains("telemetry was not delivered at the exit");
        assert!(is_said || !receiver.spans().is_empty(), "{stderr}");
    }
}

/// The signal that a child process sends to itself.
const SIGNAL: &str = "TEST_EXIT_SIGNAL";

/// The child process sends itself `signal`. A shell in between ignores the signals `ignored`.
fn with_signal(child: &Command, signal: c_int, ignored: &str) -> ExitStatus {
    output_with_signal(child, signal, ignored).status
}

fn output_with_signal(child: &Command, signal: c_int, ignored: &str) -> Output {
    let ignore = format!("trap '' {ignored}; exec \"$0\" \"$@\"");
    let script = if ignored.is_empty() { "exec \"$0\" \"$@\"" } else { &ignore };
    Command::new("env")
        .args(["--default-signal=HUP,INT,TERM", "sh", "-c", script])
        .arg(child.get_program())
        .args(child.get_args())
        .envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env(SIGNAL, signal.to_string())
        .env("FLOE_LOG_OUTPUT", "none")
        .output()
        .unwrap()
}

fn own_signal() -> c_int {
    std::env::var(SIGNAL).unwrap().parse().unwrap()
}

/// Records a span, and sends itself the signals until the process ends.
fn end_by_signal(timeout: Duration, signals: impl IntoIterator<Item = c_int>) -> ! {
    let _telemetry = start_with_signals(timeout);
    work();
    signals.into_iter().for_each(send_to_self);
    wait_for_the_end()
}

/// The end of a session sends SIGHUP and SIGTERM, and a runner forwards a SIGINT that its group gets, too.
#[test]
fn the_signals_of_one_stop_deliver_and_end_the_process() {
    let program = program!({ end_by_signal(TIMEOUT, [own_signal(), SIGTERM]) });
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let receiver = Receiver::http();
        let ended = output_with_signal(&program.at(&receiver), signal, "");
        // Any thread may get them, in any order.
        let cause = ended.status.signal();
        assert!([Some(signal), Some(SIGTERM)].contains(&cause), "{ended:?}");
        assert_eq!(receiver.spans().len(), 1);
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    }
}

/// The variable with the moment at which a child process gets signals.
const MOMENT: &str = "TEST_EXIT_MOMENT";

#[test]
fn two_signals_lose_nothing_at_any_moment() {
    let program = program!({
        let moment = std::env::var(MOMENT).unwrap();
        let send = || [SIGTERM, SIGINT].into_iter().for_each(send_to_self);
        let starting = (moment == "start").then(|| thread::spawn(send));
        let telemetry = start_with_signals(TIMEOUT);
        work();
        thread::spawn(move || match &*moment {
            "flush" => telemetry.force_flush(TIMEOUT),
            "shutdown" => telemetry.shutdown(TIMEOUT),
            _ => {
                mem::forget(telemetry);
                Ok(())
            }
        });
        match starting {
            Some(signals) => signals.join().unwrap(),
            None => send(),
        }
        wait_for_the_end()
    });
    for moment in ["start", "flush", "shutdown", ""].repeat(4) {
        let receiver = Receiver::http();
        let mut child = program.at(&receiver);
        let ended = output_with_signal(child.env(MOMENT, moment), SIGTERM, "");
        let cause = ended.status.signal();
        assert!([Some(SIGTERM), Some(SIGINT)].contains(&cause), "{moment}: {ended:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{moment}");
        // At the start, the signals may come before the handlers or the span.
        assert!(receiver.spans().len() == 1 || moment == "start", "{moment}");
    }
}

/// The signal interrupts threads that allocate and log, and nothing that ended before it is lost.
#[test]
fn a_signal_delivers_while_all_threads_are_busy() {
    let program = program!({
        let _telemetry = start_with_signals(TIMEOUT);
        drop(create_span("before"));
        interrupt_a_loop(SIGTERM);
    });
    for _ in 0..10 {
        let receiver = Receiver::http();
        let status = with_signal(&program.at(&receiver), SIGTERM, "");
        assert_eq!(status.signal(), Some(SIGTERM), "{status}");
        assert!(receiver.spans().iter().any(|span| span.name == "before"));
    }
}

#[test]
fn another_signal_ends_the_process_at_once() {
    let program = program!({
        let _telemetry = start_with_signals(NEVER);
        work();
        send_to_self(own_signal());
        let sent = Instant::now();
        wait_until(|| sent.elapsed() > Duration::from_millis(600));
        send_to_self(own_signal());
        wait_for_the_end()
    });
    let receiver = Receiver::http();
    receiver.respond(Response::Hang);
    let ended = output_with_signal(&program.at(&receiver), SIGINT, "");
    assert_eq!(ended.status.signal(), Some(SIGINT), "{ended:?}");
    let told = "error: telemetry has ended: exported 0 of 1 spans: pending=1; another signal has ended the shutdown: ";
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.starts_with(told), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

extern "C" fn exits(_: c_int) {
    std::process::exit(5);
}

extern "C" fn raises_again(signal: c_int) {
    reset(signal);
    send_to_self(signal);
}

static IS_IN_HANDLER: AtomicBool = AtomicBool::new(false);

extern "C" fn never_ends(_: c_int) {
    println!("in the handler");
    IS_IN_HANDLER.store(true, Ordering::Release);
    loop {
        thread::yield_now();
    }
}

/// Handles a signal on a thread, as `ctrlc` does.
fn exit_on_a_thread(signal: c_int) {
    let is_set = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal, Arc::clone(&is_set)).unwrap();
    thread::spawn(move || {
        wait_until(|| is_set.load(Ordering::Acquire));
        println!("cleaned");
        std::process::exit(5);
    });
}

type Handling = (fn(c_int), Option<i32>, &'static str);

/// The handlers of a program, the code with which they end it, or `None` for the signal, and their output.
const HANDLERS: [Handling; 4] = [
    (|signal| handle(signal, exits), Some(5), ""),
    (|signal| handle(signal, raises_again), None, ""),
    (|signal| handle(signal, never_ends), None, "in the handler"),
    (exit_on_a_thread, Some(5), "cleaned"),
];

/// The receiver answers late, so a handler that did not wait for the delivery would end the process before.
#[test]
fn a_handler_that_was_there_before_ends_the_program_after_the_delivery() {
    let program = program!({
        let (prepare, ..) = HANDLERS[std::env::var(HANDLER).unwrap().parse::<usize>().unwrap()];
        let signal = own_signal();
        prepare(signal);
        let _telemetry = start_with_signals(TIMEOUT);
        work();
        let sent = Instant::now();
        thread::spawn(move || {
            while !IS_IN_HANDLER.load(Ordering::Acquire) || sent.elapsed() < Duration::from_secs(1)
            {
                thread::yield_now();
            }
            send_to_self(signal);
        });
        send_to_self(signal);
        wait_for_the_end()
    });
    for signal in [SIGTERM, SIGINT] {
        for (n, (_, code, printed)) in HANDLERS.into_iter().enumerate() {
            let receiver = Receiver::http();
            let mut child = program.at(&receiver);
            let ended = output_with_signal(child.env(HANDLER, n.to_string()), signal, "");
            let cause = code.is_none().then_some(signal);
            assert_eq!(
                (ended.status.code(), ended.status.signal()),
                (code, cause),
                "{n}: {ended:?}"
            );
            let stdout = String::from_utf8_lossy(&ended.stdout);
            assert!(stdout.contains(printed), "{n}: {ended:?}");
            assert_eq!(receiver.spans().len(), 1, "{n}: {ended:?}");
        }
    }
}

/// The variable with the number of the handler that the program has before it starts telemetry.
const HANDLER: &str = "TEST_HANDLER";

fn end_at_shutdown(call: fn()) -> TelemetryProvider {
    let telemetry = TelemetryProvider::builder(TelemetryConfig::new("exit"))
        .with_span_exporter(AtShutdown(call))
        .initialize()
        .unwrap();
    telemetry.shutdown_on_signals().unwrap();
    telemetry
}

/// A server may return from `main` as soon as its telemetry is shut down.
#[test]
fn a_signal_is_the_cause_of_the_end_although_the_program_exits_meanwhile() {
    static SHUT_DOWN: Barrier = Barrier::new(2);

    let program = program!({
        let telemetry = end_at_shutdown(|| _ = SHUT_DOWN.wait());
        send_to_self(SIGTERM);
        SHUT_DOWN.wait();
        telemetry.shutdown(TIMEOUT).unwrap();
        std::process::exit(7);
    });
    for _ in 0..20 {
        let status = with_signal(&program.command(), SIGTERM, "");
        assert_eq!(status.signal(), Some(SIGTERM), "{status}");
    }
}

/// The program has already chosen how it ends.
#[test]
fn a_signal_does_not_interrupt_an_exit() {
    static IS_HANDLED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

    let program = program!({
        let _telemetry = end_at_shutdown(|| {
            send_to_self(SIGTERM);
            // A signal that arrives after the shutdown ends the process.
            while !IS_HANDLED.load(Ordering::Acquire) {
                thread::yield_now();
            }
            println!("shut down");
        });
        // Handlers are called in the order of their registration.
        signal_hook::flag::register(SIGTERM, Arc::clone(&IS_HANDLED)).unwrap();
        std::process::exit(7);
    });
    let ended = output_with_signal(&program.command(), SIGTERM, "");
    assert_eq!(ended.status.code(), Some(7), "{ended:?}");
    assert!(String::from_utf8_lossy(&ended.stdout).contains("shut down"), "{ended:?}");
}

/// The kernel ignores a signal that the first process of a container does not handle, also one that it sends itself.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_delivers_and_ends_the_first_process_of_a_container() {
    let program = program!({ end_by_signal(TIMEOUT, iter::once(own_signal())) });
    let container = ["unshare", "--user", "--map-root-user", "--pid", "--fork"];
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        let receiver = Receiver::http();
        let status = with_signal(&before(&container, &program.at(&receiver)), signal, "");
        let hint = "needs `unshare`, and a kernel that lets users create namespaces";
        assert_eq!(status.code(), Some(128 + signal), "{status}: {hint}");
        assert_eq!(receiver.spans().len(), 1);
    }
}

/// The work that the end interrupts is no loss.
#[test]
fn the_stop_of_a_busy_program_is_without_an_error() {
    static SHUTTING_DOWN: Barrier = Barrier::new(2);

    let program = program!({
        let _telemetry = end_at_shutdown(|| {
            SHUTTING_DOWN.wait();
            SHUTTING_DOWN.wait();
        });
        let late = create_span("late");
        let signal = own_signal();
        let _interrupted = (signal > 0).then(|| create_span("interrupted"));
        let _exits = match signal {
            0 => Some(thread::spawn(|| std::process::exit(0))),
            signal => {
                send_to_self(signal);
                None
            }
        };
        SHUTTING_DOWN.wait();
        drop(late);
        drop(create_span("after"));
        SHUTTING_DOWN.wait();
        wait_for_the_end()
    });
    for signal in [SIGTERM, 0] {
        let ended = output_with_signal(&program.command(), signal, "");
        assert_eq!(ended.status.signal().unwrap_or(0), signal, "{ended:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    }
}

#[test]
fn a_signal_that_the_parent_ignores_stays_ignored() {
    // The first signal would be the cause of the end.
    let program = program!({ end_by_signal(TIMEOUT, [own_signal(), SIGTERM]) });
    let receiver = Receiver::http();
    let status = with_signal(&program.at(&receiver), SIGHUP, "HUP");
    assert_eq!(status.signal(), Some(SIGTERM), "{status}");
    assert_eq!(receiver.spans().len(), 1);
}

/// Asserts that a program succeeds and delivers one span.
fn assert_delivers(program: &Program) {
    let receiver = Receiver::http();
    let ended = program.ended_at(&receiver);
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(receiver.spans().len(), 1);
}

/// A signal of the fork neither reaches the parent nor waits for a thread that does not exist.
#[test]
fn a_signal_ends_a_fork_and_leaves_its_parent() {
    let program = program!({
        let _telemetry = start_with_signals(TIMEOUT);
        let ended = std::panic::catch_unwind(|| {
            in_fork(|| {
                send_to_self(SIGTERM);
                wait_for_the_end()
            });
        });
        assert!(ended.is_err(), "the fork was ended by the signal");
        work();
    });
    assert_delivers(&program);
}

/// A server may reset the handlers in its workers, before these start telemetry of their own.
#[test]
fn a_signal_delivers_in_a_fork_whose_handlers_were_reset() {
    let program = program!({
        let telemetry = start_child();
        telemetry.shutdown_on_signals().unwrap();
        let ended = std::panic::catch_unwind(|| {
            in_fork(|| {
                [SIGHUP, SIGINT, SIGTERM].into_iter().for_each(reset);
                end_by_signal(TIMEOUT, [SIGTERM]);
            });
        });
        assert!(ended.is_err(), "the fork was ended by the signal");
    });
    assert_delivers(&program);
}

#[alone]
fn a_fork_can_have_its_own_provider() {
    let receiver = Receiver::http();
    let config = || {
        let mut config = config(&receiver.endpoint());
        // OpenTelemetry's SDK for metrics, which this exporter needs, waits for its threads when it is dropped.
        config.exporters.metrics = Some(vec![ExporterKind::Console]);
        config
    };

    let mut telemetry = Some(pipeline::start(config()));
    // The span is not exported yet when the process forks.
    work();
    for _ in 0..2 {
        in_fork(|| {
            let inherited = telemetry.take().unwrap();
            // Spans without a provider are counted.
            for n in 1..=10 {
                work();
                assert_eq!(inherited.statistics().dropped_without_provider, n);
            }

            assert!(inherited.force_flush(NEVER).unwrap_err().is_state());
            assert!(inherited.shutdown(NEVER).unwrap_err().is_state());
            let own = pipeline::start(config());
            drop_at_once(inherited);
            work();
            thread::spawn(work).join().unwrap();
            own.force_flush(TIMEOUT).unwrap();
            own.shutdown(TIMEOUT).unwrap();
            let counted = own.statistics();
            assert_eq!((counted.exported, counted.pending), (2, 0), "{counted:?}");
            assert_eq!(counted.collected, 2, "{counted:?}");
        });
    }

    let telemetry = telemetry.unwrap();
    work();
    telemetry.shutdown(TIMEOUT).unwrap();
    assert_eq!(telemetry.statistics().exported, 2);
    // There are two spans of this process and two of each fork, none of them twice.
    let spans = receiver.spans();
    assert_eq!(spans.len(), 6);
    let traces: HashSet<_> = spans.iter().map(|span| &span.trace_id).collect();
    assert_eq!(traces.len(), 6);
}

/// The thread has only opened spans below an unsampled parent, so it has ids, but no other state of the recorder.
#[alone]
fn a_fork_does_not_repeat_the_ids_of_its_parent() {
    #[traced]
    fn unsampled() -> Option<String> {
        propagation::current_span_id()
    }

    let receiver = Receiver::http();
    let start = || start(&receiver.endpoint());
    // This call looks for OpenTelemetry's provider.
    work();
    let started = thread::scope(|scope| scope.spawn(start).join().unwrap());
    let _attached = remote(false).attach();
    let _below = create_span("below");
    let record = || drop(span("recorded").root().attribute("unsampled", unsampled()).start());
    in_fork(|| {
        let own = start();
        record();
        own.shutdown(TIMEOUT).unwrap();
    });

    record();
    started.shutdown(TIMEOUT).unwrap();
    let spans = receiver.spans();
    let unsampled = spans.iter().map(|span| span.attributes["unsampled"].as_str().unwrap());
    let ids: HashSet<_> = (spans.iter().flat_map(|span| [&*span.trace_id, &*span.span_id]))
        .chain(unsampled)
        .collect();
    assert_eq!((spans.len(), ids.len()), (2, 6));
}

/// Two machines that are restored from one snapshot have the same memory, and nothing tells them.
#[cfg(target_os = "linux")]
#[alone]
fn a_copy_of_the_memory_makes_ids_of_its_own() {
    #[traced]
    fn child() -> String {
        propagation::current_span_id().unwrap()
    }

    for context in [ContextMode::EverySpan, ContextMode::Boundaries] {
        let mut config = TelemetryConfig::new("copied");
        config.context = context;
        let (_telemetry, _memory) = pipeline::in_memory(config);
        // Seeds the generator of this thread.
        work();
        let ids = || {
            let mut ids = Vec::new();
            for _ in 0..20 {
                let root = span("root").root().start();
                ids.push(root.span_context().trace_id().to_string());
                ids.push(child());
                drop(root);
                let _attached = remote(true).attach();
                ids.push(span("served").start().span_context().span_id().to_string());
            }
            ids
        };
        let (mut copied, mut copies) = std::io::pipe().unwrap();
        in_copy(|| copies.write_all(ids().join(" ").as_bytes()).unwrap());
        drop(copies);
        let mut of_copy = String::new();
        copied.read_to_string(&mut of_copy).unwrap();
        let of_copy: HashSet<_> = of_copy.split(' ').map(str::to_owned).collect();
        let own: HashSet<_> = ids().into_iter().collect();
        assert_eq!((of_copy.len(), own.len()), (60, 60));
        let common: Vec<_> = of_copy.intersection(&own).collect();
        assert!(common.is_empty(), "{} of 60: {common:?}", common.len());
    }
}

/// The provider of the parent may have recorded nothing before the fork.
#[test]
fn a_fork_drops_the_provider_that_it_has_inherited_without_a_word() {
    let program = program!({
        let mut inherited = Some(start_child());
        in_fork(|| {
            let own = start_child();
            drop(inherited.take());
            work();
            own.shutdown(TIMEOUT).unwrap();
        });
        work();
    });
    let receiver = Receiver::http();
    let (_, stderr) = program.run(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &receiver.endpoint()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ]);
    assert_eq!(stderr, "");
    assert_eq!(receiver.spans().len(), 2);
}

/// Holds the lock under which OpenTelemetry reports too many contexts for the first time, on the thread with the name.
struct Holding(SyncSender<()>, Mutex<mpsc::Receiver<()>>);

const HOLDER: &str = "holder";

impl<S: Subscriber> Layer<S> for Holding {
    fn on_event(&self, _: &Event<'_>, _: LayerContext<'_, S>) {
        if thread::current().name() == Some(HOLDER) && self.0.send(()).is_ok() {
            self.1.lock().unwrap().recv().unwrap();
        }
    }
}

#[alone]
fn a_fork_does_not_wait_for_a_thread_that_enters_a_span() {
    let (held, holds) = sync_channel(0);
    let (release, released) = sync_channel(0);
    let holding = Holding(held, Mutex::new(released));
    tracing_subscriber::registry().with(tracing_layer()).with(holding).init();
    let _inherited = pipeline::in_memory(TelemetryConfig::new("parent"));
    let entered = info_span!("entered");
    let other = entered.clone();
    let too_deep = move || {
        (1..u16::MAX).for_each(|_| mem::forget(Context::new().attach()));
        other.in_scope(|| ());
    };
    let holder = thread::Builder::new().name(HOLDER.to_owned()).spawn(too_deep).unwrap();
    holds.recv().unwrap();
    drop(holds);
    in_fork(|| {
        let spans = pipeline::spans(TelemetryConfig::new("own"), || {
            info_span!("own").in_scope(|| entered.in_scope(work));
        });
        let names: Vec<_> = spans.iter().map(|span| &*span.name).collect();
        assert_eq!(names, ["work", "own"]);
        assert_eq!(spans[0].parent_span_id, spans[1].span_context.span_id());
    });
    release.send(()).unwrap();
    holder.join().unwrap();
}

const NOT_EXPORTED: &str = "warning: telemetry of this process is not exported: the process is a fork, and the provider belongs \
                            to its parent; initialize telemetry after the fork\n";

/// Runs a child process, checks that its forks export no span `work`, and returns its standard error.
fn with_forks(program: &Program) -> String {
    let receiver = Receiver::grpc();
    let (_, stderr) = program.against(&receiver, &[("FLOE_LOG_OUTPUT", "none")]);
    let names: Vec<_> = receiver.spans().into_iter().map(|span| span.name).collect();
    assert!(!names.contains(&"work".to_owned()), "{names:?}");
    stderr
}

#[test]
fn a_fork_says_once_that_it_exports_nothing() {
    let program = program!({
        let telemetry = floe_telemetry::init().unwrap();
        let lines = || {
            work();
            work();
            tracing::info!("worked");
            let counted = telemetry.statistics();
            assert_eq!(counted.dropped_without_provider, 2);
            assert_eq!((counted.logs_dropped, counted.logs_pending), (1, 0));
        };
        in_fork(lines);
        // A daemon is a fork of a fork.
        in_fork(|| in_fork(lines));
        in_fork(|| tracing::info!("log records alone"));
        let measure = || MetricRecorder::new("exit").increment("worked", 1, &[]);
        measure();
        in_fork(measure);
        // The forks of a fork do not repeat its report.
        in_fork(|| {
            work();
            in_fork(work);
        });
    });
    assert_eq!(with_forks(&program), NOT_EXPORTED.repeat(5));
}

#[test]
fn a_fork_reports_a_provider_that_was_dropped_at_once() {
    let program = program!({
        drop(floe_telemetry::init().unwrap());
        in_fork(work);
    });
    let stderr = with_forks(&program);
    assert!(stderr.starts_with("error: no span is recorded: "), "{stderr}");
}

#[test]
fn a_fork_of_a_program_without_an_exporter_is_reported() {
    let program = program!({
        let _telemetry = floe_telemetry::init().unwrap();
        in_fork(work);
    });
    let (_, stderr) = program.run(&[("RUST_LOG", "off")]);
    assert_eq!(stderr, NOT_EXPORTED);
}

#[test]
fn a_fork_that_loses_nothing_is_silent() {
    let program = program!({
        let before = floe_telemetry::init().unwrap();
        in_fork(|| {
            let own = start("http://127.0.0.1:1");
            assert_eq!(own.statistics().dropped_without_provider, 0);
            mem::forget(own);
        });
        // The span of the program ends in both processes.
        let span = create_span("of the parent");
        in_fork(|| ());
        drop(span);
        before.shutdown(TIMEOUT).unwrap();
        // The provider was shut down before, so the fork is not reported.
        in_fork(work);
        let mut config = TelemetryConfig::new("nothing");
        config.exporters.traces = Some(vec![ExporterKind::None]);
        let _nothing = TelemetryProvider::builder(config).initialize().unwrap();
        in_fork(|| {
            work();
            tracing::info!("worked");
        });
    });
    assert_eq!(with_forks(&program), "");
}
