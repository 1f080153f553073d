//! The common options of the layers.

use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;

use floe_telemetry::trace::{DetachedSpan, Opening};
use floe_telemetry::{Tracer, attributes::IntoAttributes};
use http::uri::Authority;
use http::{HeaderMap, HeaderName};
use opentelemetry::Context;
use opentelemetry::trace::SpanKind;

use crate::axum_routes::Examined;
use crate::headers::RecordedHeaders;

static TRACER: Tracer = floe_telemetry::tracer!(env!("CARGO_PKG_NAME"));

/// Runs user code and catches its panic, and also a panic while the payload of the first panic is dropped.
fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    let caught = catch_unwind(AssertUnwindSafe(run))
        .map_err(|payload| catch_unwind(AssertUnwindSafe(|| drop(payload))).map_err(mem::forget));
    caught.ok()
}

type Filter<R> = dyn Fn(&R) -> bool + Send + Sync;
type Route<R> = dyn for<'r> Fn(&'r R) -> Option<Cow<'r, str>> + Send + Sync;
type Peer<R> = dyn Fn(&R) -> Option<SocketAddr> + Send + Sync;
type Attributes<R> = dyn Fn(&R, &mut Opening) + Send + Sync;

pub(crate) struct Options<R> {
    location: &'static Location<'static>,
    pub(crate) is_untrusted: bool,
    pub(crate) has_active_requests: bool,
    pub(crate) filter: Option<Arc<Filter<R>>>,
    pub(crate) route: Option<Arc<Route<R>>>,
    pub(crate) peer: Option<Arc<Peer<R>>>,
    pub(crate) attributes: Option<Arc<Attributes<R>>>,
    /// The address of the server, for a client whose requests lack it.
    pub(crate) server: Option<Authority>,
    pub(crate) request_headers: RecordedHeaders,
    /// The options for responses, or `None` if none is set, which saves each request an increment of a reference count.
    pub(crate) response: Option<Arc<ResponseOptions>>,
    pub(crate) examined: Examined,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseOptions {
    pub(crate) headers: RecordedHeaders,
    pub(crate) trace_id_header: Option<HeaderName>,
}

// Functions of the user have no text.
impl<R> fmt::Debug for Options<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

// A derived implementation would require `Clone` of `R`.
impl<R> Clone for Options<R> {
    fn clone(&self) -> Self {
        Self {
            location: self.location,
            is_untrusted: self.is_untrusted,
            has_active_requests: self.has_active_requests,
            filter: self.filter.clone(),
            route: self.route.clone(),
            peer: self.peer.clone(),
            attributes: self.attributes.clone(),
            server: self.server.clone(),
            request_headers: self.request_headers.clone(),
            response: self.response.clone(),
            examined: Examined::default(),
        }
    }
}

impl<R> Options<R> {
    #[track_caller]
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            location: Location::caller(),
            is_untrusted: false,
            has_active_requests: false,
            filter: None,
            route: None,
            peer: None,
            attributes: None,
            server: None,
            request_headers: RecordedHeaders::default(),
            response: None,
            examined: Examined::default(),
        })
    }

    pub(crate) fn response_mut(&mut self) -> &mut ResponseOptions {
        Arc::make_mut(self.response.get_or_insert_default())
    }

    pub(crate) fn set_attributes<A: IntoAttributes>(
        &mut self,
        attributes: impl Fn(&R) -> A + Send + Sync + 'static,
    ) {
        let fill = move |request: &R, opening: &mut Opening| {
            opening.attributes_fn(|| attributes(request));
        };
        self.attributes = Some(Arc::new(fill));
    }

    /// Whether a request is recorded; true if the user's function panics.
    pub(crate) fn records(&self, request: &R) -> bool {
        let Some(filter) = &self.filter else {
            return true;
        };
        caught(|| filter(request)).unwrap_or(true)
    }

    pub(crate) fn route<'r>(&self, request: &'r R) -> Option<Cow<'r, str>> {
        let route = self.route.as_ref()?;
        caught(|| route(request))?
    }

    pub(crate) fn peer(&self, request: &R) -> Option<SocketAddr> {
        let peer = self.peer.as_ref()?;
        caught(|| peer(request))?
    }

    /// Opens a span. `describe` sets its name and attributes; recorded headers and the user's attributes follow.
    pub(crate) fn open(
        &self,
        kind: SpanKind,
        parent: Context,
        request: &R,
        headers: &HeaderMap,
        describe: impl FnOnce(&mut Opening),
    ) -> DetachedSpan {
        TRACER.open(parent, |opening| {
            opening.kind(kind);
            opening.location(self.location);
            describe(opening);
            self.request_headers.each(headers, |key, value| opening.attribute_from(key, value));
            if let Some(attributes) = &self.attributes {
                attributes(request, opening);
            }
        })
    }
}

