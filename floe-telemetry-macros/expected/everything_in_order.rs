fn f(n: u8) -> impl ::core::future::Future<Output = ()> {
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "f",
        "f * n *",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    ::floe_telemetry::__private::call_async_within(
        async move {
            {
                let mut __floe_fill = |
                    __floe: &mut ::floe_telemetry::__private::Opening|
                {
                    __floe.name_from(title(n));
                    __floe.floe_attributes(&(IDENTITY));
                    __floe.attribute("n", &(n));
                    __floe.attributes_fn(|| pairs(&n));
                };
                ::floe_telemetry::__private::enter_within(
                    &__FLOE_CALLSITE,
                    &mut __floe_fill,
                )
            };
            if false {
                let __floe_never: () = loop {};
                #[allow(unreachable_code)] return __floe_never;
            }
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
