//! Spans of `MongoDB`'s commands, from the driver's events.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use floe_telemetry_sql::{Database, QuerySpan};
use mongodb::bson::Document;
use mongodb::error::{Error, ErrorKind};
use mongodb::event::EventHandler;
use mongodb::event::command::{CommandEvent, CommandStartedEvent};
use mongodb::options::ServerAddress;
use opentelemetry::KeyValue;

use crate::database::{database, options};

/// The maximum number of open spans. The driver reports no end of a command whose future is dropped.
const MAX_OPEN: usize = 1024;

/// The commands whose value is a collection.
const OF_COLLECTION: &[&str] = &[
    "aggregate",
    "count",
    "create",
    "createIndexes",
    "delete",
    "distinct",
    "drop",
    "dropIndexes",
    "find",
    "findAndModify",
    "insert",
    "listIndexes",
    "update",
];

/// Spans for the commands of a client of `MongoDB`.
///
/// ```no_run
/// use floe_telemetry_nosql::MongoSpans;
/// use mongodb::{Client, options::ClientOptions};
///
/// # async fn connect() -> mongodb::error::Result<()> {
/// let mut options = ClientOptions::parse("mongodb://shop:hunter2@db.example").await?;
/// options.command_event_handler = Some(MongoSpans::new().handler());
/// let client = Client::with_options(options)?; // its commands are spans such as `find orders`
/// # Ok(())
/// # }
/// ```
///
/// The driver reports no end of a command whose future is dropped. The span of such a command ends, with the attribute
/// `floe.cancelled`, when more than 1,024 spans are open, or with the client.
#[derive(Debug)]
pub struct MongoSpans {
    database: Database,
    open: Mutex<BTreeMap<i32, QuerySpan>>,
}

impl Default for MongoSpans {
    fn default() -> Self {
        Self::new()
    }
}

impl MongoSpans {
    /// Creates spans without options.
    #[must_use]
    pub fn new() -> Self {
        Self { database: database("mongodb"), open: Mutex::default() }
    }

    options!();

    /// Returns the handler for `ClientOptions::command_event_handler`.
    #[must_use]
    pub fn handler(self) -> EventHandler<CommandEvent> {
        EventHandler::callback(move |event| self.on(event))
    }

    fn on(&self, event: CommandEvent) {
        match event {
            CommandEvent::Started(started) => {
                let mut span = self.database.operation(&started.command_name, || of(&started));
                span.set_pending(true);
                let displaced = {
                    let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
                    open.insert(started.request_id, span);
                    (open.len() > MAX_OPEN).then(|| open.pop_first())
                };
                drop(displaced);
            }
            CommandEvent::Succeeded(succeeded) => drop(self.take(succeeded.request_id)),
            CommandEvent::Failed(failed) => {
                if let Some(mut span) = self.take(failed.request_id) {
                    let (code, kind) = reason(&failed.failure);
                    span.fail(code.as_deref(), kind);
                }
            }
            _ => {}
        }
    }

    fn take(&self, request: i32) -> Option<QuerySpan> {
        let mut span = self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&request)?;
        span.set_pending(false);
        Some(span)
    }
}

fn of(started: &CommandStartedEvent) -> Vec<KeyValue> {
    let mut all = vec![KeyValue::new("db.namespace", started.db.clone())];
    let collection = collection(&started.command_name, &started.command);
    all.extend(collection.map(|it| KeyValue::new("db.collection.name", it.to_owned())));
    let documents = started.command.get_array("documents").map_or(0, Vec::len);
    if let (2.., Ok(size)) = (documents, i64::try_from(documents)) {
        all.push(KeyValue::new("db.operation.batch.size", size));
    }
    let (address, port) = match &started.connection.address {
        ServerAddress::Tcp { host, port } => (host.clone(), port.filter(|port| *port != 27017)),
        address => (address.to_string(), None),
    };
    all.push(KeyValue::new("server.address", address));
    all.extend(port.map(|port| KeyValue::new("server.port", i64::from(port))));
    all
}

fn collection<'d>(name: &str, command: &'d Document) -> Option<&'d str> {
    let key = if name == "getMore" { "collection" } else { name };
    let has_collection = key == "collection" || OF_COLLECTION.contains(&name);
    has_collection.then(|| command.get_str(key).ok()).flatten()
}

/// Returns the server's own code of an error, or else its kind.
fn reason(error: &Error) -> (Option<String>, &'static str) {
    match &*error.kind {
        ErrorKind::Command(error) => (Some(error.code.to_string()), "command"),
        ErrorKind::Io(_) => (None, "io"),
        ErrorKind::Authentication { .. } => (None, "authentication"),
        ErrorKind::ConnectionPoolCleared { .. } => (None, "connection_pool_cleared"),
        ErrorKind::InvalidResponse { .. } => (None, "invalid_response"),
        _ => (None, "_OTHER"),
    }
}
