//! `PostgreSQL`, through its command `psql`: a process for each statement.
//!
//! The tables of a run are built in a schema of their own, the draft, which takes the place of the warehouse's schema
//! in one transaction. A session of its own holds an advisory lock while the draft is open, so two runs never build it
//! at once, and a run that was killed leaves no lock: its `psql` ends with its input. Each run has a draft of its own: a
//! run that has lost its lock, when the server restarts, or dbt of a run that was killed, finds its draft gone and cannot
//! write into that of the next run.
//!
//! Sources reach the server as `COPY`, which is the same for 10 rows and 10 million; seeds of dbt are inserted in
//! batches that dbt holds in memory, and only CSV files can be one. A client library is not used: `psql` has libpq,
//! so TLS, passwords and sockets work as they do for dbt's adapter and for the users' other tools.

use std::fmt;
use std::io::Seek as _;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use floe_plugin::compute::{
    ComputeEngine, Database, Materialize, QueryComments, RecordedRun, Server,
};
use floe_plugin::table::{Column, ColumnType, RowSink, Value};
use floe_plugin::{Credential, Endpoint, Error, ErrorKind, Lifecycle, LocalPath};
use schemars::JsonSchema;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::rows::{Csv, Row, quoted};
use crate::process::child::{Held, Invocation, Output, Program};
use crate::quote::one_line;
use crate::runs::run_id::RunId;
use crate::sql::{quoted_name, quoted_text};

floe_plugin::plugin! {
    kind: ComputeEngine,
    plugin: Postgres,
    name: "postgres",
    tracer: "floe.compute.postgres",
    api: "1.0",
    description: "runs queries in PostgreSQL",
}

/// The variables that the command inherits: none with credentials, and none of libpq.
const INHERITED: [&str; 6] = ["HOME", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR", "TZ"];

/// The variable of dbt's process with the password. dbt accepts such names in the profile only, and removes their values
/// from its log.
const PASSWORD: &str = "DBT_ENV_SECRET_FLOE_POSTGRES_PASSWORD";

/// The comment of the schemas that the platform has made, which it may replace.
const MADE: &str = "tables of floe, which replaces the schema with each run";

/// What follows the name of the schema in that of a draft, before what distinguishes drafts.
const DRAFT: &str = "__draft";

/// What follows the name of the schema in that of the schema with the records of runs, which no run replaces.
const RUNS: &str = "__runs";

/// The time limit of reading or writing the records of runs, which a run does not wait longer for.
const RECORD_TIMEOUT: Duration = Duration::from_secs(15);

/// The same when a signal ends the platform, which has two seconds.
const LAST_RECORD_TIMEOUT: Duration = Duration::from_secs(1);

/// How rows are sent, and what is before a quote in them. Without it, a line of a text that is only `\.` would be the
/// end for `psql`.
const CSV: &str = "WITH (FORMAT csv, ESCAPE '\\')";
const ESCAPE: char = '\\';

/// The time in which a connection has to be made, in seconds.
const CONNECT_TIMEOUT: u32 = 10;

/// `PostgreSQL`, through its command `psql`. A run builds a schema of its own, which replaces that of the last one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Postgres {
    /// The host, or the folder of a socket.
    host: String,
    /// The port. Default: 5432.
    #[serde(default = "default_port")]
    port: u16,
    /// The database, which exists.
    database: String,
    /// The schema with the tables, which only the platform writes to: lower-case letters, digits and underscores.
    #[serde(deserialize_with = "schema")]
    schema: String,
    /// The user, who may create schemas.
    user: String,
    /// The password. Default: none.
    password: Option<Credential>,
    /// Whether the connection is encrypted, as libpq names it. Default: `prefer`.
    #[serde(default)]
    sslmode: SslMode,
    /// The file with the certificates that `verify-ca` and `verify-full` accept. Default: libpq's.
    sslrootcert: Option<LocalPath>,
    /// The command.
    #[serde(default = "default_command")]
    command: Program,
    /// The time limit of a statement in seconds.
    #[serde(default = "default_timeout")]
    timeout: NonZeroU32,
    /// The number of models that dbt builds at once. Default: 4.
    #[serde(default = "default_threads")]
    threads: NonZeroU32,
    /// Whether statements carry the trace context as a comment. Default: true.
    #[serde(default)]
    query_comments: QueryComments,
    /// What distinguishes the draft of this run from those of others, if there is one.
    #[serde(skip)]
    draft: OnceLock<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum SslMode {
    Disable,
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

fn default_port() -> u16 {
    5432
}

fn default_command() -> Program {
    Program::named("psql")
}

fn default_timeout() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(3599)
}

fn default_threads() -> NonZeroU32 {
    NonZeroU32::MIN.saturating_add(3)
}

/// A name that needs no quotes anywhere. A name of `PostgreSQL` has 63 bytes at most.
fn schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let is_sign = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
    let is_first = |sign: char| sign.is_ascii_lowercase() || sign == '_';
    if name.len() <= 47 && name.starts_with(is_first) && name.chars().all(is_sign) {
        return Ok(name);
    }
    Err(serde::de::Error::custom(
        "expected a name of at most 47 lower-case letters, digits and underscores that does not begin with a digit",
    ))
}

