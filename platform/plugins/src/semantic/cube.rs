//! Cube, over its REST API: models from the gold tables of a product, and queries of their measures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugin::product::{Model, Product};
use floe_plugin::quality::Check;
use floe_plugin::semantic::SemanticLayer;
use floe_plugin::table::{Column, ColumnType};
use floe_plugin::{CleanUrl, Credential, Endpoint, Error, ErrorKind, Lifecycle};
use serde::{Deserialize, Serialize};

use crate::address::ServiceUrl;
use crate::error::Error as PlatformError;
use crate::files::atomic::{self, Access, GENERATED};
use crate::files::yaml;
use crate::http::{Client, Request, Response};
use crate::sql::{identifier, quoted_name};

floe_plugin::plugin! {
    kind: SemanticLayer,
    plugin: Cube,
    name: "cube",
    tracer: "floe.semantic.cube",
    api: "1.0",
    description: "writes models of Cube and queries their measures",
}

/// Cube: a model for each gold table, and queries of its measures.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cube {
    /// The URL of the server, for example `http://cube.example:4000`. Without it, models are only written.
    url: Option<ServiceUrl>,
    /// The path of the API.
    #[serde(default = "default_base_path")]
    base_path: String,
    /// The token of the API: a JSON Web Token that is signed with Cube's secret.
    token: Option<Credential>,
    /// The schema of the tables in the data source of Cube.
    table_schema: Option<String>,
    /// The time limit of a request in seconds. Default: 30.
    #[serde(default = "default_client", rename = "timeout")]
    client: Client,
}

fn default_base_path() -> String {
    "/cubejs-api".to_owned()
}

fn default_client() -> Client {
    Client::with_timeout(Duration::from_secs(30))
}

impl Lifecycle for Cube {
    fn endpoints(&self) -> Vec<Endpoint> {
        self.url.iter().map(ServiceUrl::endpoint).collect()
    }
}

impl SemanticLayer for Cube {
    fn server_url(&self) -> Option<CleanUrl<'_>> {
        self.url.as_ref().map(|url| CleanUrl::new(url.as_str()))
    }

    fn sync(&self, product: &Product<'_>, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let gold = product.models.iter().filter(|model| model.layer == "gold");
        let definitions: Vec<Definition<'_>> =
            gold.map(|model| self.definition(model, product)).collect();
        let system = |error: PlatformError| Error::new(ErrorKind::System, error.to_string());
        let mut files = Vec::new();
        for definition in &definitions {
            let contents = ModelFile { cubes: [definition] };
            let yaml =
                yaml::write(&contents).map_err(|error| Error::new(ErrorKind::Other, error))?;
            let file = folder.join(format!("{}.yml", definition.name));
            atomic::replace(&file, Access::Public, |output| write!(output, "{GENERATED}{yaml}"))
                .map_err(system)?;
            files.push(file);
        }
        let is_obsolete = |path: &Path| !files.iter().any(|file| file == path);
        atomic::remove_generated(folder, "yml", is_obsolete).map_err(system)?;
        if self.url.is_some() && !definitions.is_empty() {
            self.check(&definitions)?;
        }
        Ok(files)
    }
}

/// The answer to `/v1/meta`.
#[derive(Deserialize)]
struct Meta {
    cubes: Vec<MetaCube>,
}

#[derive(Deserialize)]
struct MetaCube {
    measures: Vec<MetaMember>,
    dimensions: Vec<MetaMember>,
}

#[derive(Deserialize)]
struct MetaMember {
    name: String,
}

