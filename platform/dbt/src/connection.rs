//! The database of a dbt project, named as `OpenLineage` names it.

use std::env;
use std::path::{Path, PathBuf};

use floe_plugins::files::input_file;
use floe_telemetry::{config::yaml, sanitize_credentials};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::Value;

/// The start of the names of variables whose values dbt never shows.
const SECRET: &str = "DBT_ENV_SECRET";

/// The filters of dbt, which change the type of a value and not its text.
const FILTERS: [&str; 3] = ["as_native", "as_number", "as_text"];

/// The connection that a command of dbt uses.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// dbt's current folder.
    pub folder: PathBuf,
    /// The name of the profile.
    pub profile: String,
    /// The target of the profile; if `None`, the profile's default.
    pub target: Option<String>,
}

impl Connection {
    /// Returns the namespace, or only the name of the adapter if the profile does not contain the address as text.
    /// `profiles` is the folder of the profiles.
    pub(crate) fn namespace(&self, adapter: &str, profiles: Option<&Path>) -> String {
        let output = profiles.and_then(|it| self.output(&it.join("profiles.yml")));
        let address = output.and_then(|it| address(adapter, &|key| text(it.get(key)?)));
        sanitize_credentials(&address.unwrap_or_else(|| adapter.to_owned())).into_owned()
    }

    fn output(&self, profiles: &Path) -> Option<Value> {
        let profiles = input_file::read(&self.folder.join(profiles)).ok()?;
        let profiles: Value = yaml::read(&profiles).ok()?;
        let profile = profiles.get(&self.profile)?;
        let target = match (&self.target, profile.get("target")) {
            (Some(target), _) => target.clone(),
            (None, Some(target)) => text(target)?,
            (None, None) => "default".to_owned(),
        };
        profile.get("outputs")?.get(target).cloned()
    }
}

/// Returns the address of the data of an adapter. `get` returns a value of the profile.
fn address(adapter: &str, get: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let host_and_port = |scheme| Some(format!("{scheme}://{}:{}", get("host")?, get("port")?));
    let port = |default: &str| get("port").map_or(default.to_owned(), |port| format!(":{port}"));
    Some(match adapter {
        "athena" => format!("awsathena://athena.{}.amazonaws.com", get("region_name")?),
        "clickhouse" | "postgres" | "redshift" | "trino" => host_and_port(adapter)?,
        "databricks" => format!("databricks://{}", get("host")?),
        "dremio" => format!("dremio://{}:{}", get("software_host")?, get("port")?),
        "duckdb" => format!("duckdb://{}", get("path")?),
        "fabric" => format!("fabric-warehouse://{}{}", get("server")?, port("")),
        "glue" => {
            let of_role = || get("role_arn")?.split(':').nth(4).map(str::to_owned);
            let account = get("account_id").or_else(of_role)?;
            format!("arn:aws:glue:{}:{account}", get("region")?)
        }
        "presto" | "watsonx_presto" => host_and_port("presto")?,
        "snowflake" => format!("snowflake://{}", snowflake_account(&get("account")?)),
        "spark" => {
            let default = match &*get("method")? {
                "http" | "odbc" => ":443",
                "thrift" => ":10001",
                _ => return None,
            };
            format!("spark://{}{}", get("host")?, port(default))
        }
        "sqlserver" => format!("mssql://{}:{}", get("server")?, get("port")?),
        _ => return None,
    })
}

/// Returns an account of Snowflake as `OpenLineage` writes it: `organization-account` or `locator.region.cloud`.
fn snowflake_account(account: &str) -> String {
    match *account.split('.').collect::<Vec<_>>() {
        [name, ..] if name.contains('-') => name.to_owned(),
        [locator] => format!("{locator}.us-west-1.aws"),
        [locator, region] => format!("{locator}.{region}.aws"),
        _ => account.to_owned(),
    }
}

/// Returns a value of a profile as text.
fn text(value: &Value) -> Option<String> {
    let Value::String(template) = value else {
        return Some(value.to_string());
    };
    rendered(template)
}

