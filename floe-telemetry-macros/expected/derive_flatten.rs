// #[derive(FloeAttributes)]
// struct Load<'a, 'b> {
//     #[floe(flatten)]
//     identity: &'a Identity,
//     rows: u64,
//     #[floe(flatten, prefix = "load.source")]
//     source: Option<Source<'b>>,
// }

#[automatically_derived]
#[allow(deprecated)]
impl<'a, 'b> ::floe_telemetry::FloeAttributes for Load<'a, 'b> {
    const KEYS: &'static [&'static ::core::primitive::str] = const {
        &{
            #[allow(unused_imports)]
            use ::floe_telemetry::__private::Fallback as _;
            let __floe_list = ::floe_telemetry::__private::KeyList::nesting();
            let __floe_list = __floe_list
                .nested(::floe_telemetry::__private::Describe::<&'a Identity>::KEYS);
            let __floe_list = __floe_list.key("rows");
            let __floe_list = __floe_list
                .prefixed(const {
                    &::floe_telemetry::__private::Prefixed::new(
                        "load.source",
                        ::floe_telemetry::__private::Describe::<Option<Source<'b>>>::KEYS,
                    )
                });
            __floe_list
        }
    }
        .as_slice();
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        ::floe_telemetry::FloeAttributes::record(&self.identity, __floe_list);
        __floe_list.set("rows", &self.rows);
        ::floe_telemetry::__private::record_prefixed(
            __floe_list,
            "load.source",
            Self::KEYS,
            &self.source,
        );
    }
}
const _: &[&::core::primitive::str] = <Load<
    '_,
    '_,
> as ::floe_telemetry::FloeAttributes>::KEYS;
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<'a, 'b> Load<'a, 'b> {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `rows`: `rows`."] ROWS = "rows"
    }
}
