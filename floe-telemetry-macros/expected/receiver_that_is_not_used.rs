// #[traced]
// async fn f(&self, n: u8) -> u8 {
//     n
// }

fn f(&self, n: u8) -> impl ::core::future::Future<Output = u8> {
    enum __FloeHere {}
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal,
        with_path(::core::any::type_name:: < __FloeHere >)
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
        async move {
            let _ = &self;
            if false {
                return ::floe_telemetry::__private::never_made::<u8>();
            }
            if false { loop {} } else { n }
        },
        ::floe_telemetry::__private::outcome::probe::<u8>().__floe_classify(),
    )
}
