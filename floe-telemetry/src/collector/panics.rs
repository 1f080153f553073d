//! Leaves out what panics say, where that is not wanted.

use opentelemetry::KeyValue;
use opentelemetry::trace::Event;

use crate::attributes::AttributeValue;
use crate::keys;
use crate::recorder::SpanRecord;

/// Takes the text of a panic out of the status, the attributes and the event of the span whose
/// function it went through.
pub(super) fn silence(record: &mut SpanRecord) {
    let Some(more) = &mut record.more else {
        return;
    };
    let attributes = record.attributes.items_mut();
    let panicked = attributes.iter().any(|attribute| {
        attribute.key.as_str() == keys::EXCEPTION_TYPE && is_panic(&attribute.value)
    });
    if !panicked {
        return;
    }
    attributes.retain(|attribute| attribute.key.as_str() != keys::EXCEPTION_MESSAGE);
    more.description = keys::PANIC.into();
    for event in more.events.iter_mut().filter(|event| is_of_a_panic(event)) {
        event
            .attributes
            .retain(|detail| detail.key.as_str() != keys::EXCEPTION_MESSAGE);
    }
}

fn is_panic(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::Static(text) => *text == keys::PANIC,
        AttributeValue::Text(text) => **text == *keys::PANIC,
        _ => false,
    }
}

fn is_of_a_panic(event: &Event) -> bool {
    let names_it = |KeyValue { key, value, .. }: &KeyValue| {
        key.as_str() == keys::EXCEPTION_TYPE && value.as_str() == keys::PANIC
    };
    event.attributes.iter().any(names_it)
}
