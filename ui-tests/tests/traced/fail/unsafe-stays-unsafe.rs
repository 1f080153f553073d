use floe_telemetry::traced;

#[traced]
unsafe fn create() {}

fn main() {
    create();
}
