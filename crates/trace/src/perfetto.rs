//! A recording as a trace of [Perfetto](https://perfetto.dev), for its page and its SQL.

mod interned;
mod layout;
mod messages;
mod processes;
mod times;

use std::io::{self, BufWriter, Write};

use prost::Message as _;
use rustc_hash::{FxHashMap, FxHashSet};

use self::interned::Interned;
use self::layout::{Layout, TrackKind};
use self::messages::{
    BOOTTIME, Clock, ClockSnapshot, INSTANT, InternedData, NEEDS_STATE, ProcessDescriptor,
    REALTIME, SLICE_BEGIN, SLICE_END, STATE_CLEARED, ThreadDescriptor, TracePacket,
    TrackDescriptor, TrackEvent,
};
use self::processes::Processes;
use self::times::Times;
use crate::forest::Forest;
use crate::span::{Event, Log, Span, SpanId, Status, TraceId, Value};

/// The longest name of a log record. Longer bodies are an annotation, too.
const LONGEST_NAME: usize = 200;

/// The sequences of packets. With one for both, Perfetto would take all events for those of the last thread.
const EVENTS: u32 = 1;
const TRACKS: u32 = 2;

/// Writes a recording in Perfetto's format, which its page, <https://ui.perfetto.dev>, and its `trace_processor` read.
///
/// A resource is a process, a span a slice, an attribute a debug annotation, an event an instant, a log record an
/// instant on a track of its own, a link a flow. A slice is inside of another one only if that is its parent; from a
/// parent on another track a flow leads to it. Times are nanoseconds since 1970.
///
/// # Errors
/// The output cannot be written.
pub fn write_perfetto(forest: &Forest<'_>, out: impl Write) -> io::Result<()> {
    let times = Times::new(forest.recording());
    let processes = Processes::new(forest.recording());
    let layout = Layout::new(forest, &processes, times);
    let mut writer = Writer {
        forest,
        processes: &processes,
        layout: &layout,
        times,
        flows: Flows::new(forest),
        out: BufWriter::new(out),
        buffer: Vec::new(),
        interned: Interned::default(),
        // The tracks of processes and spans have the first numbers.
        tracks: (processes.list.len() + layout.tracks.len()) as u64,
        side_tracks: FxHashMap::default(),
    };
    writer.begin()?;
    writer.processes()?;
    writer.threads()?;
    for track in 0..layout.tracks.len() {
        writer.track(track)?;
    }
    for (index, log) in forest.recording().logs.iter().enumerate() {
        writer.log(index, log)?;
    }
    writer.out.flush()
}

/// What connects spans: the numbers of the links and log records that begin or end at a span.
struct Flows {
    /// By span.
    ends: Vec<(usize, u64)>,
    /// The number of a log record whose span was read is this and its index.
    first_of_logs: u64,
    /// The spans that are linked to, or that log records belong to.
    spans: FxHashMap<(TraceId, SpanId), usize>,
}

impl Flows {
    fn new(forest: &Forest<'_>) -> Self {
        let recording = forest.recording();
        let links = recording.spans.iter().flat_map(|span| &span.links);
        let links = links.map(|link| (link.trace, link.span));
        let logs = recording.logs.iter().map(|log| (log.trace, log.span));
        let wanted: FxHashSet<_> = links.chain(logs).collect();
        let mut spans = FxHashMap::default();
        for (index, span) in recording.spans.iter().enumerate() {
            if wanted.contains(&(span.trace, span.id)) {
                spans.entry((span.trace, span.id)).or_insert(index);
            }
        }
        // The flow from a parent has the number of the child and 1.
        let mut number = recording.spans.len() as u64;
        let mut ends = Vec::new();
        for (index, span) in recording.spans.iter().enumerate() {
            for link in &span.links {
                if let Some(other) = spans.get(&(link.trace, link.span))
                    && *other != index
                {
                    number += 1;
                    ends.extend([(index, number), (*other, number)]);
                }
            }
        }
        let first_of_logs = number + 1;
        for (index, log) in recording.logs.iter().enumerate() {
            if let Some(span) = spans.get(&(log.trace, log.span)) {
                ends.push((*span, first_of_logs + index as u64));
            }
        }
        ends.sort_unstable();
        Self { ends, first_of_logs, spans }
    }

