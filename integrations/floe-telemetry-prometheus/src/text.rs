//! Prometheus' text format, limited in size.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::{io, slice};

use prometheus::proto::{MetricFamily, MetricType};
use prometheus::{Encoder as _, Registry, TextEncoder};

/// The maximum size of a metric, in bytes.
const MAX_METRIC: usize = 4 * 1024 * 1024;

/// The maximum size of a response, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// The maximum length of a label's value, in bytes. Each bucket of a histogram repeats it.
const MAX_VALUE: usize = 1024;

const TOTAL: &str = "_total";

/// Collects the metrics as text, and returns the names of metrics that did not fit.
pub(crate) fn collect(registry: &Registry) -> (Vec<u8>, Vec<String>) {
    let (mut text, mut cut) = (Vec::new(), Vec::new());
    let mut families = registry.gather();
    let names: Vec<_> = families.iter().map(|family| family.name().to_owned()).collect();
    for family in &mut families {
        // The crate adds the suffix of counters also where the name has it.
        if let Some(name) = family.name().strip_suffix(TOTAL)
            && name.ends_with(TOTAL)
            && names.iter().all(|other| other != name)
        {
            let name = name.to_owned();
            family.set_name(name);
        }
        shorten(family);
        let max = MAX_METRIC.min(MAX_ANSWER - text.len());
        let mut one = Limited { text: Vec::new(), max };
        if TextEncoder::new().encode(slice::from_ref(family), &mut one).is_err() {
            one.text.truncate(whole(&one.text, family));
            cut.push(family.name().to_owned());
        }
        text.append(&mut one.text);
    }
    (text, cut)
}

/// Truncates long values. A hash distinguishes values with the same beginning, because two series with equal labels are
/// an error for Prometheus.
fn shorten(family: &mut MetricFamily) {
    for metric in family.mut_metric() {
        let mut labels = metric.take_label();
        for label in labels.iter_mut().filter(|label| label.value().len() > MAX_VALUE) {
            let value = label.value();
            let mut hasher = DefaultHasher::new();
            value.hash(&mut hasher);
            let end = (0..=MAX_VALUE - 20).rfind(|end| value.is_char_boundary(*end));
            let short = format!("{}…#{:016x}", &value[..end.unwrap_or(0)], hasher.finish());
            label.set_value(short);
        }
        metric.set_label(labels);
    }
}

/// The end of the last complete series of a truncated text; for a histogram, the line of its count.
fn whole(text: &[u8], family: &MetricFamily) -> usize {
    let suffix = if family.get_field_type() == MetricType::HISTOGRAM { "_count" } else { "" };
    let series = format!("{}{suffix}", family.name());
    let mut end = 0;
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        let name = line.strip_prefix(series.as_bytes());
        if line.ends_with(b"\n")
            && name.is_some_and(|rest| rest.starts_with(b"{") || rest.starts_with(b" "))
        {
            end = at;
        }
    }
    end
}

/// A text that does not exceed its limit.
struct Limited {
    text: Vec<u8>,
    max: usize,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.max {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
