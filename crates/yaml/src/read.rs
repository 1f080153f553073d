//! Reads a tree into a value, past its mistakes.
//!
//! Serde stops at the first mistake. To report all mistakes, each invalid value is replaced by a
//! placeholder that deserializes as any type, and the document is read again.

use serde::de::DeserializeOwned;

use crate::deserializer::{Failure, Remedy};
use crate::mistake::Mistake;
use crate::node::{Content, Entry, MAX_MISTAKES, Node, is_named};
use crate::spanned::hand_placeholder;

/// The number of times that a document is read: a mistake may take several, of which one is reported.
const MAX_ATTEMPTS: usize = 3 * MAX_MISTAKES;

impl Node {
    /// Deserializes the value. Mistakes are added to `mistakes`, with paths from this value, and the result contains
    /// placeholders instead. `None` if it cannot be deserialized even with placeholders, and after 100 mistakes.
    pub fn read<T: DeserializeOwned>(&self, mistakes: &mut Vec<Mistake>) -> Option<T> {
        let mut root = self.clone();
        let mut misspelled: Vec<Vec<String>> = Vec::new();
        for _ in 0..MAX_ATTEMPTS {
            if mistakes.len() >= MAX_MISTAKES {
                break;
            }
            let read = T::deserialize(&root);
            // No text that is read elsewhere stands for a mistake.
            hand_placeholder(false);
            let failure = match read {
                Ok(value) => return Some(value),
                Err(failure) => failure,
            };
            if root.replace(&failure) {
                // The value of a misspelled key may belong to another key than the one that it resembles.
                let is_guess = misspelled.iter().any(|key| failure.path.starts_with(key));
                if matches!(failure.remedy, Remedy::Rename(_)) {
                    misspelled.push(failure.path.clone());
                }
                if !is_guess {
                    mistakes.push(failure.into_mistake(root.position));
                }
            } else if !root.omit_item(&failure.path) {
                // A mistake of a placeholder was reported with the value that it replaces.
                break;
            }
        }
        None
    }

    /// Changes the value of a mistake, so that reading can continue. Returns false if it already is a placeholder.
    fn replace(&mut self, failure: &Failure) -> bool {
        let (last, above) = match failure.path.split_last() {
            Some((last, above)) if failure.remedy != Remedy::Replace => (Some(last), above),
            _ => (None, &*failure.path),
        };
        let mut node = self;
        for key in above {
            match node.child_mut(key) {
                Some(child) => node = child,
                None => return false,
            }
        }
        if let (Content::Map(entries), Some(key), Remedy::Rename(name)) =
            (&mut node.content, last, failure.remedy)
            && entries.iter().all(|entry| !is_named(entry, name))
        {
            let entry = entries.iter_mut().find(|entry| entry.key == *key);
            return entry.is_some_and(|entry| {
                entry.alias.replace(name.to_owned()).as_deref() != Some(name)
            });
        }
        let position = node.position;
        let placeholder = Content::Placeholder { is_omitted: false };
        match (&mut node.content, last) {
            (Content::Placeholder { .. }, _) => return false,
            (Content::Map(entries), Some(key))
                if matches!(failure.remedy, Remedy::Remove | Remedy::Rename(_)) =>
            {
                let count = entries.len();
                entries.retain(|entry| entry.key != *key);
                return entries.len() < count;
            }
            (content, Some(key)) if failure.remedy == Remedy::Insert => {
                let entry = Entry {
                    key: key.clone(),
                    alias: None,
                    position,
                    value: Self { position, content: placeholder },
                };
                match content {
                    Content::Map(entries) => entries.push(entry),
                    // A section without content.
                    other => *other = Content::Map(vec![entry]),
                }
            }
            (content, _) => *content = placeholder,
        }
        true
    }

    /// Omits the innermost list item on a path that leads to a placeholder. Returns false if there is none.
    fn omit_item(&mut self, path: &[String]) -> bool {
        let Some((key, rest)) = path.split_first() else {
            return false;
        };
        let is_list = matches!(self.content, Content::List(_));
        let Some(child) = self.child_mut(key) else {
            return false;
        };
        if child.omit_item(rest) {
            return true;
        }
        if is_list {
            child.content = Content::Placeholder { is_omitted: true };
        }
        is_list
    }
}
