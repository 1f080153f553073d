//! DuckDB, through its command: a process for each statement, which reads SQL from its input.
//!
//! The crate `duckdb` is not used: it compiles the engine from C++, and then the engine that runs is the one of the
//! build, not the one with which the users, dbt and their other tools open the same file.

use std::fmt::{self, Write as _};
use std::fs;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use floe_plugin::compute::{ComputeEngine, Database, DatabaseLock, Materialize, QueryComments};
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{Error, ErrorKind, Lifecycle};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tempfile::NamedTempFile;

use super::rows::{Csv, Row};
use crate::files::atomic;
use crate::process::child::{Invocation, LONGEST_LINE, Program};
use crate::quote::one_line;
use crate::sql::{quoted_name, quoted_text};

floe_plugin::plugin! {
    kind: ComputeEngine,
    plugin: DuckDb,
    name: "duckdb",
    tracer: "floe.compute.duckdb",
    api: "1.0",
    description: "runs queries in DuckDB",
}

/// The variables that the command inherits: none with credentials.
const INHERITED: [&str; 8] =
    ["HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR", "TZ"];

/// DuckDB, through its command.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct DuckDb {
    /// The command.
    command: Program,
    /// The time limit of a statement in seconds.
    timeout: NonZeroU32,
    /// The memory that a statement may use, for example `2GB`. Default: DuckDB's.
    memory_limit: Option<String>,
    /// The number of threads. Default: DuckDB's.
    threads: Option<NonZeroU32>,
    /// Whether statements carry the trace context as a comment. Default: true.
    query_comments: QueryComments,
}

impl Default for DuckDb {
    fn default() -> Self {
        Self {
            command: Program::named("duckdb"),
            timeout: NonZeroU32::MIN.saturating_add(3599),
            memory_limit: None,
            threads: None,
            query_comments: QueryComments::default(),
        }
    }
}

impl Lifecycle for DuckDb {
    fn start(&self) -> Result<(), Error> {
        // Also checks the settings.
        self.run(Path::new(":memory:"), Access::Write, &["SELECT 1"], None, &mut |_| Ok(()))
    }
}

impl ComputeEngine for DuckDb {
    fn system_name(&self) -> &'static str {
        "duckdb"
    }

    fn create_database(&self, file: &Path) -> Result<Box<dyn Database>, Error> {
        utf8(file)?;
        let permissions = match fs::symlink_metadata(file) {
            // A draft of the platform. DuckDB does not accept an empty file.
            Ok(metadata) if metadata.is_file() && metadata.len() == 0 => {
                fs::remove_file(file)?;
                Some(metadata.permissions())
            }
            Ok(_) => {
                let message = format!("`{}` exists", file.display());
                return Err(Error::new(ErrorKind::System, message));
            }
            Err(_) => None,
        };
        // A name that begins with a hyphen would be an option.
        let file = std::path::absolute(file)?;
        self.run(&file, Access::Write, &["CHECKPOINT"], None, &mut |_| Ok(()))?;
        if let Some(permissions) = permissions {
            fs::set_permissions(&file, permissions)?;
        }
        Ok(Box::new(DuckDbFile { engine: self.clone(), file }))
    }

    fn open_database(&self, file: &Path) -> Result<Box<dyn Database>, Error> {
        utf8(file)?;
        let file = std::path::absolute(file)?;
        // DuckDB creates a file that does not exist, also one that it shall only read.
        if !file.is_file() {
            let message = format!("there is no database `{}`", file.display());
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        self.run(&file, Access::Read, &["SELECT 1"], None, &mut |_| Ok(()))?;
        Ok(Box::new(DuckDbFile { engine: self.clone(), file }))
    }

    fn lock_database(&self, file: &Path) -> Result<Option<Box<dyn DatabaseLock>>, Error> {
        atomic::remove_beside(file)?;
        Ok(None)
    }

    fn generate_profile(&self, file: &Path, target: &str) -> Result<Json, Error> {
        let mut profile = json!({ "type": "duckdb", "path": utf8(file)?, "threads": 1 });
        if let Some(threads) = self.threads {
            profile["threads"] = threads.get().into();
        }
        if let Some(limit) = &self.memory_limit {
            profile["settings"] = json!({ "memory_limit": limit });
        }
        if target.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "the target has no name"));
        }
        Ok(profile)
    }
}

/// A database in a file, with one writer.
struct DuckDbFile {
    engine: DuckDb,
    file: PathBuf,
}

