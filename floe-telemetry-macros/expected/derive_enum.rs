// #[derive(FloeAttributes)]
// #[floe(prefix = "job")]
// enum Job<'a, T> {
//     Started { id: &'a str, #[floe(display)] at: T },
//     Failed { id: &'a str, #[floe(key = "error.type")] reason: Reason },
//     Finished(Report),
//     Unknown,
// }

#[automatically_derived]
#[allow(deprecated)]
impl<'a, T> ::floe_telemetry::FloeAttributes for Job<'a, T>
where
    T: ::core::fmt::Display,
{
    const KEYS: &'static [&'static ::core::primitive::str] = const {
        &{
            #[allow(unused_imports)]
            use ::floe_telemetry::__private::Fallback as _;
            let __floe_list = ::floe_telemetry::__private::KeyList::nesting();
            let __floe_list = __floe_list.variant();
            let __floe_list = __floe_list.key("job.id");
            let __floe_list = __floe_list.key("job.at");
            let __floe_list = __floe_list.variant();
            let __floe_list = __floe_list.key("job.id");
            let __floe_list = __floe_list.key("error.type");
            let __floe_list = __floe_list.variant();
            let __floe_list = __floe_list
                .nested(::floe_telemetry::__private::Describe::<Report>::KEYS);
            let __floe_list = __floe_list.variant();
            __floe_list
        }
    }
        .as_slice();
    fn record(&self, __floe_list: &mut ::floe_telemetry::attributes::AttributeList) {
        let _ = const { Self::KEYS };
        #[allow(unused_imports)]
        use ::floe_telemetry::__private::Present as _;
        match self {
            Self::Started { id: __floe_0, at: __floe_1, .. } => {
                __floe_list.set("job.id", __floe_0);
                ::floe_telemetry::__private::record(
                    __floe_list,
                    "job.at",
                    ::floe_telemetry::__private::display(
                        ::floe_telemetry::__private::Field(__floe_1).__floe_present(),
                    ),
                );
            }
            Self::Failed { id: __floe_0, reason: __floe_1, .. } => {
                __floe_list.set("job.id", __floe_0);
                __floe_list.set("error.type", __floe_1);
            }
            Self::Finished { 0: __floe_0, .. } => {
                ::floe_telemetry::FloeAttributes::record(__floe_0, __floe_list);
            }
            Self::Unknown { .. } => {}
        }
    }
}
#[automatically_derived]
#[allow(dead_code, deprecated)]
impl<'a, T> Job<'a, T> {
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `id`: `job.id`."] ID = "job.id"
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `at`: `job.at`."] AT = "job.at"
    }
    ::floe_telemetry::__private::write_floe_consts_false_for_a_constant_of_your_own! {
        #[doc = " The key of `reason`: `error.type`."] REASON = "error.type"
    }
}
