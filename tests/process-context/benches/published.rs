//! The cost of publishing a span: processor time of the caller's thread, for calls with and without it in turn, the
//! median of the rounds. `--quick` measures three rounds.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("nothing is published on this system");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::error::Error;
    use std::hint::black_box;
    use std::sync::LazyLock;

    use floe_telemetry::config::ContextMode;
    use floe_telemetry::{TelemetryConfig, TelemetryProvider, traced};
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::trace::{SpanData, SpanExporter};
    use rustix::time::{ClockId, clock_gettime};

    #[derive(Debug)]
    struct Nowhere;

    impl SpanExporter for Nowhere {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            Ok(())
        }
    }

    const CALLS: u32 = 1_000;

    #[traced]
    fn one(value: u32) -> u32 {
        black_box(value)
    }

    #[traced]
    fn other(value: u32) -> u32 {
        black_box(value)
    }

    #[traced]
    fn recorded(two: bool) {
        calls(two);
    }

    static HEADERS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
        let parent = "00-0102030405060708090a0b0c0d0e0f10-1112131415161718-00";
        HashMap::from([("traceparent".to_owned(), parent.to_owned())])
    });

    #[traced(parent = &*HEADERS)]
    fn unsampled(two: bool) {
        calls(two);
    }

    /// The same call site again, or two in turn, whose attributes take each other's place.
    fn calls(two: bool) {
        for value in 0..CALLS / 2 {
            one(value);
            if two {
                other(value);
            } else {
                one(value);
            }
        }
    }

    fn nanos() -> f64 {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        #[expect(clippy::cast_precision_loss, reason = "a time of minutes")]
        let nanos = (time.tv_sec * 1_000_000_000 + time.tv_nsec) as f64;
        nanos
    }

    fn median(mut values: Vec<f64>) -> f64 {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    pub(super) fn main() -> Result<(), Box<dyn Error>> {
        let quick = std::env::args().any(|argument| argument == "--quick");
        let rounds = if quick { 3 } else { 2_000 };
        println!("{:<44} {:>8} {:>10} {:>8}", "ns a span", "without", "published", "more");
        for context in [ContextMode::EverySpan, ContextMode::Boundaries] {
            let mut config = TelemetryConfig::new("bench");
            config.context = context;
            let telemetry =
                TelemetryProvider::builder(config).with_span_exporter(Nowhere).initialize()?;
            for (what, body) in [("recorded", recorded as fn(bool)), ("unsampled", unsampled)] {
                for two in [false, true] {
                    let mut times = [Vec::new(), Vec::new()];
                    for round in 0..rounds {
                        let first = round % 2;
                        for published in [first, 1 - first] {
                            floe_thread_context::switch(published == 1);
                            let start = nanos();
                            body(two);
                            times[published].push((nanos() - start) / f64::from(CALLS));
                        }
                        if round % 8 == 0 {
                            telemetry.force_flush(std::time::Duration::from_secs(5))?;
                        }
                    }
                    let [without, with] = times.map(median);
                    let places = if two { "two places in turn" } else { "one place" };
                    let what = format!("{what}, {places}, {context:?}");
                    println!("{what:<44} {without:>8.1} {with:>10.1} {:>8.1}", with - without);
                }
            }
            telemetry.shutdown(std::time::Duration::from_secs(5))?;
        }
        Ok(())
    }
}
