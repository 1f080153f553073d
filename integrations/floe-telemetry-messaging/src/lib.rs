//! Spans for messages, and their headers as carriers of OpenTelemetry's context: the headers of a message carry the
//! context of its producer, as the headers of an HTTP request carry that of its client.
//!
//! [`Destination`] builds the spans. Each feature adds the headers of a library:
//!
//! | feature | library | type | extracted from | injected into |
//! |---|---|---|---|---|
//! | `rdkafka` | rdkafka 0.39 | `KafkaHeaders` | `&OwnedHeaders`, `&BorrowedHeaders`, `&BorrowedMessage`, `&OwnedMessage` | `&mut OwnedHeaders` |
//! | `lapin` | lapin 4 (`amq-protocol-types` 10) | `AmqpHeaders` | `&FieldTable` | `&mut FieldTable` |
//! | `async-nats` | async-nats 0.50 | `NatsHeaders` | `&HeaderMap` | `&mut HeaderMap` |
//!
//! The types wrap a reference and implement OpenTelemetry's `Extractor` and `Injector`. So they are carriers for
//! `floe_telemetry::propagation` and for the `parent` of `#[traced]`, and for any propagator.
//!
//! A header that occurs twice (ignoring case) is read with both values, and a value that is not text is read as empty,
//! because W3C's Trace Context refuses repeated and invalid headers. Injecting replaces an earlier sender's headers.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(feature = "lapin")]
mod amqp;
mod destination;
#[cfg(feature = "rdkafka")]
mod kafka;
#[cfg(feature = "async-nats")]
mod nats;
#[cfg(any(feature = "async-nats", feature = "lapin", feature = "rdkafka"))]
mod values;

#[cfg(feature = "lapin")]
pub use self::amqp::AmqpHeaders;
pub use self::destination::Destination;
#[cfg(feature = "rdkafka")]
pub use self::kafka::KafkaHeaders;
#[cfg(feature = "async-nats")]
pub use self::nats::NatsHeaders;

#[cfg(all(doctest, feature = "async-nats", feature = "lapin", feature = "rdkafka"))]
#[doc = include_str!("../README.md")]
struct Readme;
