//! The routes of axum, which its router stores in the extensions of a request.

use std::sync::atomic::{AtomicBool, Ordering};

use floe_telemetry_core::__sdk::internal_log::internal_log;
use http::request::Parts;
use http::{Extensions, Uri};

/// The types that routers of each version of axum store in the extensions of a request, by their names. Their ids
/// differ between the versions.
const STORED: &[&str] = &[
    "axum::extract::matched_path::",
    "axum::extract::original_uri::OriginalUri",  // 0.8
    "axum::extract::request_parts::OriginalUri", // 0.7
    "axum::routing::url_params::UrlParams",      // with any features of axum
];

/// Whether a layer has looked for the routes of another version of axum.
#[derive(Debug, Default)]
pub(crate) struct Examined(AtomicBool);

impl Examined {
    /// Warns once if the router that this request has passed is of a version of axum whose routes are not read. Each layer
    /// examines one request, because the names of the extensions are formatted.
    pub(crate) fn examine(&self, parts: &Parts) {
        static WARNED: AtomicBool = AtomicBool::new(false);

        // A request without a route, such as one that no route matches, has at least its URI.
        if self.0.load(Ordering::Relaxed) || original_uri(parts).is_some() {
            return;
        }
        self.0.store(true, Ordering::Relaxed);

        let extensions = format!("{:?}", parts.extensions);
        let is_unread = STORED.iter().any(|name| extensions.contains(name));
        if is_unread && !WARNED.swap(true, Ordering::Relaxed) {
            internal_log!(
                warn,
                "`HttpServerLayer` does not read the routes of this version of axum, so its spans have no `http.route`: \
                 expected the feature `axum` of floe-telemetry-http for axum 0.8, `axum-0_7` for 0.7, or `with_route`"
            );
        }
    }
}

/// Warns once about a layer around a router, which determines the route only after the layer. `inner` is the name of the
/// type of the wrapped service.
pub(crate) fn check_router(inner: &str) {
    static WARNED: AtomicBool = AtomicBool::new(false);

    if inner.contains("axum::routing::Router") && !WARNED.swap(true, Ordering::Relaxed) {
        internal_log!(
            warn,
            "`HttpServerLayer` wraps a `Router`, so its spans have no `http.route`: expected `Router::layer` or `with_route`"
        );
    }
}

/// Returns the route of a request, such as `/orders/{id}`.
pub(crate) fn matched_path(parts: &Parts) -> Option<&str> {
    #[cfg(feature = "axum")]
    if let Some(path) = parts.extensions.get::<axum::extract::MatchedPath>() {
        return Some(path.as_str());
    }
    #[cfg(feature = "axum-0_7")]
    if let Some(path) = parts.extensions.get::<axum_0_7::extract::MatchedPath>() {
        return Some(path.as_str());
    }
    let _ = parts;
    None
}

/// Returns the URI that a request to a router had before `nest` or `nest_service` removed the prefix.
pub(crate) fn original_uri(parts: &Parts) -> Option<&Uri> {
    #[cfg(feature = "axum")]
    if let Some(uri) = parts.extensions.get::<axum::extract::OriginalUri>() {
        return Some(&uri.0);
    }
    #[cfg(feature = "axum-0_7")]
    if let Some(uri) = parts.extensions.get::<axum_0_7::extract::OriginalUri>() {
        return Some(&uri.0);
    }
    let _ = parts;
    None
}

/// Removes the URI of a request that this process serves from the extensions of one that it sends.
pub(crate) fn forget_original_uri(extensions: &mut Extensions) {
    #[cfg(feature = "axum")]
    extensions.remove::<axum::extract::OriginalUri>();
    #[cfg(feature = "axum-0_7")]
    extensions.remove::<axum_0_7::extract::OriginalUri>();
    let _ = extensions;
}