impl Lifecycle for Postgres {
    fn health_check(&self) -> Result<(), Error> {
        self.run(&["SELECT 1"], ErrorKind::System, &mut |_| Ok(()))
    }

    fn endpoints(&self) -> Vec<Endpoint> {
        if self.host.starts_with('/') {
            return Vec::new();
        }
        vec![Endpoint::Host(self.host.clone(), self.port)]
    }
}

impl ComputeEngine for Postgres {
    fn system_name(&self) -> &'static str {
        "postgresql"
    }

    fn server(&self) -> Option<Server> {
        Some(Server {
            address: self.address(),
            namespace: format!("postgres://{}:{}", self.host, self.port),
            schema: self.schema.clone(),
            draft: self.draft_schema(),
        })
    }

    fn create_database(&self, _: &Path) -> Result<Box<dyn Database>, Error> {
        Ok(Box::new(self.draft()?))
    }

    /// The run holds the warehouse's lock, or has recorded itself before, so the table is created by one host at a time.
    fn record_run(&self, run: &RecordedRun<'_>) -> Result<(), Error> {
        let (schema, table) = (self.runs_schema(), self.runs_table());
        let schema = format!("CREATE SCHEMA IF NOT EXISTS {schema}");
        let create = format!(
            "CREATE TABLE IF NOT EXISTS {table} (id text PRIMARY KEY, at timestamptz NOT NULL, record text NOT NULL)"
        );
        let input = "CREATE TEMPORARY TABLE floe_run (id text, record text)";
        let copy = format!("\\copy pg_temp.floe_run FROM pstdin {CSV}");
        // Otherwise what another host deletes was chosen before it waited for this one's row.
        let lock = format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");
        let replace = format!(
            "INSERT INTO {table} SELECT id, clock_timestamp(), record FROM pg_temp.floe_run \
             ON CONFLICT (id) DO UPDATE SET at = excluded.at, record = excluded.record"
        );
        let limit = format!(
            "DELETE FROM {table} WHERE id NOT IN (SELECT id FROM {table} ORDER BY at DESC LIMIT {})",
            run.kept
        );
        // Arguments are visible to other users.
        let row = [run.id, run.record].map(|text| quoted(text, ESCAPE));
        let invocation = self.record_invocation()?.input(format!("{}\n", row.join(","))).arg("-1");
        let script = [&*schema, &create, input, &copy, &lock, &replace, &limit];
        self.execute(invocation, &script, ErrorKind::System, &mut |_| Ok(()))
    }

    fn recorded_runs(&self, most: usize) -> Result<Vec<String>, Error> {
        let table = self.runs_table();
        let exists = format!("SELECT to_regclass('{table}') IS NOT NULL");
        let select = format!("SELECT record FROM {table} ORDER BY at DESC LIMIT {most}");
        let read = |query: &str| {
            let mut lines = Vec::new();
            let mut receive = |line: &[u8]| {
                lines.push(String::from_utf8_lossy(line).into_owned());
                Ok(())
            };
            let invocation = self.record_invocation()?;
            self.execute(invocation, &[query], ErrorKind::System, &mut receive)?;
            Ok(lines)
        };
        if read(&exists)? == ["t"] {
            read(&select)
        } else {
            // No run has begun yet.
            Ok(Vec::new())
        }
    }

    fn profile_credentials(&self) -> Result<Vec<(&str, &str)>, Error> {
        let password = self.password.as_ref().map(Credential::expose);
        Ok(vec![(PASSWORD, password.transpose()?.unwrap_or_default())])
    }

    fn generate_profile(&self, _: &Path, target: &str) -> Result<Json, Error> {
        if target.is_empty() {
            return Err(Error::new(ErrorKind::InvalidInput, "the target has no name"));
        }
        let mut profile = json!({
            "type": "postgres",
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": format!("{{{{ env_var('{PASSWORD}', '') }}}}"),
            "dbname": self.database,
            "schema": self.draft_schema(),
            "search_path": self.draft_schema(),
            "threads": self.threads,
            "connect_timeout": CONNECT_TIMEOUT,
            "sslmode": self.sslmode,
            "application_name": self.session_name(),
        });
        if let Some(file) = &self.sslrootcert {
            profile["sslrootcert"] = file.to_string_lossy().into();
        }
        Ok(profile)
    }
}

