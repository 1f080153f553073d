//! Where spans are drawn. A track may have a span inside of another one only if that is its parent.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use super::processes::Processes;
use super::times::Times;
use crate::forest::Forest;
use crate::span::{Span, Value};

/// How many spans may be inside of each other on a track. Perfetto leaves out what is deeper than 512.
const DEEPEST: usize = 500;

/// How many names of tracks there may be. The page of Perfetto does not cope with many more.
const MOST_NAMES: usize = 1000;

/// The tracks of all spans.
pub(super) struct Layout<'a> {
    pub(super) tracks: Vec<Track<'a>>,
    /// Whether a span is drawn inside of its parent.
    nested: Vec<bool>,
}

/// A track.
pub(super) struct Track<'a> {
    pub(super) process: usize,
    pub(super) kind: TrackKind<'a>,
    /// Its spans, by start, parents before children.
    pub(super) spans: Vec<usize>,
}

/// What a track stands for.
pub(super) enum TrackKind<'a> {
    /// A thread: its `thread.id` and `thread.name`.
    Thread(i64, Option<&'a str>),
    /// Spans of requests or tasks. Tracks with the same name are shown as one.
    Named(&'a str),
}

/// Tracks with the same name.
#[derive(Default)]
struct Lanes {
    /// Those that are in use, by the end of their outermost span.
    busy: BinaryHeap<Reverse<(u64, usize)>>,
    free: BinaryHeap<Reverse<usize>>,
}

struct Builder<'a, 'b> {
    forest: &'b Forest<'a>,
    processes: &'b Processes,
    times: Times,
    layout: Layout<'a>,
    /// The index of each span's track, once it has one.
    track_of: Vec<Option<usize>>,
    /// The open spans of each track.
    open: Vec<Vec<usize>>,
    threads: FxHashMap<(usize, i64), usize>,
    lanes: FxHashMap<(usize, &'a str), Lanes>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(forest: &Forest<'a>, processes: &Processes, times: Times) -> Self {
        let count = forest.recording().spans.len();
        let mut order = Vec::with_capacity(count);
        // With which span the work of the process began.
        let mut entries: Vec<usize> = (0..count).collect();
        for root in forest.traces().iter().flat_map(|trace| &trace.roots) {
            for span in forest.below(*root) {
                if let Some(parent) = forest.parent(span)
                    && processes.of(forest.span(parent).source)
                        == processes.of(forest.span(span).source)
                {
                    entries[span] = entries[parent];
                }
                order.push(span);
            }
        }
        // The sort is stable: parents stay before children that start at the same time.
        order.sort_by_key(|span| times.of(forest.span(*span).start));
        let mut builder = Builder {
            forest,
            processes,
            times,
            layout: Self { tracks: Vec::new(), nested: vec![false; count] },
            track_of: vec![None; count],
            open: Vec::new(),
            threads: FxHashMap::default(),
            lanes: FxHashMap::default(),
        };
        for span in order {
            let track = builder.track(span, entries[span]);
            builder.open[track].push(span);
            builder.track_of[span] = Some(track);
            builder.layout.tracks[track].spans.push(span);
        }
        builder.layout
    }

    /// Whether a span is drawn inside of its parent.
    pub(super) fn is_nested(&self, span: usize) -> bool {
        self.nested[span]
    }
}

impl<'a> Builder<'a, '_> {
    /// Chooses the track of a span, and closes what has ended there.
    fn track(&mut self, index: usize, entry: usize) -> usize {
        let forest = self.forest;
        let span = forest.span(index);
        let process = self.processes.of(span.source);
        let (start, end) = (self.times.of(span.start), self.times.of(span.end));
        let parent = forest.parent(index);
        let thread = thread_of(span).map(|id| self.thread(process, id, span));
        let of_parent = parent.and_then(|parent| self.track_of[parent]).filter(|track| {
            let track = self.layout.tracks.get(*track);
            track.is_some_and(|track| track.process == process)
        });
        if let Some(track) = thread.or(of_parent) {
            let open = &mut self.open[track];
            while let Some(top) = open.last() {
                let top_end = self.times.of(forest.span(*top).end);
                // A child without duration at the end of its parent is inside of it.
                if top_end > start || (Some(*top) == parent && end <= top_end) {
                    break;
                }
                open.pop();
            }
            let fits = match open.last() {
                Some(top) => Some(*top) == parent && end <= self.times.of(forest.span(*top).end),
                None => false,
            };
            if fits && open.len() < DEEPEST {
                self.layout.nested[index] = true;
                return track;
            }
            if open.is_empty() && thread.is_some() {
                return track;
            }
        }
        self.lane(process, &forest.span(entry).name, start, end)
    }

    /// The track of a thread.
    fn thread(&mut self, process: usize, id: i64, span: &'a Span) -> usize {
        let (layout, open) = (&mut self.layout, &mut self.open);
        *self.threads.entry((process, id)).or_insert_with(|| {
            let name = span.attribute("thread.name").and_then(Value::as_str);
            open.push(Vec::new());
            layout.tracks.push(Track {
                process,
                kind: TrackKind::Thread(id, name),
                spans: Vec::new(),
            });
            layout.tracks.len() - 1
        })
    }

    /// A track with this name on which no span is open.
    fn lane(&mut self, process: usize, name: &'a str, start: u64, end: u64) -> usize {
        let is_full = self.lanes.len() >= MOST_NAMES && !self.lanes.contains_key(&(process, name));
        let name = if is_full { "other spans" } else { name };
        let lanes = self.lanes.entry((process, name)).or_default();
        while let Some(Reverse((until, track))) = lanes.busy.peek()
            && *until <= start
        {
            lanes.free.push(Reverse(*track));
            lanes.busy.pop();
        }
        let track = if let Some(Reverse(track)) = lanes.free.pop() {
            track
        } else {
            self.open.push(Vec::new());
            self.layout.tracks.push(Track {
                process,
                kind: TrackKind::Named(name),
                spans: Vec::new(),
            });
            self.layout.tracks.len() - 1
        };
        lanes.busy.push(Reverse((end, track)));
        self.open[track].clear();
        track
    }
}

/// The `thread.id` of a span that ran on one thread: an asynchronous one was idle, and may have gone from thread to thread.
fn thread_of(span: &Span) -> Option<i64> {
    let id = span.attribute("thread.id").and_then(Value::as_int)?;
    let idle = span.attribute("idle_ns").and_then(Value::as_int);
    let idle = idle.and_then(|idle| u64::try_from(idle).ok());
    (idle.unwrap_or_default() <= span.duration() / 10).then_some(id)
}