/// Evaluates a text as dbt does: as a template, in which `env_var` is the usual function.
pub(crate) fn rendered(template: &str) -> Option<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_function("env_var", |name: &str, default: Option<String>| {
        let value = env::var(name).ok().or(default).filter(|_| !name.starts_with(SECRET));
        value.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "expected a public variable"))
    });
    for filter in FILTERS {
        environment.add_filter(filter, |text: String| text);
    }
    environment.render_str(template, ()).ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The outputs of profiles, with the namespaces that openlineage-dbt 1.54.0 gives them.
    const ADAPTERS: [(&str, &str, &str); 26] = [
        ("athena", "region_name: eu-1", "awsathena://athena.eu-1.amazonaws.com"),
        ("bigquery", "project: shop", "bigquery"),
        ("clickhouse", "host: h, port: 8443", "clickhouse://h:8443"),
        ("databricks", "host: h", "databricks://h"),
        ("dremio", "software_host: h, port: 9047", "dremio://h:9047"),
        ("duckdb", "path: shop.duckdb", "duckdb://shop.duckdb"),
        ("fabric", "server: h", "fabric-warehouse://h"),
        ("fabric", "server: h, port: 1433", "fabric-warehouse://h:1433"),
        ("glue", "region: eu-1, account_id: 12", "arn:aws:glue:eu-1:12"),
        ("glue", "region: eu-1, role_arn: 'arn:aws:iam::12:role/r'", "arn:aws:glue:eu-1:12"),
        ("postgres", "host: h, port: 5432", "postgres://h:5432"),
        ("presto", "host: h, port: 80", "presto://h:80"),
        ("redshift", "host: h, port: 5439", "redshift://h:5439"),
        ("snowflake", "account: org-shop.ignored", "snowflake://org-shop"),
        ("snowflake", "account: xy1", "snowflake://xy1.us-west-1.aws"),
        ("snowflake", "account: xy1.eu-1", "snowflake://xy1.eu-1.aws"),
        ("snowflake", "account: xy1.eu-1.azure", "snowflake://xy1.eu-1.azure"),
        ("spark", "method: http, host: h", "spark://h:443"),
        ("spark", "method: odbc, host: h, port: 80", "spark://h:80"),
        ("spark", "method: thrift, host: h", "spark://h:10001"),
        ("spark", "method: session, host: h", "spark"),
        ("sqlserver", "server: h, port: 1433", "mssql://h:1433"),
        ("trino", "host: h, port: 80", "trino://h:80"),
        ("watsonx_presto", "host: h, port: 80", "presto://h:80"),
        // Without its port, openlineage-dbt fails.
        ("postgres", "host: h", "postgres"),
        ("materialize", "host: h", "materialize"),
    ];

    fn namespace(adapter: &str, output: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let profiles = format!("shop: {{ outputs: {{ default: {{ {output} }} }} }}");
        fs::write(folder.path().join("profiles.yml"), profiles).unwrap();
        let connection = Connection { profile: "shop".to_owned(), ..Connection::default() };
        connection.namespace(adapter, Some(folder.path()))
    }

    #[test]
    fn each_adapter_has_the_namespace_of_dbt_ol() {
        for (adapter, output, expected) in ADAPTERS {
            assert_eq!(namespace(adapter, output), expected, "{adapter}: {output}");
        }
    }

    #[test]
    fn templates_are_those_of_dbt() {
        for (template, expected) in [
            ("db-{{ env_var('NO_SUCH', 'a') }}.example", "duckdb://db-a.example"),
            ("{{ env_var('NO_SUCH', 'a') ~ '.' ~ env_var('NO_SUCH', 'b') }}", "duckdb://a.b"),
            ("{{ env_var('NO_SUCH', '1') | as_number }}", "duckdb://1"),
            ("{{ env_var('NO_SUCH') }}", "duckdb"),
            ("{{ env_var('DBT_ENV_SECRET_PATH', 'a') }}", "duckdb"),
            ("{{ target.name }}", "duckdb"),
            ("{% if", "duckdb"),
            ("md:shop?motherduck_token=hunter2XyZ12", "duckdb://md:<REDACTED>"),
        ] {
            let output = format!("path: \"{template}\"");
            assert_eq!(namespace("duckdb", &output), expected, "{template}");
        }
    }
}
