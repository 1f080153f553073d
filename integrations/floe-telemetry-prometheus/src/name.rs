//! Names of metrics and labels in Prometheus
//! ([specification](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/)).

/// The unabbreviated forms of UCUM units.
const UNITS: [(&str, &str); 27] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("kBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
    ("1", ""),
];

/// The unabbreviated forms of units after `/`.
const PER: [(&str, &str); 7] = [
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// The kind of a metric, as far as it affects its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The name of a metric: its words, the words of its unit that it does not contain, and `total` for a
/// counter.
pub(crate) fn metric(name: &str, unit: &str, kind: Kind) -> String {
    let mut all: Vec<_> = words(name).collect();
    let (main, per) = unit.split_once('/').unwrap_or((unit, ""));
    for word in words(in_full(&UNITS, main)) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    for word in words(in_full(&PER, per)) {
        if !all.contains(&word) {
            all.extend(["per", word]);
        }
    }
    match kind {
        Kind::Counter => {
            all.retain(|word| *word != "total");
            all.push("total");
        }
        Kind::Gauge if unit == "1" && !all.contains(&"ratio") => all.push("ratio"),
        Kind::Gauge | Kind::Histogram => {}
    }
    not_a_digit_first(all.join("_"))
}

/// The name of a label.
pub(crate) fn label(key: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    not_a_digit_first(key.replace(|sign| !is_plain(sign), "_"))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|sign: char| !sign.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty())
}

/// The unabbreviated form of a unit without its annotation in braces.
fn in_full<'u>(units: &'u [(&str, &str)], unit: &'u str) -> &'u str {
    let unit = unit.split('{').next().unwrap_or_default().trim();
    let known = units.iter().find(|(short, _)| *short == unit);
    known.map_or(unit, |(_, full)| full)
}

fn not_a_digit_first(name: String) -> String {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return format!("_{name}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_specification() {
        for (name, unit, kind, expected) in [
            ("floe.pipeline.runs", "{run}", Kind::Counter, "floe_pipeline_runs_total"),
            ("floe.errors_total", "", Kind::Counter, "floe_errors_total"),
            ("load.duration", "s", Kind::Histogram, "load_duration_seconds"),
            ("process.cpu.time", "s", Kind::Counter, "process_cpu_time_seconds_total"),
            ("load.seconds", "s", Kind::Histogram, "load_seconds"),
            ("memory", "By", Kind::Gauge, "memory_bytes"),
            ("throughput", "By/s", Kind::Gauge, "throughput_bytes_per_second"),
            ("requests", "{request}/m", Kind::Gauge, "requests_per_minute"),
            ("full", "1", Kind::Gauge, "full_ratio"),
            ("full", "1", Kind::Counter, "full_total"),
            ("use", "%", Kind::Gauge, "use_percent"),
            ("size", "furlong", Kind::Gauge, "size_furlong"),
            ("2nd--try/here", "", Kind::Gauge, "_2nd_try_here"),
        ] {
            assert_eq!(metric(name, unit, kind), expected);
        }
        assert_eq!(label("http.route"), "http_route");
        assert_eq!(label("9lives"), "_9lives");
        assert_eq!(label("grüße"), "gr__e");
    }
}
