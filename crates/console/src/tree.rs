//! The spans of a trace as a tree.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use floe_waterfall::{Mark, Tree, beside, place};
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry::{SpanId, Value};
use opentelemetry_sdk::trace::SpanData;
use rustc_hash::FxHashMap;

use crate::keys;
use floe_redact::printable;

pub(super) struct Spans<'a> {
    data: &'a [SpanData],
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
    /// The spans without a parent in the trace, by start.
    pub(super) roots: Vec<usize>,
}

pub(super) fn is_root(span: &SpanData) -> bool {
    span.parent_span_id == SpanId::INVALID || span.parent_span_is_remote
}

impl<'a> Spans<'a> {
    pub(super) fn new(spans: &'a [SpanData]) -> Self {
        let mut indices = FxHashMap::default();
        for (index, span) in spans.iter().enumerate() {
            // Spans of another program may repeat an id: the first one has the children.
            indices.entry(span.span_context.span_id()).or_insert(index);
        }
        let mut tree = Self {
            data: spans,
            parents: vec![None; spans.len()],
            children: vec![Vec::new(); spans.len()],
            roots: Vec::new(),
        };
        let mut by_start: Vec<usize> = (0..spans.len()).collect();
        by_start.sort_by_key(|index| spans.get(*index).map(|span| span.start_time));
        for index in by_start {
            let parent = indices.get(&tree.span(index).parent_span_id).copied();
            let siblings = match parent.filter(|parent| *parent != index) {
                Some(parent) => {
                    tree.parents[index] = Some(parent);
                    &mut tree.children[parent]
                }
                None => &mut tree.roots,
            };
            siblings.push(index);
        }
        tree
    }

    fn span(&self, span: usize) -> &'a SpanData {
        &self.data[span]
    }
}

impl Tree for Spans<'_> {
    fn start(&self, span: usize) -> u64 {
        nanos(self.span(span).start_time)
    }

    fn end(&self, span: usize) -> u64 {
        nanos(self.span(span).end_time)
    }

    fn parent(&self, span: usize) -> Option<usize> {
        self.parents[span]
    }

    fn children(&self, span: usize) -> &[usize] {
        &self.children[span]
    }

    fn name(&self, span: usize) -> Cow<'_, str> {
        printable(&self.span(span).name)
    }

    fn mark(&self, span: usize) -> Mark {
        let span = self.span(span);
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
        match &self.span(span).status {
            Status::Error { description } => {
                let line = description.replace(['\n', '\r', '\t'], " ");
                Cow::Owned(printable(&line).into_owned())
            }
            _ => Cow::Borrowed(""),
        }
    }

    fn beside(&self, span: usize) -> String {
        let span = self.span(span);
        let is_call = matches!(span.span_kind, SpanKind::Client | SpanKind::Producer);
        let text = beside(is_call, |key| attribute(span, key));
        printable(&text).into_owned()
    }

    fn place(&self, span: usize) -> String {
        let span = self.span(span);
        printable(&place(|key| attribute(span, key))).into_owned()
    }
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let mut attributes = span.attributes.iter();
    let attribute = attributes.find(|attribute| attribute.key.as_str() == key)?;
    Some(attribute.value.to_string())
}

fn nanos(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos().try_into().unwrap_or(u64::MAX)
}
