// #[derive(FloeAttributes)]
// #[floe(consts = false)]
// struct Range {
//     max: u8,
//     #[floe(consts = true)]
//     min: u8,
// }

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::FloeAttributes for Range {
    const KEYS: &'static [&'static ::core::primitive::str] = &["max", "min"];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        __floe_list.set("max", &self.max);
        __floe_list.set("min", &self.min);
    }
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl Range {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `min`: `min`."] MIN = "min"
    }
}
