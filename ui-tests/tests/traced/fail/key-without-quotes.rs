use floe_telemetry::traced;

#[traced(attributes(db-rows = 3, http.request.header.content-type = %table, http.2xx = 1, 1x = 2))]
fn create(table: &str) {
    let _ = table;
}

fn main() {}
