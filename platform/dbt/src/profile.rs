//! Where the data of a dbt project is: the `OpenLineage` namespace of its database, from `profiles.yml`.
//!
//! Of a profile, only what is part of a namespace is read; none of it is a credential.

use std::collections::HashMap;
use std::env;
use std::path::PathBuf;

use floe_plugins::files::input_file;
use serde::Deserialize;

/// A project, and the profile in which its database is.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    pub(crate) folder: PathBuf,
    pub(crate) project: Option<String>,
    pub(crate) profile: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Profile {
    target: Option<String>,
    #[serde(default)]
    outputs: HashMap<String, Output>,
}

/// A target, with the fields that the adapters of dbt name their database with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Output {
    #[serde(rename = "type")]
    adapter: String,
    account: Option<Text>,
    host: Option<Text>,
    path: Option<Text>,
    port: Option<Text>,
    region_name: Option<Text>,
    server: Option<Text>,
    software_host: Option<Text>,
}

/// A text or a number, as people write ports.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Number(u64),
}

impl Profiles {
    /// The name of the project.
    pub(crate) fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// The namespace of the data in the database of a target, as `dbt-ol` names it.
    ///
    /// `None` if there is no such profile, or a value is an expression other than `env_var`.
    pub(crate) fn namespace(&self, target: Option<&str>) -> Option<String> {
        let text = input_file::read(&self.folder.join("profiles.yml")).ok()?;
        let profile = self.profile.as_deref()?;
        of_text(&text, profile, target, |name| env::var(name).ok())
    }
}

fn of_text(
    text: &str,
    profile: &str,
    target: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    // Other entries, such as `config`, have another form.
    let profiles: HashMap<String, serde_json::Value> = floe_yaml::read(text).ok()?;
    let profile: Profile = serde_json::from_value(profiles.get(profile)?.clone()).ok()?;
    let target = match target {
        Some(target) => target.to_owned(),
        None => render(profile.target.as_deref().unwrap_or("default"), &variable)?,
    };
    let output = profile.outputs.get(&target)?;
    let value = |field: &Option<Text>| match field.as_ref()? {
        Text::Text(text) => render(text, &variable),
        Text::Number(number) => Some(number.to_string()),
    };
    let with_port = |scheme: &str, host: &Option<Text>| {
        Some(format!("{scheme}://{}:{}", value(host)?, value(&output.port)?))
    };
    match output.adapter.as_str() {
        "athena" => {
            Some(format!("awsathena://athena.{}.amazonaws.com", value(&output.region_name)?))
        }
        "bigquery" => Some("bigquery".to_owned()),
        "databricks" => Some(format!("databricks://{}", value(&output.host)?)),
        "dremio" => with_port("dremio", &output.software_host),
        "duckdb" => Some(format!("duckdb://{}", value(&output.path)?)),
        "fabric" => match output.port {
            Some(_) => with_port("fabric-warehouse", &output.server),
            None => Some(format!("fabric-warehouse://{}", value(&output.server)?)),
        },
        "snowflake" => Some(format!("snowflake://{}", value(&output.account)?)),
        "sqlserver" => with_port("mssql", &output.server),
        adapter @ ("clickhouse" | "postgres" | "presto" | "redshift" | "trino") => {
            with_port(adapter, &output.host)
        }
        _ => None,
    }
}

/// A text whose expressions are `{{ env_var('NAME') }}` or `{{ env_var('NAME', 'default') }}`.
fn render(text: &str, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut rendered = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (expression, after) = after.split_once("}}")?;
        // A filter such as `as_number` changes the type and not the text.
        let call = expression.split('|').next().unwrap_or_default().trim();
        let arguments = call.strip_prefix("env_var(")?.strip_suffix(')')?;
        let mut arguments = arguments.split(',').map(unquoted);
        let name = arguments.next()??;
        rendered.push_str(before);
        rendered.push_str(&variable(name).or_else(|| Some(arguments.next()??.to_owned()))?);
        rest = after;
    }
    rendered.push_str(rest);
    Some(rendered)
}

fn unquoted(text: &str) -> Option<&str> {
    let text = text.trim();
    ["'", "\""].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
}

#[cfg(test)]
mod tests {
    use super::of_text;

    const PROFILES: &str = r#"
config: { send_anonymous_usage_stats: false }
shop:
  target: "{{ env_var('TARGET', 'dev') }}"
  outputs:
    dev: { type: duckdb, path: shop.duckdb, threads: 4 }
    prod:
      type: postgres
      host: "{{ env_var('PGHOST') }}.example.com"
      port: "{{ env_var('PGPORT', '5432') | as_number }}"
      password: "{{ env_var('DBT_ENV_SECRET_PASSWORD') }}"
    odd: { type: duckdb, path: "{{ 1 + 1 }}" }
    other: { type: sqlite }
    numbers: { type: trino, host: trino, port: 8080 }
"#;

    fn namespace(profile: &str, target: Option<&str>) -> Option<String> {
        of_text(PROFILES, profile, target, |name| (name == "PGHOST").then(|| "db".to_owned()))
    }

    #[test]
    fn the_namespace_is_that_of_the_target() {
        for (target, expected) in [
            (None, Some("duckdb://shop.duckdb")),
            (Some("prod"), Some("postgres://db.example.com:5432")),
            (Some("numbers"), Some("trino://trino:8080")),
            (Some("odd"), None),
            (Some("other"), None),
            (Some("none"), None),
        ] {
            assert_eq!(namespace("shop", target).as_deref(), expected, "{target:?}");
        }
        assert_eq!(namespace("other", None), None);
        assert_eq!(of_text("- 1", "shop", None, |_| None), None);
    }
}
