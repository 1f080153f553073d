//! Span limits: attributes, events and links over a limit are dropped and counted
//! ([specification](https://opentelemetry.io/docs/specs/otel/trace/sdk/#span-limits)).

use opentelemetry::{Array, KeyValue, StringValue, Value};

use crate::attributes::AttributeValue;
use crate::config::SpanLimits;
use crate::recorder::{More, SpanRecord};

/// Applies the limits. The span must be redacted already: a truncated credential might no longer be
/// recognised.
pub(super) fn apply(limits: &SpanLimits, record: &mut SpanRecord) {
    record.attributes.truncate(size(limits.attribute_count));
    if let Some(limit) = limits.attribute_value_length {
        for attribute in record.attributes.as_mut_slice() {
            shorten(&mut attribute.value, size(limit));
        }
    }
    if let Some(more) = &mut record.more {
        events_and_links(limits, more);
    }
}

fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn events_and_links(limits: &SpanLimits, more: &mut More) {
    more.dropped_events += cut(&mut more.events, limits.event_count);
    more.dropped_links += cut(&mut more.links, limits.link_count);
    for event in &mut more.events {
        event.dropped_attributes_count +=
            cut(&mut event.attributes, limits.attribute_count_per_event);
        shorten_all(limits, &mut event.attributes);
    }
    for link in &mut more.links {
        link.dropped_attributes_count += cut(&mut link.attributes, limits.attribute_count_per_link);
        shorten_all(limits, &mut link.attributes);
    }
}

/// Drops the items after the first `limit` and returns their number.
fn cut<T>(items: &mut Vec<T>, limit: u32) -> u32 {
    let over = items.len().saturating_sub(size(limit));
    items.truncate(size(limit));
    u32::try_from(over).unwrap_or(u32::MAX)
}

fn shorten_all(limits: &SpanLimits, attributes: &mut [KeyValue]) {
    let Some(limit) = limits.attribute_value_length.map(size) else {
        return;
    };
    for attribute in attributes {
        match &mut attribute.value {
            Value::String(text) => shorten_string(text, limit),
            Value::Array(array) => shorten_array(array, limit),
            _ => {}
        }
    }
}

fn shorten(value: &mut AttributeValue, limit: usize) {
    match value {
        AttributeValue::Static(text) => *text = beginning(text, limit),
        AttributeValue::Text(text) => {
            let short = beginning(text, limit);
            if short.len() < text.len() {
                *text = short.into();
            }
        }
        AttributeValue::Array(array) => shorten_array(array, limit),
        AttributeValue::Bool(_) | AttributeValue::I64(_) | AttributeValue::F64(_) => {}
    }
}

fn shorten_array(array: &mut Array, limit: usize) {
    if let Array::String(texts) = array {
        for text in texts {
            shorten_string(text, limit);
        }
    }
}

fn shorten_string(text: &mut StringValue, limit: usize) {
    let short = beginning(text.as_str(), limit);
    if short.len() < text.as_str().len() {
        *text = short.to_owned().into();
    }
}

/// The first `limit` characters.
fn beginning(text: &str, limit: usize) -> &str {
    let end = text.char_indices().nth(limit);
    end.map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_truncated_between_characters() {
        assert_eq!(beginning("früh", 3), "frü");
        assert_eq!(beginning("früh", 4), "früh");
        assert_eq!(beginning("", 0), "");
    }
}
