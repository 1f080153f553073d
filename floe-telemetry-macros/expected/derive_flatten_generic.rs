// #[derive(FloeAttributes)]
// struct Wrapped<T: Clone> {
//     #[floe(flatten)]
//     inner: T,
//     name: String,
// }

#[automatically_derived]
#[allow(deprecated)]
impl<T: Clone> ::floe_telemetry::FloeAttributes for Wrapped<T>
where
    T: ::floe_telemetry::FloeAttributes,
{
    const SCHEMA: &'static [::floe_telemetry::attributes::AttributeSchema] = {
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Fallback as _;
        const {
            &{
                let __floe_list = ::floe_telemetry::__private::SchemaList::nesting();
                let __floe_list = __floe_list
                    .nested(::floe_telemetry::__private::Describe::<T>::NESTED);
                let __floe_list = __floe_list
                    .attribute(
                        ::floe_telemetry::__private::Describe::<String>::VALUE
                            .under("name"),
                    );
                __floe_list
            }
        }
            .as_slice()
    };
    const GROUP: ::floe_telemetry::attributes::AttributeGroup = ::floe_telemetry::attributes::AttributeGroup::new(
        "wrapped",
        Self::SCHEMA,
    );
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        let _ = const { Self::SCHEMA };
        ::floe_telemetry::FloeAttributes::record(&self.inner, __floe_list);
        __floe_list.set("name", &self.name);
    }
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<T: Clone> Wrapped<T> {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `name`: `name`."] NAME = "name"
    }
}