impl fmt::Debug for DuckDbFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DuckDbFile").field(&self.file).finish()
    }
}

impl Database for DuckDbFile {
    fn load(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        // Readable by its owner only, and removed when it is dropped.
        let rows = NamedTempFile::with_prefix_in(".floe-rows-", folder)?;
        let count = Csv::write(rows.as_file(), '"', columns, fill)?;
        let mut create = format!("CREATE TABLE {} (", quoted_name(table));
        for (index, column) in columns.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let kind = match column.kind {
                ColumnType::Integer => "BIGINT",
                ColumnType::Real => "DOUBLE",
                ColumnType::Date => "DATE",
                _ => "VARCHAR",
            };
            let _ = write!(create, "{separator}{} {kind}", quoted_name(column.name));
        }
        create.push(')');
        // Only a value without quotes is null.
        let copy = format!(
            "COPY {} FROM {} (FORMAT csv, HEADER false, AUTO_DETECT false, DELIMITER ',', QUOTE '\"', \
             ESCAPE '\"', NULLSTR '', ALLOW_QUOTED_NULLS false, NEW_LINE '\\n', PARALLEL false, DATEFORMAT '%Y-%m-%d', \
             MAX_LINE_SIZE {LONGEST_LINE})",
            quoted_name(table),
            quoted_text(utf8(rows.path())?),
        );
        let script = ["BEGIN", &create, &copy, "COMMIT"];
        self.engine.run(&self.file, Access::Write, &script, None, &mut |_| Ok(()))?;
        Ok(count)
    }

    fn materialize(&mut self, model: &Materialize<'_>) -> Result<u64, Error> {
        let query = without_semicolon(model.sql);
        let kind = if model.is_view { "VIEW" } else { "TABLE" };
        let name = quoted_name(model.name);
        let [external, configuration] = LOCK;
        let script = [
            external,
            configuration,
            &only_a_select(query),
            "BEGIN",
            &format!("CREATE {kind} {name} AS (\n{query}\n)"),
            &format!("SELECT count(*) AS rows FROM {name}"),
            "COMMIT",
        ];
        let mut count = None;
        self.engine.run(&self.file, Access::Write, &script, Some(query), &mut |line| {
            let Row(row) = parse(line)?;
            count = row.first().and_then(|(_, value)| value.as_u64());
            Ok(())
        })?;
        count.ok_or_else(|| not_the_protocol(&"there is no number of rows"))
    }

    fn remove(&mut self, table: &str) -> Result<bool, Error> {
        // A table cannot be dropped as a view, nor a view as a table.
        let kinds = format!(
            "SELECT table_type FROM information_schema.tables WHERE table_schema = 'main' AND table_name = {}",
            quoted_text(table)
        );
        let mut kind = None;
        self.engine.run(&self.file, Access::Read, &[&kinds], None, &mut |line| {
            let Row(row) = parse(line)?;
            kind = row.first().and_then(|(_, value)| value.as_str().map(str::to_owned));
            Ok(())
        })?;
        let kind = match kind.as_deref() {
            Some("VIEW") => "VIEW",
            Some(_) => "TABLE",
            None => return Ok(false),
        };
        let drop = format!("DROP {kind} {}", quoted_name(table));
        self.engine.run(&self.file, Access::Write, &[&drop], None, &mut |_| Ok(()))?;
        Ok(true)
    }

    fn describe(&mut self, table: &str) -> Result<Vec<(String, ColumnType)>, Error> {
        let describe = describe(&format!("SELECT * FROM {}", quoted_name(table)));
        let mut found: Option<Description> = None;
        self.engine.run(&self.file, Access::Read, &[&describe], None, &mut |line| {
            found = Some(parse(line)?);
            Ok(())
        })?;
        let found = found.ok_or_else(|| not_the_protocol(&"there are no columns"))?;
        Ok(found.columns())
    }

    fn query(&mut self, sql: &str, rows: &mut dyn RowSink) -> Result<(), Error> {
        let query = without_semicolon(sql);
        let [external, configuration] = LOCK;
        let script = [
            external,
            configuration,
            &only_a_select(query),
            &describe(query),
            // A comment at the end of the query ends with its line.
            &format!("{query}\n"),
        ];
        let mut types: Option<Vec<String>> = None;
        self.engine.run(&self.file, Access::Read, &script, Some(query), &mut |line| {
            if let Some(types) = &types {
                return send(&parse::<Row>(line)?.0, types, rows);
            }
            let description: Description = parse(line)?;
            let names: Vec<&str> = description.names.iter().map(String::as_str).collect();
            rows.columns(&names)?;
            types = Some(description.types);
            Ok(())
        })?;
        if types.is_none() {
            return Err(not_the_protocol(&"there are no columns"));
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        // A process writes its log into the file when it ends.
        if self.with_suffix(".wal").exists() {
            let message = format!("`{}` is not complete", self.file.display());
            return Err(Error::new(ErrorKind::System, message));
        }
        Ok(())
    }
}

