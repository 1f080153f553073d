//! Draws a trace in a terminal: a row for each span, with its place in the tree and in time.

use std::cmp::Reverse;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use floe_telemetry::printable;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::critical_path::critical_path;
use crate::duration::duration;
use crate::forest::{Forest, Trace};
use crate::span::{Kind, Span, Status};

/// The most rows of a trace that is not folded, unless [`Options::all`] is set.
const UNFOLDED: usize = 60;
/// The most rows of one trace.
const MOST_ROWS: usize = 10_000;
/// The most errors that are listed before a folded trace.
const MOST_ERRORS: usize = 10;
/// The width of a duration in columns.
const DURATION: usize = 8;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const ODD: Style = AnsiColor::Yellow.on_default();
const CRITICAL: Style = AnsiColor::Cyan.on_default().bold();

/// What is drawn of a trace, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "options, made with `..Default::default()`"
)]
pub struct Options {
    /// Whether to use colours.
    pub color: bool,
    /// The width, in columns.
    pub width: usize,
    /// Whether to draw every span, and not only failed ones, the critical path, and the longest of equal siblings,
    /// if there are more than 60.
    pub all: bool,
    /// The most levels. `None` for all.
    pub depth: Option<usize>,
    /// The least duration of a span that is drawn, in nanoseconds. Failed spans are always drawn.
    pub min_duration: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            color: false,
            width: 100,
            all: false,
            depth: None,
            min_duration: 0,
        }
    }
}

/// What a row stands for.
enum Item {
    Span(usize),
    /// Siblings without a row of their own, nor has what is below them.
    Folded(Vec<usize>),
    /// A time in which a span had no child, in nanoseconds.
    Gap {
        from: u64,
        to: u64,
    },
}

struct Row {
    item: Item,
    /// For each level from the top, whether the row's ancestor, or the row itself, is the last of its siblings.
    last: Vec<bool>,
}

/// Draws a trace: a header, a time axis and a row for each span.
///
/// A full block is time on the critical path, a shaded one the other time of a span. A failed span has its message
/// below it, a remote call its status code and its host beside its name. All text is without control characters.
#[must_use]
pub fn waterfall(forest: &Forest<'_>, trace: &Trace, options: Options) -> String {
    let drawing = Drawing::new(forest, trace, options);
    let rows = drawing.rows();
    let mut picture = String::new();
    drawing.header(&mut picture);
    if drawing.folds {
        drawing.errors(&mut picture);
    }
    drawing.axis(&mut picture);
    for row in &rows {
        match &row.item {
            Item::Span(span) => drawing.span(&mut picture, *span, &row.last),
            Item::Folded(folded) => drawing.folded(&mut picture, folded, &row.last),
            Item::Gap { from, to } => drawing.gap(&mut picture, *from, *to, &row.last),
        }
    }
    if rows.len() == MOST_ROWS {
        let rest = format!(
            "… the first {MOST_ROWS} rows of {} spans",
            trace.spans.len()
        );
        let _ = writeln!(picture, "{}", drawing.paint(DIM, &rest));
    }
    picture
}

struct Drawing<'d, 'a> {
    forest: &'d Forest<'a>,
    trace: &'d Trace,
    options: Options,
    folds: bool,
    /// The columns of the tree, and of the bars.
    labels: usize,
    columns: usize,
    /// The times of each span on the critical path.
    critical: FxHashMap<usize, Vec<(u64, u64)>>,
    /// What has a row in a folded trace: failed spans, those on the critical path, and what is above them.
    always: FxHashSet<usize>,
}

