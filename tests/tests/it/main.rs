//! Everything that needs no state of its own in the process. One file a topic.

mod capture;
mod config;
mod interop;
mod outcome;
mod traced;
