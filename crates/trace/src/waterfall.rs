//! Draws a trace of a recording as a waterfall for the terminal.

use std::borrow::Cow;

use floe_redact::printable;
use floe_waterfall::{Labels, Mark, attribute};

use crate::forest::{Forest, Trace};
use crate::span::{Kind, Status};

/// Draws a trace: a header, a time axis, and rows for spans, as [`floe_waterfall::waterfall`] describes.
#[must_use]
pub fn waterfall(forest: &Forest<'_>, trace: &Trace, options: floe_waterfall::Options) -> String {
    let id = trace.id.to_string();
    floe_waterfall::waterfall(forest.tree(), forest, &id, &trace.roots, options)
}

impl Labels for Forest<'_> {
    fn name(&self, span: usize) -> Cow<'_, str> {
        line(&self.span(span).name).into()
    }

    fn mark(&self, span: usize) -> Mark {
        let span = self.span(span);
        let is_skipped = || {
            let mut attributes = span.attributes.iter();
            attributes
                .any(|(key, value)| key.ends_with(".status") && value.as_str() == Some("skipped"))
        };
        match &span.status {
            _ if span.is_failure() => Mark::Failed,
            _ if span.attribute("floe.cancelled").is_some() => Mark::Cancelled,
            _ if is_skipped() => Mark::Skipped,
            Status::Ok => Mark::Ok,
            Status::Unset | Status::Error(_) => Mark::Unset,
        }
    }

    fn message(&self, span: usize) -> Cow<'_, str> {
        match &self.span(span).status {
            Status::Error(message) => {
                let message = message.replace(['\n', '\r', '\t'], " ");
                Cow::Owned(printable(&message).into_owned())
            }
            _ => Cow::Borrowed(""),
        }
    }

    fn beside(&self, span: usize) -> String {
        line(&beside(self, span))
    }

    fn attributes(&self, span: usize) -> Vec<String> {
        let attributes = self.span(span).attributes.iter();
        let shown = attributes.filter_map(|(key, value)| attribute(key, &value.to_string()));
        shown.map(|it| line(&it)).collect()
    }

    fn place(&self, span: usize) -> String {
        printable(&self.place(span)).into_owned()
    }

    fn service(&self, span: usize) -> Cow<'_, str> {
        line(self.recording().service(self.span(span))).into()
    }
}

/// Escapes a text for a row. Tabs are escaped, too, because they would shift the columns.
fn line(text: &str) -> String {
    printable(text).replace('\t', "\\t")
}

/// Returns the details beside the name: the status code of a response, and the host of a call.
pub(crate) fn beside(forest: &Forest<'_>, index: usize) -> String {
    let span = forest.span(index);
    let is_call = matches!(span.kind, Kind::Client | Kind::Producer);
    floe_waterfall::beside(is_call, |key| span.attribute(key).map(ToString::to_string))
}
