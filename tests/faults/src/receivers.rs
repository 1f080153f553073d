//! Receivers and proxies that misbehave. They end with the process.

pub(crate) mod http2;
mod relay;
mod script;

pub(crate) use self::relay::{Plan, Relay};
pub(crate) use self::script::Script;
