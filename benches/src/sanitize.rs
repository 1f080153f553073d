//! The CPU time for redaction of a clean message, of a log, and of JSON with secrets. It is the minimum of several
//! measurements, because other programs only ever add time. With `--quick`, the log and the JSON are short.

use std::hint::black_box;

use floe_telemetry::sanitize_error_message;
use regex::RegexSet;

use crate::measure::{self, cpu_time_of_thread};
use crate::report::{self, Checks, figure};

/// A text of 120 bytes without a secret.
const CLEAN: &str = "task orders_daily failed after 3 attempts: relation analytics.orders_v2 does \
    not exist in warehouse (line 42, code 7)   ";

const LINE: &str = "2026-01-12T04:15:32Z INFO  scheduler: step load_orders finished in 842 ms, 12034 \
    rows read, 12030 rows written, lag 17 s, partition=eu node=worker-3\n";

/// Rules that are commonly used to redact error messages: for a URL's userinfo and five keys.
const RULES: [&str; 6] = [
    r"://[^:@/\s]+:[^@/\s]+@",
    r"(?i)(\w*password)\s*[=:]\s*\S+",
    r"(?i)(\w*secret_key)\s*[=:]\s*\S+",
    r"(?i)(\w*access_key)\s*[=:]\s*\S+",
    r"(?i)(\w*token)\s*[=:]\s*\S+",
    r"(?i)(\w*api_key)\s*[=:]\s*\S+",
];

const SECRETS: &str = "{\"host\":\"db-3.example.com\",\"password\":\"hq7Zt2Lw9xKd\",\"attempts\":3,\"pin\":4815,\
    \"api_keys\":[\"kd82hfy3bq0z\",\"ad93jgz4cr1y\"]}\n";

type Call<'c> = &'c dyn Fn(&str) -> usize;

pub(crate) fn run(checks: &mut Checks) {
    let large = if measure::quick() { 10_000 } else { 10_000_000 };
    let set = RegexSet::new(RULES).expect("rules");
    let log = LINE.repeat(large / LINE.len());
    let secrets = SECRETS.repeat(large / 5 / SECRETS.len());

    let ours = |text: &str| sanitize_error_message(text).len();
    let theirs = |text: &str| usize::from(set.is_match(text));
    let contestants: [(&str, Call<'_>); 2] =
        [("floe-telemetry", &ours), ("`RegexSet` of six", &theirs)];
    let mut rows = Vec::new();
    for (name, text) in [("clean message", CLEAN), ("log", &log), ("JSON with secrets", &secrets)] {
        for (who, call) in contestants {
            let what = format!("{name}: {who}");
            let nanos = nanos(text, call);
            checks.measured(&what, nanos);
            #[expect(clippy::cast_precision_loss, reason = "a figure of a table")]
            let rate = text.len() as f64 * 1e3 / nanos.max(1.0);
            rows.push(vec![what, text.len().to_string(), figure(nanos), figure(rate)]);
        }
    }

    report::table(&["bytes", "ns", "MB/s"], rows);
}

fn nanos(text: &str, call: Call<'_>) -> f64 {
    let (bytes, rounds) = if measure::quick() { (10_000, 1) } else { (1_000_000, 15) };
    let calls = (bytes / text.len()).clamp(1, 10_000);
    let times = (0..rounds).map(|_| {
        let begin = cpu_time_of_thread();
        for _ in 0..calls {
            black_box(call(black_box(text)));
        }

        cpu_time_of_thread().saturating_sub(begin)
    });
    #[expect(clippy::cast_precision_loss, reason = "a figure of a table")]
    let nanos = times.min().unwrap_or_default().as_nanos() as f64 / calls as f64;
    nanos
}
