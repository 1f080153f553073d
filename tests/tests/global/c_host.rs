//! Signals belong to the program: the library's threads block them, and its writes raise none. A program in C or C++
//! that uses `tests/c-host` ends its spans without a panic, and may load that library late.
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::ffi::c_int;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use floe_telemetry_otlp_file as _;
use floe_telemetry_prometheus as _;

use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider, create_span};
use floe_tests::{
    Authority, ClientCertificate, ReceivedStatus, Receiver, ReservedPort, Script, wait_until,
};

const SIGPIPE: c_int = 13;

/// Returns the blocked signals, one bit for each, or `None` if the thread has ended.
fn blocked(task: &Path) -> Option<u64> {
    let status = fs::read_to_string(task.join("status")).ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:"));
    Some(u64::from_str_radix(mask.unwrap().trim(), 16).unwrap())
}

#[alone]
fn threads_of_the_library_block_signals() {
    let tasks = || -> Vec<PathBuf> {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        tasks.map(|task| task.unwrap().path()).collect()
    };

    let before = tasks();
    // A host name is resolved on a thread of the runtime.
    let silent = TcpListener::bind("localhost:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let scraped = ReservedPort::new();
    let mut config = TelemetryConfig::new("signals");
    config.otlp_endpoint = Some(format!("http://localhost:{port}"));
    config.otlp_protocol = Some(OtlpProtocol::Http);
    config.exporters.traces = Some(vec![ExporterKind::Otlp, ExporterKind::Console]);
    config.exporters.metrics = Some(vec![ExporterKind::Otlp, ExporterKind::Prometheus]);
    config.exporters.logs = Some(vec![ExporterKind::Otlp]);
    "127.0.0.1".clone_into(&mut config.metrics.prometheus.host);
    config.metrics.prometheus.port = scraped.number();
    let telemetry = TelemetryProvider::builder(config)
        .with_span_exporter(MemoryExporter::new())
        .initialize()
        .unwrap();
    drop(create_span("work"));
    telemetry.force_flush(Duration::from_millis(500)).unwrap_err();

    // Some of the signals that no instruction raises.
    let handled = [1, 2, 3, 10, 12, 13, 14, 15, 17, 18, 23, 24, 25, 27, 28, 34, 64];
    let mut ours = Vec::new();
    wait_until(|| {
        let new = tasks().into_iter().filter(|task| !before.contains(task)).filter_map(|task| {
            Some((fs::read_to_string(task.join("comm")).ok()?, blocked(&task)?))
        });

        ours = new.collect();
        ours.len() >= 8
    });

    for (name, blocked) in ours {
        for signal in handled {
            assert_ne!(blocked & (1 << (signal - 1)), 0, "{name}: signal {signal}");
        }

        for signal in [4, 5, 6, 7, 8, 11, 31] {
            assert_eq!(blocked & (1 << (signal - 1)), 0, "{name}: signal {signal}");
        }
    }

    assert_eq!(blocked(&before[0]).unwrap() & (1 << (SIGPIPE - 1)), 0);
    drop(telemetry);
}

fn libraries() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().to_owned()
}

fn compiled(compiler: &str, source: &str, folder: &Path, arguments: &[&str]) -> PathBuf {
    let program = folder.join("host");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c-host").join(source);
    let language = if compiler == "c++" { "c++" } else { "c" };
    let output = Command::new(compiler)
        .args(["-D_GNU_SOURCE", "-pthread", "-o"])
        .arg(&program)
        .args(["-x", language])
        .arg(&source)
        .args(["-x", "none"])
        .args(arguments)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    program
}

/// Compiles a program that is linked with the library. The compiler may be one of C or of C++.
fn host(folder: &Path, compiler: &str) -> Command {
    let libraries = libraries().into_os_string().into_string().unwrap();
    let program = compiled(
        compiler,
        "host.c",
        folder,
        &["-L", &libraries, "-lfloe_c_host", &format!("-Wl,-rpath,{libraries}")],
    );

    // Tests start with SIGPIPE ignored, and their children inherit it.
    let mut command = Command::new("env");
    command.arg("--default-signal=PIPE").arg(program);
    command
}

