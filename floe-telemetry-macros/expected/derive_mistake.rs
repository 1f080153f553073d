// #[derive(FloeAttributes)]
// #[floe(prefx = "a")]
// struct Alert {
//     channel: String,
// }

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::FloeAttributes for Alert {
    const KEYS: &'static [&'static ::core::primitive::str] = &[];
    fn record(&self, _: &mut ::floe_telemetry::attributes::AttributeList) {}
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl Alert {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `channel`: `channel`."] CHANNEL = "channel"
    }
}
::core::compile_error! {
    "unknown argument `prefx`, expected one of `prefix`, `transparent`, `rename_all`, `consts`, `crate`; did you mean `prefix`?"
}
