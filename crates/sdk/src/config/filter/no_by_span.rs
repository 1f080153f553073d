//! Directives without `EnvFilter`: none of them names a span.

use crate::config::needed;

pub(super) fn check(text: &str, _: &str) -> Result<(), String> {
    Err(needed(&format!("`{text}`"), "env-filter"))
}
