//! Domains whose spans are of one of two tracers, by what they are about.

use floe_telemetry::domain::{security, storage};
use floe_telemetry::testing;

#[test]
fn each_area_and_each_system_has_its_tracer() {
    let areas = [
        (security::Area::Network, "floe.security.network"),
        (security::Area::Rbac, "floe.security.rbac"),
    ];
    for (area, scope) in areas {
        let spans = testing::capture(|| {
            drop(security::security_span(&security::Security {
                operation: "generate",
                area,
                ..security::Security::default()
            }));
        });
        assert_eq!(spans.single("security.generate").assert_ok().scope(), scope);
    }
    let systems = [
        (storage::System::Iceberg, "floe.storage.iceberg"),
        (storage::System::S3, "floe.storage.s3"),
    ];
    for (system, scope) in systems {
        let spans = testing::capture(|| {
            drop(storage::storage_span(&storage::Storage {
                operation: "commit",
                system,
                ..storage::Storage::default()
            }));
        });
        assert_eq!(spans.single("storage.commit").assert_ok().scope(), scope);
    }
}
