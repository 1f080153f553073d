async fn fetch(url: &str) -> Result<Body, Error> {
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "fetch",
        "fetch",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    let __floe_span = ::floe_telemetry::__private::enter_plain(&__FLOE_CALLSITE);
    ::floe_telemetry::__private::call_async(
            __floe_span,
            async move {
                if false {
                    let __floe_never: Result<Body, Error> = loop {};
                    #[allow(unreachable_code)] return __floe_never;
                }
                { get(url).await }
            },
            |__floe_return| {
                use ::floe_telemetry::__private::outcome::prelude::*;
                (&&&&&&::floe_telemetry::__private::outcome::Inspect(__floe_return))
                    .outcome()
            },
        )
        .await
}