impl Postgres {
    fn address(&self) -> String {
        let Self { host, port, database, schema, .. } = self;
        format!("postgresql://{host}:{port}/{database} schema {schema}")
    }

    /// The schema of the run's draft. Before there is one, it is the schema of those who run dbt themselves.
    fn draft_schema(&self) -> String {
        let (schema, draft) = (&self.schema, self.draft.get());
        format!("{schema}{DRAFT}{}", draft.map_or("", String::as_str))
    }

    fn runs_schema(&self) -> String {
        format!("{}{RUNS}", self.schema)
    }

    fn runs_table(&self) -> String {
        format!("{}.runs", self.runs_schema())
    }

    /// The name of the sessions that write into the draft, in the server's list of them.
    fn session_name(&self) -> String {
        format!("floe {}", self.schema)
    }

    /// Creates the draft, in the place of those that aborted or failed runs have left.
    fn draft(&self) -> Result<Draft, Error> {
        let lock = self.lock()?;
        self.draft.get_or_init(|| {
            let id = RunId::new();
            format!("_{}", &id.as_str()[..8])
        });
        let (schema, draft) = (&self.schema, self.draft_schema());
        let check = format!(
            "DO $floe$ BEGIN IF EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace('{schema}')) \
             AND obj_description(to_regnamespace('{schema}'), 'pg_namespace') IS DISTINCT FROM '{MADE}' THEN \
             RAISE 'the schema {schema} has tables that are not of floe, expected an empty or a new one, which each run replaces'; \
             END IF; END $floe$"
        );
        let drop = format!(
            "DO $floe$ DECLARE it record; BEGIN FOR it IN SELECT nspname FROM pg_namespace \
             WHERE nspname ~ '^{schema}{DRAFT}(_[0-9a-f]{{8}})?$' LOOP \
             EXECUTE format('DROP SCHEMA %I CASCADE', it.nspname); END LOOP; END $floe$"
        );
        let create = format!("CREATE SCHEMA {draft}");
        let comment = format!("COMMENT ON SCHEMA {draft} IS '{MADE}'");
        // The server does not notice at once that a client was killed, and its transaction would hold up the rest. With the
        // lock, no session of a run is left that lives.
        let end = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{}' \
             AND usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()",
            self.session_name()
        );
        self.transaction(&[&*check, &*end, &*drop, &*create, &*comment])?;
        Ok(Draft { engine: self.clone(), _lock: lock })
    }

    /// A session that has locked the schema until it is dropped.
    fn lock(&self) -> Result<Held, Error> {
        let statement =
            format!("SELECT pg_try_advisory_lock(hashtextextended('floe {}', 0));\n", self.schema);
        let invocation = self.invocation()?.env("PGAPPNAME", "floe");
        let (held, answer) = invocation.input(statement).hold()?;
        match answer {
            Ok(line) if line == b"t" => Ok(held),
            Ok(_) => {
                let message = format!(
                    "another run builds {}, expected to begin when it has ended",
                    self.address()
                );
                Err(Error::new(ErrorKind::Rejected, message))
            }
            Err(output) => Err(self.explain(&output, ErrorKind::System)),
        }
    }

    fn invocation(&self) -> Result<Invocation<'_>, Error> {
        self.invocation_within(Duration::from_secs(self.timeout.get().into()))
    }

    /// The invocation for the records of runs, which is none of the sessions that the next run ends.
    fn record_invocation(&self) -> Result<Invocation<'_>, Error> {
        let invocation = self.invocation_within(RECORD_TIMEOUT)?;
        Ok(invocation.after_signal(LAST_RECORD_TIMEOUT).env("PGAPPNAME", "floe"))
    }

    fn invocation_within(&self, limit: Duration) -> Result<Invocation<'_>, Error> {
        // The names of schemas need no quotes.
        let options =
            format!("-c search_path={} -c client_min_messages=warning", self.draft_schema());
        let mut invocation = Invocation::new("psql", &self.command, limit)
            .only_variables(&INHERITED)
            .env("LC_ALL", "C")
            .env("PGHOST", &self.host)
            .env("PGPORT", self.port.to_string())
            .env("PGDATABASE", &self.database)
            .env("PGUSER", &self.user)
            .env("PGAPPNAME", self.session_name())
            .env("PGCLIENTENCODING", "UTF8")
            .env("PGCONNECT_TIMEOUT", CONNECT_TIMEOUT.to_string())
            .env("PGOPTIONS", options)
            .env("PGSSLMODE", json!(self.sslmode).as_str().unwrap_or_default());
        if let Some(file) = &self.sslrootcert {
            invocation = invocation.env("PGSSLROOTCERT", &**file);
        }
        if let Some(password) = &self.password {
            invocation = invocation.credential("PGPASSWORD", password.expose()?);
        }
        // Never a question.
        for option in ["-w", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"] {
            invocation = invocation.arg(option);
        }
        Ok(invocation)
    }

    /// Runs statements and gives each line of their output to `receive`. They are arguments, since `psql` would run the
    /// commands of its own in an input, such as `\!`.
    fn run(
        &self,
        statements: &[&str],
        kind: ErrorKind,
        receive: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.execute(self.invocation()?, statements, kind, receive)
    }

    /// Runs statements, all or none.
    fn transaction(&self, statements: &[&str]) -> Result<(), Error> {
        let invocation = self.invocation()?.arg("-1");
        self.execute(invocation, statements, ErrorKind::System, &mut |_| Ok(()))
    }

    fn execute(
        &self,
        mut invocation: Invocation<'_>,
        statements: &[&str],
        kind: ErrorKind,
        receive: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for statement in statements {
            invocation = invocation.arg("-c");
            invocation = if statement.starts_with('\\') {
                invocation.arg(statement)
            } else {
                invocation.arg(&*self.query_comments.add_to(statement))
            };
        }
        let output = invocation.run_lines(receive)?;
        match output.code {
            0 => Ok(()),
            _ => Err(self.explain(&output, kind)),
        }
    }

    /// The error of a command. `kind` is that of a statement that the server refuses.
    fn explain(&self, output: &Output<'_>, kind: ErrorKind) -> Error {
        let text = output.stderr();
        if let Some((_, reason)) = text.rsplit_once(" failed: ") {
            let reason = reason.trim_start_matches("FATAL:").trim();
            let reason = one_line(reason.lines().next().unwrap_or_default());
            let kind = if reason.contains("authentication") || reason.contains("password") {
                ErrorKind::Unauthorized
            } else if reason.contains("does not exist") {
                ErrorKind::NotFound
            } else {
                ErrorKind::Unavailable
            };
            return Error::new(kind, format!("{}: {reason}", self.address()));
        }
        // The lines that follow repeat the statement, and values.
        let refused = text.split_once("ERROR:").map(|(_, rest)| rest.trim_start());
        match refused.and_then(|rest| rest.lines().next()) {
            Some(reason) => Error::new(kind_of(reason, kind), one_line(reason)),
            None => output.error(ErrorKind::Unavailable),
        }
    }
}

