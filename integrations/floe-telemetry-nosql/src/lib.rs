//! A span for each command of redis and `MongoDB`, by [OpenTelemetry's conventions] for databases.
//!
//! | feature | library | what it adds |
//! |---|---|---|
//! | `redis` | redis 1 | `TracedRedis`, a connection around another one |
//! | `mongodb` | mongodb 3.3 or newer | `MongoSpans`, a handler of the driver's command events |
//!
//! A span has the kind `client`, the current span as its parent, and these attributes:
//!
//! | attribute | value |
//! |---|---|
//! | `db.system.name` | `redis` or `mongodb` |
//! | `db.operation.name` | the command, such as `GET` or `find`; of several commands of redis `PIPELINE` or `MULTI`, on asynchronous connections followed by the command if all have the same |
//! | `db.operation.batch.size` | the number of commands or inserted documents, if there are several |
//! | `db.namespace` | the index of the database of redis, the name of that of `MongoDB` |
//! | `db.collection.name` | the collection of `MongoDB` |
//! | `server.address`, `server.port` | from the URL of redis, or the connection of `MongoDB` |
//! | others | set with `attribute` |
//! | `error.type` | of an error: the server's own code, or else the kind of error |
//! | `db.response.status_code` | of an error: the server's own code |
//!
//! The name of a span is the command and its collection or namespace, such as `find orders` or `GET 0`. Keys, values,
//! filters, documents and messages of errors are never recorded. A command whose future is dropped before its answer has
//! the attribute `floe.cancelled`.
//!
//! `observe` adds the metric `db.client.operation.duration`.
//!
//! [OpenTelemetry's conventions]: https://opentelemetry.io/docs/specs/semconv/database/database-spans/

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(any(feature = "mongodb", feature = "redis"))]
mod database;
#[cfg(feature = "mongodb")]
mod mongo;
#[cfg(feature = "redis")]
mod redis_connection;

#[cfg(feature = "mongodb")]
pub use self::mongo::MongoSpans;
#[cfg(feature = "redis")]
pub use self::redis_connection::TracedRedis;

#[cfg(all(doctest, feature = "mongodb", feature = "redis"))]
#[doc = include_str!("../README.md")]
struct Readme;
