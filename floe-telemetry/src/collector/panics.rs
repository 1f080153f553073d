//! Leaves out what panics say, where that is not wanted.

use opentelemetry::KeyValue;
use opentelemetry::trace::Event;

use crate::attributes::{Attribute, AttributeValue};
use crate::keys;
use crate::recorder::{PANICKED, SpanRecord};

/// Takes the text of a panic out of the status, the attributes and the event of the span whose
/// function it went through, and out of warnings.
pub(super) fn silence(record: &mut SpanRecord) {
    let attributes = record.attributes.items_mut();
    attributes.iter_mut().for_each(silence_warning);
    let Some(more) = &mut record.more else {
        return;
    };
    // A span that is full of attributes has no room for the type.
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

/// The code of attributes may panic, too.
fn silence_warning(attribute: &mut Attribute) {
    if attribute.key.as_str() == keys::FLOE_WARNING
        && let AttributeValue::Text(text) = &mut attribute.value
        && let Some((what, _)) = text.split_once(PANICKED)
    {
        *text = format!("{what}{}", PANICKED.trim_end_matches([':', ' '])).into();
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
