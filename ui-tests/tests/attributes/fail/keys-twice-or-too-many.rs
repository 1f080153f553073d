use floe_telemetry::FloeAttributes;

mod keys {
    pub const CHANNEL: &str = "alert.channel";
}

#[derive(FloeAttributes)]
#[floe(prefix = "alert")]
struct OfAConstant<'a> {
    channel: &'a str,
    #[floe(key = keys::CHANNEL)]
    destination: &'a str,
}

#[derive(FloeAttributes)]
struct Source {
    rows: u64,
}

#[derive(FloeAttributes)]
struct OfANestedType {
    rows: u64,
    #[floe(flatten)]
    source: Source,
}

macro_rules! thirty_attributes {
    ($name:ident, $prefix:literal) => {
        #[derive(FloeAttributes)]
        #[floe(prefix = $prefix)]
        #[rustfmt::skip]
        struct $name {
            a1: u8, b1: u8, c1: u8, d1: u8, e1: u8, f1: u8, g1: u8, h1: u8, i1: u8, j1: u8,
            a2: u8, b2: u8, c2: u8, d2: u8, e2: u8, f2: u8, g2: u8, h2: u8, i2: u8, j2: u8,
            a3: u8, b3: u8, c3: u8, d3: u8, e3: u8, f3: u8, g3: u8, h3: u8, i3: u8, j3: u8,
        }
    };
}

thirty_attributes!(A, "a");
thirty_attributes!(B, "b");
thirty_attributes!(C, "c");
thirty_attributes!(D, "d");
thirty_attributes!(E, "e");

#[derive(FloeAttributes)]
struct TooMany {
    #[floe(flatten)]
    a: A,
    #[floe(flatten)]
    b: B,
    #[floe(flatten)]
    c: C,
    #[floe(flatten)]
    d: D,
    #[floe(flatten)]
    e: E,
}

fn main() {}
