//! Lets readers find the variable of each thread, as README of `floe-thread-context` describes it.

fn main() {
    println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol=otel_thread_ctx_v1");
}
