//! Everything that needs no state of its own in the process. One file a topic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod capture;
mod config;
mod console;
mod interop;
mod outcome;
mod redaction;
mod redaction_corpus;
mod traced;
