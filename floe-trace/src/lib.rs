#![doc = include_str!("../README.md")]

pub mod read;
pub mod write;

mod causes;
mod collapsed;
mod critical_path;
mod duration;
mod forest;
mod names;
mod page;
mod perfetto;
mod span;
mod text;
mod waterfall;

pub use crate::causes::{Cause, CauseKind, causes};
pub use crate::collapsed::collapsed;
pub use crate::critical_path::{Step, critical_path};
pub use crate::duration::{duration, parse_duration};
pub use crate::forest::{Forest, Trace};
pub use crate::names::{NameStatistics, names};
pub use crate::page::page;
pub use crate::perfetto::perfetto;
pub use crate::span::{
    Attributes, Event, Kind, Link, Log, Note, Recording, Source, Span, SpanId, Status, Text,
    TraceId, Value,
};
pub use crate::waterfall::{Options as WaterfallOptions, waterfall};
