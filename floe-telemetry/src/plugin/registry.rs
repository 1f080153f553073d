//! Plugins found by their type and name.

use super::{LinkedPlugin, PluginType, TelemetryBackendPlugin, linked, version};
use crate::config::nearest;
use crate::error::Error;

/// Every plugin linked into the program, sorted by type and name, after all of them were checked.
///
/// # Errors
///
/// A plugin was written for another version of the interface, or two of one type have the same
/// name; the error names both, with the places in the source that registered them.
///
/// ```standalone_crate
/// use floe_telemetry::plugin;
///
/// let names: Vec<_> = plugin::discover()?.iter().map(|linked| linked.plugin().name()).collect();
/// assert_eq!(names, ["console", "jaeger", "otlp"]);
/// # Ok::<(), floe_telemetry::Error>(())
/// ```
pub fn discover() -> Result<Vec<&'static LinkedPlugin>, Error> {
    checked(linked().collect())
}

fn checked(mut found: Vec<&LinkedPlugin>) -> Result<Vec<&LinkedPlugin>, Error> {
    let key = |linked: &LinkedPlugin| (linked.plugin().plugin_type(), linked.plugin().name());
    // The linker's order is not the same everywhere; errors shall be.
    found.sort_by(|a, b| (key(a), a.file(), a.line()).cmp(&(key(b), b.file(), b.line())));
    for linked in &found {
        version::check(linked)?;
    }
    match found.windows(2).find(|pair| key(pair[0]) == key(pair[1])) {
        Some(pair) => Err(duplicate(key(pair[0]).0, pair)),
        None => Ok(found),
    }
}

/// The names of the telemetry backends that can be chosen, sorted.
#[must_use]
pub fn backend_names() -> Vec<&'static str> {
    let mut names: Vec<_> = backends().map(|linked| linked.plugin().name()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The telemetry backend with this name.
///
/// # Errors
///
/// There is none: the error lists those that there are. Or there are two, or it was written for
/// another version of the interface.
///
/// ```standalone_crate
/// use floe_telemetry::plugin;
///
/// let error = plugin::backend("jaegr").map(|_| ()).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "backend: unknown backend `jaegr`: accepted are `console`, `jaeger`, `otlp`; did you mean `jaeger`?",
/// );
/// ```
pub fn backend(name: &str) -> Result<&'static dyn TelemetryBackendPlugin, Error> {
    let mut found: Vec<_> = backends()
        .filter(|linked| linked.plugin().name() == name)
        .collect();
    found.sort_by_key(|linked| (linked.file(), linked.line()));
    match found[..] {
        [] => Err(unknown(name)),
        [linked] => {
            version::check(linked)?;
            linked.backend().ok_or_else(|| unknown(name))
        }
        _ => Err(duplicate(PluginType::TelemetryBackend, &found)),
    }
}

fn backends() -> impl Iterator<Item = &'static LinkedPlugin> {
    linked().filter(|linked| linked.backend().is_some())
}

fn duplicate(kind: PluginType, plugins: &[&LinkedPlugin]) -> Error {
    let all: Vec<String> = plugins.iter().map(ToString::to_string).collect();
    Error::config(format!(
        "{kind} plugins: two have the same name: {}: accepted is one of each name",
        all.join(" and "),
    ))
}

fn unknown(name: &str) -> Error {
    let names = backend_names();
    let accepted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let hint = nearest(name, &names).map(|name| format!("; did you mean `{name}`?"));
    Error::config(format!(
        "backend: unknown backend `{name}`: accepted are {}{}",
        accepted.join(", "),
        hint.unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::PluginMetadata;

    struct Plugin(PluginType, &'static str, &'static str);

    impl PluginMetadata for Plugin {
        fn name(&self) -> &str {
            self.1
        }
        fn version(&self) -> &'static str {
            "1.0.0"
        }
        fn floe_api_version(&self) -> &str {
            self.2
        }
        fn plugin_type(&self) -> PluginType {
            self.0
        }
    }

    const fn linked(plugin: &'static Plugin, line: u32) -> LinkedPlugin {
        LinkedPlugin::new(plugin, "acme", "acme.rs", line)
    }

    #[test]
    fn a_name_that_is_there_twice_is_an_error_that_names_both() {
        let one = linked(&Plugin(PluginType::Compute, "duckdb", "1.0"), 3);
        let two = linked(&Plugin(PluginType::Compute, "duckdb", "1.0"), 7);
        // Another type has names of its own.
        let other = linked(&Plugin(PluginType::Storage, "duckdb", "1.0"), 9);
        assert_eq!(checked(vec![&other, &two]).unwrap().len(), 2);
        assert_eq!(
            checked(vec![&two, &other, &one]).unwrap_err().to_string(),
            "compute plugins: two have the same name: duckdb 1.0.0 (acme.rs:3) and duckdb 1.0.0 (acme.rs:7): accepted is one of each name",
        );
    }

    #[test]
    fn a_plugin_for_another_interface_is_an_error_with_both_versions() {
        for (version, problem) in [
            ("1.1", "which this program does not have"),
            (
                "one",
                "which is not a version: accepted is `X.Y` or `X.Y.Z`",
            ),
        ] {
            let plugin = Box::leak(Box::new(Plugin(PluginType::Compute, "duckdb", version)));
            assert_eq!(
                checked(vec![&linked(plugin, 3)]).unwrap_err().to_string(),
                format!(
                    "compute plugin duckdb 1.0.0 (acme.rs:3): it is written for version `{version}` of the plugin interface, {problem}; this program has `1.0`"
                ),
            );
        }
    }

    #[test]
    fn only_what_is_alike_is_suggested() {
        let names = ["console", "jaeger", "otlp"];
        assert_eq!(nearest("Jaeger", &names), Some("jaeger"));
        assert_eq!(nearest("consle", &names), Some("console"));
        assert_eq!(nearest("otpl", &names), Some("otlp"));
        assert_eq!(nearest("datadog", &names), None);
        assert_eq!(nearest("", &names), None);
    }
}
