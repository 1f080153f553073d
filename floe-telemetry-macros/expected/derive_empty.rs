// #[derive(FloeAttributes)]
// struct Empty {}

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::FloeAttributes for Empty {
    const SCHEMA: &'static [::floe_telemetry::attributes::AttributeSchema] = { &[] };
    const GROUP: ::floe_telemetry::attributes::AttributeGroup = ::floe_telemetry::attributes::AttributeGroup::new(
        "empty",
        Self::SCHEMA,
    );
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {}
}
