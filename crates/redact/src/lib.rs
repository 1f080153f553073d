//! Text in, safe text out: removes credentials, personal data and control sequences of terminals
//! from messages and logs.
//!
//! ```
//! use floe_redact::Redactor;
//!
//! let redactor = Redactor::new();
//! let message = "cannot connect to postgres://loader:hunter2@db.example.com/orders: token=8lMkZiFcvX";
//! assert_eq!(
//!     redactor.redact(message),
//!     "cannot connect to postgres://<REDACTED>@db.example.com/orders: token=<REDACTED>"
//! );
//! ```
//!
//! The rest of a message stays useful: scheme, host, database, names of keys and errors are kept. A text without
//! secrets is returned borrowed, after one pass that only searches for the anchors of rules. The time is always linear
//! in the length of the text; if a text takes too long, its rest is redacted.
#![forbid(unsafe_code)]

mod address;
mod anchors;
mod armour;
mod checksum;
mod command;
mod engine;
mod group;
mod header;
mod json;
mod key;
mod lexer;
#[cfg(test)]
mod linear;
mod pair;
mod personal;
mod policy;
mod printable;
mod redactor;
mod rules;
mod scan;
mod score;
mod sentence;
mod structure;
mod text;
mod value;
mod vendor;
mod writer;

pub use policy::Level;
pub use printable::{Printable, is_unprintable, printable};
pub use redactor::{KeyMeaning, Redactor, RedactorBuilder, UnusableKey};
pub use rules::looks::Look;
pub use rules::{Rule, rule_ids, rules};
pub use scan::{Evidence, Finding};
pub use score::Score;
pub use text::REDACTED;
pub use writer::Writer;

/// The steps that an unlimited redaction takes for a text. Tests and fuzzing compare them with its length.
#[doc(hidden)]
pub fn __steps(text: &str) -> usize {
    engine::steps_of(text)
}
