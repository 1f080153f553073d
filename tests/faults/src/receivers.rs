//! Receivers that misbehave. They end with the process.

pub(crate) mod http2;
mod relay;

pub(crate) use self::relay::{Plan, Relay};
