use floe_telemetry::traced;

#[traced]
trait Store {
    fn load(&self) {}
}

fn main() {}
