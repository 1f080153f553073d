//! The id of a run.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};

use serde::{Deserialize, Serialize};

/// The id of a run: a random UUID (version 4). It is not a secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    /// Creates a new id.
    #[expect(clippy::new_without_default, reason = "a default value should always be the same")]
    pub fn new() -> Self {
        // The random seed of a hash map is the only random number in the standard library.
        let random = || RandomState::new().build_hasher().finish();
        let high = random();
        let low = random();
        let version = high & 0xffff_ffff_ffff_0fff | 0x4000;
        let variant = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
        let hex = format!("{version:016x}{variant:016x}");
        Self([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_version_4_uuids() {
        let one = RunId::new();
        let two = RunId::new();
        assert_ne!(one, two);
        assert_eq!(one.as_str().len(), 36);
        assert_eq!(one.as_str().as_bytes()[14], b'4');
    }
}