    fn of(&self, span: usize) -> impl Iterator<Item = u64> {
        let from = self.ends.partition_point(|(it, _)| *it < span);
        let ends = self.ends.iter().skip(from);
        ends.take_while(move |(it, _)| *it == span).map(|(_, number)| *number)
    }

    fn of_log(&self, index: usize, log: &Log) -> Option<u64> {
        self.spans.get(&(log.trace, log.span))?;
        Some(self.first_of_logs + index as u64)
    }
}

struct Writer<'a, 'b, W: Write> {
    forest: &'b Forest<'a>,
    processes: &'b Processes,
    layout: &'b Layout<'a>,
    times: Times,
    flows: Flows,
    out: BufWriter<W>,
    buffer: Vec<u8>,
    interned: Interned<'a>,
    /// How many tracks have a number.
    tracks: u64,
    /// The tracks of a process besides those of spans, by name.
    side_tracks: FxHashMap<(usize, &'static str), u64>,
}

impl<'a, W: Write> Writer<'a, '_, W> {
    fn packet(&mut self, packet: &TracePacket) -> io::Result<()> {
        self.buffer.clear();
        // The field `packet` of `Trace`.
        self.buffer.push(0x0a);
        packet.encode_length_delimited(&mut self.buffer)?;
        self.out.write_all(&self.buffer)
    }

    /// The clock of all times is the wall clock.
    fn begin(&mut self) -> io::Result<()> {
        let clock = |id| Clock { clock_id: Some(id), timestamp: Some(self.times.first) };
        let clocks = vec![clock(REALTIME), clock(BOOTTIME)];
        self.packet(&TracePacket {
            timestamp: Some(self.times.first),
            trusted_packet_sequence_id: Some(EVENTS),
            sequence_flags: Some(STATE_CLEARED),
            clock_snapshot: Some(ClockSnapshot { clocks, primary_trace_clock: Some(BOOTTIME) }),
            ..TracePacket::default()
        })
    }

    fn descriptor(&mut self, track: TrackDescriptor) -> io::Result<()> {
        self.packet(&TracePacket {
            timestamp: Some(self.times.first),
            trusted_packet_sequence_id: Some(TRACKS),
            track_descriptor: Some(track),
            ..TracePacket::default()
        })
    }

    fn event(&mut self, time: u64, event: TrackEvent) -> io::Result<()> {
        let interned = self.interned.take_new();
        self.packet(&TracePacket {
            timestamp: Some(self.times.of(time)),
            trusted_packet_sequence_id: Some(EVENTS),
            sequence_flags: Some(NEEDS_STATE),
            track_event: Some(event),
            interned_data: (interned != InternedData::default()).then_some(interned),
            ..TracePacket::default()
        })
    }

    fn processes(&mut self) -> io::Result<()> {
        for (index, process) in self.processes.list.iter().enumerate() {
            self.descriptor(TrackDescriptor {
                uuid: Some(process_track(index)),
                process: Some(ProcessDescriptor {
                    pid: Some(process.pid),
                    process_name: Some(process.name.clone()),
                    process_labels: process.labels.clone(),
                }),
                ..TrackDescriptor::default()
            })?;
        }
        Ok(())
    }

