//! Writes a tree of values in JSON, YAML and other languages. After redaction, a reader of the language can still read
//! the tree, each secret is gone, and nothing else differs.
//!
//! `PROPTEST_CASES` sets the number of trees.

#![allow(clippy::unwrap_used, clippy::format_collect, reason = "tests")]

#[path = "carriers.rs"]
mod languages;
mod tree;

use languages::{CARRIERS, fault};
use proptest::prelude::*;
use tree::tree;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_is_read_as_it_was_without_its_secrets(tree in tree(), seed in any::<u64>()) {
        for carrier in &CARRIERS {
            if let Some((fault, text, safe)) = fault(&tree, carrier, seed) {
                prop_assert!(false, "{fault:?} in {}\n{text}\n{safe}", carrier.name);
            }
        }
    }
}
