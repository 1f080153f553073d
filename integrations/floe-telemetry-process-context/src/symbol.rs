//! Whether readers find the variable of threads.

#![expect(
    unsafe_code,
    reason = "only the dynamic linker knows, and no safe crate asks it"
)]

use std::ffi::CString;

/// Whether `otel_thread_ctx_v1` is a dynamic symbol of the program or of a library that it has loaded.
pub(crate) fn is_exported() -> bool {
    let Ok(name) = CString::new(floe_thread_context::SYMBOL) else {
        return false;
    };
    // SAFETY: the name ends with a zero, and the address that is returned is not used.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    !address.is_null()
}
