use floe_telemetry::traced;

struct Catalog;

#[traced(boxed)]
impl Drop for Catalog {
    fn drop(&mut self) {}
}

fn main() {}
