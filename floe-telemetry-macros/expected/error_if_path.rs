// #[traced(error_if = Answer::is_refused)]
// async fn f() -> Answer {
//     ask().await
// }

fn f() -> impl ::core::future::Future<Output = Answer> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
        #[allow(clippy::async_yields_async)]
        async move {
            if false {
                return ::floe_telemetry::__private::never_made::<Answer>();
            }
            if false { loop {} } else { ask().await }
        },
        |__floe_return, __floe_sink| {
            use ::floe_telemetry::__private::outcome::IsUnresolved as _;
            ::floe_telemetry::__private::error_if(
                __floe_return,
                || Answer::is_refused(__floe_return),
                ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                    .__floe_classify(),
                __floe_sink,
            )
        },
    )
}
