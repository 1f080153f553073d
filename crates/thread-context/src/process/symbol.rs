//! Checks that readers find the thread-local variable that this crate writes.

#![expect(
    unsafe_code,
    reason = "only the dynamic linker knows the address, and no safe crate asks it"
)]

use std::ffi::CString;

/// The description of a missing symbol, which the program's build script has to export.
const NONE: &str = "none (the build script of the program needs the line \
                    println!(\"cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol=otel_thread_ctx_v1\"))";

/// Checks that readers find this crate's variable as the dynamic symbol `otel_thread_ctx_v1`, or returns a description
/// of what they find. A shared library has its own variable, and the program that loads it may export another one.
pub(super) fn check() -> Result<(), &'static str> {
    // A statically linked program has no dynamic linker to ask, although it may have the symbol.
    if cfg!(target_feature = "crt-static") {
        return Ok(());
    }

    let name = CString::new(crate::SYMBOL).map_err(|_| NONE)?;
    // SAFETY: the name ends with a zero, and nothing is read from the address that is returned.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    if address.is_null() {
        Err(NONE)
    } else if crate::variable() == address.cast_const().cast() {
        Ok(())
    } else {
        Err("another library in the process defines the variable, and readers find that one")
    }
}
