// #[derive(FloeAttributes)]
// struct Pair(#[floe(key = "left")] u8, #[floe(key = "right")] u8, #[floe(skip)] ());

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::FloeAttributes for Pair {
    const KEYS: &'static [&'static ::core::primitive::str] = &["left", "right"];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        __floe_list.set("left", &self.0);
        __floe_list.set("right", &self.1);
    }
}
