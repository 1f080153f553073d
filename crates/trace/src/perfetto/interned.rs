//! Texts that are written once, and a number instead of them after that.

use std::mem;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::messages::{DebugAnnotation, InternedData, InternedText};
use crate::span::{Attributes, Link, Text, TraceId, Value};

/// The texts so far.
#[derive(Default)]
pub(super) struct Interned<'a> {
    categories: FxHashMap<&'a str, u64>,
    names: FxHashMap<&'a str, u64>,
    keys: FxHashMap<&'a str, u64>,
    values: FxHashMap<&'a str, u64>,
    trace_ids: FxHashMap<TraceId, u64>,
    /// How many values and trace ids there are.
    last_value: u64,
    /// Those that have not been written.
    new: InternedData,
}

/// A name that can be clicked.
pub(super) fn name(name: &str) -> &str {
    if name.is_empty() { "(no name)" } else { name }
}

impl<'a> Interned<'a> {
    /// Returns what must be written before or with the next use.
    pub(super) fn take_new(&mut self) -> InternedData {
        mem::take(&mut self.new)
    }

    pub(super) fn category(&mut self, text: &'static str) -> u64 {
        number(&mut self.categories, &mut self.new.event_categories, text)
    }

    pub(super) fn name(&mut self, text: &'a str) -> u64 {
        number(&mut self.names, &mut self.new.event_names, name(text))
    }

    fn key(&mut self, text: &'a str) -> DebugAnnotation {
        let new = &mut self.new.debug_annotation_names;
        DebugAnnotation {
            name_iid: Some(number(&mut self.keys, new, text)),
            ..DebugAnnotation::default()
        }
    }

    /// An annotation with a text that hardly occurs again.
    pub(super) fn text(&mut self, key: &'static str, value: String) -> DebugAnnotation {
        DebugAnnotation { string_value: Some(value), ..self.key(key) }
    }

    /// An annotation with a text that occurs again.
    pub(super) fn shared_text(&mut self, key: &'static str, value: &'a str) -> DebugAnnotation {
        DebugAnnotation { string_value_iid: Some(self.shared(value)), ..self.key(key) }
    }

    pub(super) fn trace_id(&mut self, trace: TraceId) -> DebugAnnotation {
        let (last, new) = (&mut self.last_value, &mut self.new);
        let number = *self.trace_ids.entry(trace).or_insert_with(|| {
            *last += 1;
            let text = interned(*last, trace.to_string());
            new.debug_annotation_string_values.push(text);
            *last
        });
        DebugAnnotation { string_value_iid: Some(number), ..self.key("trace_id") }
    }

    pub(super) fn attributes(
        &mut self,
        attributes: &'a Attributes,
    ) -> impl Iterator<Item = DebugAnnotation> {
        attributes.iter().map(|(key, value)| {
            let mut annotation = self.key(key);
            self.set(&mut annotation, value);
            annotation
        })
    }

    /// All links as one annotation.
    pub(super) fn links(&mut self, links: &'a [Link]) -> Option<DebugAnnotation> {
        if links.is_empty() {
            return None;
        }
        let mut annotation = self.key("links");
        for link in links {
            let mut entries =
                vec![self.trace_id(link.trace), self.text("span_id", link.span.to_string())];
            entries.extend(self.attributes(&link.attributes));
            annotation
                .array_values
                .push(DebugAnnotation { dict_entries: entries, ..DebugAnnotation::default() });
        }
        Some(annotation)
    }

    fn set(&mut self, annotation: &mut DebugAnnotation, value: &'a Value) {
        match value {
            Value::Text(text) => self.set_text(annotation, text),
            Value::Bool(value) => annotation.bool_value = Some(*value),
            Value::Int(value) => annotation.int_value = Some(*value),
            Value::Double(value) => annotation.double_value = Some(*value),
            Value::List(values) if !values.is_empty() => {
                annotation.array_values.extend(values.iter().map(|value| {
                    let mut element = DebugAnnotation::default();
                    self.set(&mut element, value);
                    element
                }));
            }
            Value::Map(entries) if !entries.is_empty() => {
                annotation.dict_entries.extend(self.attributes(entries));
            }
            other => annotation.string_value = Some(other.to_string()),
        }
    }

    fn set_text(&mut self, annotation: &mut DebugAnnotation, text: &'a Text) {
        // The reader shares equal texts, so a text without other owners occurs once.
        if Arc::strong_count(text) > 1 {
            annotation.string_value_iid = Some(self.shared(text));
        } else {
            annotation.string_value = Some(text.to_string());
        }
    }

    fn shared(&mut self, text: &'a str) -> u64 {
        let (last, new) = (&mut self.last_value, &mut self.new);
        *self.values.entry(text).or_insert_with(|| {
            *last += 1;
            let text = interned(*last, text.to_owned());
            new.debug_annotation_string_values.push(text);
            *last
        })
    }
}

/// The number of a text, and the text among the new ones if it is.
fn number<'a>(
    known: &mut FxHashMap<&'a str, u64>,
    new: &mut Vec<InternedText>,
    text: &'a str,
) -> u64 {
    // The number 0 means that there is none.
    let next = known.len() as u64 + 1;
    *known.entry(text).or_insert_with(|| {
        new.push(interned(next, text.to_owned()));
        next
    })
}

fn interned(number: u64, text: String) -> InternedText {
    InternedText { iid: Some(number), text: Some(text) }
}
