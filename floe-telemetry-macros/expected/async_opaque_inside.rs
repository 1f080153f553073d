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
                ::floe_telemetry::__private::never_made()
            } else {
                ready().await;
                Ok(3)
            }
        },
        |__floe_return, __floe_sink| {
            use ::floe_telemetry::__private::outcome::IsUnresolved as _;
            ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                .__floe_classify()(__floe_return, __floe_sink)
        },
    )
}
