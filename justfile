# Run all checks of CI.
check:
    .ci/run

test:
    cargo test --workspace

tour:
    cargo run -p tour

bench:
    cargo bench -p benches

# Accept changed expansions and compiler messages after reviewing them.
bless:
    BLESS=1 cargo test -p floe-telemetry-macros
    TRYBUILD=overwrite cargo test --workspace --test ui

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

features:
    .ci/features

# Run one trace through Rust, Python and Node.
cross-language:
    .ci/cross-language

# Run real dbt inside a trace.
pipeline:
    .ci/pipeline

# Export runs through a real collector to real backends.
backends:
    .ci/backends
