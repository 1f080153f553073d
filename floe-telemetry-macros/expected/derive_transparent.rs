// #[derive(FloeAttributes)]
// #[floe(transparent)]
// struct TableId<T>(T, #[floe(skip)] PhantomData<u8>);

#[automatically_derived]
#[allow(deprecated)]
impl<T> ::floe_telemetry::attributes::ToAttributeValue for TableId<T>
where
    T: ::floe_telemetry::attributes::ToAttributeValue,
{
    const TYPE: ::floe_telemetry::attributes::AttributeType = {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Fallback as _;
        ::floe_telemetry::__private::Describe::<T>::VALUE.value_type
    };
    const REQUIREMENT: ::floe_telemetry::attributes::Requirement = {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Fallback as _;
        ::floe_telemetry::__private::Describe::<T>::VALUE.requirement
    };
    #[inline]
    fn to_attribute_value(
        &self,
    ) -> ::core::option::Option<::floe_telemetry::attributes::AttributeValue> {
        ::floe_telemetry::attributes::ToAttributeValue::to_attribute_value(&self.0)
    }
}
