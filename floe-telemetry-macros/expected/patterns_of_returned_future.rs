// #[traced(root)]
// fn f(Pair { left, .. }: Pair) -> Pin<Box<impl Future<Output = u8>>> {
//     work(left)
// }

fn f(__floe_argument_0: Pair) -> Pin<Box<impl Future<Output = u8>>> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::Box::pin(
        ::floe_telemetry::__private::call_opaque_opening(
            move |__floe_span: &mut ::floe_telemetry::__private::Opened| {
                let __floe_argument_0 = __floe_argument_0;
                let Pair { left, .. } = __floe_argument_0;
                *__floe_span = ::floe_telemetry::__private::enter(
                    &__FLOE_CALLSITE,
                    ::floe_telemetry::__private::root,
                    ::floe_telemetry::__private::None,
                );
                if false {
                    ::floe_telemetry::__private::never_made()
                } else {
                    work(left)
                }
            },
            |__floe_span, __floe_value| {
                use ::floe_telemetry::__private::returned_future::prelude::*;
                (&&::floe_telemetry::__private::returned_future::Returned(&__floe_value))
                    .__floe_opaque()
                    .of::<u8>()
                    .__floe_found()
                    .finish(
                        __floe_span,
                        __floe_value,
                        |__floe_return, __floe_sink| {
                            use ::floe_telemetry::__private::outcome::IsUnresolved as _;
                            ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                                .__floe_classify()(__floe_return, __floe_sink)
                        },
                    )
            },
        ),
    )
}
