//! Draws a trace in a terminal: rows of spans, with their places in the tree and their times.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::fmt::Write as _;
use std::mem;

use anstyle::{AnsiColor, Style};
use rustc_hash::{FxHashMap, FxHashSet};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::critical_path::{Step, critical_path};
use crate::duration::duration;
use crate::tree::{Labels, Mark, Tree};

/// The maximum number of rows of a complete trace, and of a folded one.
const MOST_ROWS: usize = 10_000;
const MOST_FOLDED_ROWS: usize = 400;
/// The maximum number of errors listed before a folded trace.
const MOST_ERRORS: usize = 10;
/// The minimum and the maximum width of the bars, in columns.
const BARS: (usize, usize) = (16, 80);
/// The texts of rows for a period without a child span, and for a wait before the start of a span.
const GAP: &str = "┄ no child span";
const WAIT: &str = "┄ waited, no span";

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const ODD: Style = AnsiColor::Yellow.on_default();
const CRITICAL: Style = AnsiColor::Cyan.on_default().bold();

/// The options of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether to use colours.
    pub color: bool,
    /// The width, in columns.
    pub width: usize,
    /// The maximum number of spans of a trace that is drawn completely. In a larger one, mainly failed spans, spans
    /// that take much of the critical path and the longest of equal siblings have a row; others are counted by name.
    pub unfolded: usize,
    /// Whether attributes are drawn below all spans instead of failed ones.
    pub attributes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { color: false, width: 100, unfolded: 60, attributes: false }
    }
}

enum Item {
    Span(usize),
    /// Siblings that, like their descendants, have no rows of their own.
    Folded(Vec<usize>),
    /// A period without a span, in nanoseconds, and the text of its row.
    Gap {
        text: &'static str,
        from: u64,
        to: u64,
    },
}

struct Row {
    item: Item,
    /// For each level below the roots, whether the row's ancestor, or the row itself, is the last of its siblings.
    last: Vec<bool>,
}

/// Draws a trace: a header, a time axis, and rows for spans.
///
/// A full block is time on the critical path, and a lighter block is other time of a span. The text of
/// [`Labels::beside`] is beside the name, and the message and the place of an error are below the span in which it
/// occurred. [`Labels::attributes`] of failed spans, or of all, are below their span. `id` is the printed id of the
/// trace; `roots` are the spans without a parent, sorted by start.
pub fn waterfall(
    tree: &Tree,
    labels: &impl Labels,
    id: &str,
    roots: &[usize],
    options: Options,
) -> String {
    let mut drawing = Drawing::new(tree, labels, id, roots, options);
    let rows = drawing.rows();
    drawing.divide(&rows);
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
            Item::Gap { text, from, to } => {
                let start = drawing.column(*from);
                let length = drawing.column(*to).saturating_sub(start).max(1);
                let bar = " ".repeat(start) + &"┄".repeat(length);
                drawing.dim(&mut picture, &row.last, text, to - from, &bar);
            }
        }
    }

    let most = drawing.most_rows();
    if rows.len() == most {
        let rest = format!("… the first {most} rows of {} spans", drawing.spans.len());
        let _ = writeln!(picture, "{}", drawing.paint(DIM, &rest));
    }
    picture
}

struct Drawing<'a, L> {
    tree: &'a Tree,
    labels: &'a L,
    id: &'a str,
    roots: &'a [usize],
    /// All spans, parents before children.
    spans: Vec<usize>,
    services: Vec<Cow<'a, str>>,
    start: u64,
    /// The duration of the trace, in nanoseconds.
    length: u64,
    options: Options,
    folds: bool,
    /// The widths of the labels, of the durations and of the bars, in columns.
    label_width: usize,
    durations: usize,
    columns: usize,
    /// The steps of the critical path in each span: waits before it, and its own time.
    critical: FxHashMap<usize, Vec<Step>>,
    /// The spans that are not folded: failed spans, spans that, with waits before them, take at least a twentieth of
    /// the trace on the critical path, and the ancestors of both.
    always: FxHashSet<usize>,
}

