// #[derive(FloeAttributes)]
// struct Pair(#[floe(key = "left")] u8, #[floe(key = "right")] u8, #[floe(skip)] ());

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::FloeAttributes for Pair {
    const SCHEMA: &'static [::floe_telemetry::attributes::AttributeSchema] = {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Fallback as _;
        &[
            ::floe_telemetry::__private::Describe::<u8>::VALUE.under("left"),
            ::floe_telemetry::__private::Describe::<u8>::VALUE.under("right"),
        ]
    };
    const GROUP: ::floe_telemetry::attributes::AttributeGroup = ::floe_telemetry::attributes::AttributeGroup::new(
        "pair",
        Self::SCHEMA,
    );
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        __floe_list.set("left", &self.0);
        __floe_list.set("right", &self.1);
    }
}
