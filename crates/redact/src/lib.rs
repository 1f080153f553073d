#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod address;
mod anchors;
mod armour;
mod command;
mod decision;
mod engine;
mod group;
mod header;
mod key;
mod lexer;
#[cfg(test)]
#[path = "linear/tests.rs"]
mod linear;
mod list;
mod mark;
mod pair;
mod personal;
mod policy;
mod printable;
mod record;
mod redactor;
mod rules;
mod scan;
mod score;
mod sentence;
mod slot;
mod strict;
mod structure;
mod table;
mod text;
mod value;
mod vendor;
mod walk;
mod writer;

pub use policy::Level;
pub use printable::{Printable, is_unprintable, printable};
pub use record::FieldRoles;
pub use redactor::{KeyMeaning, Redactor, RedactorBuilder, UnusableKey};
pub use rules::{looks::Look, rule_ids};
pub use scan::{Evidence, Finding};
pub use score::Score;
pub use text::REDACTED;
pub use walk::{Node, Walk};
pub use writer::Writer;

/// Returns the number of steps to redact a text without a budget. Tests and fuzzing check that it grows linearly.
#[doc(hidden)]
pub fn __steps(text: &str) -> usize {
    engine::steps_of(text)
}
