//! Folded stacks of self time, for flame graphs.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use floe_redact::printable;
use rustc_hash::FxHashMap;

use crate::forest::Forest;

/// How many spans of a stack are written. The lines of deeper ones would take the square of their number of bytes.
const DEEPEST: usize = 500;

/// The frames of all stacks as a tree.
#[derive(Default)]
struct Stacks<'a> {
    frames: Vec<Frame<'a>>,
    by_name: FxHashMap<(Option<usize>, &'a str), usize>,
}

struct Frame<'a> {
    parent: Option<usize>,
    name: &'a str,
    depth: usize,
    /// In nanoseconds.
    own: u128,
}

/// Writes the time that no child covers as folded stacks, a line for each path of names: `service;root;child 123`, in
/// microseconds.
///
/// speedscope, inferno and `flamegraph.pl` read them. A path starts with the service name; where another service takes
/// over, its name is inserted. Times of less than half a microsecond are left out.
///
/// # Errors
/// The output cannot be written.
pub fn write_collapsed(forest: &Forest<'_>, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let stacks = Stacks::of(forest);
    let mut path = Vec::new();
    for frame in &stacks.frames {
        let micros = (frame.own + 500) / 1000;
        if micros == 0 {
            continue;
        }
        let mut next = Some(frame);
        while let Some(frame) = next {
            path.push(frame.name);
            next = frame.parent.map(|parent| &stacks.frames[parent]);
        }
        let mut separator = "";
        for name in path.drain(..).rev() {
            write!(out, "{separator}{}", escaped(name))?;
            separator = ";";
        }
        writeln!(out, " {micros}")?;
    }
    out.flush()
}

impl<'a> Stacks<'a> {
    fn of(forest: &Forest<'a>) -> Self {
        let mut stacks = Self::default();
        let recording = forest.recording();
        let mut frame_of = vec![0; recording.spans.len()];
        for root in forest.traces().iter().flat_map(|trace| &trace.roots) {
            for index in forest.below(*root) {
                let span = forest.span(index);
                let service = recording.service(span);
                let parent = forest.parent(index);
                let mut frame = parent.map(|parent| frame_of[parent]);
                if parent.is_none_or(|it| recording.service(forest.span(it)) != service) {
                    frame =
                        Some(stacks.frame(
                            frame,
                            if service.is_empty() { "(no service)" } else { service },
                        ));
                }
                let frame = stacks.frame(frame, &span.name);
                stacks.frames[frame].own += u128::from(forest.self_time(index));
                frame_of[index] = frame;
            }
        }
        stacks
    }

    /// The frame of a name below another one. What is deeper than can be written is one frame.
    fn frame(&mut self, parent: Option<usize>, name: &'a str) -> usize {
        let depth = parent.map_or(0, |parent| self.frames[parent].depth + 1);
        let name = match depth {
            DEEPEST => "(deeper spans)",
            _ => name,
        };
        if let Some(parent) = parent
            && depth > DEEPEST
        {
            return parent;
        }
        *self.by_name.entry((parent, name)).or_insert_with(|| {
            self.frames.push(Frame { parent, name, depth, own: 0 });
            self.frames.len() - 1
        })
    }
}

/// A name without separators of the format.
fn escaped(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    if name.is_empty() {
        return "(no name)".into();
    }
    let mut name = printable(name);
    if name.contains(';') {
        name = name.replace(';', ",").into();
    }
    // A number at the end would be read as the value, and the value as one of a second recording.
    if let Some((begin, end)) = name.rsplit_once(' ')
        && end.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        name = format!("{begin}_{end}").into();
    }
    name
}
