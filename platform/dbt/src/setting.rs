//! The names of dbt's settings in the environment. dbt 1.11 prefers those with the second prefix.

use std::env;
use std::ffi::OsString;

const PREFIX: &str = "DBT_";

const PREFERRED: &str = "DBT_ENGINE_";

/// Returns a setting from the environment. `name` has no prefix.
pub(crate) fn get(name: &str, variable: impl Fn(&str) -> Option<OsString>) -> Option<OsString> {
    let names = [PREFERRED, PREFIX].map(|prefix| format!("{prefix}{name}"));
    names.iter().filter_map(|it| variable(it)).find(|it| !it.is_empty())
}

/// Returns the variables that set a setting. If the environment has the preferred variable, it is among them, because
/// dbt reads it first.
pub(crate) fn set(name: &str, value: impl Into<OsString>) -> Vec<(String, OsString)> {
    let value = value.into();
    let preferred = Some(format!("{PREFERRED}{name}")).filter(|it| env::var_os(it).is_some());
    let names = preferred.into_iter().chain([format!("{PREFIX}{name}")]);
    names.map(|it| (it, value.clone())).collect()
}
