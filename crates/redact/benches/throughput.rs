//! Throughput of redaction: a clean message, a log, JSON with secrets, and texts that are made to be slow.
//!
//! Wall-clock time, the minimum of several measurements. `--quick` uses short texts.

#![expect(clippy::print_stdout, reason = "a benchmark prints its table")]
#![expect(clippy::cast_precision_loss, reason = "figures of a table")]

use std::hint::black_box;
use std::time::Instant;

use floe_redact::Redactor;

/// 120 bytes without a secret.
const CLEAN: &str = "task orders_daily failed after 3 attempts: relation analytics.orders_v2 does \
    not exist in warehouse (line 42, code 7)   ";

const LINE: &str = "2026-01-12T04:15:32Z INFO  scheduler: step load_orders finished in 842 ms, 12034 \
    rows read, 12030 rows written, lag 17 s, partition=eu node=worker-3\n";

const SECRETS: &str = "{\"host\":\"db-3.example.com\",\"password\":\"hq7Zt2Lw9xKd\",\"attempts\":3,\"pin\":4815,\
    \"api_keys\":[\"kd82hfy3bq0z\",\"ad93jgz4cr1y\"]}\n";

/// Each of these texts, if repeated, begins many structures and ends none.
const SLOW: [&str; 29] = [
    "token:",
    "password=",
    "password='x ",
    "sk-",
    "(password,",
    "a@",
    "http://a:b",
    "eyJ",
    "eyJ.",
    "eyJ-",
    "-----BEGIN RSA PRIVATE KEY-----\n",
    "\\\\\\\"",
    "%3d%22",
    " -p x -u a",
    "password,key\n",
    "4111 ",
    "auth(",
    "token: |\n b ",
    "tokens: [",
    "password ",
    "Bearer ",
    "AUTH ",
    "Cookie: ",
    "Cookie: a=b; ",
    "Authorization: Digest is not ",
    "secret(\"",
    "-glpat-ot",
    "KEY,db{",
    "psk 'psk 'psk '_ psk ",
];

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick" || argument == "--test");
    let large = if is_quick { 100_000 } else { 5_000_000 };
    println!("{:<36} {:>9} {:>12} {:>9}", "", "bytes", "ns", "MB/s");
    row("clean message", CLEAN, is_quick);
    row("log", &LINE.repeat(large / LINE.len()), is_quick);
    row("JSON with secrets", &SECRETS.repeat(large / 5 / SECRETS.len()), is_quick);
    for piece in SLOW {
        for len in [large / 50, large / 5] {
            row(&format!("slow {piece:?}"), &piece.repeat(len / piece.len()), is_quick);
        }
    }
}

fn row(name: &str, text: &str, is_quick: bool) {
    let redactor = Redactor::new();
    let (bytes, rounds) = if is_quick { (100_000, 2) } else { (1_000_000, 9) };
    let calls = (bytes / text.len()).clamp(1, 10_000);
    let least = (0..rounds)
        .map(|_| {
            let begin = Instant::now();
            for _ in 0..calls {
                black_box(redactor.redact(black_box(text)).len());
            }
            begin.elapsed()
        })
        .min()
        .unwrap_or_default();
    let nanos = least.as_nanos() as f64 / calls as f64;
    let rate = text.len() as f64 * 1e3 / nanos.max(1.0);
    println!("{name:<36} {:>9} {nanos:>12.0} {rate:>9.1}", text.len());
}
