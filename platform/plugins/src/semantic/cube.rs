//! Cube, over its REST API: models from the gold tables of a product, and queries of their measures.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugin::product::{Model, Product};
use floe_plugin::quality::Check;
use floe_plugin::semantic::{MetricQuery, SemanticLayer};
use floe_plugin::table::{ColumnType, RowSink, Value};
use floe_plugin::{CleanUrl, Credential, Endpoint, Error, ErrorKind, Lifecycle};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::address::ServiceUrl;
use crate::error::Error as PlatformError;
use crate::files::atomic::{self, Access, GENERATED};
use crate::http::{Client, Request, Response};

floe_plugin::plugin! {
    kind: SemanticLayer,
    plugin: Cube,
    name: "cube",
    tracer: "floe.semantic.cube",
    api: "1.0",
    description: "writes models of Cube and queries their measures",
}

/// The number of rows that Cube returns at most.
const MOST_ROWS: u32 = 50_000;

/// How often Cube can ask to wait for a result. It does so every few seconds.
const MOST_WAITS: usize = 100;

/// Cube: a model for each gold table, and queries of its measures.
#[derive(Debug, Deserialize, JsonSchema)]
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
    fn health_check(&self) -> Result<(), Error> {
        let Some(url) = &self.url else {
            return Ok(());
        };
        self.client.send(&Request::get(url.at("/readyz"))).map(drop)
    }

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
            let contents = ModelFile {
                cubes: [definition],
            };
            let yaml = serde_saphyr::to_string(&contents)
                .map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
            let file = folder.join(format!("{}.yml", definition.name));
            atomic::write(&file, Access::Public, |output| {
                write!(output, "{GENERATED}{yaml}")
            })
            .map_err(system)?;
            files.push(file);
        }
        let is_obsolete = |path: &Path| !files.iter().any(|file| file == path);
        atomic::remove_generated(folder, "yml", GENERATED, is_obsolete).map_err(system)?;
        if self.url.is_some() && !definitions.is_empty() {
            self.check(&definitions)?;
        }
        Ok(files)
    }

    fn query(&self, query: &MetricQuery<'_>, rows: &mut dyn RowSink) -> Result<(), Error> {
        if query.measures.is_empty() && query.dimensions.is_empty() {
            let message = "found no measures and no dimensions, accepted: at least one";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        if let Some(limit) = query.limit.filter(|limit| !(1..=MOST_ROWS).contains(limit)) {
            let message = format!("found the limit {limit}, accepted: 1 to {MOST_ROWS}");
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        let member = |name: &&str| format!("{}.{name}", query.model);
        let dimensions: Vec<String> = query.dimensions.iter().map(member).collect();
        let measures: Vec<String> = query.measures.iter().map(member).collect();
        let mut asked = json!({ "measures": measures, "dimensions": dimensions });
        if let Some(limit) = query.limit {
            asked["limit"] = limit.into();
        }
        let body = json!({ "query": asked });
        let answer: LoadResponse =
            self.send(|url| Request::post(format!("{url}/v1/load")).json(&body))?;
        let names: Vec<&str> = query
            .dimensions
            .iter()
            .chain(query.measures)
            .copied()
            .collect();
        rows.columns(&names)?;
        for row in &answer.data {
            let mut values = Vec::with_capacity(names.len());
            for name in dimensions.iter().chain(&measures) {
                let value = row.get(name).ok_or_else(|| {
                    let message = format!("a row of the response has no `{name}`");
                    Error::new(ErrorKind::InvalidResponse, message)
                })?;
                values.push(value_of(value, answer.annotation.is_number(name))?);
            }
            rows.row(&values)?;
        }
        Ok(())
    }
}

/// The answer to `/v1/load`.
#[derive(Deserialize)]
struct LoadResponse {
    data: Vec<HashMap<String, Json>>,
    annotation: Annotation,
}

#[derive(Deserialize)]
struct Annotation {
    measures: HashMap<String, Member>,
    dimensions: HashMap<String, Member>,
}

#[derive(Deserialize)]
struct Member {
    #[serde(rename = "type")]
    kind: String,
}

impl Annotation {
    fn is_number(&self, name: &str) -> bool {
        let member = self
            .measures
            .get(name)
            .or_else(|| self.dimensions.get(name));
        member.is_some_and(|member| member.kind == "number")
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
    /// Sends a request until its result is there: Cube answers `Continue wait` while it computes.
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
        for _ in 0..MOST_WAITS {
            let response = self.client.send(&request)?;
            match error_of(&response) {
                None => return response.json(),
                Some(error) if error == "Continue wait" => {}
                Some(error) => return Err(request.error(ErrorKind::Rejected, &error)),
            }
        }
        let message = format!("there is no result after {MOST_WAITS} requests");
        Err(Error::new(ErrorKind::TimedOut, message))
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
            let names = measures.chain(definition.dimensions.iter().map(|it| it.name));
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

    /// The model of a table. Its columns are those that the product's checks name.
    fn definition<'a>(&self, model: &Model<'a>, product: &Product<'a>) -> Definition<'a> {
        let mut dimensions: Vec<Dimension<'a>> = Vec::new();
        for check in model.checks {
            let Some(column) = check.column() else {
                continue;
            };
            let index = dimensions.iter().position(|it| it.name == column);
            let index = index.unwrap_or_else(|| {
                dimensions.push(Dimension {
                    name: column,
                    sql: format!("{{CUBE}}.{column}"),
                    kind: kind_in(product, column),
                    primary_key: false,
                });
                dimensions.len() - 1
            });
            match check {
                Check::Unique(_) => {
                    // A cube has one key.
                    let is_first = !dimensions.iter().any(|it| it.primary_key);
                    dimensions[index].primary_key = is_first;
                }
                Check::Between { .. } => dimensions[index].kind = "number",
                _ => {}
            }
        }
        let mut measures = vec![Measure {
            name: "count".to_owned(),
            sql: None,
            kind: "count",
        }];
        for dimension in &dimensions {
            if dimension.kind == "number" && !dimension.primary_key {
                for (prefix, kind) in [("total", "sum"), ("average", "avg")] {
                    measures.push(Measure {
                        name: format!("{prefix}_{}", dimension.name),
                        sql: Some(dimension.sql.clone()),
                        kind,
                    });
                }
            }
        }
        Definition {
            name: model.name,
            sql_table: match &self.table_schema {
                Some(schema) => format!("{schema}.{}", model.name),
                None => model.name.to_owned(),
            },
            dimensions,
            measures,
        }
    }
}

/// A file of Cube's data model.
#[derive(Serialize)]
struct ModelFile<'a> {
    cubes: [&'a Definition<'a>; 1],
}

#[derive(Serialize)]
struct Definition<'a> {
    name: &'a str,
    sql_table: String,
    dimensions: Vec<Dimension<'a>>,
    measures: Vec<Measure>,
}

