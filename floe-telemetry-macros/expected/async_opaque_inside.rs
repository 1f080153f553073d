// #[traced]
// async fn opaque() -> Result<impl Copy, ()> {
//     ready().await;
//     Ok(3)
// }

fn opaque() -> impl ::core::future::Future<Output = Result<impl Copy, ()>> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "opaque", "opaque", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
        async move {
            if false {
                return ::floe_telemetry::__private::never_made::<Result<_, ()>>();
            }
            if false {
                loop {}
            } else {
                ready().await;
                Ok(3)
            }
        },
        ::floe_telemetry::__private::outcome::probe::<Result<_, ()>>().__floe_classify(),
    )
}
