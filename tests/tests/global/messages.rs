//! Losses are reported on standard error, whatever happens to log lines. The start is reported only on request.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _};
use std::iter;
use std::process::Stdio;
use std::sync::Barrier;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use floe_telemetry::{
    EndingSpan, MetricRecorder, TelemetryConfig, TelemetryProvider, create_span, init, traced,
};
use floe_tests::{Receiver, ReservedPort, TIMEOUT, before, program};

use super::no_exporter::LINE as NO_EXPORTER;
use super::pipeline::{AtShutdown, NEVER, work};

/// The variable that tells a child process how to end.
const END: &str = "TEST_MESSAGES_END";

/// Returns the lines that contain `text`. They must all be errors.
fn errors<'a>(stderr: &'a str, text: &str) -> Vec<&'a str> {
    let errors: Vec<_> = stderr.lines().filter(|line| line.contains(text)).collect();
    let is_error = |line: &&str| line.starts_with("error: ") || line.contains(r#""level":"error""#);
    assert!(errors.iter().all(is_error), "{errors:?}");
    errors
}

/// Returns the pairs `name=number` of a line.
fn numbers(line: &str) -> impl Iterator<Item = (&str, u64)> {
    line.split([' ', ';']).filter_map(|word| {
        let (name, number) = word.split_once('=')?;
        Some((name, number.parse().ok()?))
    })
}

/// Checks that two spans, the metrics, and `logs` log records are reported as lost, the first losses in one message.
#[track_caller]
fn assert_told(stderr: &str, endpoint: &str, logs: usize) {
    // All signals fail for the same reason, which is said once.
    let failures = errors(stderr, "could not be exported");
    let [failure] = failures[..] else { panic!("{stderr}") };
    assert!(failure.contains("refused"), "{failure}");
    assert!(failure.contains(endpoint), "{failure}");

    let end = errors(stderr, "telemetry has ended: ");
    let [end] = end[..] else { panic!("{stderr}") };
    assert!(end.contains("exported 0 of 2 spans: failed=2;"), "{end}");
    let records = format!("exported 0 of {logs} log records: logs_failed={logs};");
    assert_eq!(end.contains(&records), logs > 0, "{end}");
    let reason = format!("`{endpoint}/v1/traces`: not delivered ");
    assert_eq!(end.matches(&reason).count(), 1, "{end}");
    assert_eq!(end.matches("not delivered ").count(), 1, "{end}");
    assert!(end.ends_with("; metrics failed for the same reason"), "{end}");
}

#[test]
fn a_loss_is_an_error_whatever_the_filter_of_lines_is() {
    let program = program!({
        if std::env::var_os("SUBSCRIBER").is_some() {
            tracing_subscriber::fmt().with_writer(std::io::stdout).init();
        }
        let telemetry = init().unwrap();
        drop(create_span("load"));
        MetricRecorder::new("orders").increment("loaded", 1, &[]);
        tracing::error!("not loaded");
        for _ in 0..2 {
            let error = telemetry.force_flush(NEVER).unwrap_err().to_string();
            assert!(error.contains("metrics"), "{error}");
        }
        drop(create_span("load again"));
        match &*std::env::var(END).unwrap_or_default() {
            "exit" => std::process::exit(0),
            "shutdown" => telemetry.shutdown(NEVER).unwrap_err(),
            _ => return,
        };
    });
    // Nobody listens there.
    let port = ReservedPort::new();
    let endpoint = port.endpoint();
    let run = |variables: &[(&str, &str)]| {
        let own = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
        ];
        program.run(&[&own, variables].concat())
    };

    for (variables, logs) in [
        (&[][..], 1),
        (&[("RUST_LOG", "error")], 1),
        (&[("RUST_LOG", "off")], 0),
        (&[("RUST_LOG", "orders=info")], 0),
        (&[("FLOE_LOG_OUTPUT", "none"), (END, "exit")], 1),
        (&[("FLOE_LOG_OUTPUT", "stdout"), (END, "shutdown")], 1),
        (&[("OTEL_LOG_LEVEL", "error")], 1),
    ] {
        assert_told(&run(variables).1, &endpoint, logs);
    }

    // Signals have a reason in common only if they have the same receiver.
    let other = ReservedPort::new();
    let metrics = other.endpoint();
    let (_, stderr) = run(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &metrics),
    ]);
    assert!(stderr.contains(&format!("; metrics: `{metrics}`: ")), "{stderr}");

    let (stdout, stderr) = run(&[("SUBSCRIBER", "1")]);
    assert_told(&stderr, &endpoint, 0);
    assert!(stdout.contains("could not be exported"), "{stdout}");
    let (_, stderr) = run(&[("OTEL_LOG_LEVEL", "none"), ("FLOE_LOG_OUTPUT", "stderr")]);
    assert!(!stderr.contains("could not"), "{stderr}");
    assert!(!stderr.contains("has ended"), "{stderr}");
}

