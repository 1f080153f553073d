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
    const KEYS: &'static [&'static ::core::primitive::str] = const {
        &{
            #[allow(unused_imports)]
            use ::floe_telemetry::__private::Fallback as _;
            let __floe_list = ::floe_telemetry::__private::KeyList::nesting();
            let __floe_list = __floe_list
                .nested(::floe_telemetry::__private::Describe::<T>::KEYS);
            let __floe_list = __floe_list.key("name");
            __floe_list
        }
    }
        .as_slice();
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        let _ = const { Self::KEYS };
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
