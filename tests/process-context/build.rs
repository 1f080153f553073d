//! Exports the thread-local variable to readers, as the README of `floe-thread-context` describes.

fn main() {
    println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol=otel_thread_ctx_v1");
}
