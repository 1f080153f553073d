// #[derive(FloeAttributes)]
// union Word {
//     bits: u64,
//     number: f64,
// }

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::FloeAttributes for Word {
    const KEYS: &'static [&'static ::core::primitive::str] = &[];
    fn record(&self, _: &mut ::floe_telemetry::attributes::AttributeList) {}
}
#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::attributes::ToAttributeValue for Word {
    fn to_attribute_value(
        &self,
    ) -> ::core::option::Option<::floe_telemetry::attributes::AttributeValue> {
        ::core::option::Option::None
    }
}
::core::compile_error! {
    "`FloeAttributes` is for structs and enums: which field of a union is valid is not known"
}
