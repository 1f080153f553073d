use floe_telemetry::traced;

#[traced(future)]
async fn load() {}

struct Store;

#[traced(future)]
impl Store {
    fn load(&self) -> u8 {
        1
    }
}

fn main() {}