/// Scanners of images would report the examples of the rules, which look like credentials.
#[test]
fn a_program_contains_no_example_of_a_credential() {
    let listed = include_str!("../../../crates/redact/src/rules/examples.txt");
    let examples = listed.lines().filter_map(|line| line.strip_prefix("+ "));
    // The others stand for another text.
    let examples: Vec<_> = examples.filter(|text| !text.contains(['…', '‖', '⏎'])).collect();
    assert!(examples.len() > 150, "{}", examples.len());
    let mut list = tempfile::NamedTempFile::new().unwrap();
    write!(list, "{}", examples.join("\n")).unwrap();
    let found = Command::new("grep")
        .env("LC_ALL", "C")
        .args(["--text", "--only-matching", "--fixed-strings", "--file"])
        .arg(list.path())
        .arg(libraries().join("libfloe_c_host.so"))
        .output()
        .unwrap();
    assert_eq!((found.status.code(), &*String::from_utf8_lossy(&found.stdout)), (Some(1), ""));
}

#[alone]
fn a_program_in_c_keeps_the_signals_that_it_waits_for() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = ReservedPort::new();
    for how in ["sigwait", "signalfd"] {
        let output = host(folder.path(), "cc")
            .arg(how)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", nobody.endpoint())
            .output()
            .unwrap();
        assert!(output.status.success(), "{how}: {output:?}");
    }
}

/// Starts a proxy that breaks each connection: at once, in the middle of a request, or after it.
fn breaking(receiver: &Receiver) -> Script {
    const LIMITS: [usize; 5] = [0, 1, 5_000, 200_000, 1_600_000];

    let upstream = receiver.port();
    Script::new(move |number, client| forward(client, upstream, LIMITS[number % LIMITS.len()]))
}

fn forward(client: &mut TcpStream, upstream: u16, limit: usize) -> std::io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", upstream))?;
    let mut from = server.try_clone()?;
    let mut to = client.try_clone()?;
    thread::spawn(move || std::io::copy(&mut from, &mut to));
    let mut buffer = [0; 4096];
    let mut forwarded = 0;
    while forwarded < limit
        && let Ok(read @ 1..) = client.read(&mut buffer)
        && server.write_all(&buffer[..read]).is_ok()
    {
        forwarded += read;
    }

    // The client sees the end of the stream, and then a reset, because the proxy does not read all of its data.
    let _ = client.shutdown(Shutdown::Write);
    let _ = client.read(&mut buffer);
    server.shutdown(Shutdown::Both)
}

fn assert_succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// A program continues to its end although receivers, files and pipes fail.
#[alone]
fn a_program_in_c_is_not_ended_by_a_write() {
    let folder = tempfile::tempdir().unwrap();
    let program = || {
        let mut command = host(folder.path(), "cc");
        command.arg("write");
        command
    };

    let authority = Authority::new();
    let secure = Receiver::http_with_tls(&authority, ClientCertificate::NotRequested);
    for (receiver, scheme, protocol) in [
        (Receiver::http(), "http", "http/protobuf"),
        (Receiver::grpc(), "http", "grpc"),
        (secure, "https", "http/protobuf"),
    ] {
        let endpoint = breaking(&receiver).endpoint().replace("http", scheme);
        assert_succeeds(
            program()
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)
                .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
                .env("OTEL_EXPORTER_OTLP_CERTIFICATE", authority.certificate())
                .env("OTEL_EXPORTER_OTLP_TIMEOUT", "300")
                .env("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
        );
    }

    // The lines of exporters, and log lines on threads of the program, go to a pipe without a reader.
    for exporter in ["otlp/stdout", "console"] {
        let (_, writer) = std::io::pipe().unwrap();
        assert_succeeds(
            program()
                .stdout(writer.try_clone().unwrap())
                .stderr(writer)
                .env("OTEL_TRACES_EXPORTER", exporter)
                .env("OTEL_METRICS_EXPORTER", exporter)
                .env("OTEL_LOGS_EXPORTER", "none"),
        );
    }

    // A file of the process may have at most 16 blocks.
    let of_program = program();
    assert_succeeds(
        Command::new("sh")
            .args(["-c", "ulimit -f 16; exec \"$0\" \"$@\""])
            .arg(of_program.get_program())
            .args(of_program.get_args())
            .env("OTEL_TRACES_EXPORTER", "otlp_file")
            .current_dir(folder.path()),
    );
}

const TIMES: usize = 10;

