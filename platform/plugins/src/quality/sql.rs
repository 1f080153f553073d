//! The embedded quality checks: each is a query, which counts the rows that violate it.

use floe_plugin::compute::Session;
use floe_plugin::quality::{
    Check, CheckError, CheckResult, MOST_SAMPLE_KEYS, QualityProvider, Suite,
};
use floe_plugin::table::{RowSink, Value};
use floe_plugin::{Error, ErrorKind, Lifecycle};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;

use super::freshness;
use crate::sql::{quoted_name, quoted_text};

floe_plugin::plugin! {
    kind: QualityProvider,
    plugin: Sql,
    name: "sql",
    tracer: "floe.quality.sql",
    api: "1.0",
    description: "checks tables with queries on the compute engine",
}

/// Checks tables with queries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sql {
    /// The number of rows whose keys a check that failed names, at most 10. Only for assets with a `key`. Default: none.
    #[serde(default)]
    sample_keys: SampleKeys,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(try_from = "u64")]
struct SampleKeys(#[schemars(range(max = 10))] usize);

impl TryFrom<u64> for SampleKeys {
    type Error = String;

    fn try_from(count: u64) -> Result<Self, String> {
        match usize::try_from(count) {
            Ok(count) if count <= MOST_SAMPLE_KEYS => Ok(Self(count)),
            _ => Err(format!("expected 0 to {MOST_SAMPLE_KEYS}, found {count}")),
        }
    }
}

impl Lifecycle for Sql {}

impl QualityProvider for Sql {
    fn validate_expectations(&self, suite: &Suite<'_>) -> Result<(), Error> {
        for (index, check) in suite.checks.iter().enumerate() {
            query(suite, check).map_err(|error| error.of_check(index))?;
        }
        Ok(())
    }

    fn run_checks(&self, suite: &Suite<'_>, data: &mut Session) -> Result<Vec<CheckResult>, Error> {
        let rows = data.count(&count_of(suite.table))?;
        let run = |check| match self.run(suite, check, rows, data) {
            // The other checks run all the same.
            Err(error) if error.kind().is_of_input() => Ok(CheckResult {
                error: Some(CheckError::from(&error)),
                query: query(suite, check).ok(),
                ..CheckResult::default()
            }),
            result => result,
        };
        suite.checks.iter().map(run).collect()
    }
}

impl Sql {
    fn run(
        &self,
        suite: &Suite<'_>,
        check: &Check,
        rows: u64,
        data: &mut Session,
    ) -> Result<CheckResult, Error> {
        let sql = query(suite, check)?;
        let mut result = CheckResult { rows: Some(rows), ..CheckResult::default() };
        match check {
            Check::MinRows(least) => result.passed = rows >= *least,
            Check::Freshness { max_age, .. } => {
                let mut newest = Newest::default();
                data.query(&sql, &mut newest)?;
                let (age, found) = newest.0.unwrap_or_default();
                let most = SignedDuration::try_from(max_age.duration());
                let most = most.unwrap_or(SignedDuration::MAX);
                result.passed = age.is_some_and(|age| age <= most);
                result.found = Some(found);
            }
            Check::Query(_) => {
                // As it is: a query that others are written around may have another meaning in them.
                let mut rows = Violations {
                    keys: Keys::new(suite.key.unwrap_or_default()),
                    most: self.sample_keys.0,
                    count: 0,
                };
                data.query(&sql, &mut rows)?;
                result.passed = rows.count == 0;
                result.failed_rows = Some(rows.count);
                result.sample_keys = rows.keys.found;
            }
            _ => {
                let failed = data.count(&sql)?;
                result.passed = failed == 0;
                result.failed_rows = Some(failed);
                if failed > 0 {
                    result.sample_keys = self.sample_keys(suite, check, data)?;
                }
            }
        }
        result.query = Some(sql);
        Ok(result)
    }

    /// The keys of some rows that violate a check.
    fn sample_keys(
        &self,
        suite: &Suite<'_>,
        check: &Check,
        data: &mut Session,
    ) -> Result<Vec<String>, Error> {
        let (Some(key), most @ 1..) = (suite.key, self.sample_keys.0) else {
            return Ok(Vec::new());
        };
        let Some(rows) = violations(suite, check)? else {
            return Ok(Vec::new());
        };
        let name = quoted_name(key);
        let sql = match check {
            Check::Relationships { .. } => {
                format!("SELECT DISTINCT checked.{name} {rows} ORDER BY 1 LIMIT {most}")
            }
            _ => format!("SELECT DISTINCT {name} {rows} ORDER BY 1 LIMIT {most}"),
        };
        let mut keys = Keys::new(key);
        data.query(&sql, &mut keys)?;
        Ok(keys.found)
    }
}

/// Takes the newest value: its age, and the words for it.
#[derive(Default)]
struct Newest(Option<(Option<SignedDuration>, String)>);

impl RowSink for Newest {
    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        let value = values.first().unwrap_or(&Value::Null);
        self.0 = Some(freshness::age(value, Timestamp::now()));
        Ok(())
    }
}