impl<'d, 'a> Drawing<'d, 'a> {
    fn new(forest: &'d Forest<'a>, trace: &'d Trace, options: Options) -> Self {
        let width = options.width.max(40);
        let columns = width * 3 / 10;
        let mut critical: FxHashMap<usize, Vec<(u64, u64)>> = FxHashMap::default();
        let longest = trace
            .roots
            .iter()
            .max_by_key(|root| forest.span(**root).duration());
        for step in longest
            .map(|root| critical_path(forest, *root))
            .unwrap_or_default()
        {
            critical
                .entry(step.span)
                .or_default()
                .push((step.from, step.to));
        }
        let folds = !options.all && trace.spans.len() > UNFOLDED;
        let mut always = FxHashSet::default();
        let failed = trace
            .spans
            .iter()
            .filter(|span| forest.span(**span).is_error());
        // A part of the critical path that nobody could see in the picture may be folded.
        let least = trace.duration() / 100;
        let steps = critical
            .iter()
            .filter(|(_, times)| times.iter().map(|(from, to)| to - from).sum::<u64>() >= least);
        for span in failed.chain(steps.map(|(span, _)| span)) {
            let mut at = Some(*span);
            while let Some(span) = at
                && always.insert(span)
            {
                at = forest.parent(span);
            }
        }
        Self {
            forest,
            trace,
            options,
            folds,
            labels: width - columns - DURATION - 3,
            columns,
            critical,
            always,
        }
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.options.color && !text.trim_end().is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        // An explicit stack instead of recursion, because a trace may be deeper than the thread's stack.
        let mut open = Vec::new();
        push(&mut open, self.items(None, &self.trace.roots), None);
        // The memory of a row grows with its depth.
        while rows.len() < MOST_ROWS
            && let Some(row) = open.pop()
        {
            if let Item::Span(span) = row.item
                && self
                    .options
                    .depth
                    .is_none_or(|depth| row.last.len() < depth)
            {
                let items = self.items(Some(span), self.forest.children(span));
                push(&mut open, items, Some(&row.last));
            }
            rows.push(row);
        }
        rows
    }

    /// The rows of siblings.
    fn items(&self, parent: Option<usize>, siblings: &[usize]) -> Vec<Item> {
        let least = self.options.min_duration;
        let is_long = |span: &usize| {
            let it = self.forest.span(*span);
            it.duration() >= least || it.is_error()
        };
        let mut drawn: FxHashSet<usize> = siblings.iter().copied().filter(is_long).collect();
        if self.folds {
            let mut longest: FxHashMap<&str, usize> = FxHashMap::default();
            let tenth = self.trace.duration() / 10;
            for span in drawn.iter().copied() {
                let it = self.forest.span(span);
                if it.duration() >= tenth {
                    let known = longest.entry(&it.name).or_insert(span);
                    let rank = |span: usize| {
                        let it = self.forest.span(span);
                        (
                            self.always.contains(&span),
                            it.duration(),
                            Reverse(it.start),
                            Reverse(span),
                        )
                    };
                    if rank(span) > rank(*known) {
                        *known = span;
                    }
                }
            }
            let longest: FxHashSet<usize> = longest.into_values().collect();
            drawn.retain(|span| self.always.contains(span) || longest.contains(span));
        }
        let folded: Vec<usize> = siblings
            .iter()
            .copied()
            .filter(|it| !drawn.contains(it))
            .collect();
        let alone = folded.len() == 1 && self.options.min_duration == 0;
        let mut items = Vec::new();
        let mut until = parent.map(|parent| self.forest.span(parent).start);
        for span in siblings {
            let it = self.forest.span(*span);
            if let Some(until) = &mut until {
                self.add_gap(&mut items, *until, it.start);
                *until = it.end.max(*until);
            }
            if alone || drawn.contains(span) {
                items.push(Item::Span(*span));
            }
        }
        if let Some((parent, until)) = parent.zip(until)
            && !siblings.is_empty()
        {
            self.add_gap(&mut items, until, self.forest.span(parent).end);
        }
        if !alone && !folded.is_empty() {
            items.push(Item::Folded(folded));
        }
        items
    }

    /// A gap is shown if it is a tenth of the trace.
    fn add_gap(&self, items: &mut Vec<Item>, from: u64, to: u64) {
        let length = to.saturating_sub(from);
        if length >= self.options.min_duration.max(1) && length > self.trace.duration() / 10 {
            items.push(Item::Gap { from, to });
        }
    }