    /// The tracks of spans. A thread must have a number that no other thread has, and that is no process's.
    fn threads(&mut self) -> io::Result<()> {
        let pids = self.processes.list.iter();
        let mut given: FxHashSet<i64> = pids.map(|process| i64::from(process.pid)).collect();
        let ids = self.layout.tracks.iter().filter_map(|track| match track.kind {
            TrackKind::Thread(id, _) => Some(id),
            TrackKind::Named(_) => None,
        });
        let mut taken: FxHashSet<i64> = ids.chain(given.iter().copied()).collect();
        let mut next = 1;
        for (index, track) in self.layout.tracks.iter().enumerate() {
            let mut descriptor = TrackDescriptor {
                uuid: Some(self.span_track(index)),
                parent_uuid: Some(process_track(track.process)),
                ..TrackDescriptor::default()
            };
            match track.kind {
                TrackKind::Named(name) => descriptor.name = Some(interned::name(name).to_owned()),
                TrackKind::Thread(id, name) => {
                    let mut tid = id;
                    if tid <= 0 || !given.insert(tid) {
                        while !taken.insert(next) {
                            next += 1;
                        }
                        tid = next;
                    }
                    let pid = self.processes.list.get(track.process);
                    descriptor.thread = Some(ThreadDescriptor {
                        pid: pid.map(|process| process.pid),
                        tid: Some(tid),
                        thread_name: Some(
                            name.map_or_else(|| format!("thread {id}"), str::to_owned),
                        ),
                    });
                }
            }
            self.descriptor(descriptor)?;
        }
        Ok(())
    }

    fn span_track(&self, track: usize) -> u64 {
        process_track(self.processes.list.len() + track)
    }

    /// A track of a process besides those of spans.
    fn side_track(&mut self, process: usize, name: &'static str) -> io::Result<u64> {
        if let Some(track) = self.side_tracks.get(&(process, name)) {
            return Ok(*track);
        }
        self.tracks += 1;
        let track = self.tracks;
        self.side_tracks.insert((process, name), track);
        self.descriptor(TrackDescriptor {
            uuid: Some(track),
            parent_uuid: Some(process_track(process)),
            name: Some(name.to_owned()),
            ..TrackDescriptor::default()
        })?;
        Ok(track)
    }

    /// The spans of a track. Perfetto sorts by time; the sort is stable.
    fn track(&mut self, index: usize) -> io::Result<()> {
        let (forest, layout) = (self.forest, self.layout);
        let track = self.span_track(index);
        let mut open: Vec<usize> = Vec::new();
        for span in &layout.tracks[index].spans {
            let parent = forest.parent(*span).filter(|_| layout.is_nested(*span));
            while let Some(top) = open.pop_if(|top| Some(*top) != parent) {
                self.end_span(track, top)?;
            }
            self.begin_span(track, *span)?;
            open.push(*span);
        }
        while let Some(top) = open.pop() {
            self.end_span(track, top)?;
        }
        Ok(())
    }

    fn begin_span(&mut self, track: u64, index: usize) -> io::Result<()> {
        let (forest, layout) = (self.forest, self.layout);
        let span = forest.span(index);
        let from_parent = forest.parent(index).filter(|_| !layout.is_nested(index));
        let mut flow_ids: Vec<u64> = from_parent.map(|_| index as u64 + 1).into_iter().collect();
        let children = forest.children(index).iter();
        let elsewhere = children.filter(|child| !layout.is_nested(**child));
        flow_ids.extend(elsewhere.map(|child| *child as u64 + 1));
        flow_ids.extend(self.flows.of(index));
        let mut category_iids = vec![self.interned.category(span.kind.as_str())];
        let mut annotations = vec![
            self.interned.trace_id(span.trace),
            self.interned.text("span_id", span.id.to_string()),
        ];
        if let Some(parent) = span.parent {
            annotations.push(self.interned.text("parent_span_id", parent.to_string()));
        }
        match &span.status {
            Status::Unset => {}
            Status::Ok => category_iids.push(self.interned.category("ok")),
            Status::Error(description) => {
                category_iids.push(self.interned.category("error"));
                if !description.is_empty() {
                    let description = description.to_string();
                    annotations.push(self.interned.text("otel.status_description", description));
                }
            }
        }
        annotations.extend(self.scope(span.source));
        annotations.extend(self.interned.attributes(&span.attributes));
        annotations.extend(self.interned.links(&span.links));
        let event = TrackEvent {
            r#type: Some(SLICE_BEGIN),
            track_uuid: Some(track),
            name_iid: Some(self.interned.name(&span.name)),
            category_iids,
            flow_ids,
            debug_annotations: annotations,
            ..TrackEvent::default()
        };
        self.event(span.start, event)?;
        self.events(track, index)
    }

