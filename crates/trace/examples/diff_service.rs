//! How often `diff` is right about a real service under load: `cargo run --release -p floe-trace --example diff_service`.
//!
//! It runs a service 80 times, for about four minutes: in turns as it is, and with one function 5 % slower. 100 times it
//! then draws one run of each two that followed each other for A, and the other one (A/A) or one of the slower ones
//! (A/B) for B, so that each set has 20 runs.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "an example that prints a table"
)]

use std::env;
use std::fs::File;
use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use floe_telemetry::traced;
use floe_telemetry_otlp_file as _;
use floe_trace::read::Reader;
use floe_trace::{ChangeKind, Recording, diff};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const RUNS: usize = 40;
const REQUESTS: u64 = 1000;
const TRIES: usize = 100;

fn main() {
    if let Some(factor) = env::args().nth(1) {
        return serve(factor.parse().unwrap());
    }
    let [same, slower] = measure();
    let (mut quiet, mut named, mut alone) = (0, 0, 0);
    // The constants of Knuth's MMIX.
    let mut state = 1_u64;
    let mut draw = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::from(state >> 63 == 1)
    };
    for _ in 0..TRIES {
        let [mut before, mut equal, mut after] = [const { Vec::new() }; 3];
        for pair in (0..RUNS).step_by(2) {
            let first = draw();
            before.push(same[pair + first].clone());
            equal.push(same[pair + 1 - first].clone());
            after.push(slower[pair + draw()].clone());
        }
        quiet += usize::from(diff(&before, &equal).changes.is_empty());
        let changes = diff(&before, &after).changes;
        let found = changes.iter().any(|it| it.name == "price" && it.kind == ChangeKind::Slower);
        named += usize::from(found);
        alone += usize::from(found && changes.len() == 1);
    }
    println!(
        "A/A quiet: {quiet} of {TRIES}; A/B named: {named} of {TRIES}, and nothing else: {alone}"
    );
}

/// Runs of the service as it is, and with one slower function.
fn measure() -> [Vec<Recording>; 2] {
    let mut sets = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (set, factor) in sets.iter_mut().zip(["1.0", "1.05"]) {
            let folder = tempfile::tempdir().unwrap();
            let status = Command::new(env::current_exe().unwrap())
                .arg(factor)
                .current_dir(folder.path())
                .env("OTEL_SERVICE_NAME", "shop")
                .env("OTEL_TRACES_EXPORTER", "otlp_file")
                .env("OTEL_METRICS_EXPORTER", "none")
                .env("OTEL_LOGS_EXPORTER", "none")
                .status()
                .unwrap();
            assert!(status.success());
            let mut reader = Reader::new();
            let file = File::open(folder.path().join("telemetry/traces.jsonl")).unwrap();
            reader.read("traces", file).unwrap();
            let recording = reader.finish();
            assert_eq!(recording.spans.len() as u64, REQUESTS * 6);
            set.push(recording);
        }
    }
    sets
}

/// Serves two clients, each of which sends a request when it has the last response.
#[tokio::main]
async fn serve(factor: f64) {
    let telemetry = floe_telemetry::init().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(client, factor));
        }
    });
    let clients = [0, 1].map(|client| {
        tokio::spawn(async move {
            let mut server = TcpStream::connect(address).await.unwrap();
            for request in 0..REQUESTS / 2 {
                server.write_u64(request * 2 + client).await.unwrap();
                server.read_u64().await.unwrap();
            }
        })
    });
    for client in clients {
        client.await.unwrap();
    }
    server.abort();
    telemetry.shutdown(Duration::from_secs(5)).unwrap();
}

async fn answer(mut client: TcpStream, factor: f64) {
    while let Ok(cart) = client.read_u64().await {
        let total = request(cart, factor).await;
        client.write_u64(total).await.unwrap();
    }
}

#[traced(name = "GET /cart/{id}", kind = server)]
async fn request(id: u64, factor: f64) -> u64 {
    cart(id, factor).await
}

#[traced]
async fn cart(id: u64, factor: f64) -> u64 {
    query().await;
    query().await;
    price(id, factor).wrapping_add(render(id))
}

#[traced(kind = client)]
async fn query() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[traced]
fn price(id: u64, factor: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "some hundred thousand rounds"
    )]
    let rounds = ((300_000 + id % 7 * 20_000) as f64 * factor) as u64;
    compute(rounds)
}

#[traced]
fn render(id: u64) -> u64 {
    compute(150_000 + id % 5 * 20_000)
}

fn compute(rounds: u64) -> u64 {
    (0..rounds).fold(1, |sum: u64, round| {
        black_box(sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round))
    })
}
