//! Merge keys: `<<: *anchor` adds the entries of another mapping, which the examples of the format use to share
//! the settings of exporters.

use crate::config::document::{Content, Entry, Node};

const MERGE: &str = "<<";

/// Adds the entries of merged mappings. An entry of the mapping itself takes precedence.
pub(super) fn merge(node: &mut Node) {
    match &mut node.content {
        Content::List(items) => items.iter_mut().for_each(merge),
        Content::Map(entries) => {
            for entry in &mut *entries {
                merge(&mut entry.value);
            }
            if let Some(at) = entries.iter().position(|entry| entry.key == MERGE) {
                let Entry {
                    key,
                    position,
                    value,
                } = entries.remove(at);
                match value.content {
                    Content::Map(merged) => add(entries, merged),
                    Content::List(items) if items.iter().all(is_map) => {
                        for item in items {
                            if let Content::Map(merged) = item.content {
                                add(entries, merged);
                            }
                        }
                    }
                    // Reported as an unknown key.
                    content => entries.push(Entry {
                        key,
                        position,
                        value: Node { content, ..value },
                    }),
                }
            }
        }
        Content::Scalar { .. } | Content::StandIn => {}
    }
}

const fn is_map(node: &Node) -> bool {
    matches!(node.content, Content::Map(_))
}

fn add(entries: &mut Vec<Entry>, merged: Vec<Entry>) {
    for entry in merged {
        if entries.iter().all(|known| known.key != entry.key) {
            entries.push(entry);
        }
    }
}
