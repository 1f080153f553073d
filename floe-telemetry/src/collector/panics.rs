//! Removes the messages of panics, for `errors.panic_messages: false`.

use opentelemetry::KeyValue;
use opentelemetry::trace::Event;

use crate::attributes::{Attribute, AttributeValue};
use crate::keys;
use crate::recorder::{PANICKED, SpanRecord};

/// Removes the message of a panic from the span's status, attributes, event and warning.
pub(super) fn remove_messages(record: &mut SpanRecord) {
    let exception = record.exception_mut();
    if exception.is_some_and(|exception| exception.type_name == keys::PANIC) {
        record.write_exception();
    }
    let attributes = record.attributes.items_mut();
    attributes.iter_mut().for_each(remove_from_warning);
    let Some(more) = &mut record.more else {
        return;
    };
    // A span that had no room for the attribute still has the event.
    let is_named = attributes.iter().any(|attribute| {
        attribute.key.as_str() == keys::EXCEPTION_TYPE && is_panic(&attribute.value)
    });
    if !is_named && !more.events.iter().any(is_of_a_panic) {
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

/// Attribute expressions may panic, too.
fn remove_from_warning(attribute: &mut Attribute) {
    if attribute.key.as_str() == keys::FLOE_WARNING
        && let AttributeValue::Text(text) = &mut attribute.value
        && let Some((source, _)) = text.split_once(PANICKED)
    {
        *text = format!("{source}{}", PANICKED.trim_end_matches([':', ' '])).into();
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
    let is_panic_type = |KeyValue { key, value, .. }: &KeyValue| {
        key.as_str() == keys::EXCEPTION_TYPE && value.as_str() == keys::PANIC
    };
    event.attributes.iter().any(is_panic_type)
}
