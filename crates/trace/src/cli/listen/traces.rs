//! Received traces that are not drawn yet.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use floe_redact::printable;
use floe_trace::{Kind, Recording, TraceId};
use rustc_hash::FxHashMap;

use super::super::show;
use super::super::{Failure, print};
use super::{Listen, Received};

/// The time without a new span after which a trace with an ended root is drawn.
const QUIET: Duration = Duration::from_millis(500);
/// The same limit for a trace that another program began. Its root may arrive later, because programs send spans within
/// five seconds by default.
const SENT_LATER: Duration = Duration::from_secs(6);
/// The same limit for all other traces.
const ABANDONED: Duration = Duration::from_secs(60);

struct Open {
    id: TraceId,
    recording: Recording,
    bytes: usize,
    last: Instant,
    has_root: bool,
    /// Whether a span that another program called has ended.
    has_entry: bool,
}

impl Open {
    /// Returns the time without a new span after which the trace is drawn.
    const fn quiet(&self) -> Duration {
        match (self.has_root, self.has_entry) {
            (true, _) => QUIET,
            (_, true) => SENT_LATER,
            _ => ABANDONED,
        }
    }
}

pub(super) struct Traces<'o> {
    options: &'o Listen,
    /// Open traces by age, the oldest first.
    open: BTreeMap<u64, Open>,
    /// The key of each trace in `open`.
    places: FxHashMap<TraceId, u64>,
    next: u64,
    bytes: usize,
    /// The approximate number of bytes above which the oldest trace is drawn.
    max_bytes: usize,
}

impl<'o> Traces<'o> {
    pub(super) fn new(options: &'o Listen) -> Self {
        Self {
            options,
            open: BTreeMap::new(),
            places: FxHashMap::default(),
            next: 0,
            bytes: 0,
            max_bytes: options.bytes(),
        }
    }

    pub(super) fn add(&mut self, received: Received) -> Result<(), Failure> {
        let Received { mut recording, bytes } = received;
        for note in &recording.notes {
            let _ = writeln!(io::stderr(), "note: {}", printable(&note.message));
        }
        let now = Instant::now();
        let bytes = bytes / recording.spans.len().max(1);
        for span in std::mem::take(&mut recording.spans) {
            self.bytes += bytes;
            let open = self.of(span.trace, now);
            open.last = now;
            open.bytes += bytes;
            open.has_root |= span.parent.is_none();
            open.has_entry |= matches!(span.kind, Kind::Server | Kind::Consumer);
            let source = recording.sources.get(span.source).cloned().unwrap_or_default();
            open.recording.add_span(span, source);
        }
        while self.bytes > self.max_bytes && self.draw_oldest()? {}
        Ok(())
    }

    fn of(&mut self, id: TraceId, now: Instant) -> &mut Open {
        let place = *self.places.entry(id).or_insert_with(|| {
            self.next += 1;
            self.next
        });
        self.open.entry(place).or_insert_with(|| Open {
            id,
            recording: Recording::default(),
            bytes: 0,
            last: now,
            has_root: false,
            has_entry: false,
        })
    }

    pub(super) fn draw_ended(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let ended: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, open)| now.duration_since(open.last) >= open.quiet())
            .map(|(place, _)| *place)
            .collect();
        for place in ended {
            self.draw(place)?;
        }
        Ok(())
    }

    pub(super) fn draw_oldest(&mut self) -> Result<bool, Failure> {
        let Some(place) = self.open.keys().next().copied() else {
            return Ok(false);
        };
        self.draw(place).map(|()| true)
    }

    fn draw(&mut self, place: u64) -> Result<(), Failure> {
        let Some(mut open) = self.open.remove(&place) else {
            return Ok(());
        };
        self.places.remove(&open.id);
        self.bytes -= open.bytes;
        open.recording.correct_clocks();
        let picture = show::picture(&open.recording, &self.options.look);
        print(picture)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use floe_trace::{Span, SpanId};

    use super::*;

    #[derive(clap::Parser)]
    struct Options {
        #[command(flatten)]
        listen: Listen,
    }

    #[test]
    fn a_trace_without_its_root_is_drawn_later() {
        let options = Options::parse_from(["listen"]).listen;
        let mut traces = Traces::new(&options);
        for (trace, parent, kind, quiet) in [
            (1, Some(SpanId(7)), Kind::Internal, ABANDONED),
            (2, Some(SpanId(7)), Kind::Server, SENT_LATER),
            (3, Some(SpanId(7)), Kind::Consumer, SENT_LATER),
            (1, None, Kind::Internal, QUIET),
            (1, Some(SpanId(7)), Kind::Internal, QUIET),
        ] {
            let mut recording = Recording::default();
            recording.spans.push(Span { trace: TraceId(trace), parent, kind, ..Span::default() });
            traces.add(Received { recording, bytes: 1 }).unwrap();
            assert_eq!(traces.of(TraceId(trace), Instant::now()).quiet(), quiet, "{trace}");
        }
    }
}
