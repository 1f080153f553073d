//! Publishing in a program that does not export the variable of its threads. `.ci/services process-context` reads the spans of a
//! program that does.

#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a test")]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use floe_telemetry::exporter::MemoryExporter;
use floe_telemetry::{TelemetryConfig, TelemetryProvider};

/// Reads memory of this process as another process would.
fn read(address: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    let memory = File::open("/proc/self/mem").expect("a process may read its memory");
    memory.read_exact_at(&mut bytes, address).expect("mapped memory");
    bytes
}

fn published() -> Option<(u64, Vec<u8>)> {
    let maps = fs::read_to_string("/proc/self/maps").expect("the system has /proc");
    let mut found = maps.lines().filter(|line| line.contains("OTEL_CTX"));
    let line = found.next()?;
    assert_eq!(found.next(), None);
    let (start, _) = line.split_once('-').expect("a range");
    let start = u64::from_str_radix(start, 16).expect("an address");
    let header = read(start, 32);
    assert_eq!(&header[..8], b"OTEL_CTX");
    let number = |at: usize, size: usize| {
        let bytes = header[at..at + size].iter().rev();
        bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };

    assert_eq!(number(8, 4), 2);
    let size = usize::try_from(number(12, 4)).expect("a small payload");
    Some((number(16, 8), read(number(24, 8), size)))
}

fn provider(service: &str) -> TelemetryProvider {
    let mut config = TelemetryConfig::new(service);
    config.resource_attributes.service_version = Some("1.2.3".to_owned());
    TelemetryProvider::builder(config)
        .with_span_exporter(MemoryExporter::new())
        .initialize()
        .expect("no other provider is in use")
}

fn has(payload: &[u8], text: &str) -> bool {
    payload.windows(text.len()).any(|bytes| bytes == text.as_bytes())
}

#[test]
fn the_resource_is_published_and_the_missing_symbol_is_an_error() {
    let mut off = TelemetryConfig::new("orders");
    off.enabled = false;
    let off = TelemetryProvider::builder(off).initialize().expect("a disabled provider");
    let error = off.publish_context().expect_err("there is nothing to publish").to_string();
    assert!(error.contains("found one that is switched off"), "{error}");
    assert_eq!(published(), None);

    let orders = provider("orders");
    let error = orders.publish_context().expect_err("no build script exports it").to_string();
    assert!(
        error.starts_with("expected the dynamic symbol `otel_thread_ctx_v1`, found none ("),
        "{error}"
    );

    assert!(
        error.contains("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol=otel_thread_ctx_v1"),
        "{error}"
    );

    let (first, payload) = published().expect("the resource is published");
    assert!(has(&payload, "service.name"));
    assert!(has(&payload, "orders"));
    assert!(has(&payload, "1.2.3"));
    assert!(!has(&payload, "threadlocal"));
    drop(orders);

    let billing = provider("billing");
    assert!(billing.publish_context().is_err());
    let (second, payload) = published().expect("the resource is published");
    assert!(second > first);
    assert!(has(&payload, "billing"));
    assert!(!has(&payload, "orders"));
}
