async fn never() -> ! {
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "never",
        "never",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    let __floe_span = ::floe_telemetry::__private::enter_plain(&__FLOE_CALLSITE);
    match ::floe_telemetry::__private::call_async(
            __floe_span,
            async move {
                if false {
                    let __floe_never: ::core::convert::Infallible = loop {};
                    #[allow(unreachable_code)] return __floe_never;
                }
                { serve().await }
            },
            |__floe_return| {
                use ::floe_telemetry::__private::outcome::prelude::*;
                (&&&&&&::floe_telemetry::__private::outcome::Inspect(__floe_return))
                    .outcome()
            },
        )
        .await
    {}
}