/// Checks that a program, compiled with `compiler`, ends each span whose scope it leaves in the way `how`.
fn assert_ended(compiler: &str, how: &str) {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::http();
    let output = host(folder.path(), compiler)
        .arg(how)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .output()
        .unwrap();
    assert!(output.status.success(), "{how}: {output:?}");
    let mut left: HashMap<_, usize> = HashMap::new();
    for span in receiver.spans() {
        let is_cancelled = span.attributes.get("floe.cancelled") == Some(&true.into());
        // A guard cannot tell that its scope was left early.
        let is_guard = span.name == "guard";
        assert!(!matches!(span.status, ReceivedStatus::Error(_)), "{span:?}");
        if is_cancelled || is_guard {
            *left.entry(span.name.clone()).or_default() += 1;
        }
    }

    for name in ["plain", "with_attributes", "later", "returned", "in_span", "detached"] {
        assert_eq!(left.get(name), Some(&TIMES), "{how}, {name}: {left:?}");
    }

    assert_eq!(left.get("guard"), Some(&(TIMES + 1)), "{how}");
}

#[alone]
fn the_end_of_a_thread_unwinds_through_every_span() {
    assert_ended("cc", "exit");
    assert_ended("cc", "cancel");
}

#[alone]
#[ignore = "`.ci/run` runs it, as it needs a compiler of C++"]
fn an_exception_of_cpp_unwinds_through_every_span() {
    assert_ended("c++", "throw");
}

/// Runs a program that loads the library, whose constructor starts telemetry: no thread of the library runs before the
/// loader has finished. The program closes the library while a thread has an open span.
fn loaded(folder: &Path, variables: &[(&str, &str)]) -> Output {
    let program = compiled("cc", "loader.c", folder, &["-ldl"]);
    Command::new(program)
        .arg(libraries().join("libfloe_c_host.so"))
        .env("FLOE_HOST_CONSTRUCTOR", "1")
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap()
}

#[alone]
fn a_constructor_starts_telemetry_that_connects_later() {
    let folder = tempfile::tempdir().unwrap();
    for (receiver, protocol) in [(Receiver::grpc(), "grpc"), (Receiver::http(), "http/protobuf")] {
        let endpoint = receiver.endpoint();
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        ];
        let output = loaded(folder.path(), &variables);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(receiver.spans().len(), 50);
    }

    // The exporter of another crate is created by the constructor.
    let output = loaded(folder.path(), &[("OTEL_TRACES_EXPORTER", "otlp_file")]);
    assert!(output.status.success(), "{output:?}");
    let files = fs::read_dir(folder.path().join("telemetry")).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    assert_eq!(texts.map(|text| text.matches("\"name\":\"work\"").count()).sum::<usize>(), 50);
    // Nobody receives, and the program continues: its spans were not exported.
    let nobody = ReservedPort::new().endpoint();
    let output = loaded(folder.path(), &[("OTEL_EXPORTER_OTLP_ENDPOINT", &nobody)]);
    assert_eq!(output.status.code(), Some(67), "{output:?}");
}

/// Plugins that contain copies of the library end the process together. The receiver of one answers when the other copy has
/// delivered.
#[alone]
fn a_signal_ends_a_process_when_each_copy_of_the_library_has_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let program = compiled("cc", "copies.c", folder.path(), &["-ldl"]);
    let copies = ["first.so", "second.so"].map(|name| folder.path().join(name));
    for copy in &copies {
        fs::copy(libraries().join("libfloe_c_host.so"), copy).unwrap();
    }
    for slow in [0, 1] {
        let receivers = [0, 1].map(|_| Arc::new(Receiver::http()));
        let [of_slow, of_fast] = [slow, 1 - slow].map(|n| Arc::clone(&receivers[n]));
        let waiting = Script::new(move |_, client| {
            wait_until(|| of_fast.spans().len() == 1);
            // The other copy finishes meanwhile.
            thread::sleep(Duration::from_millis(200));
            forward(client, of_slow.port(), usize::MAX)
        });
        let mut command = Command::new("env");
        command.arg("--default-signal=TERM").arg(&program);
        for (n, copy) in copies.iter().enumerate() {
            let endpoint = if n == slow { waiting.endpoint() } else { receivers[n].endpoint() };
            command.arg(copy).arg(endpoint);
        }
        command
            .arg("15")
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
            .env("OTEL_METRICS_EXPORTER", "none")
            .env("OTEL_LOGS_EXPORTER", "none");
        let output = command.output().unwrap();
        assert_eq!(output.status.signal(), Some(15), "{slow}: {output:?}");
        assert_eq!(receivers.map(|receiver| receiver.spans().len()), [1, 1], "{slow}: {output:?}");
    }
}