impl<'a, L: Labels> Drawing<'a, L> {
    fn new(
        tree: &'a Tree,
        labels: &'a L,
        id: &'a str,
        roots: &'a [usize],
        options: Options,
    ) -> Self {
        let spans: Vec<usize> = tree.below(roots).collect();
        // Spans without times do not affect the start and the end of the trace.
        let timed = || spans.iter().filter(|span| tree.end(**span) > 0);
        let start = timed().map(|span| tree.start(*span)).min().unwrap_or(0);
        let end = timed().map(|span| tree.end(*span)).max().unwrap_or(0);
        let length = end.saturating_sub(start);
        let mut critical: FxHashMap<usize, Vec<Step>> = FxHashMap::default();
        for step in critical_path(tree, roots) {
            critical.entry(step.span).or_default().push(step);
        }

        // A part of the critical path that is too short for the picture may be folded.
        let steps = critical.iter().filter(|(_, steps)| {
            let parts = steps.iter().map(|step| step.to - step.from);
            parts.sum::<u64>() >= length / 20
        });

        let failed = spans.iter().filter(|span| labels.is_failed(**span));
        let always = with_above(tree, failed.chain(steps.map(|(span, _)| span)));
        Self {
            tree,
            labels,
            id,
            roots,
            start,
            length,
            options,
            folds: spans.len() > options.unfolded,
            label_width: 0,
            durations: 0,
            columns: BARS.0,
            critical,
            always,
            services: services(labels, &spans),
            spans,
        }
    }

    /// Divides the columns: the tree gets as many as it needs, within limits, and the bars get the rest.
    fn divide(&mut self, rows: &[Row]) {
        let width = self.options.width.clamp(40, 1000);
        let times = rows.iter().map(|row| match &row.item {
            Item::Span(span) => self.tree.duration(*span),
            Item::Folded(folded) => self.time_of(folded),
            Item::Gap { from, to, .. } => to - from,
        });

        let durations = times.map(|time| duration(time).width());
        self.durations = durations.max().unwrap_or(0).max(8);
        let longest = rows.iter().map(|row| {
            let text = match row.item {
                Item::Span(span) => {
                    let beside = self.beside(span).width();
                    2 + self.labels.name(span).width() + beside + usize::from(beside > 0)
                }
                Item::Gap { text, .. } => text.width(),
                // The text of folded siblings has a fixed width, and is cut.
                Item::Folded(_) => 36,
            };

            // A name has at least eight columns.
            branch(&row.last).width() + text.max(10)
        });

        let room = width - self.durations - 3;
        self.label_width = longest
            .max()
            .unwrap_or(0)
            .clamp(room.saturating_sub(BARS.1).min(24), (room * 65 / 100).min(room - BARS.0));
        self.columns = (room - self.label_width).min(BARS.1);
    }

    fn time_of(&self, spans: &[usize]) -> u64 {
        let times = spans.iter().map(|span| self.tree.duration(*span));
        times.fold(0, u64::saturating_add)
    }

    fn took(&self, nanos: u64) -> String {
        format!("{:>1$}", duration(nanos), self.durations)
    }

    const fn most_rows(&self) -> usize {
        if self.folds { MOST_FOLDED_ROWS } else { MOST_ROWS }
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
        // An explicit stack replaces recursion, because a trace may be deeper than the stack of a thread.
        let mut open = Vec::new();
        push(&mut open, self.items(None, self.roots), None);
        // The memory of a row grows with its depth, so only the rows that are drawn are created.
        while rows.len() < self.most_rows()
            && let Some(row) = open.pop()
        {
            if let Item::Span(span) = row.item {
                let items = self.items(Some(span), self.tree.children(span));
                push(&mut open, items, Some(&row.last));
            }

            rows.push(row);
        }
        rows
    }