/// All spans of a program are accounted for at its end, although the receiver stops after the first ones.
#[test]
fn the_end_of_a_program_accounts_for_every_span() {
    const SPANS: u64 = 24_000;
    const DELIVERED: u64 = 48;

    let program = program!({
        let receiver = Receiver::http();
        let mut config = TelemetryConfig::new("orders");
        config.otlp_endpoint = Some(receiver.endpoint());
        config.apply_env().unwrap();
        let telemetry = floe_telemetry::init_with(config)
            .unwrap()
            .with_shutdown_timeout(Duration::from_secs(1));
        let load = |number| (0..number).for_each(|_| drop(create_span("load")));
        load(DELIVERED);
        telemetry.force_flush(NEVER).unwrap();
        assert_eq!(receiver.spans().len() as u64, DELIVERED);
        let _port = receiver.stop();
        load(SPANS - DELIVERED);
        let _open = create_span("open");
        std::mem::forget(create_span("forgotten"));
        drop(telemetry);
    });
    let (_, stderr) = program.run(&[
        ("RUST_LOG", "error"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "16"),
    ]);
    let end = errors(&stderr, "telemetry has ended: ");
    let [end] = end[..] else { panic!("{stderr}") };
    assert!(end.contains(&format!(": exported {DELIVERED} of {SPANS} spans: ")), "{end}");
    assert_eq!(numbers(end).map(|(_, lost)| lost).sum::<u64>(), SPANS - DELIVERED, "{end}");
    assert!(end.contains("; spans that are still open: 2; "), "{end}");
}

/// The first root after a provider that was not bound is the first moment at which the mistake is certain.
#[test]
fn a_provider_that_is_dropped_at_once_is_reported_at_the_first_span() {
    let program = program!({
        match &*std::env::var(END).unwrap_or_default() {
            "unbound" => _ = init().unwrap(),
            "in a function" => {
                let setup = || {
                    let _telemetry = init().unwrap();
                };
                setup();
            }
            "without a span" => return drop(init().unwrap()),
            "shutdown" => init().unwrap().shutdown(TIMEOUT).unwrap(),
            "after a span" => {
                let _telemetry = init().unwrap();
                drop(create_span("load"));
            }
            "again" => {
                let _ = init().unwrap();
                init().unwrap().shutdown(TIMEOUT).unwrap();
            }
            _ => unreachable!(),
        }
        for _ in 0..3 {
            drop(create_span("load again"));
        }
    });
    let expected = "error: no span is recorded: the telemetry provider was dropped soon after its start, before \
                    the first span; bind it in `main`: `let _telemetry = floe_telemetry::init()?;`\n";
    for (end, is_told) in [
        ("unbound", true),
        ("in a function", true),
        ("without a span", false),
        ("shutdown", false),
        ("after a span", false),
        ("again", false),
    ] {
        let receiver = Receiver::grpc();
        let told = if is_told { expected } else { "" };
        for lines in ["off", "info", "other=trace"] {
            let (_, stderr) = program.against(&receiver, &[(END, end), ("RUST_LOG", lines)]);
            assert_eq!(stderr, told, "{end}");
        }

        let (_, stderr) = program.run(&[(END, end), ("RUST_LOG", "off")]);
        let is_unexported = end == "after a span";
        assert_eq!(
            stderr,
            if is_unexported { NO_EXPORTER } else { told },
            "without an exporter: {end}"
        );
        let printed = ("OTEL_TRACES_EXPORTER", "console");
        let (_, stderr) = program.run(&[(END, end), printed, ("RUST_LOG", "off")]);
        assert_eq!(stderr.contains(expected), is_told, "{stderr}");
    }

    let receiver = Receiver::grpc();
    let quiet = [(END, "unbound"), ("OTEL_LOG_LEVEL", "none")];
    assert_eq!(program.against(&receiver, &quiet).1, "");
    // Without an exporter, nothing is lost.
    for none in [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_SDK_DISABLED", "true")] {
        assert_eq!(program.against(&receiver, &[(END, "unbound"), none]).1, "");
    }
}

/// The losses of a process that has used all its descriptors must be told, too.
#[cfg(unix)]
#[test]
fn a_message_needs_no_descriptor() {
    let program = program!({
        let _ = init().unwrap();
        let files: Vec<_> = iter::from_fn(|| File::open("/dev/null").ok()).collect();
        drop(create_span("load"));
        drop(files);
    });
    let receiver = Receiver::grpc();
    let few = ["sh", "-c", "ulimit -n 64; exec \"$0\" \"$@\""];
    let ended = before(&few, &program.at(&receiver)).output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert!(stderr.contains("error: no span is recorded: "), "{ended:?}");
}

