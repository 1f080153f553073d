//! The two formats that Prometheus reads: its text format, and
//! [OpenMetrics](https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md), which has
//! exemplars.
//!
//! The text is our own: the crate `prometheus` writes neither OpenMetrics nor exemplars, and
//! `prometheus-client` has its own instruments and registry.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};
use std::time::UNIX_EPOCH;

use floe_telemetry::metrics::{Exemplar, ExemplarValue};

use crate::name::Kind;

/// A format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    /// Version 0.0.4.
    Text,
    /// Version 1.0.0.
    OpenMetrics,
}

/// Label values by label name.
pub(crate) type Labels = BTreeMap<String, String>;

/// Points that are made one by one: all of them with their labels could take much more memory than the limit of
/// the text.
pub(crate) type Points<'a> = Box<dyn Iterator<Item = Point> + 'a>;

/// The metrics with one name.
pub(crate) struct Family<'a> {
    pub(crate) help: &'a str,
    pub(crate) kind: FamilyKind,
    pub(crate) points: Vec<Points<'a>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FamilyKind {
    /// Attributes of the target.
    Info,
    Metric(Kind),
}

#[derive(Debug)]
pub(crate) struct Point {
    pub(crate) labels: Labels,
    pub(crate) value: PointValue,
    pub(crate) exemplars: Vec<Exemplar>,
}

#[derive(Debug)]
pub(crate) enum PointValue {
    Number(f64),
    Histogram {
        count: u64,
        sum: f64,
        /// The cumulative counts by their upper bounds.
        buckets: Vec<(f64, u64)>,
    },
}

/// The last line of OpenMetrics.
pub(crate) const END: &str = "# EOF\n";

/// Writes all families, of each the points that fit into `room` bytes. Returns how many bytes each has with the next
/// point. What does not fit into `out` is counted all the same.
pub(crate) fn write(
    out: &mut impl Write,
    families: BTreeMap<String, Family<'_>>,
    format: Format,
    room: usize,
) -> Vec<(String, usize)> {
    let mut sizes = Vec::new();
    for (name, family) in families {
        let mut size = 0;
        let _ = write_family(&name, family, format, |lines| {
            size += lines.len();
            let fits = size <= room;
            if fits {
                let _ = out.write_str(lines);
            }
            fits
        });
        sizes.push((name, size));
    }
    if format == Format::OpenMetrics {
        let _ = out.write_str(END);
    }
    sizes
}

/// Passes the lines of each point on until one is refused, those of the first with the head.
fn write_family(
    name: &str,
    family: Family<'_>,
    format: Format,
    mut pass: impl FnMut(&str) -> bool,
) -> fmt::Result {
    let out = &mut String::new();
    let is_open = format == Format::OpenMetrics;
    let (suffix, kind) = match family.kind {
        FamilyKind::Info if is_open => ("_info", "info"),
        FamilyKind::Metric(Kind::Counter) => ("_total", "counter"),
        FamilyKind::Info | FamilyKind::Metric(Kind::Gauge) => ("", "gauge"),
        FamilyKind::Metric(Kind::Histogram) => ("", "histogram"),
    };
    // OpenMetrics has the suffix only in the names of the samples.
    let short = name.strip_suffix(suffix).filter(|_| is_open);
    let short = short.unwrap_or(name);
    if !family.help.is_empty() {
        writeln!(out, "# HELP {short} {}", Escaped(family.help, is_open))?;
    }
    writeln!(out, "# TYPE {short} {kind}")?;
    let has_exemplars = is_open && family.kind == FamilyKind::Metric(Kind::Counter);
    for point in family.points.into_iter().flatten() {
        match &point.value {
            PointValue::Number(value) => {
                write!(out, "{name}{} {}", Pairs(&point.labels, None), Float(*value))?;
                let exemplar = point.exemplars.first().filter(|_| has_exemplars);
                write_end(out, exemplar)?;
            }
            PointValue::Histogram { count, sum, buckets } => {
                let mut lowest = f64::NEG_INFINITY;
                for (bound, count) in buckets.iter().copied().chain([(f64::INFINITY, *count)]) {
                    let labels = Pairs(&point.labels, Some(Bound(bound, format)));
                    write!(out, "{name}_bucket{labels} {count}")?;
                    let is_in = |exemplar: &&Exemplar| {
                        let value = exemplar.value.as_f64();
                        is_open && value > lowest && value <= bound
                    };
                    write_end(out, point.exemplars.iter().find(is_in))?;
                    lowest = bound;
                }
                let labels = Pairs(&point.labels, None);
                writeln!(out, "{name}_sum{labels} {}", Float(*sum))?;
                writeln!(out, "{name}_count{labels} {count}")?;
            }
        }
        if !pass(out) {
            break;
        }
        out.clear();
    }
    Ok(())
}

/// Writes the exemplar and the end of a line.
fn write_end(out: &mut impl Write, exemplar: Option<&Exemplar>) -> fmt::Result {
    if let Some(exemplar) = exemplar {
        out.write_str(" # {")?;
        if let Some((trace_id, span_id)) = exemplar.ids {
            write!(out, "trace_id=\"{trace_id}\",span_id=\"{span_id}\"")?;
        }
        match exemplar.value {
            ExemplarValue::I64(value) => write!(out, "}} {value}")?,
            ExemplarValue::F64(value) => write!(out, "}} {}", Float(value))?,
        }
        if let Ok(time) = exemplar.time.duration_since(UNIX_EPOCH) {
            write!(out, " {}.{:03}", time.as_secs(), time.subsec_millis())?;
        }
    }
    out.write_char('\n')
}

