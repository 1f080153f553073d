use floe_telemetry::traced;

#[traced(attributes(n = 1, name = name.unwrap_or_default()))]
fn create(name: Option<String>) -> String {
    name.unwrap()
}

#[traced(name = name.unwrap())]
async fn load(name: Option<String>) -> String {
    name.unwrap()
}

#[traced]
async fn in_the_body(name: Option<String>) -> usize {
    drop(name);
    name.unwrap().len()
}

fn main() {}
