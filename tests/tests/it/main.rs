//! Everything that needs no state of its own in the process. One file a topic.

mod capture;
mod conformance;
mod derive;
mod derive_registry;
mod derive_schema;
mod derive_shapes;
mod derive_values;
mod derive_words;
mod futures;
mod interop;
mod outcome;
mod relations;
mod shapes;
mod traced;