impl DuckDbFile {
    fn with_suffix(&self, suffix: &str) -> PathBuf {
        let mut path = self.file.clone().into_os_string();
        path.push(suffix);
        path.into()
    }
}

impl Drop for DuckDbFile {
    fn drop(&mut self) {
        // What a process leaves behind that was killed. An error cannot be reported here.
        let _ = fs::remove_file(self.with_suffix(".wal"));
        let _ = fs::remove_dir_all(self.with_suffix(".tmp"));
    }
}

/// A query reads no files and no network, and cannot change that.
const LOCK: [&str; 2] = ["SET enable_external_access = false", "SET lock_configuration = true"];

/// The beginning of the engine's errors about what is not one `SELECT`.
const NOT_A_SELECT: &str = "floe:";

/// A statement that fails, so that nothing is executed, unless `query` is one `SELECT`. Without it, a query
/// could contain other statements and commands of the shell.
fn only_a_select(query: &str) -> String {
    format!(
        "SELECT error('{NOT_A_SELECT}' || coalesce(s->>'error_type', '') || ':' || coalesce(s->>'position', '') \
         || ':' || coalesce(s->>'error_message', '')) FROM (SELECT json_serialize_sql({}) AS s) \
         WHERE s->>'error' = 'true' OR json_array_length(s->'statements') <> 1",
        quoted_text(query)
    )
}

#[derive(Clone, Copy, PartialEq)]
enum Access {
    Read,
    Write,
}

impl DuckDb {
    /// Runs statements in a process of its own and gives each line of its output to `receive`. They have no
    /// semicolons at their ends.
    fn run(
        &self,
        file: &Path,
        access: Access,
        statements: &[&str],
        query: Option<&str>,
        receive: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let limit = self.memory_limit.as_ref();
        let limit = limit.map(|limit| format!("SET memory_limit = {}", quoted_text(limit)));
        let threads = self.threads.map(|threads| format!("SET threads = {threads}"));
        let settings = [limit, threads];
        let settings = settings.iter().flatten().map(String::as_str);
        let mut input = String::new();
        for statement in settings.chain(statements.iter().copied()) {
            let statement = self.query_comments.add_to(statement);
            let _ = writeln!(input, "{statement};");
        }
        let limit = Duration::from_secs(self.timeout.get().into());
        let mut invocation = Invocation::new("duckdb", &self.command, limit)
            .only_variables(&INHERITED)
            .arg("-batch")
            .arg("-bail")
            .arg("-no-init")
            .arg("-jsonlines");
        if access == Access::Read {
            invocation = invocation.arg("-readonly");
        }
        let output = invocation.arg(file).input(input).run_lines(receive)?;
        match output.code {
            0 => Ok(()),
            _ if output.stderr().is_empty() => Err(output.error(ErrorKind::System)),
            _ => Err(explain(output.stderr(), query)),
        }
    }
}

/// An error of the engine, with its place in `query` if it is there.
fn explain(message: &str, query: Option<&str>) -> Error {
    let (text, place) = match message.split_once("\n\nLINE ") {
        Some((text, place)) => (text, Some(place)),
        None => (message, None),
    };
    let text = match text.split_once("\nOriginal Line: ") {
        // The line of data is not repeated, nor advice.
        Some((text, rest)) => {
            let mut lines = rest.lines();
            let reason = lines.find(|line| line.starts_with("Error when converting column"));
            format!("{text} {}", reason.unwrap_or_default())
        }
        None => text.to_owned(),
    };
    let text = one_line(&text);
    let (category, rest) = text.split_once(": ").unwrap_or(("", &text));
    if let (Some(found), Some(query)) = (rest.strip_prefix(NOT_A_SELECT), query) {
        return not_a_select(found, query);
    }
    let kind = match category {
        "IO Error" | "Out of Memory Error" | "FATAL Error" | "INTERNAL Error" => ErrorKind::System,
        "INTERRUPT Error" => ErrorKind::Interrupted,
        "Parser Error" => ErrorKind::Syntax,
        "Catalog Error" => ErrorKind::UnknownName,
        "Binder Error" if rest.contains(" not found") => ErrorKind::UnknownName,
        "Conversion Error" => ErrorKind::Type,
        _ => ErrorKind::InvalidInput,
    };
    let error = Error::new(kind, &text);
    match (place, query) {
        (Some(place), Some(query)) => match offset(place, query) {
            Some(offset) => error.at_offset(offset),
            None => error,
        },
        _ => error,
    }
}

