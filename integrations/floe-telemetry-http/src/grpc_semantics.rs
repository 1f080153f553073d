//! Attributes and status of gRPC spans and metrics, by OpenTelemetry's
//! [conventions](https://opentelemetry.io/docs/specs/semconv/rpc/grpc/).
//!
//! The layers read `http` types, so tonic is not among their dependencies. The layer of a server does not know the
//! server's methods, so it records the method of a call that is refused as `UNIMPLEMENTED` as `_OTHER`.

use std::borrow::Cow;
use std::sync::Arc;

use floe_telemetry::trace::Opening;
use http::{HeaderMap, HeaderName, StatusCode, Uri};
use opentelemetry::{KeyValue, Value};
use percent_encoding::percent_decode;

use crate::http_semantics::bounded;
use crate::keys;

pub(crate) const SYSTEM: &str = "grpc";

/// The value of `rpc.method` for a method that the server does not have, because clients could otherwise create any
/// number of series.
pub(crate) const OTHER: &str = "_OTHER";

/// The names of the status codes, in the order of their numbers ([list](https://grpc.io/docs/guides/status-codes/)).
const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

const OK: usize = 0;
const UNKNOWN: usize = 2;
const DEADLINE_EXCEEDED: usize = 4;
const PERMISSION_DENIED: usize = 7;
const UNIMPLEMENTED: usize = 12;
const INTERNAL: usize = 13;
const UNAVAILABLE: usize = 14;
const DATA_LOSS: usize = 15;
const UNAUTHENTICATED: usize = 16;

static STATUS: HeaderName = HeaderName::from_static("grpc-status");
static MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

#[derive(Debug)]
pub(crate) struct GrpcStatus {
    code: usize,
    message: Cow<'static, str>,
}

impl GrpcStatus {
    /// The status of a response that ended without a status.
    pub(crate) const MISSING: Self =
        Self { code: UNKNOWN, message: Cow::Borrowed("the response has no `grpc-status`") };

    /// Reads the status from headers or trailers. An undefined code counts as `UNKNOWN`.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let code = headers.get(&STATUS)?.to_str().ok().and_then(|text| text.parse().ok());
        let message = headers.get(&MESSAGE).map(|message| {
            let decoded = percent_decode(message.as_bytes()).decode_utf8_lossy();
            bounded(&decoded).to_owned()
        });
        Some(Self {
            code: code.filter(|code| *code < NAMES.len()).unwrap_or(UNKNOWN),
            message: message.unwrap_or_default().into(),
        })
    }

    /// Returns the status of a response that is not gRPC, such as a proxy's; `None` for 200
    /// ([mapping](https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md)).
    pub(crate) fn of_http(status: StatusCode) -> Option<Self> {
        let code = match status.as_u16() {
            200 => return None,
            400 => INTERNAL,
            401 => UNAUTHENTICATED,
            403 => PERMISSION_DENIED,
            404 => UNIMPLEMENTED,
            429 | 502..=504 => UNAVAILABLE,
            _ => UNKNOWN,
        };
        Some(Self { code, message: format!("HTTP status {}", status.as_u16()).into() })
    }

    pub(crate) fn name(&self) -> &'static str {
        NAMES[self.code]
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) const fn is_ok(&self) -> bool {
        self.code == OK
    }

    pub(crate) const fn is_unimplemented(&self) -> bool {
        self.code == UNIMPLEMENTED
    }

    pub(crate) const fn is_server_error(&self) -> bool {
        matches!(
            self.code,
            UNKNOWN | DEADLINE_EXCEEDED | UNIMPLEMENTED | INTERNAL | UNAVAILABLE | DATA_LOSS
        )
    }
}

#[derive(Debug)]
pub(crate) struct RpcMethod {
    /// The path without its first slash: `package.Service/Method`.
    original: Arc<str>,
    is_valid: bool,
}

impl RpcMethod {
    pub(crate) fn of(uri: &Uri) -> Self {
        let path = uri.path().strip_prefix('/').unwrap_or(uri.path());
        let is_valid = path.split_once('/').is_some_and(|(service, method)| {
            !service.is_empty() && !method.is_empty() && !method.contains('/')
        });
        Self { original: bounded(path).into(), is_valid }
    }

    pub(crate) fn describe(&self, opening: &mut Opening) {
        opening.attribute_static(keys::RPC_SYSTEM_NAME, SYSTEM);
        opening.attribute_from(keys::RPC_METHOD, self.value());
        if self.is_valid {
            opening.name_const(self.original.to_string());
        } else {
            opening.name_const(SYSTEM);
            opening.attribute_from(keys::RPC_METHOD_ORIGINAL, self.original());
        }
    }

    pub(crate) fn attributes(&self) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(6);
        attributes.push(KeyValue::new(keys::RPC_SYSTEM_NAME, SYSTEM));
        attributes.push(KeyValue::new(keys::RPC_METHOD, self.value()));
        attributes
    }

    fn value(&self) -> Value {
        if self.is_valid { self.original() } else { OTHER.into() }
    }

    pub(crate) fn original(&self) -> Value {
        Arc::clone(&self.original).into()
    }
}
