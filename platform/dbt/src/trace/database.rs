//! The database of a dbt command.

use floe_telemetry::opentelemetry::KeyValue;

use crate::node::Node;

#[derive(Debug, Default)]
pub(crate) struct Database {
    pub(crate) adapter: Option<String>,
}

impl Database {
    /// Returns the attributes of the semantic conventions for a node's table or view.
    pub(crate) fn attributes(&self, node: &Node) -> Vec<KeyValue> {
        let system = self.adapter.as_deref().map(system_attribute);
        let mut attributes: Vec<KeyValue> = system.into_iter().collect();
        if let (Some(_), Some(schema), Some(table)) = (&node.relation, &node.schema, &node.alias) {
            let database = node.database.as_ref();
            let namespace = database.map_or(schema.clone(), |it| format!("{it}|{schema}"));
            attributes.push(KeyValue::new("db.namespace", namespace));
            attributes.push(KeyValue::new("db.collection.name", table.clone()));
        }
        attributes
    }
}

/// Returns the attribute that names an adapter's database, by the semantic conventions.
pub(crate) fn system_attribute(adapter: &str) -> KeyValue {
    let name = match adapter {
        "bigquery" => "gcp.bigquery",
        "oracle" => "oracle.db",
        "postgres" => "postgresql",
        "redshift" => "aws.redshift",
        "fabric" | "sqlserver" | "synapse" => "microsoft.sql_server",
        other => other,
    };
    KeyValue::new("db.system.name", name.to_owned())
}