    fn end_span(&mut self, track: u64, index: usize) -> io::Result<()> {
        let span = self.forest.span(index);
        let event = TrackEvent {
            r#type: Some(SLICE_END),
            track_uuid: Some(track),
            ..TrackEvent::default()
        };
        self.event(span.end, event)
    }

    /// The events of a span: on its track while it is the innermost one there, otherwise on a track of all events, as
    /// they would seem to be those of a child.
    fn events(&mut self, track: u64, index: usize) -> io::Result<()> {
        let (forest, layout, times) = (self.forest, self.layout, self.times);
        let span = forest.span(index);
        let mut children = forest.children(index).iter().peekable();
        let mut covered = (0, 0);
        for event in &span.events {
            let time = times.of(event.time);
            while let Some(child) = children.next_if(|it| times.of(forest.span(**it).start) < time)
            {
                if layout.is_nested(*child) {
                    let child = forest.span(*child);
                    covered = (times.of(child.start), times.of(child.end));
                }
            }
            let is_inside = (times.of(span.start)..=times.of(span.end)).contains(&time);
            let is_innermost = !(covered.0 < time && time <= covered.1);
            let track = if is_inside && is_innermost {
                track
            } else {
                self.side_track(self.processes.of(span.source), "events")?
            };
            self.span_event(track, span, event)?;
        }
        Ok(())
    }

    fn span_event(&mut self, track: u64, span: &'a Span, event: &'a Event) -> io::Result<()> {
        let mut annotations = vec![self.interned.text("span_id", span.id.to_string())];
        annotations.extend(self.interned.attributes(&event.attributes));
        let category = if &*event.name == "exception" { "error" } else { "event" };
        let instant = TrackEvent {
            r#type: Some(INSTANT),
            track_uuid: Some(track),
            name_iid: Some(self.interned.name(&event.name)),
            category_iids: vec![self.interned.category(category)],
            debug_annotations: annotations,
            ..TrackEvent::default()
        };
        self.event(event.time, instant)
    }

    fn log(&mut self, index: usize, log: &'a Log) -> io::Result<()> {
        let track = self.side_track(self.processes.of(log.source), "logs")?;
        let body = match &log.body {
            Value::Empty => log.event_name.to_string(),
            body => body.to_string(),
        };
        let mut annotations = Vec::new();
        if log.trace != TraceId::default() {
            annotations.push(self.interned.trace_id(log.trace));
        }
        if log.span != SpanId::default() {
            annotations.push(self.interned.text("span_id", log.span.to_string()));
        }
        if !log.event_name.is_empty() {
            let name = log.event_name.to_string();
            annotations.push(self.interned.text("event_name", name));
        }
        annotations.extend(self.scope(log.source));
        annotations.extend(self.interned.attributes(&log.attributes));
        let name = match body.char_indices().nth(LONGEST_NAME) {
            Some((end, _)) => format!("{}…", body.get(..end).unwrap_or_default()),
            None => interned::name(&body).to_owned(),
        };
        if name.len() < body.len() {
            annotations.push(self.interned.text("body", body));
        }
        let level = log.level();
        let category = (!level.is_empty()).then(|| self.interned.category(level));
        let event = TrackEvent {
            r#type: Some(INSTANT),
            track_uuid: Some(track),
            name: Some(name),
            category_iids: category.into_iter().collect(),
            flow_ids: self.flows.of_log(index, log).into_iter().collect(),
            debug_annotations: annotations,
            ..TrackEvent::default()
        };
        self.event(log.time, event)
    }

    fn scope(&mut self, source: u32) -> Option<messages::DebugAnnotation> {
        let scope = &self.forest.recording().source(source)?.scope;
        (!scope.is_empty()).then(|| self.interned.shared_text("otel.scope.name", scope))
    }
}

/// The number of the track of a process. The number 0 is that of the whole trace.
const fn process_track(process: usize) -> u64 {
    process as u64 + 1
}
