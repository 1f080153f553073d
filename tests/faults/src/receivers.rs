//! Receivers that misbehave, and addresses without a receiver. They end with the process.

mod address;
pub(crate) mod http2;
mod relay;

pub(crate) use self::address::{SilentAddress, left_address};
pub(crate) use self::relay::{Plan, Relay};
