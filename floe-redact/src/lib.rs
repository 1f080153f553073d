//! Text in, safe text out: removes credentials and personal data from messages and logs.
#![forbid(unsafe_code)]

mod format;
mod rules;