#[derive(Serialize)]
struct Dimension<'a> {
    name: &'a str,
    sql: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    primary_key: bool,
}

#[derive(Serialize)]
struct Measure {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sql: Option<String>,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// The type of a column that a source of the product has under the same name.
fn kind_in(product: &Product<'_>, column: &str) -> &'static str {
    let columns = product.sources.iter().flat_map(|source| &source.columns);
    let mut found = columns.filter(|it| it.name == column).map(|it| it.kind);
    match found.next() {
        Some(ColumnType::Integer | ColumnType::Real) => "number",
        Some(ColumnType::Date) => "time",
        _ => "string",
    }
}

/// The error in a response whose status is success.
fn error_of(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Failed {
        error: String,
    }
    response.json::<Failed>().ok().map(|failed| failed.error)
}

/// Databases return large numbers as text.
fn value_of(value: &Json, is_number: bool) -> Result<Value<'_>, Error> {
    Ok(match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Integer((*value).into()),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Integer(number),
            None => Value::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) if is_number => match (text.parse(), text.parse()) {
            (Ok(number), _) => Value::Integer(number),
            (_, Ok(number)) => Value::Real(number),
            _ => Value::Text(text),
        },
        Json::String(text) => Value::Text(text),
        _ => {
            let message = "a value of the response is a list or a map";
            return Err(Error::new(ErrorKind::InvalidResponse, message));
        }
    })
}
