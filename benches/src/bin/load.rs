//! A program under load. `tests/backends/costs.py` starts many of them. `load SPANS PER_SECOND` records this number of
//! spans at this rate, exports them as the environment says, and prints as JSON how many were exported or lost.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool that prints its result, or its error, and exits"
)]

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};

/// The period over which the rate holds.
const TURN: Duration = Duration::from_millis(10);

/// Records two spans: a request, and a query in it.
#[traced(
    kind = server,
    attributes(
        "http.request.method" = "GET",
        "http.route" = "/orders/{id}",
        "url.path" = path,
        "url.scheme" = "http",
    )
)]
fn request(id: u64, path: &str) -> Result<u64, String> {
    query(id)
}

#[traced(
    kind = client,
    attributes(
        "db.system.name" = "sqlite",
        "db.query.text" = "SELECT * FROM orders WHERE id = ?",
    )
)]
fn query(id: u64) -> Result<u64, String> {
    if id.is_multiple_of(100) {
        return Err(format!("there is no order {id}"));
    }

    Ok(id)
}

fn main() {
    let mut numbers = env::args().skip(1).map(|word| word.parse::<u64>().ok());
    let mut number = || {
        let number = numbers.next().flatten().filter(|number| *number > 0);
        number.expect("expected `load SPANS PER_SECOND`, two numbers above 0")
    };

    let spans = number();
    let per_second = number();

    let config = TelemetryConfig::from_env().expect("a configuration");
    let telemetry = TelemetryProvider::builder(config).initialize().expect("a provider");

    let begin = Instant::now();
    let mut recorded = 0;
    while recorded < spans {
        let until_now = begin.elapsed().as_millis() * u128::from(per_second) / 1000;
        let due = u64::try_from(until_now).unwrap_or(spans).min(spans);
        while recorded < due {
            let _ = request(recorded, "/orders/17");
            recorded += 2;
        }

        thread::sleep(TURN);
    }

    let seconds = begin.elapsed().as_secs_f64();
    let statistics = telemetry.statistics();
    let result = telemetry.shutdown(Duration::from_secs(60));
    let after = telemetry.statistics();
    println!(
        "{}",
        serde_json::json!({
            "recorded": recorded,
            "seconds": seconds,
            "exported_before_shutdown": statistics.exported,
            "exported": after.exported,
            "failed": after.failed,
            "dropped": after.dropped_queue_full + after.dropped_buffer_full + after.dropped_memory
                + after.dropped_shutdown,
            "error": result.err().map(|error| error.to_string()),
        })
    );
}
