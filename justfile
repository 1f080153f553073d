# Run all checks of CI.
check:
    .ci/run

test:
    cargo test --workspace

tour:
    cargo run -p tour

bench:
    cargo bench -p benches

# Accept changed compiler messages and expansions after reviewing them.
bless:
    TRYBUILD=overwrite cargo test -p floe-ui-tests
    EXPAND=1 cargo test -p floe-telemetry-macros expansions

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

features:
    .ci/check features

# Run one trace through Rust, Go, Java, Python and Node.
cross-language:
    .ci/services cross-language

# Run real dbt inside a trace.
pipeline:
    .ci/services pipeline

# Export runs through a real collector to real backends.
backends:
    .ci/services backends
