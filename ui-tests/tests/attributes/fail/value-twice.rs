use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(rename_all = "lowercase")]
enum Mode {
    Dev,
    #[floe(rename = "dev")]
    Development,
}

fn main() {}
