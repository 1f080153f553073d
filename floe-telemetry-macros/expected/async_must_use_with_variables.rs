// #[traced]
// #[must_use]
// async fn f(self, first: String, _second: String, mut third: String) -> usize {
//     first.len()
// }

#[must_use]
async fn f(self, first: String, _second: String, third: String) -> usize {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
            &__FLOE_CALLSITE,
            async move {
                let _ = &first;
                let _ = &self;
                #[allow(
                    clippy::no_effect_underscore_binding,
                    clippy::used_underscore_binding
                )]
                let _second = _second;
                let mut third = third;
                if false {
                    let __floe_never: usize = loop {};
                    #[allow(unreachable_code)] return __floe_never;
                }
                if false { loop {} } else { first.len() }
            },
            ::floe_telemetry::__private::outcome::probe::<usize>().__floe_look(),
        )
        .await
}
