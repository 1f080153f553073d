use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(prefix)]
struct Alert {
    #[floe(name = "alert.channel")]
    channel: String,
    #[floe(skip, skip)]
    body: String,
}

fn attributes(alert: &Alert) -> &impl FloeAttributes {
    alert
}

fn main() {}
