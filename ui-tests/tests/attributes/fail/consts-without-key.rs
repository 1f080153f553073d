use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
#[floe(transparent, consts = false)]
struct TableId(u64);

#[derive(FloeAttributes)]
#[floe(consts = false)]
enum Severity {
    High,
}

#[derive(FloeAttributes)]
struct Scan {
    #[floe(skip, consts = false)]
    cache: u8,
    #[floe(consts)]
    rows: u64,
    #[floe(consts = "no")]
    bytes: u64,
}

fn main() {}
