//! Text in, safe text out: removes credentials and personal data from messages and logs, and what would control a
//! terminal.
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
//! The rest of a message stays useful: scheme, host, database, names of keys and errors are kept. A text
//! without secrets is returned borrowed, after one pass that only searches for the anchors of rules. The time is
//! linear in the length of the text, whatever it contains, and of a text that takes too long the rest is redacted.
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

/// The steps that redaction takes for a text if nothing limits them, which tests and fuzzing compare with its length.
#[doc(hidden)]
pub fn __steps(text: &str) -> usize {
    engine::steps_of(text)
}
