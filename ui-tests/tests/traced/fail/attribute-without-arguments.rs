use floe_telemetry::traced;

#[traced(attributes(table))]
fn load() {}

fn main() {
    load();
}