    fn items(&self, parent: Option<usize>, siblings: &[usize]) -> Vec<Item> {
        let mut drawn: FxHashSet<usize> = siblings.iter().copied().collect();
        if self.folds {
            let tenth = self.length / 10;
            let long = |span: &usize| self.tree.duration(*span) >= tenth;
            let mut longest: Vec<usize> = drawn.iter().copied().filter(long).collect();
            longest.sort_unstable_by_key(|span| {
                let took = self.tree.duration(*span);
                let first = Reverse((self.tree.start(*span), *span));
                (self.always.contains(span), took, first)
            });

            // The map keeps the last span of each name in this order.
            let by_name: FxHashMap<Cow<'_, str>, usize> =
                longest.into_iter().map(|span| (self.labels.name(span), span)).collect();
            let kept: FxHashSet<usize> = by_name.into_values().collect();
            drawn.retain(|span| self.always.contains(span) || kept.contains(span));
        }

        let is_folded = |span: &usize| !drawn.contains(span);
        let folded: Vec<usize> = siblings.iter().copied().filter(is_folded).collect();
        let alone = folded.len() == 1;

        let mut items = Vec::new();
        let with_gaps = parent.filter(|_| !siblings.is_empty());
        let mut gaps = with_gaps.into_iter().flat_map(|it| self.tree.uncovered(it)).peekable();
        for span in siblings {
            while let Some(gap) = gaps.next_if(|gap| gap.1 <= self.tree.start(*span)) {
                items.extend(self.gap_item(GAP, gap));
            }

            let steps = self.critical.get(span).into_iter().flatten();
            let mut waits = steps.filter(|step| step.is_wait);
            items.extend(waits.find_map(|step| self.gap_item(WAIT, (step.from, step.to))));
            if alone || drawn.contains(span) {
                items.push(Item::Span(*span));
            }
        }

        items.extend(gaps.filter_map(|gap| self.gap_item(GAP, gap)));
        if !alone && !folded.is_empty() {
            items.push(Item::Folded(folded));
        }
        items
    }

    /// Returns the row of a period without a span, if the period is longer than a tenth of the trace.
    fn gap_item(&self, text: &'static str, (from, to): (u64, u64)) -> Option<Item> {
        let length = to - from;
        let is_long = length > self.length / 10;
        is_long.then_some(Item::Gap { text, from, to })
    }

    fn header(&self, picture: &mut String) {
        let count = match self.spans.len() {
            1 => "1 span".to_owned(),
            spans => format!("{spans} spans"),
        };

        let failed_spans = self.spans.iter().filter(|it| self.labels.is_failed(**it));
        let failed = match failed_spans.count() {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };

        let rest = format!(" · {count}{failed} · {}", duration(self.length));

        let room = self.options.width.max(40).saturating_sub(rest.width());
        let title = clip(&format!("trace {}", self.id), room);
        let all_services = format!(" · {}", self.services.join(", "));
        let services = match room - title.width() {
            // A service is clipped only if enough of its name remains to recognize it.
            room if room > 8 && all_services.len() > 4 => clip(&all_services, room),
            _ => String::new(),
        };

        let _ = writeln!(
            picture,
            "{}{}",
            self.paint(BOLD, &title),
            self.paint(DIM, &format!("{services}{rest}"))
        );
    }

    /// Lists failed spans without a failed child, each with its path, up to a maximum.
    fn errors(&self, picture: &mut String) {
        let innermost = self.spans.iter().filter(|span| {
            let mut below = self.tree.children(**span).iter();
            self.labels.is_failed(**span) && !below.any(|child| self.labels.is_failed(*child))
        });

        let innermost: Vec<_> = innermost.collect();
        for span in innermost.iter().take(MOST_ERRORS) {
            let mut path = Vec::new();
            let mut at = Some(**span);
            while let Some(span) = at
                && path.len() < 6
            {
                path.push(self.labels.name(span));
                at = self.tree.parent(span);
            }

            if at.is_some() {
                path.push("…".into());
            }

            path.reverse();
            let room = self.options.width.saturating_sub(2);
            let path = clip(&path.join(" > "), room);
            let _ = writeln!(picture, "{} {}", self.paint(BAD, "✗"), self.paint(BAD, &path));
            self.message(picture, **span, "  ");
        }

        if innermost.len() > MOST_ERRORS {
            let rest = format!("  … {} more", innermost.len() - MOST_ERRORS);
            let _ = writeln!(picture, "{}", self.paint(DIM, &rest));
        }
    }

