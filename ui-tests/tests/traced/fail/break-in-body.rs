use floe_telemetry::traced;

#[traced]
async fn load(rows: u8) -> u8 {
    if rows > 1 {
        break;
    }
    rows
}

#[traced]
async fn store() {
    break;
}

#[traced]
fn create() {
    break;
}

#[traced]
fn replace(table: String) -> usize {
    if table.is_empty() {
        break;
    }
    table.len()
}

#[traced(attributes(table))]
fn rename((table, name): (String, String)) -> usize {
    if table.is_empty() {
        continue;
    }
    name.len()
}

fn main() {}
