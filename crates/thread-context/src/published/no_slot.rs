//! For systems without `otel_thread_ctx_v1`, where no span is published.

pub(crate) const EXISTS: bool = false;

#[inline]
pub(crate) const fn set(_record: *const ()) {}

pub(crate) const fn address() -> *const () {
    std::ptr::null()
}
