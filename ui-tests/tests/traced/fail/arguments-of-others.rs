use floe_telemetry::traced;

#[traced(err, skip_all, fields(rows = 3), ret, target = "acme", level = debug)]
fn all(table: &str) -> Result<u64, String> {
    Ok(table.len() as u64)
}

#[traced(skip(table), follows_from = cause)]
fn others(table: &str) {}

#[traced(short_name = true, enter_on_poll = true, properties = { "rows": "{rows}" })]
async fn of_fastrace(rows: u64) {}

fn main() {}