/// Labels in braces, with the bound of a bucket.
struct Pairs<'a>(&'a Labels, Option<Bound>);

impl Display for Pairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "{";
        for (name, value) in self.0 {
            write!(f, "{separator}{name}=\"{}\"", Escaped(value, true))?;
            separator = ",";
        }
        if let Some(bound) = &self.1 {
            write!(f, "{separator}le=\"{bound}\"")?;
            separator = ",";
        }
        if separator == "," { f.write_str("}") } else { Ok(()) }
    }
}

/// The upper bound of a bucket. In OpenMetrics it is a float in any case.
#[derive(Clone, Copy)]
struct Bound(f64, Format);

impl Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Format::OpenMetrics if self.0.is_finite() => write!(f, "{:?}", self.0),
            _ => Float(self.0).fmt(f),
        }
    }
}

struct Float(f64);

impl Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == f64::INFINITY {
            return f.write_str("+Inf");
        }
        if self.0 == f64::NEG_INFINITY {
            return f.write_str("-Inf");
        }
        Display::fmt(&self.0, f)
    }
}

/// A text whose backslashes, line ends and, if asked for, quotation marks are escaped.
struct Escaped<'a>(&'a str, bool);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_escaped = |sign| matches!(sign, '\\' | '\n') || (self.1 && sign == '"');
        for part in self.0.split_inclusive(is_escaped) {
            let clean = part.strip_suffix(is_escaped).unwrap_or(part);
            f.write_str(clean)?;
            f.write_str(match &part[clean.len()..] {
                "\\" => "\\\\",
                "\n" => "\\n",
                "\"" => "\\\"",
                rest => rest,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::iter;
    use std::time::{Duration, SystemTime};

    use opentelemetry::{SpanId, TraceId};

    use super::*;

    fn written(format: Format) -> String {
        let mut text = String::new();
        write(&mut text, families(), format, usize::MAX);
        text
    }

    fn exemplar(value: ExemplarValue) -> Exemplar {
        Exemplar {
            ids: Some((TraceId::from(1), SpanId::from(2))),
            value,
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_500),
            filtered: Vec::new(),
        }
    }

    fn families() -> BTreeMap<String, Family<'static>> {
        let labels = Labels::from([("shop".to_owned(), "a\"b\\c\n".to_owned())]);
        let family = |kind, help, value, exemplars| Family {
            kind,
            help,
            points: vec![Box::new(iter::once(Point { labels: labels.clone(), value, exemplars }))],
        };
        let number = PointValue::Number;
        let histogram =
            PointValue::Histogram { count: 3, sum: 2.5, buckets: vec![(1.0, 1), (10.0, 2)] };
        BTreeMap::from([
            (
                "rows_total".to_owned(),
                family(
                    FamilyKind::Metric(Kind::Counter),
                    "Rows, \"read\".",
                    number(7.0),
                    vec![exemplar(ExemplarValue::I64(3))],
                ),
            ),
            (
                "size".to_owned(),
                family(
                    FamilyKind::Metric(Kind::Gauge),
                    "",
                    number(f64::INFINITY),
                    vec![exemplar(ExemplarValue::I64(3))],
                ),
            ),
            ("target_info".to_owned(), family(FamilyKind::Info, "", number(1.0), Vec::new())),
            (
                "wait".to_owned(),
                family(
                    FamilyKind::Metric(Kind::Histogram),
                    "",
                    histogram,
                    vec![exemplar(ExemplarValue::F64(99.0)), exemplar(ExemplarValue::F64(1.0))],
                ),
            ),
        ])
    }

    const LABEL: &str = r#"shop="a\"b\\c\n""#;

    #[test]
    fn the_text_format_has_no_exemplars() {
        let expected = format!(
            "# HELP rows_total Rows, \"read\".
# TYPE rows_total counter
rows_total{{{LABEL}}} 7
# TYPE size gauge
size{{{LABEL}}} +Inf
# TYPE target_info gauge
target_info{{{LABEL}}} 1
# TYPE wait histogram
wait_bucket{{{LABEL},le=\"1\"}} 1
wait_bucket{{{LABEL},le=\"10\"}} 2
wait_bucket{{{LABEL},le=\"+Inf\"}} 3
wait_sum{{{LABEL}}} 2.5
wait_count{{{LABEL}}} 3
"
        );
        assert_eq!(written(Format::Text), expected);
    }

    #[test]
    fn open_metrics_has_those_of_counters_and_buckets() {
        let ids = "trace_id=\"00000000000000000000000000000001\",span_id=\"0000000000000002\"";
        let expected = format!(
            "# HELP rows Rows, \\\"read\\\".
# TYPE rows counter
rows_total{{{LABEL}}} 7 # {{{ids}}} 3 1.500
# TYPE size gauge
size{{{LABEL}}} +Inf
# TYPE target info
target_info{{{LABEL}}} 1
# TYPE wait histogram
wait_bucket{{{LABEL},le=\"1.0\"}} 1 # {{{ids}}} 1 1.500
wait_bucket{{{LABEL},le=\"10.0\"}} 2
wait_bucket{{{LABEL},le=\"+Inf\"}} 3 # {{{ids}}} 99 1.500
wait_sum{{{LABEL}}} 2.5
wait_count{{{LABEL}}} 3
# EOF
"
        );
        assert_eq!(written(Format::OpenMetrics), expected);
    }
}
