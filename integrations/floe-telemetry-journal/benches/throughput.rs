//! What the journal adds to the delivery of spans: processor time of the whole process for each span, and how long it takes
//! to deliver them all, for processes with and without it in turn, the medians of the rounds. A part of the time is spent
//! without a receiver, after which the next process delivers. `--quick` measures one round.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

use std::env;
use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::config::{ExporterKind, OtlpProtocol};
use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
use floe_telemetry_journal as _;

const QUEUE: usize = 20_000;

#[traced(attributes(number, "order.id" = number.wrapping_mul(31), "order.state" = "open"))]
fn work(number: u32) {}

/// Records spans as quickly as they are exported, and prints the nanoseconds of the processors and of the clock.
fn child(exporter: &str, endpoint: &str, folder: &str, spans: u32) -> Result<(), Box<dyn Error>> {
    let mut config = TelemetryConfig::new("throughput").with_otlp_endpoint(endpoint);
    config.otlp_protocol = Some(OtlpProtocol::Http);
    config.exporters.metrics = Some(vec![ExporterKind::None]);
    config.exporters.traces = Some(vec![match exporter {
        "plain" => ExporterKind::Otlp,
        _ => ExporterKind::Journal,
    }]);
    config.exporters.journal.path = folder.into();
    config.batch_processor.max_queue_size = QUEUE;
    let began = Instant::now();
    let telemetry = TelemetryProvider::builder(config).initialize()?;
    for number in 0..spans {
        work(number);
        if number % 1000 == 0 {
            while telemetry.statistics().pending > QUEUE as u64 / 2 {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
    telemetry.shutdown(Duration::from_secs(60))?;
    let clock = began.elapsed().as_nanos();
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let cpu = cpu.tv_sec * 1_000_000_000 + cpu.tv_nsec;
    println!("{cpu} {clock} {}", telemetry.statistics().exported);
    Ok(())
}

/// Accepts all requests of a connection.
fn accept(stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or_default();
            }
            if line == "\r\n" {
                break;
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        let answer =
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        (&mut &*stream).write_all(answer)?;
    }
}

/// The processor and the clock time of a process, in nanoseconds for each span.
fn measure(
    exporter: &str,
    endpoint: &str,
    folder: &str,
    spans: u32,
) -> Result<(f64, f64), Box<dyn Error>> {
    let recorded = if exporter == "recover" { 0 } else { spans };
    let child = Command::new(env::current_exe()?)
        .args(["--child", exporter, endpoint, folder, &recorded.to_string()])
        .env("OTEL_LOG_LEVEL", "none")
        .output()?;
    let text = String::from_utf8(child.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    let [cpu, clock, count] = *numbers else {
        return Err(format!("{exporter}: {text}{}", String::from_utf8_lossy(&child.stderr)).into());
    };
    if count < f64::from(recorded) {
        return Err(format!("{exporter}: {count} exported").into());
    }
    Ok((cpu / f64::from(spans), clock / f64::from(spans)))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().collect();
    if let [_, first, exporter, endpoint, folder, spans] = &*arguments
        && first == "--child"
    {
        return child(exporter, endpoint, folder, spans.parse()?);
    }
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let (rounds, spans) = if is_quick { (1, 10_000) } else { (7, 300_000) };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let receiver = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || accept(&stream));
        }
    });
    let nobody = "http://127.0.0.1:9";
    let ways = [
        ("plain", "plain", &*receiver),
        ("through the journal", "journal", &*receiver),
        ("into the journal, without a receiver", "journal", nobody),
        ("out of the journal of another process", "recover", &*receiver),
    ];
    let mut found = ways.map(|_| Vec::new());
    for _ in 0..rounds {
        let folder = tempfile::tempdir()?;
        for ((_, exporter, endpoint), found) in ways.iter().zip(&mut found) {
            let folder = folder.path().to_str().unwrap_or_default();
            found.push(measure(exporter, endpoint, folder, spans)?);
        }
    }
    println!("nanoseconds for each of {spans} spans, medians of {rounds}: processors, clock");
    for ((name, ..), mut found) in ways.iter().zip(found) {
        found.sort_by(|one, other| one.0.total_cmp(&other.0));
        let cpu = found[found.len() / 2].0;
        found.sort_by(|one, other| one.1.total_cmp(&other.1));
        println!("{name}: {cpu:.0}, {:.0}", found[found.len() / 2].1);
    }
    Ok(())
}