    fn axis(&self, picture: &mut String) {
        let length = self.length;
        if length == 0 {
            return;
        }

        let mut axis: Vec<char> = Vec::new();
        // From a minute on, labels have two units and need more columns.
        let room = if length < 60_000_000_000 { 8 } else { 12 };
        let step = usize::try_from(round_step(length, self.columns / room)).unwrap_or(usize::MAX);

        for time in (0..=length).step_by(step) {
            let label = duration(time);
            let column = self.column(self.start + time);
            let fits = column + label.width() <= self.columns + 1;
            if fits && (axis.is_empty() || column > axis.len()) {
                axis.resize(column, ' ');
                axis.extend(label.chars());
            }
        }

        let label = duration(length);
        let column = self.columns.saturating_sub(label.width());
        if column > axis.len() + 1 {
            axis.resize(column, ' ');
            axis.extend(label.chars());
        }

        let before = " ".repeat(self.label_width + self.durations + 3);
        let axis: String = axis.into_iter().collect();
        let _ = writeln!(picture, "{before}{}", self.paint(DIM, &axis));
    }

    fn span(&self, picture: &mut String, index: usize, last: &[bool]) {
        let branch = branch(last);
        let mark = self.labels.mark(index);
        let (sign, tone) = sign(mark);
        let room = self.label_width.saturating_sub(branch.width() + 2).max(8);
        let mut beside = self.beside(index);
        // The service tells a client from its server, so a long name leaves room for it.
        let service = if beside.starts_with('[') { beside.find(']').unwrap_or(0) + 2 } else { 0 };
        let name = clip(&self.labels.name(index), room - service.min(room / 2));
        let mut used = name.width();
        if !beside.is_empty() && used + 4 <= room {
            beside = format!(" {}", clip(&beside, room - used - 1));
            used += beside.width();
        } else {
            beside.clear();
        }

        let pad = room.saturating_sub(used);
        let name = if mark == Mark::Failed {
            self.paint(BAD, &name)
        } else if self.critical.contains_key(&index) {
            self.paint(BOLD, &name)
        } else {
            name
        };

        let line = format!(
            "{}{} {name}{}{} {}  {}",
            self.paint(DIM, &branch),
            self.paint(tone, sign),
            self.paint(DIM, &beside),
            " ".repeat(pad),
            self.took(self.tree.duration(index)),
            self.bar(index),
        );

        let _ = writeln!(picture, "{}", line.trim_end());
        // An error passes through its callers, so its message is drawn only where it occurred.
        if mark == Mark::Failed {
            let message = self.labels.message(index);
            let mut below = self.tree.children(index).iter();
            if !below.any(|it| self.labels.is_failed(*it) && self.labels.message(*it) == message) {
                self.message(picture, index, &format!("{}  ", stems(last)));
            }
        }
        if self.options.attributes || mark == Mark::Failed {
            self.attributes(picture, index, &format!("{}  ", stems(last)));
        }
    }

    /// Draws attributes, as many in a line as it has room for.
    fn attributes(&self, picture: &mut String, index: usize, indent: &str) {
        let room = self.options.width.saturating_sub(indent.width());
        let mut line = String::new();
        let mut write = |line: &str| {
            let _ = writeln!(picture, "{}", self.paint(DIM, &format!("{indent}{line}")));
        };

        for attribute in self.labels.attributes(index) {
            let attribute = clip(&attribute, room);
            if !line.is_empty() && line.width() + 2 + attribute.width() > room {
                write(&mem::take(&mut line));
            }

            if !line.is_empty() {
                line.push_str("  ");
            }

            line.push_str(&attribute);
        }

        if !line.is_empty() {
            write(&line);
        }
    }

    /// Returns the text beside the name of a span: its service, unless the parent or the whole trace has the same, then
    /// `cancelled`, `skipped` or [`Labels::beside`].
    fn beside(&self, span: usize) -> String {
        let beside = match self.labels.mark(span) {
            Mark::Cancelled => "cancelled".to_owned(),
            Mark::Skipped => "skipped".to_owned(),
            _ => self.labels.beside(span),
        };

        let service = self.labels.service(span);
        let above = self.tree.parent(span).map(|it| self.labels.service(it));
        if self.services.len() < 2 || above == Some(service.clone()) || service.is_empty() {
            return beside;
        }

        format!("[{service}] {beside}").trim_end().to_owned()
    }