/// The kind of what the server refuses: that of the statement, or of its mistake.
fn kind_of(reason: &str, of_statement: ErrorKind) -> ErrorKind {
    match of_statement {
        ErrorKind::InvalidInput if reason.starts_with("syntax error at") => ErrorKind::Syntax,
        ErrorKind::InvalidInput if reason.ends_with("does not exist") => ErrorKind::UnknownName,
        ErrorKind::InvalidInput if reason.starts_with("invalid input syntax") => ErrorKind::Type,
        other => other,
    }
}

/// The draft of the schema, with one writer.
struct Draft {
    engine: Postgres,
    _lock: Held,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Draft").field(&self.engine.schema).finish()
    }
}

impl Database for Draft {
    fn load(
        &mut self,
        table: &str,
        columns: &[Column<'_>],
        fill: &mut dyn FnMut(&mut dyn RowSink) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        // A file without a name: it ends with the processes that have it open, also if they are killed.
        let mut rows = tempfile::tempfile()?;
        let count = Csv::write(&rows, ESCAPE, columns, fill)?;
        rows.rewind()?;
        let definitions = columns.iter().map(|column| {
            let kind = match column.kind {
                ColumnType::Integer => "bigint",
                ColumnType::Real => "double precision",
                ColumnType::Date => "date",
                _ => "text",
            };
            format!("{} {kind}", quoted_name(column.name))
        });
        let definitions = definitions.collect::<Vec<_>>().join(", ");
        let table = quoted_name(table);
        // Only a value without quotes is null.
        let copy = format!("\\copy {table} FROM pstdin {CSV}");
        let create = format!("CREATE TABLE {table} ({definitions})");
        let invocation = self.engine.invocation()?.input_file(rows).arg("-1");
        let script = [&*create, &copy];
        self.engine.execute(invocation, &script, ErrorKind::System, &mut |_| Ok(()))?;
        Ok(count)
    }

    fn materialize(&mut self, model: &Materialize<'_>) -> Result<u64, Error> {
        let query = without_semicolon(model.sql);
        let kind = if model.is_view { "VIEW" } else { "TABLE" };
        let name = quoted_name(model.name);
        let create = format!("CREATE {kind} {name} AS (\n{query}\n)");
        let count = format!("SELECT count(*) FROM {name}");
        let mut rows = None;
        let mut receive = |line: &[u8]| {
            rows = str::from_utf8(line).ok().and_then(|it| it.parse().ok());
            Ok(())
        };
        self.engine.run(&[&create, &count], ErrorKind::InvalidInput, &mut receive)?;
        rows.ok_or_else(|| not_the_protocol("there is no number of rows"))
    }

    fn query(&mut self, sql: &str, rows: &mut dyn RowSink) -> Result<(), Error> {
        let query = without_semicolon(sql);
        let mut columns: Option<Vec<(String, String)>> = None;
        self.describe_query(query, true, &mut |line| {
            if let Some(columns) = &columns {
                return send(line, columns, rows);
            }
            let found = columns_of(line)?;
            let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            rows.columns(&names)?;
            columns = Some(found);
            Ok(())
        })?;
        match columns {
            Some(_) => Ok(()),
            None => Err(not_the_protocol("there are no columns")),
        }
    }

    fn describe(&mut self, table: &str) -> Result<Vec<(String, ColumnType)>, Error> {
        self.columns_of(&format!("SELECT * FROM {}", quoted_name(table)))
    }

    fn remove(&mut self, table: &str) -> Result<bool, Error> {
        let kinds = format!(
            "SELECT relkind FROM pg_class WHERE oid = to_regclass({})",
            quoted_text(&quoted_name(table))
        );
        let mut kind = None;
        self.engine.run(&[&kinds], ErrorKind::System, &mut |line| {
            kind = Some(if line == b"v" { "VIEW" } else { "TABLE" });
            Ok(())
        })?;
        let Some(kind) = kind else {
            return Ok(false);
        };
        let drop = format!("DROP {kind} {} CASCADE", quoted_name(table));
        self.engine.transaction(&[&drop])?;
        Ok(true)
    }

    fn publish(&mut self) -> Result<(), Error> {
        let drop = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.engine.schema);
        let (draft, schema) = (self.engine.draft_schema(), &self.engine.schema);
        let rename = format!("ALTER SCHEMA {draft} RENAME TO {schema}");
        // dbt creates a schema that is gone again.
        let check = format!(
            "DO $floe$ BEGIN IF to_regnamespace('{draft}') IS NULL \
             OR obj_description(to_regnamespace('{draft}'), 'pg_namespace') IS DISTINCT FROM '{MADE}' THEN \
             RAISE 'the draft {draft} is gone: this run has lost its lock, and another one has begun'; \
             END IF; END $floe$"
        );
        self.engine.transaction(&[&*check, &*drop, &*rename])
    }
}

