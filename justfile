# Run all checks of CI.
check:
    .ci/run

test:
    cargo test --workspace

demo:
    cargo run --release -p floe -- run demo/customer-360

bench:
    cargo bench -p benches

# Accept changed expansions and compiler messages after reviewing them.
bless:
    BLESS=1 cargo test -p floe-telemetry-macros
    TRYBUILD=overwrite cargo test -p floe-ui-tests
    TRYBUILD=overwrite cargo test -p floe-tests-edition-2021 --test ui

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --features floe-telemetry/schema,floe-telemetry/tracing,floe-telemetry/axum,floe-telemetry/reqwest-middleware,floe-telemetry/testing,floe-telemetry/logs,floe-telemetry/otlp-grpc,floe-telemetry/otlp-http,floe-telemetry/otlp-tls,floe-telemetry/otlp-zstd,floe-telemetry/signals,floe-telemetry/tokio

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
