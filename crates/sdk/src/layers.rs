//! The layers of the program for the `tracing` subscriber.

use tracing_subscriber::{Layer, Registry};

pub(crate) type ProgramLayer = Box<dyn Layer<Registry> + Send + Sync>;
