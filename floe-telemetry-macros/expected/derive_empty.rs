// #[derive(FloeAttributes)]
// struct Empty {}

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::FloeAttributes for Empty {
    const KEYS: &'static [&'static ::core::primitive::str] = &[];
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {}
}
