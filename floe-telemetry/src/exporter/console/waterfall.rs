//! Draws a trace as a waterfall.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style as Ansi};
use opentelemetry::SpanId;
use opentelemetry::trace::Status;
use opentelemetry_sdk::trace::SpanData;

use super::scale::{DURATION, Scale, duration};
use super::tree::{self, Item};
use crate::keys;
use crate::printable::is_unprintable;

/// The maximum number of rows that are drawn for one trace, and for one that is folded.
const MAX_ROWS: usize = 10_000;
const MAX_FOLDED_ROWS: usize = 400;

/// The style of the drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) color: bool,
    /// The width in columns.
    pub(super) width: usize,
    /// The most spans of a trace that is not folded.
    pub(super) unfolded: usize,
}

const BOLD: Ansi = Ansi::new().bold();
const DIM: Ansi = Ansi::new().dimmed();
const GOOD: Ansi = AnsiColor::Green.on_default();
const BAD: Ansi = AnsiColor::Red.on_default();
const ODD: Ansi = AnsiColor::Yellow.on_default();

impl Style {
    fn paint(self, style: Ansi, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// Draws one trace, followed by an empty line.
pub(super) fn draw(spans: &[SpanData], style: Style) -> String {
    let fold = spans.len() > style.unfolded;
    let max = if fold { MAX_FOLDED_ROWS } else { MAX_ROWS };
    let rows = tree::rows(spans, max, fold);
    let (Some(first), Some(start), Some(end)) = (
        spans.first(),
        spans.iter().map(|span| span.start_time).min(),
        spans.iter().map(|span| span.end_time).max(),
    ) else {
        return String::new();
    };
    let scale = Scale {
        start,
        length: end.duration_since(start).unwrap_or_default(),
        columns: style.width * 3 / 10,
    };
    let labels = style.width - scale.columns - DURATION - 3;
    let mut picture = String::new();
    let failed = spans.iter().filter(|span| is_error(span)).count();
    let total = match spans.len() {
        1 => "1 span".to_owned(),
        spans => format!("{spans} spans"),
    };
    let count = match failed {
        0 => total,
        _ => format!("{total}, {failed} failed"),
    };
    let _ = writeln!(
        picture,
        "{} {}",
        style.paint(BOLD, &format!("trace {}", first.span_context.trace_id())),
        style.paint(
            DIM,
            &format!("· {count} · {}", duration(scale.length).trim_start())
        ),
    );
    let repeated = repeated_errors(spans);
    for row in &rows {
        match &row.item {
            Item::Span(span) => {
                draw_row(&mut picture, span, &row.last, &scale, labels, style);
                if !repeated.contains(&span.span_context.span_id()) {
                    draw_error(&mut picture, span, &row.last, style);
                }
            }
            Item::Folded(folded) => draw_folded(&mut picture, folded, &row.last, labels, style),
        }
    }
    if rows.len() == max {
        let rest = format!("… the first {max} rows of {} spans", spans.len());
        let _ = writeln!(picture, "{}", style.paint(DIM, &rest));
    }
    picture.push('\n');
    picture
}

fn draw_row(
    picture: &mut String,
    span: &SpanData,
    last: &[bool],
    scale: &Scale,
    labels: usize,
    style: Style,
) {
    let branch = branch(last);
    let room = labels.saturating_sub(branch.chars().count() + 2).max(8);
    let (mark, tone) = mark(span);
    let name = if is_skipped(span) {
        clip(&format!("{} (skipped)", span.name), room)
    } else {
        clip(&span.name, room)
    };
    let pad = labels.saturating_sub(branch.chars().count() + 2 + name.chars().count());
    let (before, bar) = scale.bar(span);
    let _ = writeln!(
        picture,
        "{}{} {}{} {}  {}{}",
        style.paint(DIM, &branch),
        style.paint(tone, mark),
        if is_error(span) {
            style.paint(BAD, &name)
        } else {
            name
        },
        " ".repeat(pad),
        style.paint(DIM, &duration(tree::took(span))),
        " ".repeat(before),
        style.paint(tone, &bar),
    );
}

/// Draws one row for siblings that have none: how many there are of each name, and their time.
fn draw_folded(
    picture: &mut String,
    folded: &[&SpanData],
    last: &[bool],
    labels: usize,
    style: Style,
) {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for span in folded {
        match counts.iter_mut().find(|(name, _)| *name == span.name) {
            Some((_, count)) => *count += 1,
            None => counts.push((&span.name, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let counts: Vec<_> = counts
        .into_iter()
        .map(|(name, count)| match count {
            1 => name.to_owned(),
            _ => format!("{count} × {name}"),
        })
        .collect();
    let branch = branch(last);
    let room = labels.saturating_sub(branch.chars().count()).max(8);
    let text = format!("… {} more: {}", folded.len(), counts.join(", "));
    let text = clip(&text, room);
    let pad = room - text.chars().count();
    let took = folded.iter().map(|span| tree::took(span)).sum();
    let row = format!("{branch}{text}{} {}", " ".repeat(pad), duration(took));
    let _ = writeln!(picture, "{}", style.paint(DIM, &row));
}

/// The spans with the same error as one of their children. An error passes through every caller, and its
/// message is drawn at the span where it occurred.
fn repeated_errors(spans: &[SpanData]) -> HashSet<SpanId> {
    let statuses: HashMap<SpanId, &Status> = spans
        .iter()
        .map(|span| (span.span_context.span_id(), &span.status))
        .collect();
    spans
        .iter()
        .filter(|span| is_error(span) && statuses.get(&span.parent_span_id) == Some(&&span.status))
        .map(|span| span.parent_span_id)
        .collect()
}

fn draw_error(picture: &mut String, span: &SpanData, last: &[bool], style: Style) {
    if let Status::Error { description } = &span.status {
        let stems = stems(last);
        let room = style.width.saturating_sub(stems.chars().count() + 2);
        let text = clip(&description.replace(['\n', '\r', '\t'], " "), room);
        let _ = writeln!(
            picture,
            "{}  {}",
            style.paint(DIM, &stems),
            style.paint(BAD, &text)
        );
    }
}

/// The tree lines in front of a row.
fn branch(last: &[bool]) -> String {
    let Some((is_last, above)) = last.split_last() else {
        return String::new();
    };
    let mut text = stems(above);
    text.push_str(if *is_last { "└─ " } else { "├─ " });
    text
}

/// The vertical tree lines of the levels above a row.
fn stems(last: &[bool]) -> String {
    last.iter()
        .map(|last| if *last { "   " } else { "│  " })
        .collect()
}

fn is_error(span: &SpanData) -> bool {
    matches!(span.status, Status::Error { .. })
}

fn mark(span: &SpanData) -> (&'static str, Ansi) {
    let cancelled = span
        .attributes
        .iter()
        .any(|attribute| attribute.key.as_str() == keys::FLOE_CANCELLED);
    match &span.status {
        Status::Error { .. } => ("✗", BAD),
        _ if cancelled => ("◌", ODD),
        _ if is_skipped(span) => ("↷", ODD),
        Status::Ok => ("✓", GOOD),
        Status::Unset => ("·", GOOD),
    }
}

/// Whether an attribute `….status` is `skipped`: the span represents work that was not done.
fn is_skipped(span: &SpanData) -> bool {
    span.attributes.iter().any(|attribute| {
        attribute.key.as_str().ends_with(".status") && attribute.value.as_str() == "skipped"
    })
}

/// Truncates a text to `room` characters and removes characters that could move the cursor of the
/// terminal or reverse the text.
fn clip(text: &str, room: usize) -> String {
    let mut visible = text.chars().filter(|c| !is_unprintable(*c));
    let mut clipped: String = visible.by_ref().take(room).collect();
    if visible.next().is_some() {
        clipped.pop();
        clipped.push('…');
    }
    clipped
}
