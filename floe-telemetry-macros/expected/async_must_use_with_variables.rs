// #[traced]
// #[must_use]
// async fn f(self, first: String, _second: String, mut third: String) -> usize {
//     first.len()
// }

#[must_use]
async fn f(self, first: String, _second: String, third: String) -> usize {
    enum __FloeHere {}
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal,
        with_path(::core::any::type_name:: < __FloeHere >)
    );
    ::floe_telemetry::__private::call_async(
            ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
            async move {
                let _ = &first;
                let _ = &self;
                #[allow(clippy::shadow_same)]
                #[allow(
                    clippy::no_effect_underscore_binding,
                    clippy::used_underscore_binding
                )]
                let _second = _second;
                #[allow(clippy::shadow_same)]
                let mut third = third;
                if false {
                    return ::floe_telemetry::__private::never_made::<usize>();
                }
                if false { loop {} } else { first.len() }
            },
            ::floe_telemetry::__private::outcome::probe::<usize>().__floe_classify(),
        )
        .await
}
