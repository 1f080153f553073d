// #[derive(FloeAttributes)]
// #[floe(prefx = "a")]
// struct Alert {
//     channel: String,
// }

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::FloeAttributes for Alert {
    const SCHEMA: &'static [::floe_telemetry::attributes::AttributeSchema] = &[];
    fn record(&self, _: &mut ::floe_telemetry::attributes::AttributeList) {}
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl Alert {
    /// The key of `channel`: `channel`.
    const CHANNEL: &'static ::core::primitive::str = "channel";
}
::core::compile_error! {
    "unknown argument `prefx`, did you mean `prefix`? (accepted: `prefix`, `transparent`, `rename_all`, `crate`)"
}
