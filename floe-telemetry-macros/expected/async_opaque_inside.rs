fn opaque() -> impl ::core::future::Future<Output = Result<impl Copy, ()>> {
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "opaque",
        "opaque",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    ::floe_telemetry::__private::call_async(
        &__FLOE_CALLSITE,
        async move {
            if false {
                let __floe_never: Result<_, ()> = loop {};
                #[allow(unreachable_code)] return __floe_never;
            }
            if false {
                loop {}
            } else {
                ready().await;
                Ok(3)
            }
        },
        |__floe_return| {
            use ::floe_telemetry::__private::outcome::prelude::*;
            (&&&&&&::floe_telemetry::__private::outcome::Inspect(__floe_return))
                .__floe_outcome()
        },
    )
}
