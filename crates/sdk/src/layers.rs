//! The layers of the program for the `tracing` subscriber.

#[cfg(feature = "subscriber")]
pub(crate) type ProgramLayer =
    Box<dyn tracing_subscriber::Layer<tracing_subscriber::Registry> + Send + Sync>;

/// A program without log lines and spans of `tracing` has no subscriber.
#[cfg(not(feature = "subscriber"))]
pub(crate) type ProgramLayer = std::convert::Infallible;
