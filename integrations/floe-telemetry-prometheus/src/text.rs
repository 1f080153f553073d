//! Prometheus' text format.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::slice;
use std::sync::Once;

use floe_telemetry_core::__sdk::internal_log::internal_log;
use prometheus::proto::{MetricFamily, MetricType};
use prometheus::{Encoder as _, Error, Registry, TextEncoder};

/// The maximum length of a label's value, in bytes. Each bucket of a histogram repeats the values.
const MAX_VALUE: usize = 1024;

const MAX_TEXT: usize = 64 * 1024 * 1024;

const TOTAL: &str = "_total";

pub(crate) fn collect(registry: &Registry) -> prometheus::Result<Vec<u8>> {
    let mut families = registry.gather();
    let names: Vec<_> = families.iter().map(|family| family.name().to_owned()).collect();
    let mut text = Vec::new();
    for family in &mut families {
        // `opentelemetry-prometheus` appends the suffix of counters even to names that already end with it.
        if let Some(name) = family.name().strip_suffix(TOTAL)
            && name.ends_with(TOTAL)
            && names.iter().all(|other| other != name)
        {
            let name = name.to_owned();
            family.set_name(name);
        }
        rename_reserved(family);
        shorten(family);
        TextEncoder::new().encode(slice::from_ref(family), &mut text)?;
        if text.len() > MAX_TEXT {
            return Err(Error::Msg(format!("expected at most {MAX_TEXT} bytes, found more")));
        }
    }
    Ok(text)
}

/// Renames a label that the buckets of a histogram, or the values of a summary, have themselves, because Prometheus
/// refuses a page with such a label twice.
fn rename_reserved(family: &mut MetricFamily) {
    let reserved = match family.get_field_type() {
        MetricType::HISTOGRAM => "le",
        MetricType::SUMMARY => "quantile",
        _ => return,
    };
    let family_name = family.name().to_owned();
    for metric in family.mut_metric() {
        let mut labels = metric.take_label();
        let names: Vec<_> = labels.iter().map(|label| label.name().to_owned()).collect();
        for label in labels.iter_mut().filter(|label| label.name() == reserved) {
            let mut name = format!("exported_{reserved}");
            while names.contains(&name) {
                name.insert_str(0, "exported_");
            }
            say_renamed(&family_name, reserved, &name);
            label.set_name(name);
        }
        metric.set_label(labels);
    }
}

fn say_renamed(metric: &str, from: &str, to: &str) {
    static SAID: Once = Once::new();

    SAID.call_once(|| {
        let reason = "Prometheus needs the name for buckets";
        internal_log!(
            warn,
            metric = metric,
            from = from,
            to = to,
            reason = reason,
            "a label is renamed for Prometheus"
        );
    });
}

/// Truncates long values of labels, and appends a hash to distinguish values with the same beginning, because two
/// series with equal labels are an error for Prometheus.
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

#[cfg(test)]
mod tests {
    use prometheus::{HistogramOpts, HistogramVec};

    use super::*;

    #[test]
    fn the_text_is_bounded() {
        let registry = Registry::new();
        let orders = HistogramVec::new(HistogramOpts::new("orders", "orders"), &["user"]).unwrap();
        registry.register(Box::new(orders.clone())).unwrap();
        for user in 0..6_000 {
            orders.with_label_values(&[&format!("{user:01000}")]).observe(1.0);
        }
        let error = collect(&registry).unwrap_err().to_string();
        assert!(error.contains("expected at most 67108864 bytes"), "{error}");
    }
}
