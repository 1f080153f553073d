// #[traced]
// async fn unit() {
//     rest().await;
// }

fn unit() -> impl ::core::future::Future<Output = ()> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "unit", "unit", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
        async move {
            if false {
                return;
            }
            if false {
                loop {}
            } else {
                rest().await;
            }
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
