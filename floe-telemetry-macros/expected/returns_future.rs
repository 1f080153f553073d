// #[traced(attributes(n))]
// fn f(n: u8) -> impl Future<Output = Result<u8, Error>> + Send {
//     let m = n + 1;
//     async move { Ok(m) }
// }

fn f(n: u8) -> impl Future<Output = Result<u8, Error>> + Send {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f n", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_then(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe.attribute("n", &(n));
            };
            ::floe_telemetry::__private::enter(
                &__FLOE_CALLSITE,
                ::floe_telemetry::__private::Current,
                ::floe_telemetry::__private::Some(&__floe_fill),
            )
        },
        move || {
            #[allow(clippy::shadow_same)]
            let n = n;
            let _ = &n;
            if false {
                ::floe_telemetry::__private::never_made()
            } else {
                let m = n + 1;
                async move { Ok(m) }
            }
        },
        |__floe_span, __floe_value| {
            use ::floe_telemetry::__private::DeclaredTypeMismatch as _;
            ::floe_telemetry::__private::Returned::<
                Result<u8, Error>,
                _,
            >::new(&__floe_value)
                .__floe_in_span(
                    __floe_span,
                    __floe_value,
                    |__floe_return, __floe_sink| {
                        use ::floe_telemetry::__private::outcome::IsUnresolved as _;
                        ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                            .__floe_classify()(__floe_return, __floe_sink)
                    },
                )
        },
    )
}
