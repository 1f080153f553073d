//! The layers of the program for the `tracing` subscriber.

use tracing_subscriber::{Layer, Registry};

/// A layer of the program.
pub(crate) type ProgramLayer = Box<dyn Layer<Registry> + Send + Sync>;
