// #[traced]
// async fn opaque() -> impl Fn() -> u8 {
//     ready().await;
//     || 3
// }

fn opaque() -> impl ::core::future::Future<Output = impl Fn() -> u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "opaque", "opaque", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
        #[allow(clippy::async_yields_async)]
        async move {
            if false {
                ::floe_telemetry::__private::never_made()
            } else {
                ready().await;
                || 3
            }
        },
        |__floe_return, __floe_sink| {
            use ::floe_telemetry::__private::outcome::IsUnresolved as _;
            ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                .__floe_classify()(__floe_return, __floe_sink)
        },
    )
}
