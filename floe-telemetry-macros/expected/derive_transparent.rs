// #[derive(FloeAttributes)]
// #[floe(transparent)]
// struct TableId<T>(T, #[floe(skip)] PhantomData<u8>);

#[automatically_derived]
#[allow(deprecated)]
impl<T> ::floe_telemetry::attributes::ToAttributeValue for TableId<T>
where
    T: ::floe_telemetry::attributes::ToAttributeValue,
{
    #[inline]
    fn to_attribute_value(
        &self,
    ) -> ::core::option::Option<::floe_telemetry::attributes::AttributeValue> {
        ::floe_telemetry::attributes::ToAttributeValue::to_attribute_value(&self.0)
    }
}
