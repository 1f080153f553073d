//! The items that the tests of tracing-opentelemetry's module `layer` take from the surrounding module. `.ci/parity`
//! appends the constants and the tests of that module.

#![allow(warnings)]

use std::borrow::Cow;
use std::{fmt, thread};

use opentelemetry::trace::{self as otel, Span, SpanBuilder, SpanKind, Status, TraceContextExt};
use opentelemetry::{Context as OtelContext, Key, KeyValue, StringValue, Value};
use tracing_opentelemetry::{Options, layer};
