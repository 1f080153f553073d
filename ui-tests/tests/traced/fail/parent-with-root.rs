use floe_telemetry::traced;

#[traced(parent = cx, root)]
fn create(cx: &opentelemetry::Context) {
    let _ = cx;
}

fn main() {
    create(&opentelemetry::Context::new());
}