    /// Returns the bar of a span: full blocks on the critical path, else lighter ones.
    fn bar(&self, index: usize) -> String {
        let start = self.tree.start(index);
        let end = self.tree.end(index);
        let took = self.tree.duration(index);
        if end == 0 || start == 0 {
            return self.paint(DIM, "no times");
        }

        let from = self.column(start).min(self.columns.saturating_sub(1));
        let to = self.column(end).clamp(from + 1, self.columns);
        let light = if took.saturating_mul(200) < self.length { '▏' } else { '▒' };
        let critical = self.critical.get(&index).map_or(&[][..], Vec::as_slice);
        // Returns for a period how long the span was on the critical path, and how long the span ran.
        let shares = |from: u64, to: u64| {
            let within = |start: u64, end: u64| end.min(to).saturating_sub(start.max(from));
            let steps = critical.iter().filter(|step| !step.is_wait);
            let own = steps.map(|step| within(step.from, step.to));
            (own.fold(0, u64::saturating_add), within(start, end))
        };

        let whole = shares(start, end);
        let cells: Vec<char> = (from..to)
            .map(|cell| {
                let (own, time) = match shares(self.time(cell), self.time(cell + 1)) {
                    // Ends are rounded, so a cell may contain no time of the span.
                    (_, 0) => whole,
                    _ if to - from == 1 => whole,
                    shares => shares,
                };

                if own > 0 && own >= time / 2 { '█' } else { light }
            })
            .collect();
        let is_failed = self.labels.is_failed(index);
        let mut bar = " ".repeat(from);
        for part in cells.chunk_by(PartialEq::eq) {
            let style = match part {
                _ if is_failed => BAD,
                ['█', ..] => CRITICAL,
                _ => DIM,
            };

            bar.push_str(&self.paint(style, &part.iter().collect::<String>()));
        }
        bar
    }

    fn folded(&self, picture: &mut String, folded: &[usize], last: &[bool]) {
        let mut counts: FxHashMap<Cow<'_, str>, usize> = FxHashMap::default();
        for span in folded {
            *counts.entry(self.labels.name(*span)).or_default() += 1;
        }

        let mut counts: Vec<_> = counts.into_iter().collect();
        counts
            .sort_unstable_by(|(name, count), (other, others)| (others, name).cmp(&(count, other)));

        let described = counts.into_iter().take(8).map(|(name, count)| match count {
            1 => name.into_owned(),
            _ => format!("{count} × {name}"),
        });

        let names = described.collect::<Vec<_>>().join(", ");
        let text = format!("… {} more: {names}", folded.len());
        self.dim(picture, last, &text, self.time_of(folded), "");
    }

    /// Draws a row without a span.
    fn dim(&self, picture: &mut String, last: &[bool], text: &str, took: u64, bar: &str) {
        let branch = branch(last);
        let room = self.label_width.saturating_sub(branch.width()).max(8);
        let text = clip(text, room);
        let pad = " ".repeat(room - text.width());
        let row = format!("{branch}{text}{pad} {}  {bar}", self.took(took));
        let _ = writeln!(picture, "{}", self.paint(DIM, row.trim_end()));
    }

    fn message(&self, picture: &mut String, span: usize, indent: &str) {
        let message = self.labels.message(span);
        let room = self.options.width.saturating_sub(indent.width());
        if !message.is_empty() {
            let message = self.paint(BAD, &clip(&message, room));
            let _ = writeln!(picture, "{}{message}", self.paint(DIM, indent));
        }

        let place = self.labels.place(span);
        if !place.is_empty() {
            let line = format!("{indent}at {}", clip_start(&place, room.saturating_sub(3)));
            let _ = writeln!(picture, "{}", self.paint(DIM, &line));
        }
    }

    /// Returns the start of a column, in nanoseconds since 1970.
    fn time(&self, column: usize) -> u64 {
        let offset = u128::from(self.length) * column as u128 / self.columns as u128;
        self.start.saturating_add(offset.try_into().unwrap_or(u64::MAX))
    }