/// `found` is the parser's type of error, position and message.
fn not_a_select(found: &str, query: &str) -> Error {
    let mut parts = found.splitn(3, ':');
    let (category, position, message) = (parts.next(), parts.next(), parts.next());
    match (category, message) {
        (Some("parser"), Some(message)) => {
            let error = Error::new(ErrorKind::Syntax, format!("Parser Error: {message}"));
            let position = position.and_then(|position| position.parse().ok());
            match position.filter(|position| query.is_char_boundary(*position)) {
                Some(position) => error.at_offset(position),
                None => error,
            }
        }
        (Some("not implemented"), _) => Error::new(
            ErrorKind::Syntax,
            "expected one SELECT, found a statement that is not a SELECT",
        ),
        _ => Error::new(
            ErrorKind::Syntax,
            "expected one SELECT, found no statement or more than one",
        ),
    }
}

/// The place that the engine marks below a line of the statement, `3: SELECT nope\n          ^`. The query
/// begins in the second line of the statement.
fn offset(place: &str, query: &str) -> Option<usize> {
    let (number, rest) = place.split_once(": ")?;
    let line = number.parse::<usize>().ok()?.checked_sub(2)?;
    let (excerpt, below) = rest.split_once('\n')?;
    let start: usize = query.split_inclusive('\n').take(line).map(str::len).sum();
    let text = query.get(start..)?.lines().next()?;
    // A long line is an excerpt with dots at its ends.
    let shown = excerpt.trim_start_matches("...").trim_end_matches("...");
    let at = text.find(shown.trim())?;
    let head = "LINE ".len() + number.len() + ": ".len();
    let marked = below.find('^')?.checked_sub(head)?;
    let before = excerpt.find(shown.trim())?;
    let shift =
        excerpt.chars().take(marked).map(char::len_utf8).sum::<usize>().checked_sub(before)?;
    let offset = start + at + shift;
    query.is_char_boundary(offset).then_some(offset)
}

/// The columns of a result.
#[derive(Deserialize)]
struct Description {
    names: Vec<String>,
    types: Vec<String>,
}

impl Description {
    fn columns(self) -> Vec<(String, ColumnType)> {
        let columns = self.names.into_iter().zip(self.types);
        columns.map(|(name, kind)| (name, type_of(&kind))).collect()
    }
}

/// Parses a line. DuckDB writes numbers that JSON does not have as `NaN` and `Infinity`: they become null.
fn parse<T: serde::de::DeserializeOwned>(line: &[u8]) -> Result<T, Error> {
    match serde_json::from_slice(line) {
        Ok(parsed) => Ok(parsed),
        Err(_) => serde_json::from_slice(&finite(line)).map_err(|error| not_the_protocol(&error)),
    }
}

fn finite(line: &[u8]) -> Vec<u8> {
    let mut finite = Vec::with_capacity(line.len());
    let (mut is_text, mut is_escaped) = (false, false);
    let mut index = 0;
    while index < line.len() {
        if !is_text {
            let number = [&b"-Infinity"[..], b"Infinity", b"-NaN", b"NaN"]
                .into_iter()
                .find(|number| line[index..].starts_with(number));
            if let Some(number) = number {
                finite.extend_from_slice(b"null");
                index += number.len();
                continue;
            }
        }
        let byte = line[index];
        if byte == b'"' && !is_escaped {
            is_text = !is_text;
        }
        is_escaped = byte == b'\\' && !is_escaped;
        finite.push(byte);
        index += 1;
    }
    finite
}

