//! Prometheus' text format.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use prometheus::proto::MetricFamily;
use prometheus::{Encoder as _, Registry, TextEncoder};

/// The maximum length of a label's value, in bytes. Each bucket of a histogram repeats it.
const MAX_VALUE: usize = 1024;

const TOTAL: &str = "_total";

/// Collects the metrics as text.
pub(crate) fn collect(registry: &Registry) -> prometheus::Result<Vec<u8>> {
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
    }
    let mut text = Vec::new();
    TextEncoder::new().encode(&families, &mut text)?;
    Ok(text)
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