impl Cube {
    fn send<'r, T: serde::de::DeserializeOwned>(
        &'r self,
        request: impl Fn(&str) -> Request<'r>,
    ) -> Result<T, Error> {
        let Some(url) = &self.url else {
            let message = "the configuration of the plugin has no `url`";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        };
        let base = url.at(&format!("/{}", self.base_path.trim_matches('/')));
        let mut request = request(&base);
        if let Some(token) = &self.token {
            request = request.bearer(token.expose()?);
        }
        let response = self.client.send(&request)?;
        match error_of(&response) {
            None => response.json(),
            Some(error) => Err(request.error(ErrorKind::Rejected, &error)),
        }
    }

    /// Checks that the server serves these models. A server in production loads them when it is deployed.
    fn check(&self, definitions: &[Definition<'_>]) -> Result<(), Error> {
        let meta: Meta = self.send(|url| Request::get(format!("{url}/v1/meta")))?;
        let members: BTreeSet<&str> = meta
            .cubes
            .iter()
            .flat_map(|cube| cube.measures.iter().chain(&cube.dimensions))
            .map(|member| member.name.as_str())
            .collect();
        for definition in definitions {
            let measures = definition.measures.iter().map(|it| it.name.as_str());
            let names = measures.chain(definition.dimensions.iter().map(|it| it.name.as_str()));
            for name in names {
                let name = format!("{}.{name}", definition.name);
                if !members.contains(name.as_str()) {
                    let message = format!(
                        "the server has no `{name}`: it does not serve the models that were written, or has not loaded them"
                    );
                    return Err(Error::new(ErrorKind::NotFound, message));
                }
            }
        }
        Ok(())
    }

    /// The model of a table: a dimension for each column, and the number of rows as its only measure, because a product
    /// does not say which numbers may be summed: a sum of percentages means nothing.
    fn definition<'a>(&self, model: &Model<'a>, product: &Product<'a>) -> Definition<'a> {
        let mut names = BTreeSet::new();
        let unique = model.checks.iter().find_map(|check| match check {
            Check::Unique(column) => Some(column.as_str()),
            _ => None,
        });
        // Cube takes braces for references.
        let columns = model.columns.iter();
        let columns = columns.filter(|column| !column.name.contains(['{', '}']));
        let dimensions: Vec<Dimension> = columns
            .map(|column| Dimension {
                name: free(identifier(column.name), &mut names),
                sql: format!("{{CUBE}}.{}", reference(column.name)),
                kind: kind(column, product),
                primary_key: unique == Some(column.name),
            })
            .collect();
        let count = Measure { name: free("count".to_owned(), &mut names), kind: "count" };
        Definition {
            name: model.name,
            sql_table: match &self.table_schema {
                Some(schema) => format!("{schema}.{}", model.name),
                None => model.name.to_owned(),
            },
            dimensions,
            measures: [count],
        }
    }
}

#[derive(Serialize)]
struct ModelFile<'a> {
    cubes: [&'a Definition<'a>; 1],
}

#[derive(Serialize)]
struct Definition<'a> {
    name: &'a str,
    sql_table: String,
    dimensions: Vec<Dimension>,
    measures: [Measure; 1],
}

#[derive(Serialize)]
struct Dimension {
    name: String,
    sql: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    primary_key: bool,
}

#[derive(Serialize)]
struct Measure {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A free name for a member: a number is appended to a taken name, because a model may have a column `count`.
fn free(name: String, names: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut candidates = [name.clone()].into_iter().chain(numbered);
    let free = candidates.find(|it| names.insert(it.clone()));
    free.unwrap_or(name)
}

/// A column in SQL. A plain name stays unquoted, because databases quote differently.
fn reference(column: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if column.bytes().all(is_plain) && !column.starts_with(|it: char| it.is_ascii_digit()) {
        return column.to_owned();
    }
    quoted_name(column)
}

/// The type of a column. An engine without dates stores dates of sources as text.
fn kind(column: &Column<'_>, product: &Product<'_>) -> &'static str {
    let is_date = |other: &Column<'_>| other.name == column.name && other.kind == ColumnType::Date;
    let mut of_sources = product.sources.iter().flat_map(|source| &source.columns);
    match column.kind {
        ColumnType::Integer | ColumnType::Real => "number",
        ColumnType::Date => "time",
        _ if of_sources.any(is_date) => "time",
        _ => "string",
    }
}

/// The error in a response with a successful status.
fn error_of(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Failed {
        error: String,
    }
    response.json::<Failed>().ok().map(|failed| failed.error)
}