    fn header(&self, picture: &mut String) {
        let count = match self.trace.spans.len() {
            1 => "1 span".to_owned(),
            spans => format!("{spans} spans"),
        };
        let failed = match self.trace.errors {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        let mut services: Vec<&str> = Vec::new();
        for span in &self.trace.spans {
            let service = self.forest.recording().service(self.forest.span(*span));
            if !service.is_empty() && !services.contains(&service) && services.len() < 8 {
                services.push(service);
            }
        }
        let services = match &*services {
            [] => String::new(),
            services => format!(" · {}", clip(&services.join(", "), self.options.width / 2)),
        };
        let title = format!("trace {}", self.trace.id);
        let took = duration(self.trace.duration());
        let rest = format!("{services} · {count}{failed} · {took}");
        let _ = writeln!(
            picture,
            "{}{}",
            self.paint(BOLD, &title),
            self.paint(DIM, &rest)
        );
    }

    /// The errors that no other one below them explains, each with its path, for a trace of which not all is drawn.
    fn errors(&self, picture: &mut String) {
        let failed = |span: &&usize| self.forest.span(**span).is_error();
        let innermost = self.trace.spans.iter().filter(failed).filter(|span| {
            !self
                .forest
                .children(**span)
                .iter()
                .any(|child| self.forest.span(*child).is_error())
        });
        let innermost: Vec<_> = innermost.collect();
        for span in innermost.iter().take(MOST_ERRORS) {
            let mut path = Vec::new();
            let mut at = Some(**span);
            while let Some(span) = at
                && path.len() < 6
            {
                path.push(&*self.forest.span(span).name);
                at = self.forest.parent(span);
            }
            if at.is_some() {
                path.push("…");
            }
            path.reverse();
            let room = self.options.width.saturating_sub(2);
            let path = clip(&path.join(" > "), room);
            let _ = writeln!(
                picture,
                "{} {}",
                self.paint(BAD, "✗"),
                self.paint(BAD, &path)
            );
            self.message(picture, self.forest.span(**span), "  ");
        }
        if innermost.len() > MOST_ERRORS {
            let rest = format!("  … {} more", innermost.len() - MOST_ERRORS);
            let _ = writeln!(picture, "{}", self.paint(DIM, &rest));
        }
    }

    fn axis(&self, picture: &mut String) {
        let length = self.trace.duration();
        if length == 0 {
            return;
        }
        let mut axis: Vec<char> = Vec::new();
        let step = round_step(length, self.columns / 9);
        let mut time = 0;
        while time <= length {
            let label = if time == 0 {
                "0".to_owned()
            } else {
                duration(time)
            };
            let column = self.column(self.trace.start + time);
            if column + label.chars().count() <= self.columns + 1
                && (axis.is_empty() || column > axis.len())
            {
                axis.resize(column, ' ');
                axis.extend(label.chars());
            }
            let Some(next) = time.checked_add(step) else {
                break;
            };
            time = next;
        }
        let before = " ".repeat(self.labels + DURATION + 3);
        let axis: String = axis.into_iter().collect();
        let _ = writeln!(picture, "{before}{}", self.paint(DIM, &axis));
    }

    fn span(&self, picture: &mut String, index: usize, last: &[bool]) {
        let span = self.forest.span(index);
        let branch = branch(last);
        let (mark, tone) = mark(span);
        let room = self
            .labels
            .saturating_sub(branch.chars().count() + 2)
            .max(8);
        let name = clip(&span.name, room);
        let used = name.chars().count();
        let beside = beside(span).filter(|_| used + 4 < room).unwrap_or_default();
        let beside = clip(&beside, room.saturating_sub(used + 1));
        let pad = room.saturating_sub(used + 1 + beside.chars().count());
        let name = if span.is_error() {
            self.paint(BAD, &name)
        } else if self.critical.contains_key(&index) {
            self.paint(BOLD, &name)
        } else {
            name
        };
        let line = format!(
            "{}{} {name} {}{} {:>DURATION$}  {}",
            self.paint(DIM, &branch),
            self.paint(tone, mark),
            self.paint(DIM, &beside),
            " ".repeat(pad),
            duration(span.duration()),
            self.bar(index, span),
        );
        let _ = writeln!(picture, "{}", line.trim_end());
        // An error passes through every caller; its message is drawn where it occurred.
        let mut below = self.forest.children(index).iter();
        if !below.any(|child| self.forest.span(*child).status == span.status) {
            self.message(picture, span, &format!("{}  ", stems(last)));
        }
    }

    /// The bar of a span: full where it is on the critical path, else shaded.
    fn bar(&self, index: usize, span: &Span) -> String {
        if span.end == 0 || span.start == 0 {
            return self.paint(DIM, "no times");
        }
        let from = self.column(span.start).min(self.columns.saturating_sub(1));
        let to = self.column(span.end).clamp(from + 1, self.columns);
        let mut cells = vec![
            if span.duration().saturating_mul(200) < self.trace.duration() {
                '▏'
            } else {
                '▒'
            };
            to - from
        ];
        for (from_time, to_time) in self.critical.get(&index).into_iter().flatten() {
            let start = self.column(*from_time).clamp(from, to - 1);
            // A part that is most of a short span is seen, however short.
            let least = usize::from((*to_time - *from_time) >= span.duration() / 2);
            let end = self.column(*to_time).max(start + least).clamp(start, to);
            for cell in cells.iter_mut().take(end - from).skip(start - from) {
                *cell = '█';
            }
        }
        let mut bar = " ".repeat(from);
        let mut rest = &*cells;
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|cell| *cell == first).count();
            let part: String = rest.iter().take(same).collect();
            let style = match (span.is_error(), first) {
                (true, _) => BAD,
                (_, '█') => CRITICAL,
                _ => DIM,
            };
            bar.push_str(&self.paint(style, &part));
            rest = rest.get(same..).unwrap_or_default();
        }
        bar
    }

    fn folded(&self, picture: &mut String, folded: &[usize], last: &[bool]) {
        let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
        for span in folded {
            *counts.entry(&self.forest.span(*span).name).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable_by_key(|(name, count)| (Reverse(*count), *name));
        let counts: Vec<_> = counts
            .into_iter()
            .take(8)
            .map(|(name, count)| match count {
                1 => name.to_owned(),
                _ => format!("{count} × {name}"),
            })
            .collect();
        let branch = branch(last);
        let room = self.labels.saturating_sub(branch.chars().count()).max(8);
        let text = clip(
            &format!("… {} more: {}", folded.len(), counts.join(", ")),
            room,
        );
        let pad = room - text.chars().count();
        let took = folded
            .iter()
            .map(|span| self.forest.span(*span).duration())
            .fold(0, u64::saturating_add);
        let row = format!(
            "{branch}{text}{} {:>DURATION$}",
            " ".repeat(pad),
            duration(took)
        );
        let _ = writeln!(picture, "{}", self.paint(DIM, &row));
    }

    fn gap(&self, picture: &mut String, from: u64, to: u64, last: &[bool]) {
        let branch = branch(last);
        let room = self.labels.saturating_sub(branch.chars().count()).max(8);
        let text = clip("┄ nothing below", room);
        let pad = room - text.chars().count();
        let start = self.column(from);
        let length = self.column(to).saturating_sub(start).max(1);
        let row = format!(
            "{branch}{text}{} {:>DURATION$}  {}{}",
            " ".repeat(pad),
            duration(to - from),
            " ".repeat(start),
            "┄".repeat(length)
        );
        let _ = writeln!(picture, "{}", self.paint(DIM, &row));
    }

    fn message(&self, picture: &mut String, span: &Span, indent: &str) {
        if let Status::Error(message) = &span.status
            && !message.is_empty()
        {
            let room = self.options.width.saturating_sub(indent.chars().count());
            let text = clip(&message.replace(['\n', '\r', '\t'], " "), room);
            let _ = writeln!(
                picture,
                "{}{}",
                self.paint(DIM, indent),
                self.paint(BAD, &text)
            );
        }
    }

    fn column(&self, time: u64) -> usize {
        let offset = u128::from(time.saturating_sub(self.trace.start));
        let length = u128::from(self.trace.duration().max(1));
        let column = (offset * self.columns as u128 * 2 + length) / (length * 2);
        usize::try_from(column)
            .unwrap_or(self.columns)
            .min(self.columns)
    }
}

