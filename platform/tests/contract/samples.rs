//! Sample values of the cases, here and against real services.

use floe_plugin::Error;
use floe_plugin::security::Workload;
use floe_plugin::table::{Column, ColumnType, RowSink, Value};

/// A column of each type.
pub(crate) const COLUMNS: [Column<'static>; 4] = [
    column("id", ColumnType::Integer),
    column("amount", ColumnType::Real),
    column("note", ColumnType::Text),
    column("day", ColumnType::Date),
];

const fn column(name: &'static str, kind: ColumnType) -> Column<'static> {
    Column { name, kind }
}

/// A product in a cluster, with a host of each kind.
pub(crate) const WORKLOAD: Workload<'static> = Workload {
    name: "customer-360",
    namespace: "sales",
    secrets: &["db.primary", "smtp"],
    secrets_namespace: None,
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
    pss_level: "restricted",
};

/// The names of the columns and the rows of a result, as text.
#[derive(Default)]
pub(crate) struct Rows(pub(crate) Vec<String>);

impl RowSink for Rows {
    fn columns(&mut self, names: &[&str]) -> Result<(), Error> {
        self.0.push(format!("{names:?}"));
        Ok(())
    }

    fn row(&mut self, values: &[Value<'_>]) -> Result<(), Error> {
        self.0.push(format!("{values:?}"));
        Ok(())
    }
}