/// A thread of the library does not wait for the reader of a pipe, which takes 4,096 bytes at once.
#[cfg(unix)]
#[test]
fn a_line_of_the_library_is_cut_for_a_pipe_alone() {
    fn log(text: &str) {
        // The end of one of both would be inside of a character.
        for padding in ["", "-"] {
            tracing::info!("{text}{padding}{}.", "é".repeat(3000));
        }
    }

    let program = program!({
        let telemetry = floe_telemetry::builder()
            .with_span_processor(|_: &mut EndingSpan<'_>| log("of the library"))
            .init()
            .unwrap();
        drop(create_span("load"));
        telemetry.shutdown(TIMEOUT).unwrap();
        let named = thread::Builder::new().name("floe-shop".to_owned());
        named.spawn(|| log("of the program")).unwrap().join().unwrap();
    });
    let of_program = |lines: &str| lines.matches("of the program").count();
    let whole = |lines: &str| lines.matches(&format!("{}.", "é".repeat(3000))).count();
    let receiver = Receiver::grpc();
    let (piped, _) = program.against(&receiver, &[("FLOE_LOG_OUTPUT", "stdout")]);
    assert_eq!(whole(&piped), 2);
    assert_eq!(piped.matches("é…\n").count(), 2, "{piped}");
    assert_eq!(of_program(&piped), 2);
    let mut file = tempfile::tempfile().unwrap();
    let mut command = program.at(&receiver);
    command.env("FLOE_LOG_OUTPUT", "stdout");
    assert!(command.stdout(file.try_clone().unwrap()).status().unwrap().success());
    file.rewind().unwrap();
    assert_eq!(whole(&std::io::read_to_string(file).unwrap()), 4);
}

#[traced]
fn run() {
    let _telemetry = init().unwrap();
    work();
}

#[traced]
async fn serve() {
    run_now();
}

#[traced(attributes(port))]
async fn serve_at(port: u16) {
    run_now();
}

fn run_now() {
    let _telemetry = init().unwrap();
    work();
}

#[test]
fn a_call_that_began_before_the_provider_is_reported() {
    let program = program!({
        match &*std::env::var(END).unwrap_or_default() {
            "inside" => run(),
            "inside of a future" => tokio::runtime::Runtime::new().unwrap().block_on(serve()),
            "inside of a future with attributes" => {
                tokio::runtime::Runtime::new().unwrap().block_on(serve_at(80));
            }
            "after" => {
                work();
                run_now();
            }
            "once" => {
                work();
                run_now();
                work();
                run_now();
            }
            "on another thread" => {
                thread::spawn(work).join().unwrap();
                run_now();
            }
            "outside" => run_now(),
            _ => unreachable!(),
        }
    });
    for (end, function) in [
        ("inside", Some("run")),
        ("inside of a future", Some("serve")),
        ("inside of a future with attributes", Some("serve_at")),
        ("after", Some("work")),
        ("once", Some("work")),
        ("on another thread", None),
        ("outside", None),
    ] {
        let receiver = Receiver::grpc();
        let (_, stderr) = program.against(&receiver, &[(END, end), ("RUST_LOG", "off")]);
        let expected = function.map(|function| {
            format!(
                "warning: a call of `{function}` is not recorded, because it began before the provider: start the \
                 provider first in `main`, outside of annotated functions\n"
            )
        });

        assert_eq!(
            stderr.matches("is not recorded").count(),
            expected.iter().count(),
            "{end}: {stderr}"
        );

        assert!(stderr.starts_with(&expected.unwrap_or_default()), "{end}: {stderr}");
    }
}

#[test]
fn the_start_reports_destinations_on_request() {
    let program = program!({
        drop(init().unwrap());
    });
    let variables = [
        ("OTEL_SERVICE_NAME", "orders"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://receiver.invalid:4317"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://receiver.invalid:4318/metrics?key=hunter2"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
    ];
    let expected = "telemetry of `orders`: traces → grpc http://receiver.invalid:4317; \
                    metrics → http/protobuf http://receiver.invalid:4318/metrics; logs → none; \
                    sampler parentbased_traceidratio with the ratio 0.25; features ";
    let run = |more: &[(&str, &str)]| {
        let variables: Vec<_> = variables.iter().chain(more).copied().collect();
        program.run(&variables)
    };

    let (stdout, stderr) = run(&[]);
    assert!(!stdout.contains(expected), "{stdout}{stderr}");
    assert!(!stderr.contains(expected), "{stdout}{stderr}");
    let (stdout, stderr) = run(&[("OTEL_LOG_LEVEL", "debug")]);
    let (_, features) = stderr.split_once(&format!("debug: {expected}")).unwrap();
    assert!(features.contains("logs, metrics, otlp-grpc, otlp-http"), "{features}");
    assert!(!stdout.contains(expected), "{stdout}");
    let (_, stderr) = run(&[("OTEL_LOG_LEVEL", "debug"), ("OTEL_SDK_DISABLED", "true")]);
    assert_eq!(stderr, "debug: telemetry is disabled by `OTEL_SDK_DISABLED`\n");
    // An exporter that is left out is not listed.
    let query = "http://receiver.invalid:4317?key=hunter2";
    let (_, stderr) = run(&[("OTEL_LOG_LEVEL", "debug"), ("OTEL_EXPORTER_OTLP_ENDPOINT", query)]);
    assert!(stderr.contains("an exporter of traces is left out"), "{stderr}");
    assert!(stderr.contains("`orders`: traces → none; metrics → http"), "{stderr}");
    // A reader that is scraped is a destination, too.
    let reserved = ReservedPort::new();
    let (_, stderr) = run(&[
        ("OTEL_LOG_LEVEL", "debug"),
        ("OTEL_METRICS_EXPORTER", "prometheus"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", &reserved.number().to_string()),
    ]);
    assert!(stderr.contains("; metrics → Prometheus; "), "{stderr}");
    // The path of traces in the endpoint is replaced by the path of metrics.
    let (_, stderr) = run(&[
        ("OTEL_LOG_LEVEL", "debug"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://receiver.invalid:4318/v1/traces"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", ""),
    ]);
    let urls = "traces → http/protobuf http://receiver.invalid:4318/v1/traces; \
                metrics → http/protobuf http://receiver.invalid:4318/v1/metrics; ";
    assert!(stderr.contains(urls), "{stderr}");
}

#[test]
fn a_span_that_begins_or_ends_during_the_shutdown_is_counted_once() {
    static MEETING: Barrier = Barrier::new(2);

    /// Waits twice, so that the program can act meanwhile.
    fn meet() {
        MEETING.wait();
        MEETING.wait();
    }

    let program = program!({
        let telemetry = TelemetryProvider::builder(TelemetryConfig::new("orders"))
            .with_span_processor(|span: &mut EndingSpan<'_>| {
                if span.name() == "first" {
                    meet();
                }
            })
            .with_span_exporter(AtShutdown(meet))
            .initialize()
            .unwrap();
        drop(create_span("first"));
        let [exported, late, _open] = ["exported", "late", "open"].map(create_span);
        MEETING.wait();
        let shutdown = thread::spawn(move || telemetry.shutdown(NEVER).unwrap());
        let is_recorded = || {
            thread::sleep(Duration::from_millis(1));
            create_span("before the shutdown").is_recording()
        };
        let before = iter::repeat_with(is_recorded).take_while(|recorded| *recorded).count();
        drop(exported);
        MEETING.wait();
        // The exporter shuts down.
        MEETING.wait();
        drop(late);
        drop(create_span("after the shutdown"));
        MEETING.wait();
        shutdown.join().unwrap();
        let exported = before + 2;
        let lost =
            format!("exported {exported} of {} spans: dropped_without_provider=3", exported + 3);
        println!("error: telemetry has ended: {lost}; spans that are still open: 1");
    });
    let (stdout, stderr) = program.run(&[]);
    assert!(stdout.lines().any(|line| line == stderr.trim_end()), "{stdout}{stderr}");
}

/// The names of metrics that are used as two kinds of instruments. The warnings of 200 of them fill a pipe.
const NAMES: usize = 900;

#[test]
fn a_warning_does_not_wait_for_the_reader_of_standard_error() {
    let program = program!({
        let telemetry = if std::env::var_os("SUBSCRIBER").is_some() {
            init().unwrap()
        } else {
            TelemetryProvider::builder(TelemetryConfig::from_env().unwrap()).initialize().unwrap()
        };
        let metrics = MetricRecorder::new("orders");
        for number in 0..NAMES {
            let name = format!("n{number}.{}", "n".repeat(200));
            metrics.increment(&name, 1, &[]);
            metrics.set_gauge(&name, 0.5, &[]);
        }
        drop(create_span("recorded"));
        telemetry.force_flush(TIMEOUT).unwrap();
        println!("recorded");
        // Nobody reads the messages of the shutdown.
        std::mem::forget(telemetry);
        std::process::abort();
    });
    for variable in ["SUBSCRIBER", "NO_SUBSCRIBER"] {
        let receiver = Receiver::grpc();
        let mut child = program
            .at(&receiver)
            .env("FLOE_LOG_OUTPUT", "stderr")
            .env(variable, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, recorded) = channel();
        thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            sender.send(lines.into_iter().any(|line| line.ends_with("recorded")))
        });

        let recorded = recorded.recv_timeout(TIMEOUT);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(recorded, Ok(true), "{variable}");
        assert_eq!(receiver.spans().len(), 1);
    }
}