macro_rules! common_options {
    ($layer:ty, $request:ty) => {
        impl $layer {
            /// Creates the layer without options. Its spans have the location of this call as `code.file.path`
            /// and `code.line.number`.
            #[must_use]
            #[track_caller]
            pub fn new() -> Self {
                Self { options: crate::options::Options::new() }
            }

            fn options_mut(&mut self) -> &mut crate::options::Options<$request> {
                std::sync::Arc::make_mut(&mut self.options)
            }

            /// Records only the requests for which `filter` returns `true`. Other requests have neither a span nor
            /// metrics; spans that start while they are served are children of the caller's span.
            #[must_use]
            pub fn with_filter(
                mut self,
                filter: impl Fn(&$request) -> bool + Send + Sync + 'static,
            ) -> Self {
                self.options_mut().filter = Some(std::sync::Arc::new(filter));
                self
            }

            /// Adds the attributes that the function returns, such as `[("tenant", "acme")]`, to the span. The function
            /// is called for recorded spans only. If it panics or returns an `Err`, the span has the attribute
            /// `floe.warning`.
            #[must_use]
            pub fn with_attributes<A: floe_telemetry::attributes::IntoAttributes>(
                mut self,
                attributes: impl Fn(&$request) -> A + Send + Sync + 'static,
            ) -> Self {
                self.options_mut().set_attributes(attributes);
                self
            }
        }

        impl Default for $layer {
            #[track_caller]
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

macro_rules! http_options {
    ($layer:ty) => {
        impl $layer {
            /// Records these headers of requests as `http.request.header.<name>`.
            #[must_use]
            pub fn with_request_headers(
                mut self,
                names: impl IntoIterator<Item = ::http::HeaderName>,
            ) -> Self {
                self.options_mut().request_headers =
                    crate::headers::RecordedHeaders::new("http.request.header.", names);
                self
            }

            /// Records these headers of responses as `http.response.header.<name>`.
            #[must_use]
            pub fn with_response_headers(
                mut self,
                names: impl IntoIterator<Item = ::http::HeaderName>,
            ) -> Self {
                self.options_mut().response_mut().headers =
                    crate::headers::RecordedHeaders::new("http.response.header.", names);
                self
            }
        }
    };
}

macro_rules! grpc_options {
    ($layer:ty) => {
        impl $layer {
            /// Records request metadata with these names as `rpc.request.metadata.<name>`.
            #[must_use]
            pub fn with_request_metadata(
                mut self,
                names: impl IntoIterator<Item = ::http::HeaderName>,
            ) -> Self {
                self.options_mut().request_headers =
                    crate::headers::RecordedHeaders::new("rpc.request.metadata.", names);
                self
            }

            /// Records response metadata with these names, which is sent before the first message, as
            /// `rpc.response.metadata.<name>`.
            #[must_use]
            pub fn with_response_metadata(
                mut self,
                names: impl IntoIterator<Item = ::http::HeaderName>,
            ) -> Self {
                self.options_mut().response_mut().headers =
                    crate::headers::RecordedHeaders::new("rpc.response.metadata.", names);
                self
            }
        }
    };
}

macro_rules! server_options {
    ($layer:ty) => {
        impl $layer {
            /// Trusts no caller, for public services: each request starts a new trace with a link to the caller's span,
            /// and the caller's baggage, `Forwarded` and `X-Forwarded-…` are ignored.
            #[must_use]
            pub fn untrusted(mut self) -> Self {
                self.options_mut().is_untrusted = true;
                self
            }

            /// Records the address that the function returns as `network.peer.address` and `network.peer.port`, and as
            /// `client.address` unless a proxy names the client. A layer does not see the connection, but a request may
            /// have its address in the extensions: axum's `into_make_service_with_connect_info` adds
            /// `ConnectInfo<SocketAddr>`, and tonic adds `TcpConnectInfo`.
            ///
            /// ```
            /// use std::net::SocketAddr;
            #[doc = concat!("use floe_telemetry_http::", stringify!($layer), ";")]
            ///
            #[doc = concat!("let layer = ", stringify!($layer), "::new()")]
            ///     .with_peer_address(|request| request.extensions.get::<SocketAddr>().copied());
            /// ```
            #[must_use]
            pub fn with_peer_address(
                mut self,
                peer: impl Fn(&::http::request::Parts) -> Option<std::net::SocketAddr>
                + Send
                + Sync
                + 'static,
            ) -> Self {
                self.options_mut().peer = Some(std::sync::Arc::new(peer));
                self
            }

            /// Adds a header with the trace id, as 32 hexadecimal digits, to responses without it. The headers
            /// `traceparent` and `traceresponse` have the form of [W3C's trace context].
            ///
            /// [W3C's trace context]: https://www.w3.org/TR/trace-context/#traceparent-header
            #[must_use]
            pub fn with_trace_id_header(mut self, name: ::http::HeaderName) -> Self {
                self.options_mut().response_mut().trace_id_header = Some(name);
                self
            }
        }
    };
}

pub(crate) use common_options;
pub(crate) use grpc_options;
pub(crate) use http_options;
pub(crate) use server_options;

#[cfg(test)]
mod tests {
    use std::panic::panic_any;

    use super::caught;

    /// Panics when it is dropped; the payload of the panic does the same.
    struct Hostile;

    impl Drop for Hostile {
        fn drop(&mut self) {
            panic_any(Self)
        }
    }

    #[test]
    fn every_panic_of_the_user_is_caught() {
        assert_eq!(caught(|| 1), Some(1));
        assert_eq!(caught::<()>(|| panic_any(Hostile)), None);
    }
}