impl Draft {
    fn columns_of(&self, query: &str) -> Result<Vec<(String, ColumnType)>, Error> {
        let mut columns = Vec::new();
        self.describe_query(query, false, &mut |line| {
            columns = columns_of(line)?;
            Ok(())
        })?;
        let columns = columns.into_iter();
        Ok(columns
            .map(|(name, kind)| {
                let kind = type_of(&kind);
                (name, kind)
            })
            .collect())
    }

    /// Gives a line with the columns of a query to `receive`, then its rows. A view can only be one query.
    fn describe_query(
        &self,
        query: &str,
        has_rows: bool,
        receive: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // A comment at the end of the query ends with its line.
        let create = format!("CREATE TEMPORARY VIEW floe_query AS (\n{query}\n)");
        let describe = "SELECT json_agg(json_build_array(attname, format_type(atttypid, NULL)) ORDER BY attnum) \
                        FROM pg_attribute WHERE attrelid = 'pg_temp.floe_query'::regclass AND attnum > 0";
        // In JSON control characters are escaped, so there is nothing to quote.
        let copy = "COPY (SELECT row_to_json(it) FROM pg_temp.floe_query AS it) TO STDOUT \
                    (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x01')";
        let mut script = vec![&*create, "SET default_transaction_read_only = on", describe];
        if has_rows {
            script.push(copy);
        }
        self.engine.run(&script, ErrorKind::InvalidInput, receive)
    }
}

