//! The database of both clients, and its options.

use floe_telemetry_sql::Database;

/// The options of both clients.
macro_rules! options {
    () => {
        /// Sets an attribute of all spans. The attributes of the conventions are set on the metric, too.
        #[must_use]
        pub fn attribute(
            mut self,
            key: impl Into<opentelemetry::Key>,
            value: impl Into<opentelemetry::Value>,
        ) -> Self {
            self.database = self.database.attribute(key, value);
            self
        }

        /// Measures commands as `db.client.operation.duration`, in OpenTelemetry's global meter provider at the time of
        /// this call.
        #[must_use]
        pub fn observe(mut self) -> Self {
            self.database = self.database.observe();
            self
        }
    };
}

pub(crate) use options;

pub(crate) fn database(system: &'static str) -> Database {
    Database::of_library(system, env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}
