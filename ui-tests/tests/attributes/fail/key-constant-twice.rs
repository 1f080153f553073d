use floe_telemetry::FloeAttributes;

mod keys {
    pub const CHANNEL: &str = "alert.channel";
}

#[derive(FloeAttributes)]
#[floe(prefix = "alert")]
struct Alert<'a> {
    channel: &'a str,
    #[floe(key = keys::CHANNEL)]
    destination: &'a str,
}

fn main() {}
