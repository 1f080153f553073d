use floe_telemetry::traced;

trait Catalog {
    #[traced]
    fn create(&self, table: &str) -> bool;
}

fn main() {}