/// The most characters of a key that are read.
const LONGEST_KEY: usize = 1000;

/// Takes the values of a column, if there is one with its name.
struct Keys<'a> {
    key: &'a str,
    column: Option<usize>,
    found: Vec<String>,
}

impl<'a> Keys<'a> {
    const fn new(key: &'a str) -> Self {
        Self { key, column: None, found: Vec::new() }
    }
}

impl RowSink for Keys<'_> {
    fn columns(&mut self, names: &[&str]) -> Result<(), Error> {
        let mut names = names.iter();
        self.column = names.position(|name| name.eq_ignore_ascii_case(self.key));
        Ok(())
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        let value = self.column.and_then(|column| values.get(column));
        self.found.extend(value.map(|value| match value {
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => text.chars().take(LONGEST_KEY).collect(),
            Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
            _ => "NULL".to_owned(),
        }));
        Ok(())
    }
}

/// Counts the rows of a product's own query, and takes the keys of the first ones.
struct Violations<'a> {
    keys: Keys<'a>,
    most: usize,
    count: u64,
}

impl RowSink for Violations<'_> {
    fn columns(&mut self, names: &[&str]) -> Result<(), Error> {
        self.keys.columns(names)
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        self.count += 1;
        if self.keys.found.len() < self.most {
            self.keys.row(values)?;
        }
        Ok(())
    }
}

fn count_of(table: &str) -> String {
    format!("SELECT count(*) FROM {}", quoted_name(table))
}

/// The query of a check: it counts the rows that violate it, or all rows, or finds the newest value.
fn query(suite: &Suite<'_>, check: &Check) -> Result<String, Error> {
    if let Check::Query(name) = check {
        let missing = || Error::new(ErrorKind::InvalidInput, format!("there is no query `{name}`"));
        return suite.query(name).map(str::to_owned).ok_or_else(missing);
    }
    let rows = violations(suite, check)?;
    let table = quoted_name(suite.table);
    Ok(match (check, rows) {
        (Check::Freshness { column, .. }, _) => format!("SELECT max(\"{column}\") FROM {table}"),
        (Check::Unique(column), _) => {
            format!("SELECT count(\"{column}\") - count(DISTINCT \"{column}\") FROM {table}")
        }
        (_, Some(rows)) => format!("SELECT count(*) {rows}"),
        (_, None) => count_of(suite.table),
    })
}

/// What follows `SELECT …` in a query for the rows that violate a check; `None` if it is about no row.
fn violations(suite: &Suite<'_>, check: &Check) -> Result<Option<String>, Error> {
    let invalid = |message: String| Err(Error::new(ErrorKind::InvalidInput, message));
    if let Some(column) = check.column()
        && !is_identifier(column)
    {
        return invalid(format!(
            "`{}` is for the column `{column}`, expected lower-case letters, digits and underscores",
            check.name()
        ));
    }
    let table = quoted_name(suite.table);
    let rows = |condition: String| Ok(Some(format!("FROM {table} WHERE {condition}")));
    match check {
        Check::NotNull(column) => rows(format!("\"{column}\" IS NULL")),
        Check::Unique(column) => rows(format!(
            "\"{column}\" IN (SELECT \"{column}\" FROM {table} GROUP BY \"{column}\" HAVING count(*) > 1)"
        )),
        Check::AcceptedValues { column, values } => {
            let values: Vec<String> = values.iter().map(|value| quoted_text(value)).collect();
            if values.is_empty() {
                return invalid(format!(
                    "`accepted_values` of `{column}` is empty, expected at least one value"
                ));
            }
            rows(format!(
                "\"{column}\" IS NOT NULL AND CAST(\"{column}\" AS TEXT) NOT IN ({})",
                values.join(", ")
            ))
        }
        Check::Between { column, min, max } => {
            if !(min.is_finite() && max.is_finite() && min <= max) {
                return invalid(format!(
                    "`between` of `{column}` is {min} to {max}, expected a finite range"
                ));
            }
            rows(format!("\"{column}\" < {min:?} OR \"{column}\" > {max:?}"))
        }
        Check::Relationships { column, to, field } => {
            let (to, field) = (quoted_name(to), quoted_name(field));
            // Every engine joins in a time that grows with the rows, and not with their product.
            Ok(Some(format!(
                "FROM {table} AS checked LEFT JOIN {to} AS referenced ON checked.\"{column}\" = referenced.{field} \
                 WHERE checked.\"{column}\" IS NOT NULL AND referenced.{field} IS NULL"
            )))
        }
        Check::MinRows(_) | Check::Freshness { .. } | Check::Query(_) => Ok(None),
        other => invalid(format!("the check `{}` is not supported", other.name())),
    }
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}