/// Adds rows so that the first one is popped first.
fn push(open: &mut Vec<Row>, items: Vec<Item>, above: Option<&[bool]>) {
    let rows = items.into_iter().rev().enumerate();
    open.extend(rows.map(|(from_end, item)| Row {
        item,
        last: above.map_or_else(Vec::new, |above| [above, &[from_end == 0]].concat()),
    }));
}

/// A step of the axis of which about `most` fit: 1, 2 or 5 times a power of ten.
fn round_step(length: u64, most: usize) -> u64 {
    let least = length / (most.max(1) as u64);
    let mut step = 1_u64;
    for factor in [2, 5, 10].iter().cycle() {
        if step >= least {
            break;
        }
        let power = 10_u64.pow(step.ilog10());
        step = power.saturating_mul(*factor);
    }
    step.max(1)
}

/// What is worth reading beside the name: the status code of a response, and the host of a call.
pub(crate) fn beside(span: &Span) -> Option<String> {
    let of = |keys: &[&str]| {
        let mut values = keys.iter().filter_map(|key| span.attribute(key));
        values.next().map(ToString::to_string)
    };
    let code = of(&[
        "http.response.status_code",
        "rpc.response.status_code",
        "rpc.status_code",
        "rpc.grpc.status_code",
    ]);
    let host = match span.kind {
        Kind::Client | Kind::Producer => of(&[
            "server.address",
            "messaging.destination.name",
            "db.namespace",
            "peer.service",
        ]),
        _ => None,
    };
    match (code, host) {
        (Some(code), Some(host)) => Some(format!("{code} {host}")),
        (one, other) => one.or(other),
    }
}

