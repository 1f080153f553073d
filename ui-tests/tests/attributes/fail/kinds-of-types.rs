#![allow(unused)]
//! The trait is implemented even so, so that its uses are no errors.

use floe_telemetry::FloeAttributes;
use floe_telemetry::attributes::ToAttributeValue;

#[derive(FloeAttributes)]
enum WithData {
    Started { password: String },
    Failed(u32, #[floe(skip)] u32),
}

#[derive(FloeAttributes)]
enum WithoutVariants {}

#[derive(FloeAttributes)]
struct Unit;

fn is_derived(_: &impl FloeAttributes) {}

fn attributes(data: &WithData, nothing: &WithoutVariants) {
    is_derived(data);
    is_derived(nothing);
    is_derived(&Unit);
}

#[derive(FloeAttributes)]
#[floe(rename_all = "lowercase")]
enum ValueTwice {
    Dev,
    #[floe(rename = "dev")]
    Development,
}

#[derive(FloeAttributes)]
#[floe(rename_all = "kebab")]
enum MisspelledCase {
    Dev,
}

#[derive(FloeAttributes)]
union Word {
    bits: u64,
    number: f64,
}

#[derive(FloeAttributes)]
struct Newtype(String);

#[derive(FloeAttributes)]
struct Tuple(u8, #[floe(skip)] String);

fn is_value(_: &impl ToAttributeValue) {}

#[derive(FloeAttributes)]
#[floe(prefix = "environment")]
enum WithPrefix {
    Dev,
}

#[derive(FloeAttributes)]
#[floe(rename_all = "lowercase")]
struct WithCase {
    channel: String,
}

fn values(value: &ValueTwice) {
    is_value(value);
}

fn main() {}
