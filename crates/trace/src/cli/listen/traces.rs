//! Received traces that are not drawn yet, or that may get more spans.

use std::mem::{replace, take};
use std::time::{Duration, Instant};

use floe_trace::{Kind, Recording, Span, TraceId};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::super::input::print_notes;
use super::super::show::{self, Look};
use super::super::{Failure, print};
use super::{Listen, Received};

/// The time without a new span after which a trace with an ended root is drawn.
const QUIET: Duration = Duration::from_millis(500);
/// The same limit for a trace that another program began, and the time for which a drawn trace is kept: programs send
/// spans within five seconds by default, so those of another program may arrive later.
const SENT_LATER: Duration = Duration::from_secs(6);
/// The same limit for all other traces.
const ABANDONED: Duration = Duration::from_secs(60);

struct Open {
    recording: Recording,
    bytes: usize,
    /// The number of spans that are drawn.
    drawn: usize,
    /// When its last span arrived, or when it was drawn.
    last: Instant,
    /// The time without a new span after which its new spans are drawn.
    quiet: Duration,
}

impl Open {
    fn has_ended(&self, now: Instant) -> bool {
        let is_drawn = self.drawn == self.recording.spans.len();
        now.duration_since(self.last) >= if is_drawn { SENT_LATER } else { self.quiet }
    }

    /// Returns a picture of the whole trace, or an empty text if all its spans are drawn.
    fn picture(&mut self, look: &Look) -> String {
        let spans = self.recording.spans.len();
        let heading = match replace(&mut self.drawn, spans) {
            0 => "",
            drawn if drawn == spans => return String::new(),
            _ => "again, with spans that arrived later:\n",
        };
        self.last = Instant::now();
        // Clocks are corrected in a copy, because spans that arrive later need the same correction.
        let mut recording = self.recording.clone();
        recording.correct_clocks();
        print_notes(&recording.notes);
        heading.to_owned() + &show::picture(&recording, look)
    }
}

pub(super) struct Traces<'o> {
    options: &'o Listen,
    /// Traces by age, the oldest first.
    open: IndexMap<TraceId, Open, FxBuildHasher>,
    bytes: usize,
}

impl<'o> Traces<'o> {
    pub(super) fn new(options: &'o Listen) -> Self {
        Self { options, open: IndexMap::default(), bytes: 0 }
    }

    pub(super) fn add(&mut self, received: Received) -> Result<(), Failure> {
        let Received { mut recording, bytes } = received;
        print_notes(&recording.notes);
        let last = Instant::now();
        let bytes = bytes / recording.spans.len().max(1);
        for span in take(&mut recording.spans) {
            self.bytes += bytes;
            let open = self.open.entry(span.trace).or_insert_with(|| Open {
                recording: Recording::default(),
                bytes: 0,
                drawn: 0,
                last,
                quiet: ABANDONED,
            });
            open.last = last;
            open.bytes += bytes;
            open.quiet = open.quiet.min(quiet(&span));
            let source = recording.sources.get(span.source).cloned().unwrap_or_default();
            open.recording.add_span(span, source);
        }
        self.shrink()
    }

    /// Draws and forgets the oldest traces if all of them need too much memory.
    fn shrink(&mut self) -> Result<(), Failure> {
        // The other half is for the copy that a picture needs.
        let max_bytes = self.options.bytes() / 2;
        let mut left = self.bytes;
        let oldest = self.open.values().take_while(|open| {
            let is_over = left > max_bytes;
            left -= open.bytes;
            is_over
        });
        let oldest = oldest.count();
        for (_, mut open) in self.open.drain(..oldest) {
            self.bytes -= open.bytes;
            print(open.picture(&self.options.look))?;
        }
        Ok(())
    }

    /// Draws the traces that have ended, and forgets those that have been drawn for a while.
    pub(super) fn draw_ended(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        for open in self.open.values_mut().filter(|open| open.has_ended(now)) {
            print(open.picture(&self.options.look))?;
        }
        self.open.retain(|_, open| !open.has_ended(now));
        self.bytes = self.open.values().map(|open| open.bytes).sum();
        Ok(())
    }

    /// Returns the pictures of all traces that are not drawn.
    pub(super) fn pictures(self) -> impl Iterator<Item = String> {
        self.open.into_values().map(|mut open| open.picture(&self.options.look))
    }
}

/// Returns the time without a new span after which a trace with this span is drawn.
const fn quiet(span: &Span) -> Duration {
    match (span.parent, span.kind) {
        (None, _) => QUIET,
        (_, Kind::Server | Kind::Consumer) => SENT_LATER,
        _ => ABANDONED,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use floe_trace::{Source, SpanId};

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
            assert_eq!(traces.open[&TraceId(trace)].quiet, quiet, "{trace}");
        }
    }

    #[test]
    fn a_trace_is_drawn_again_with_spans_that_arrive_later() {
        let options = Options::parse_from(["listen"]).listen;
        let mut traces = Traces::new(&options);
        let mut pictures = Vec::new();
        for (id, parent, service) in [(1, None, "shop"), (2, Some(SpanId(1)), "payments")] {
            let mut recording = Recording::default();
            let span = Span { trace: TraceId(1), id: SpanId(id), parent, ..Span::default() };
            recording.add_span(span, Source { service: service.into(), ..Source::default() });
            traces.add(Received { recording, bytes: 1 }).unwrap();
            let open = &mut traces.open[&TraceId(1)];
            for (is_drawn, wait) in [(false, QUIET), (true, SENT_LATER)] {
                assert!(open.has_ended(open.last + wait), "{service} {is_drawn}");
                assert!(!open.has_ended(open.last + wait / 2), "{service} {is_drawn}");
                let picture = open.picture(&options.look);
                assert_eq!(picture.is_empty(), is_drawn, "{picture}");
                pictures.push(picture);
            }
        }
        let [first, _, again, _] = pictures.try_into().unwrap();
        assert!(!first.contains("again"), "{first}");
        assert!(first.contains("1 span"), "{first}");
        let whole = again.strip_prefix("again, with spans that arrived later:\n").unwrap();
        assert!(whole.contains("shop"), "{again}");
        assert!(whole.contains("payments"), "{again}");
    }
}
