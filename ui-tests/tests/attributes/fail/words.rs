#![allow(unused)]

use floe_telemetry::FloeAttributes;

#[derive(FloeAttributes)]
struct Unknown {
    #[floe(kye = "alert.channel")]
    channel: String,
}

#[derive(FloeAttributes)]
#[floe(key = "alert")]
struct OfAnotherPlace {
    #[floe(rename = "to")]
    channel: String,
}

#[derive(FloeAttributes)]
#[floe = "alert"]
struct WithoutList {
    channel: String,
}

#[derive(FloeAttributes)]
struct FlagWithValue {
    #[floe(redact = true)]
    source: String,
}

#[derive(FloeAttributes)]
struct Exclusive {
    #[floe(display, redact)]
    url: String,
    #[floe(flatten, key = "source")]
    source: String,
    #[floe(skip, key = "alert.channel")]
    channel: String,
}

#[derive(FloeAttributes)]
struct KeyNotText {
    #[floe(key = 3)]
    channel: String,
}

#[derive(FloeAttributes)]
#[floe(prefix = "alert.")]
struct PrefixEndsWithDot {
    channel: String,
}

#[derive(FloeAttributes)]
#[floe(prefix = 3)]
struct PrefixNotText {
    channel: String,
}

#[derive(FloeAttributes)]
#[floe(prefix = "alert")]
struct KeyTwice {
    channel: String,
    #[floe(key = "alert.channel")]
    destination: String,
}

#[derive(FloeAttributes)]
struct Secret {
    user: String,
    password: String,
}

#[derive(FloeAttributes)]
#[floe(prefix)]
struct ThreeMistakes {
    #[floe(name = "alert.channel")]
    channel: String,
    #[floe(skip, skip)]
    body: String,
}

fn attributes(alert: &ThreeMistakes) -> &impl FloeAttributes {
    alert
}

fn main() {}
