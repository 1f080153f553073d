fn unit() -> impl ::core::future::Future<Output = ()> {
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "unit",
        "unit",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    ::floe_telemetry::__private::call_async(
        &__FLOE_CALLSITE,
        async move {
            if false {
                let __floe_never: () = loop {};
                #[allow(unreachable_code)] return __floe_never;
            }
            if false {
                loop {}
            } else {
                rest().await;
            }
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
