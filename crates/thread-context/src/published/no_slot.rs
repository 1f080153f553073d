//! Systems without `otel_thread_ctx_v1`, where nothing is published.

/// Whether there is the variable.
pub(crate) const EXISTS: bool = false;

/// Does nothing.
#[inline]
pub(crate) const fn set(_record: *const ()) {}

pub(crate) const fn address() -> *const () {
    std::ptr::null()
}
