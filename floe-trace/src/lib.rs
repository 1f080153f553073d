#![doc = include_str!("../README.md")]

pub mod read;

mod collapsed;
mod critical_path;
mod forest;
mod names;
mod perfetto;
mod span;
mod text;

pub use crate::collapsed::collapsed;
pub use crate::critical_path::{Step, critical_path};
pub use crate::forest::{Forest, Trace};
pub use crate::names::{NameStatistics, names};
pub use crate::perfetto::perfetto;
pub use crate::span::{
    Attributes, Event, Kind, Link, Log, Note, Recording, Source, Span, SpanId, Status, Text,
    TraceId, Value,
};
