//! The database of a dbt project, named as `OpenLineage` names it.

use std::env;
use std::path::{Path, PathBuf};

use floe_plugins::files::input_file;
use floe_telemetry::{config::yaml, sanitize_credentials};
use serde_json::Value;

/// The namespace of the data of each adapter, with keys of the profile in braces. The other adapters have their name.
const NAMESPACES: [(&str, &str); 11] = [
    ("athena", "awsathena://athena.{region_name}.amazonaws.com"),
    ("clickhouse", "clickhouse://{host}:{port}"),
    ("databricks", "databricks://{host}"),
    ("dremio", "dremio://{software_host}:{port}"),
    ("duckdb", "duckdb://{path}"),
    ("fabric", "fabric-warehouse://{server}"),
    ("postgres", "postgres://{host}:{port}"),
    ("redshift", "redshift://{host}:{port}"),
    ("snowflake", "snowflake://{account}"),
    ("sqlserver", "mssql://{server}:{port}"),
    ("trino", "trino://{host}:{port}"),
];

/// The connection that a command of dbt uses.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// The folder of the profiles; if `None`, dbt's default.
    pub profiles: Option<PathBuf>,
    /// The name of the profile.
    pub profile: String,
    /// The target of the profile; if `None`, the profile's default.
    pub target: Option<String>,
}

impl Connection {
    /// Returns the namespace, or only the name of the adapter if the profile does not contain the address as text.
    pub(crate) fn namespace(&self, adapter: &str) -> String {
        let known = NAMESPACES.iter().find(|(name, _)| *name == adapter);
        let filled = known.and_then(|(_, template)| fill(template, &self.output()?));
        sanitize_credentials(&filled.unwrap_or_else(|| adapter.to_owned())).into_owned()
    }

    fn output(&self) -> Option<Value> {
        let here = || Path::new("profiles.yml").is_file().then(PathBuf::new);
        let home = || Some(env::home_dir()?.join(".dbt"));
        let folder = self.profiles.clone().or_else(here).or_else(home)?;
        let text = input_file::read(&folder.join("profiles.yml")).ok()?;
        let profiles: Value = yaml::read(&text).ok()?;
        let profile = profiles.get(&self.profile)?;
        let default = || rendered(profile.get("target")?.as_str()?);
        let target = self.target.clone().or_else(default)?;
        profile.get("outputs")?.get(target).cloned()
    }
}

/// Replaces the keys in braces with the values of a profile's output.
fn fill(template: &str, output: &Value) -> Option<String> {
    let part = |(at, part): (usize, &str)| match output.get(part) {
        _ if at % 2 == 0 => Some(part.to_owned()),
        Some(Value::String(text)) => rendered(text),
        found => Some(found?.to_string()),
    };
    template.split(['{', '}']).enumerate().map(part).collect()
}

/// Evaluates `{{ env_var('NAME', 'default') }}`, the only expression that profiles usually have.
fn rendered(text: &str) -> Option<String> {
    let Some((_, call)) = text.split_once("env_var(") else {
        return (!text.contains("{{")).then(|| text.to_owned());
    };
    let mut words = call.split(['\'', '"']).skip(1).step_by(2);
    env::var(words.next()?).ok().or_else(|| words.next().map(str::to_owned))
}
