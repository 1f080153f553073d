// #[traced]
// async fn f() -> rows!(u8) {
//     read().await
// }

async fn f() -> rows!(u8) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    let __floe_declared = ::floe_telemetry::__private::declared();
    if false {
        #[allow(clippy::diverging_sub_expression)] return __floe_declared.value();
    }
    ::floe_telemetry::__private::call_async(
            ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
            #[allow(clippy::async_yields_async)]
            async move {
                if false {
                    return __floe_declared.value();
                }
                if false {
                    ::floe_telemetry::__private::never_made()
                } else {
                    read().await
                }
            },
            |__floe_return, __floe_sink| {
                use ::floe_telemetry::__private::outcome::IsUnresolved as _;
                ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                    .__floe_classify()(__floe_return, __floe_sink)
            },
        )
        .await
}
