use floe_telemetry::traced;

#[traced(root, parent = cx)]
fn create(cx: &opentelemetry::Context) {
    let _ = cx;
}

fn main() {}
