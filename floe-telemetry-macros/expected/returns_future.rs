fn f(n: u8) -> impl Future<Output = Result<u8, Error>> + Send {
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "f",
        "f",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    let __floe_span = ::floe_telemetry::__private::enter(
        &__FLOE_CALLSITE,
        &mut |__floe| {
            __floe.attribute("n", &(n));
        },
    );
    ::floe_telemetry::__private::call_future::<
        Result<u8, Error>,
        _,
    >(
        __floe_span,
        move || {
            let m = n + 1;
            async move { Ok(m) }
        },
        |__floe_return| {
            use ::floe_telemetry::__private::outcome::prelude::*;
            (&&&&&&::floe_telemetry::__private::outcome::Inspect(__floe_return))
                .__floe_outcome()
        },
    )
}
