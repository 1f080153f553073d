//! libFuzzer runs the target that `FUZZ_TARGET` names.
#![no_main]

mod platform_targets;
mod targets;

use std::env;
use std::sync::LazyLock;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 21] = [
    ("redaction", targets::redaction),
    ("planted", targets::planted),
    ("slowest", targets::slowest),
    ("recording", targets::recording),
    ("trace_context", targets::trace_context),
    ("other_headers", targets::other_headers),
    ("baggage", targets::baggage),
    ("otlp_headers", targets::otlp_headers),
    ("resource_attributes", targets::resource_attributes),
    ("filters", targets::filters),
    ("configuration", targets::configuration),
    ("config_file", targets::config_file),
    ("endpoint", targets::endpoint),
    ("http_response", targets::http_response),
    ("grpc_response", targets::grpc_response),
    ("manifest", platform_targets::manifest),
    ("product", platform_targets::product),
    ("artifacts", platform_targets::artifacts),
    ("query", platform_targets::query),
    ("words", platform_targets::words),
    ("address", platform_targets::address),
];

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = env::var("FUZZ_TARGET").expect("FUZZ_TARGET: expected the name of a target, found no variable");
    let found = TARGETS.iter().find(|(of, _)| *of == name);
    found.unwrap_or_else(|| panic!("FUZZ_TARGET: expected a name in `TARGETS`, found `{name}`")).1
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| TARGET(data));
