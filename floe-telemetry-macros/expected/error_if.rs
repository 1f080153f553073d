fn f() -> Option<u8> {
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
    let __floe_span = ::floe_telemetry::__private::enter_plain(&__FLOE_CALLSITE);
    ::floe_telemetry::__private::call(
        __floe_span,
        move || -> Option<u8> { None },
        |__floe_return| {
            use ::floe_telemetry::__private::outcome::prelude::*;
            (&&&&&&::floe_telemetry::__private::outcome::Inspect(__floe_return))
                .__floe_outcome()
                .decided(
                    ::floe_telemetry::__private::error_if(|| {
                        #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
                        let result = __floe_return;
                        result.is_none()
                    }),
                    __floe_return,
                )
        },
    )
}
