//! Removes the messages of panics, for `errors.panic_messages: false`.

use crate::attributes::{Attribute, AttributeValue};
use crate::keys;
use crate::recorder::{PANICKED, SpanRecord};

/// Removes the message of a panic from the span's status, attributes, event and warning.
pub(super) fn remove_messages(record: &mut SpanRecord) {
    let attributes = record.attributes.items_mut();
    attributes.iter_mut().for_each(remove_from_warning);
    let exception = record.exception_mut();
    if exception.is_none_or(|exception| exception.type_name != keys::PANIC) {
        return;
    }
    if let Some(event) = record.write_exception() {
        let details = &mut event.attributes;
        details.retain(|detail| detail.key.as_str() != keys::EXCEPTION_MESSAGE);
    }
    let attributes = record.attributes.items_mut();
    attributes.retain(|attribute| attribute.key.as_str() != keys::EXCEPTION_MESSAGE);
    record.more_mut().description = keys::PANIC.into();
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
