use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Six {
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
}

#[derive(FloeAttributes)]
struct SixTimesSix {
    #[floe(flatten, prefix = "a")]
    a: Six,
    #[floe(flatten, prefix = "b")]
    b: Six,
    #[floe(flatten, prefix = "c")]
    c: Six,
    #[floe(flatten, prefix = "d")]
    d: Six,
    #[floe(flatten, prefix = "e")]
    e: Six,
    #[floe(flatten, prefix = "f")]
    f: Six,
}

#[derive(FloeAttributes)]
struct TooMany {
    #[floe(flatten, prefix = "a")]
    a: SixTimesSix,
    #[floe(flatten, prefix = "b")]
    b: SixTimesSix,
    #[floe(flatten, prefix = "c")]
    c: SixTimesSix,
    #[floe(flatten, prefix = "d")]
    d: SixTimesSix,
    #[floe(flatten, prefix = "e")]
    e: SixTimesSix,
    #[floe(flatten, prefix = "f")]
    f: SixTimesSix,
}

fn main() {}
