use floe_telemetry::traced;

#[traced(attributes(rows = { return 1 }))]
fn block(table: &str) -> u8 {
    u8::from(table.is_empty())
}

#[traced(name = if table.is_empty() { return } else { table })]
async fn name(table: &str) {}

#[traced(parent = { return })]
fn parent() {}

// A closure returns from itself.
#[traced(attributes(rows = (|| { return 1 })()), attributes_fn = |table| { return [("b", table.len())] })]
fn closure(table: &str) {}

async fn rows(_table: &str) -> u8 {
    1
}

#[traced(attributes(rows = rows(table).await))]
async fn waits(table: &str) {
    rows(table).await;
}

fn main() {}
