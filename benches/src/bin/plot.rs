//! Draws the figures of `--bench peers`, from `target/bench/peers.json`, to `benches/peers.svg`.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool that prints its result, or its error, and exits"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use benches::contestant::title;
use benches::report;
use serde_json::Value;

/// The heading of a panel, and the state and the number of attributes of its cases.
const PANELS: [(&str, &str, u64); 4] = [
    ("sampled, 3 attributes", "sampled", 3),
    ("sampled, no attributes", "sampled", 0),
    ("child of a span that is not sampled", "unsampled-children", 0),
    ("not initialised", "not-initialised", 0),
];

const WIDTH: f64 = 760.0;
/// The start of the bars, and the length of the longest one.
const LEFT: f64 = 250.0;
const LONGEST: f64 = 420.0;
const ROW: f64 = 20.0;

fn main() {
    let report =
        report::read("peers").expect("figures: run `cargo bench -p benches --bench peers`");
    let cells = report["rows"].as_array().expect("rows");
    let mut body = String::new();
    let mut y = 24.0;
    for (heading, state, attributes) in PANELS {
        let bars = cells.iter().filter(|cell| {
            cell["state"] == state
                && cell["attributes"] == attributes
                && cell["shape"] == "sync"
                && cell["threads"] == 1
        });
        y = panel(&mut body, y, heading, &bars.collect::<Vec<_>>());
    }
    let machine = report["machine"]["processor"].as_str().unwrap_or_default();
    let note = format!(
        "nanoseconds per span, medians and quartiles, synchronous functions on one thread; {machine}"
    );
    let _ = writeln!(body, "<text x=\"8\" y=\"{y}\" class=\"note\">{note}</text>");
    let height = y + 12.0;
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{note}\">\n\
         <style>text{{font:12px sans-serif;fill:#24292f}}.heading{{font-weight:bold}}.note{{font-size:10px}}\
         .name{{text-anchor:end}}rect{{fill:#8c959f}}.ours{{fill:#0969da}}line{{stroke:#24292f}}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" style=\"fill:#fff\"/>\n{body}</svg>\n"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers.svg");
    fs::write(&path, svg).expect("a file for the plot");
    println!("written: {}", path.display());
}

fn panel(body: &mut String, mut y: f64, heading: &str, cells: &[&Value]) -> f64 {
    let figure = |cell: &Value, of: &str| cell["nanos"][of].as_f64().unwrap_or_default();
    let longest = cells.iter().map(|cell| figure(cell, "high")).fold(1.0, f64::max);
    let at = |nanos: f64| LEFT + nanos / longest * LONGEST;
    let _ = writeln!(body, "<text x=\"8\" y=\"{y}\" class=\"heading\">{heading}</text>");
    y += 8.0;
    for cell in cells {
        let name = cell["contestant"].as_str().unwrap_or_default();
        let class = if name.starts_with("floe") { "ours" } else { "other" };
        let [low, median, high] = ["low", "median", "high"].map(|of| figure(cell, of));
        let (baseline, middle) = (y + 13.0, y + 9.0);
        let _ = writeln!(
            body,
            "<text x=\"{:.1}\" y=\"{baseline}\" class=\"name\">{}</text>\
             <rect x=\"{LEFT}\" y=\"{}\" width=\"{:.1}\" height=\"12\" class=\"{class}\"/>\
             <line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>\
             <text x=\"{:.1}\" y=\"{baseline}\">{median:.1}</text>",
            LEFT - 8.0,
            title(name),
            y + 3.0,
            at(median) - LEFT,
            at(low),
            at(high),
            at(high) + 6.0,
        );
        y += ROW;
    }
    y + ROW
}
