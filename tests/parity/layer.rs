//! The items that the tests of the module `layer` of tracing-opentelemetry take from the module around them.
//! `.ci/parity` appends its constants and its tests.

#![allow(warnings)]

use std::borrow::Cow;
use std::{fmt, thread};

use opentelemetry::trace::{self as otel, Span, SpanBuilder, SpanKind, Status, TraceContextExt};
use opentelemetry::{Context as OtelContext, Key, KeyValue, StringValue, Value};
use tracing_opentelemetry::{Options, layer};
