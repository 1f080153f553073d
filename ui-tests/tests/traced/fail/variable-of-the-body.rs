use floe_telemetry::traced;

#[traced(attributes(rows))]
fn count(text: &str) -> usize {
    let rows = text.lines().count();
    rows
}

#[traced(attributes(bytes = 8 * rows.len()))]
async fn load(text: String) -> usize {
    let (rows, _) = (text.lines().collect::<Vec<_>>(), 0);
    rows.len()
}

fn main() {}
