//! The tree of the spans of a trace, and their texts.

use std::borrow::Cow;

use floe_waterfall::{Labels, Mark, Tree, attribute as shown, beside, place};
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{SpanId, Value};
use opentelemetry_sdk::trace::SpanData;

use crate::keys;
use floe_redact::printable;
use floe_telemetry_core::__sdk::clock::UnixNanos;

pub(super) struct Spans<'a> {
    pub(super) spans: &'a [SpanData],
}

pub(super) fn is_root(span: &SpanData) -> bool {
    span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote
}

impl Spans<'_> {
    pub(super) fn tree(&self) -> Tree {
        Tree::by_ids(self.spans, |span| {
            let times = [span.start_time, span.end_time].map(|time| UnixNanos::from(time).0);
            (span.span_context.span_id(), span.parent_span_id, times.into())
        })
    }
}

impl Labels for Spans<'_> {
    fn name(&self, span: usize) -> Cow<'_, str> {
        printable(&self.spans[span].name)
    }

    fn mark(&self, span: usize) -> Mark {
        let span = &self.spans[span];
        let has = |is: fn(&str, &Value) -> bool| {
            let mut attributes = span.attributes.iter();
            attributes.any(|attribute| is(attribute.key.as_str(), &attribute.value))
        };

        match &span.status {
            Status::Error { .. } => Mark::Failed,
            _ if has(|key, _| key == keys::FLOE_CANCELLED) => Mark::Cancelled,
            _ if has(|key, value| key.ends_with(".status") && value.as_str() == "skipped") => {
                Mark::Skipped
            }
            Status::Ok => Mark::Ok,
            Status::Unset => Mark::Unset,
        }
    }

    fn message(&self, span: usize) -> Cow<'_, str> {
        match &self.spans[span].status {
            Status::Error { description } => {
                let line = description.replace(['\n', '\r', '\t'], " ");
                Cow::Owned(printable(&line).into_owned())
            }
            _ => Cow::Borrowed(""),
        }
    }

    fn beside(&self, span: usize) -> String {
        let span = &self.spans[span];
        let is_call = matches!(span.span_kind, SpanKind::Client | SpanKind::Producer);
        let text = beside(is_call, |key| attribute(span, key));
        printable(&text).into_owned()
    }

    fn attributes(&self, span: usize) -> Vec<String> {
        let attributes = self.spans[span].attributes.iter();
        let shown = attributes.filter_map(|it| shown(it.key.as_str(), &it.value.as_str()));
        shown.map(|it| printable(&it).into_owned()).collect()
    }

    fn place(&self, span: usize) -> String {
        let span = &self.spans[span];
        printable(&place(|key| attribute(span, key))).into_owned()
    }
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let mut attributes = span.attributes.iter();
    let attribute = attributes.find(|attribute| attribute.key.as_str() == key)?;
    Some(attribute.value.to_string())
}