fn mark(span: &Span) -> (&'static str, Style) {
    let is_cancelled = span.attribute("floe.cancelled").is_some();
    let is_skipped = span
        .attributes
        .iter()
        .any(|(key, value)| key.ends_with(".status") && value.as_str() == Some("skipped"));
    match &span.status {
        Status::Error(_) => ("✗", BAD),
        _ if is_cancelled => ("◌", ODD),
        _ if is_skipped => ("↷", ODD),
        Status::Ok => ("✓", GOOD),
        Status::Unset => ("·", GOOD),
    }
}

/// The lines of the tree before a row.
fn branch(last: &[bool]) -> String {
    let Some((is_last, above)) = last.split_last() else {
        return String::new();
    };
    let mut text = stems(above);
    text.push_str(if *is_last { "└─ " } else { "├─ " });
    text
}

/// The vertical lines of the levels above a row. A trace that is deeper than the terminal is wide has a number instead.
fn stems(last: &[bool]) -> String {
    const DEEPEST: usize = 16;
    let hidden = last.len().saturating_sub(DEEPEST);
    let mut text = if hidden > 0 {
        format!("⋯{hidden} ")
    } else {
        String::new()
    };
    for last in last.iter().skip(hidden) {
        text.push_str(if *last { "   " } else { "│  " });
    }
    text
}

/// Shortens a text to `room` characters. What could move the cursor or reverse the text is escaped.
fn clip(text: &str, room: usize) -> String {
    let text = printable(text);
    let mut characters = text.chars();
    let mut clipped: String = characters.by_ref().take(room).collect();
    if characters.next().is_some() {
        clipped.pop();
        clipped.push('…');
    }
    clipped
}
