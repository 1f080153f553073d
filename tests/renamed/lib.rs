//! The functions of the package `edition-2021` once more, in this edition, and with the runtime under
//! its own name again: what is written without `crate = …` looks for it there.

extern crate telemetry as floe_telemetry;

#[path = "../edition-2021/one_line.rs"]
#[rustfmt::skip]
pub mod one_line;