    fn column(&self, time: u64) -> usize {
        let offset = u128::from(time.saturating_sub(self.start));
        let length = u128::from(self.length.max(1));
        let column = (offset * self.columns as u128 * 2 + length) / (length * 2);
        usize::try_from(column).unwrap_or(self.columns).min(self.columns)
    }
}

fn services<'a>(labels: &'a impl Labels, spans: &[usize]) -> Vec<Cow<'a, str>> {
    let mut services = Vec::new();
    for span in spans {
        let service = labels.service(*span);
        if !service.is_empty() && services.len() < 8 && !services.contains(&service) {
            services.push(service);
        }
    }
    services
}

fn with_above<'a>(tree: &Tree, spans: impl Iterator<Item = &'a usize>) -> FxHashSet<usize> {
    let mut all = FxHashSet::default();
    for span in spans {
        let mut at = Some(*span);
        while let Some(span) = at
            && all.insert(span)
        {
            at = tree.parent(span);
        }
    }
    all
}

/// Adds rows so that they are popped in the order of the items.
fn push(open: &mut Vec<Row>, items: Vec<Item>, above: Option<&[bool]>) {
    let rows = items.into_iter().rev().enumerate();
    open.extend(rows.map(|(from_end, item)| Row {
        item,
        last: above.map_or_else(Vec::new, |above| [above, &[from_end == 0]].concat()),
    }));
}

/// Steps of the axis from a second to half a day, in seconds. Others are 1, 2 or 5 times a power of ten nanoseconds or
/// days.
const STEPS: [u64; 14] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200];

/// Returns the smallest step of the axis that fits at most `most` times into the length.
fn round_step(length: u64, most: usize) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    let least = length / (most.max(1) as u64);
    let decimal = |unit: u64| {
        let powers = (0..19).map(move |power| unit.saturating_mul(10_u64.pow(power)));
        powers.flat_map(|power| [1, 2, 5].map(|factor| power.saturating_mul(factor)))
    };

    let mut steps = decimal(1)
        .take_while(|step| *step < SECOND)
        .chain(STEPS.map(|seconds| seconds * SECOND))
        .chain(decimal(86_400 * SECOND));
    steps.find(|step| *step >= least).unwrap_or(u64::MAX)
}

const fn sign(mark: Mark) -> (&'static str, Style) {
    match mark {
        Mark::Failed => ("✗", BAD),
        Mark::Cancelled => ("◌", ODD),
        Mark::Skipped => ("↷", ODD),
        Mark::Ok => ("✓", GOOD),
        Mark::Unset => ("·", GOOD),
    }
}

fn branch(last: &[bool]) -> String {
    let Some((is_last, above)) = last.split_last() else {
        return String::new();
    };

    let mut text = stems(above);
    text.push_str(if *is_last { "└─ " } else { "├─ " });
    text
}

/// Returns the vertical lines of the levels above a row. If there are more than sixteen levels, the number of the
/// outermost ones replaces their lines.
fn stems(last: &[bool]) -> String {
    const DEEPEST: usize = 16;
    let hidden = last.len().saturating_sub(DEEPEST);
    let mut text = if hidden > 0 { format!("⋯{hidden} ") } else { String::new() };
    for last in last.iter().skip(hidden) {
        text.push_str(if *last { "   " } else { "│  " });
    }
    text
}

/// Shortens a text to this many columns of a terminal, and to eight times as many characters, because combining marks
/// take no columns.
pub fn clip(text: &str, room: usize) -> String {
    let most = room.saturating_mul(8);
    if text.width() <= room && text.chars().nth(most).is_none() {
        return text.to_owned();
    }

    let mut clipped = String::new();
    let mut left = room.saturating_sub(1);
    for character in text.chars().take(most) {
        let width = character.width().unwrap_or(0);
        if width > left {
            break;
        }
        left -= width;
        clipped.push(character);
    }

    clipped.push('…');
    clipped
}

/// Shortens a path to this many columns, and keeps its end, which distinguishes paths.
fn clip_start(text: &str, room: usize) -> String {
    let reversed: String = text.chars().rev().collect();
    clip(&reversed, room).chars().rev().collect()
}
