// #[derive(FloeAttributes)]
// #[floe(transparent)]
// struct Token {
//     #[floe(redact)]
//     text: String,
// }

#[automatically_derived]
#[allow(deprecated)]
impl ::floe_telemetry::attributes::ToAttributeValue for Token {
    #[inline]
    fn to_attribute_value(
        &self,
    ) -> ::core::option::Option<::floe_telemetry::attributes::AttributeValue> {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Present as _;
        ::floe_telemetry::__private::redact(
            ::floe_telemetry::__private::Field(&self.text).__floe_present(),
        )
    }
}
