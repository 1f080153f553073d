//! Reads OpenTelemetry traces of any program from OTLP, analyzes them, and shows them in several ways.
//!
//! ```no_run
//! use std::fs::File;
//!
//! use floe_trace::read::Reader;
//! use floe_trace::{Forest, WaterfallOptions, causes, waterfall, write_page};
//!
//! let mut reader = Reader::new();
//! reader.read("traces.jsonl", File::open("traces.jsonl")?)?;
//! let recording = reader.finish();
//! let forest = Forest::new(&recording);
//! for trace in forest.traces() {
//!     println!("{}", waterfall(&forest, trace, WaterfallOptions::default()));
//! }
//! for cause in causes(&forest) {
//!     println!("{}", cause.message);
//! }
//! write_page(&forest, File::create("trace.html")?)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The feature `cli` adds the program `floe-trace`, and the feature `listen` adds the program's receiver. A library
//! needs neither, and depends on this crate with `default-features = false`.

pub mod read;

mod causes;
mod clocks;
mod diff;
mod forest;
mod names;
mod operation;
mod page;
mod perfetto;
mod significance;
mod span;
mod text;
mod waterfall;

pub use crate::causes::{Cause, CauseKind, causes};
pub use crate::diff::{Change, ChangeKind, Coverage, Diff, diff};
pub use crate::forest::{Forest, Trace};
pub use crate::names::{NameStatistics, names};
pub use crate::operation::without_numbers;
pub use crate::page::write_page;
pub use crate::perfetto::write_perfetto;
pub use crate::span::{
    Attributes, Event, Kind, Link, Log, Note, Recording, Source, Span, SpanId, Status, Text,
    TraceId, Value, json_of,
};
pub use crate::waterfall::waterfall;
pub use floe_waterfall::{Options as WaterfallOptions, Step, Tree, critical_path, duration};
