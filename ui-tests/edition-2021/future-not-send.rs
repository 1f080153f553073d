use floe_telemetry::traced;

use std::rc::Rc;

#[traced]
async fn create(table: Rc<str>) {
    std::future::ready(()).await;
    drop(table);
}

fn spawn(_: impl Send) {}

fn main() {
    spawn(create("a".into()));
}