/// Sends a row. DuckDB writes numbers that are larger than those of JavaScript as text.
fn send(row: &[(String, Json)], types: &[String], rows: &mut dyn RowSink) -> Result<(), Error> {
    if row.len() != types.len() {
        return Err(not_the_protocol(&"a row has other columns"));
    }
    let shown: Vec<Option<String>> = row
        .iter()
        .map(|(_, value)| {
            matches!(value, Json::Array(_) | Json::Object(_)).then(|| value.to_string())
        })
        .collect();
    let mut values = Vec::with_capacity(row.len());
    for (((_, value), kind), shown) in row.iter().zip(types).zip(&shown) {
        values.push(match (value, shown) {
            (_, Some(shown)) => Value::Text(shown),
            (Json::Null, _) => Value::Null,
            (Json::Bool(value), _) => Value::Integer((*value).into()),
            (Json::Number(number), _) => match number.as_i64() {
                Some(number) if !is_real(kind) => Value::Integer(number),
                _ => Value::Real(number.as_f64().unwrap_or(f64::NAN)),
            },
            (Json::String(text), _) => number(text, kind).unwrap_or(Value::Text(text)),
            (other, _) => return Err(not_the_protocol(other)),
        });
    }
    rows.row(&values)
}

/// A statement with the names and the types of a query's columns.
fn describe(query: &str) -> String {
    format!(
        "SELECT list(column_name) AS names, list(column_type) AS types FROM (DESCRIBE\n{query}\n)"
    )
}

fn type_of(kind: &str) -> ColumnType {
    match kind {
        "BOOLEAN" => ColumnType::Integer,
        "DATE" => ColumnType::Date,
        // `UINTEGER`, `HUGEINT`, …
        _ if kind.ends_with("INT") || kind.ends_with("INTEGER") => ColumnType::Integer,
        _ if is_real(kind) => ColumnType::Real,
        _ => ColumnType::Text,
    }
}

fn is_real(kind: &str) -> bool {
    matches!(kind, "DOUBLE" | "FLOAT") || kind.starts_with("DECIMAL")
}

fn number(text: &str, kind: &str) -> Option<Value<'static>> {
    if kind.ends_with("INT") {
        return text.parse().ok().map(Value::Integer);
    }
    is_real(kind).then(|| text.parse().ok().map(Value::Real))?
}

fn without_semicolon(sql: &str) -> &str {
    sql.trim_end().trim_end_matches(';')
}

fn utf8(path: &Path) -> Result<&str, Error> {
    path.to_str().ok_or_else(|| {
        let message = format!("expected UTF-8 text, found the path `{}`", path.display());
        Error::new(ErrorKind::InvalidInput, message)
    })
}

fn not_the_protocol(what: &dyn fmt::Display) -> Error {
    let message = format!("the output is not the JSON of DuckDB's command: {what}");
    Error::new(ErrorKind::InvalidResponse, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_place_in_the_query() {
        let query = "SELECT 'ä', x,\n  nope\nFROM orders";
        let at = |message: &str| explain(message, Some(query)).offset();
        let found = at(
            "Binder Error: Referenced column \"nope\" not found!\nCandidates: \"x\"\n\nLINE 3:   nope\n          ^",
        );
        assert_eq!(found, Some(query.find("nope").unwrap()));
        let found = at("Parser Error: syntax error\n\nLINE 2: ... 'ä', x,\n                  ^");
        assert_eq!(found, Some(query.find(",\n").unwrap()));
        // Another line than that of the query: a statement of the plugin.
        assert_eq!(at("Binder Error: x\n\nLINE 3: SELECT count(*)\n        ^"), None);
        assert_eq!(at("Binder Error: x\n\nLINE 1: CREATE\n        ^"), None);
        assert_eq!(at("Binder Error: x\n\nLINE 99999999999999999999: x\n ^"), None);
        assert_eq!(at("Binder Error: x\n\nLINE 3:"), None);
        let error = explain("Binder Error: a\nb\n\nLINE 1: c\n", None);
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::InvalidInput, "Binder Error: a b".to_owned())
        );
        assert_eq!(explain("IO Error: disk full", None).kind(), ErrorKind::System);
        assert_eq!(
            explain("Invalid Input Error: floe:parser:7:unexpected", Some(query)).offset(),
            Some(7)
        );
        // Inside of a character.
        assert_eq!(
            explain("Invalid Input Error: floe:parser:9:unexpected", Some(query)).offset(),
            None
        );
    }

    #[test]
    fn numbers_that_json_does_not_have_are_null() {
        let Row(row) = parse(br#"{"a":NaN,"b":-Infinity,"c":"a \"NaN\\","a":1}"#).unwrap();
        let values: Vec<String> =
            row.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(values, ["a=null", "b=null", r#"c="a \"NaN\\""#, "a=1"]);
        assert!(parse::<Row>(b"{\"a\":").is_err());
        assert!(parse::<Row>(b"NaN").is_err());
    }
}
