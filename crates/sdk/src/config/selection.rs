//! A selection of names by patterns.

use crate::recorder::Rule;

/// The names that match a pattern of `included`, without those that match a pattern of `excluded`. `*` matches any
/// characters and `?` one. The default selects every name.
#[doc(hidden)]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// `None` includes every name.
    pub included: Option<Vec<String>>,
    pub excluded: Vec<String>,
}

impl Selection {
    pub fn selects(&self, name: &str) -> bool {
        let is_included =
            self.included.as_ref().is_none_or(|patterns| Rule::matches_name(patterns, name));
        is_included && !Rule::matches_name(&self.excluded, name)
    }

    /// Returns the names, if the selection is a list of whole names.
    pub fn names(&self) -> Option<&[String]> {
        let names = self.included.as_deref()?;
        let is_pattern = |name: &String| name.contains(['*', '?']);
        (self.excluded.is_empty() && !names.iter().any(is_pattern)).then_some(names)
    }
}
