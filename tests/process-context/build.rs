//! Lets readers find the variable of each thread, as the README of `floe-thread-context` describes.

fn main() {
    println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol=otel_thread_ctx_v1");
}