fn columns_of(line: &[u8]) -> Result<Vec<(String, String)>, Error> {
    serde_json::from_slice(line).map_err(|error| not_the_protocol(&error.to_string()))
}

fn send(line: &[u8], columns: &[(String, String)], rows: &mut dyn RowSink) -> Result<(), Error> {
    let row = serde_json::from_slice(line);
    let Row(row) = row.map_err(|error| not_the_protocol(&error.to_string()))?;
    if row.len() != columns.len() {
        return Err(not_the_protocol("a row has other columns"));
    }
    let shown = |value: &Json| value.is_array() || value.is_object();
    let shown: Vec<Option<String>> =
        row.iter().map(|(_, value)| shown(value).then(|| value.to_string())).collect();
    let mut values = Vec::with_capacity(row.len());
    for (((_, value), (_, kind)), shown) in row.iter().zip(columns).zip(&shown) {
        values.push(match (value, shown) {
            (_, Some(shown)) => Value::Text(shown),
            (Json::Bool(value), _) => Value::Integer((*value).into()),
            (Json::Number(number), _) => match number.as_i64() {
                Some(number) if !is_float(kind) => Value::Integer(number),
                _ => Value::Real(number.as_f64().unwrap_or(f64::NAN)),
            },
            // `NaN` and `Infinity` are no numbers of JSON.
            (Json::String(text), _) => match text.parse() {
                Ok(number) if type_of(kind) == ColumnType::Real => Value::Real(number),
                _ => Value::Text(text),
            },
            _ => Value::Null,
        });
    }
    rows.row(&values)
}

fn is_float(kind: &str) -> bool {
    matches!(kind, "double precision" | "real")
}

fn type_of(kind: &str) -> ColumnType {
    match kind {
        "bigint" | "integer" | "smallint" | "boolean" => ColumnType::Integer,
        "date" => ColumnType::Date,
        _ if is_float(kind) || kind.starts_with("numeric") => ColumnType::Real,
        _ => ColumnType::Text,
    }
}

fn without_semicolon(sql: &str) -> &str {
    sql.trim_end().trim_end_matches(';')
}

fn not_the_protocol(reason: &str) -> Error {
    let message = format!("psql: the output cannot be read: {reason}");
    Error::new(ErrorKind::InvalidResponse, message)
}
