//! `floe check`: whether exported telemetry follows OpenTelemetry's semantic conventions.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use floe_plugins::error::Error;
use floe_semconv::{Instrument, Kind, Problem};
use serde_json::Value;

/// How many different problems are remembered.
const MOST: usize = 1000;

/// The most bytes of a line.
const LONGEST: u64 = 64 << 20;

/// What is wrong, with the place where it was found first and how often it was found.
#[derive(Debug, Default)]
struct Problems {
    found: BTreeMap<String, (String, usize)>,
    /// Where the text of the request is.
    place: String,
}

/// Checks OTLP as JSON lines of files, or of standard input if there is none, and returns what is wrong, a line for each.
///
/// # Errors
/// A file cannot be read, or a line is no request of OTLP.
pub(super) fn check(files: &[PathBuf]) -> Result<Vec<String>, Error> {
    let mut problems = Problems::default();
    if files.is_empty() {
        problems.lines("standard input", io::stdin().lock(), Error::StandardInput)?;
    }
    for path in files {
        let file = File::open(path).map_err(Error::io("read", path))?;
        let name = path.display().to_string();
        problems.lines(&name, BufReader::new(file), |error| {
            Error::io("read", Path::new(&name))(error)
        })?;
    }
    let lines = problems.found.into_iter().map(|(problem, (place, times))| {
        let more = if times > 1 {
            format!(" ({times} times)")
        } else {
            String::new()
        };
        format!("{place}: {problem}{more}")
    });
    Ok(lines.collect())
}

impl Problems {
    fn lines(
        &mut self,
        name: &str,
        mut input: impl BufRead,
        unreadable: impl Fn(io::Error) -> Error,
    ) -> Result<(), Error> {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let mut part = input.by_ref().take(LONGEST);
            if part.read_until(b'\n', &mut line).map_err(&unreadable)? == 0 {
                break;
            }
            self.place = format!("{name}:{number}");
            let place = &self.place;
            if !line.ends_with(b"\n") && part.limit() == 0 {
                return Err(Error::Setting(format!(
                    "{place}: expected a request of at most {LONGEST} bytes in each line, found a longer one"
                )));
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let request: Value = serde_json::from_slice(&line).map_err(|error| {
                let column = error.column();
                Error::Setting(format!(
                    "{place}:{column}: expected OTLP as JSON, a request in each line, found no JSON"
                ))
            })?;
            let signals = ["resourceSpans", "resourceMetrics", "resourceLogs"];
            if signals.iter().all(|signal| request[signal].is_null()) {
                return Err(Error::Setting(format!(
                    "{place}: expected one of `resourceSpans`, `resourceMetrics` and `resourceLogs`, found none of them"
                )));
            }
            self.request(&request);
        }
        Ok(())
    }

    fn request(&mut self, request: &Value) {
        for spans in each(&request["resourceSpans"]) {
            self.attributes("resource", &spans["resource"]);
            for span in each(&spans["scopeSpans"]).flat_map(|scope| each(&scope["spans"])) {
                self.span(span);
            }
        }
        for logs in each(&request["resourceLogs"]) {
            self.attributes("resource", &logs["resource"]);
            for record in each(&logs["scopeLogs"]).flat_map(|scope| each(&scope["logRecords"])) {
                self.attributes("log record", record);
            }
        }
        for metrics in each(&request["resourceMetrics"]) {
            self.attributes("resource", &metrics["resource"]);
            for metric in each(&metrics["scopeMetrics"]).flat_map(|scope| each(&scope["metrics"])) {
                self.metric(metric);
            }
        }
    }

    fn span(&mut self, span: &Value) {
        let what = format!("span `{}`", text(&span["name"]));
        self.attributes(&what, span);
        for event in each(&span["events"]) {
            self.attributes(&what, event);
        }
        let keys: Vec<_> = each(&span["attributes"])
            .map(|it| text(&it["key"]))
            .collect();
        let kind = match span["kind"].as_u64() {
            Some(2) => "server",
            Some(3) => "client",
            Some(4) => "producer",
            Some(5) => "consumer",
            _ => "internal",
        };
        for problem in floe_semconv::check_span(kind, &keys) {
            self.add(&what, &problem);
        }
    }

    fn metric(&mut self, metric: &Value) {
        let (name, unit) = (text(&metric["name"]), text(&metric["unit"]));
        let what = format!("metric `{name}`");
        let instruments = [
            ("histogram", Instrument::Histogram),
            ("exponentialHistogram", Instrument::Histogram),
            ("gauge", Instrument::Gauge),
        ];
        let sum = if metric["sum"]["isMonotonic"] == true {
            Instrument::Counter
        } else {
            Instrument::UpDownCounter
        };
        let data = instruments.iter().find(|(data, _)| !metric[data].is_null());
        let instrument = data.map_or(sum, |(_, instrument)| *instrument);
        if let Some(problem) = floe_semconv::check_metric(name, unit, instrument) {
            self.add(&what, &problem);
        }
        for data in ["histogram", "exponentialHistogram", "gauge", "sum"] {
            for point in each(&metric[data]["dataPoints"]) {
                self.attributes(&what, point);
            }
        }
    }

    fn attributes(&mut self, what: &str, owner: &Value) {
        for attribute in each(&owner["attributes"]) {
            let key = text(&attribute["key"]);
            let problems = [floe_semconv::check(key), of_value(key, &attribute["value"])];
            for problem in problems
                .iter()
                .flatten()
                .filter(|problem| !problem.is_allowed())
            {
                self.add(what, problem);
            }
        }
    }

    fn add(&mut self, what: &str, problem: &Problem<'_>) {
        let problem = format!("{what}: {problem}");
        if let Some((_, times)) = self.found.get_mut(&problem) {
            *times += 1;
        } else if self.found.len() < MOST {
            self.found.insert(problem, (self.place.clone(), 1));
        }
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn of_value<'a>(key: &'a str, value: &'a Value) -> Option<Problem<'a>> {
    let (kind, value) = value.as_object()?.iter().next()?;
    match kind.as_str() {
        "stringValue" => floe_semconv::check_text(key, text(value)),
        "arrayValue" => {
            let first = value["values"].as_array()?.first()?.as_object()?;
            let kind = match first.keys().next()?.as_str() {
                "stringValue" => Kind::Texts,
                "intValue" => Kind::Ints,
                "doubleValue" => Kind::Doubles,
                "boolValue" => Kind::Bools,
                _ => return None,
            };
            floe_semconv::check_kind(key, kind)
        }
        "intValue" => floe_semconv::check_kind(key, Kind::Int),
        "doubleValue" => floe_semconv::check_kind(key, Kind::Double),
        "boolValue" => floe_semconv::check_kind(key, Kind::Bool),
        _ => None,
    }
}
