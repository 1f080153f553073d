//! Sample values for the cases with stand-ins and with real services.

use floe_plugin::security::Workload;

/// A product in a cluster, with a host of each kind.
pub(crate) const WORKLOAD: Workload<'static> = Workload {
    name: "customer-360",
    namespace: "sales",
    secrets: &["db.primary", "smtp"],
    egress: &[
        ("10.0.0.7", 5432),
        ("2001:db8::1", 443),
        ("127.0.0.1", 4317),
        ("Hooks.slack.com.", 443),
        ("localhost", 4317),
        ("marquez", 5000),
        ("minio.lake.svc.cluster.local", 9000),
        ("smtp.example.org", 587),
    ],
};
