// #[traced(error_if = |_answer:&u8|->bool{*_answer>3})]
// fn f() -> BoxFuture<'static, u8> {
//     ask()
// }

fn f() -> BoxFuture<'static, u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_by_type(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> BoxFuture<'static, u8> { ask() },
        |__floe_span, __floe_value| {
            use ::floe_telemetry::__private::returned_future::prelude::*;
            (&&&&&::floe_telemetry::__private::returned_future::Returned(&__floe_value))
                .__floe_concrete()
                .finish(
                    __floe_span,
                    __floe_value,
                    |__floe_return, __floe_sink| {
                        use ::floe_telemetry::__private::outcome::IsUnresolved as _;
                        ::floe_telemetry::__private::error_if(
                            __floe_return,
                            || -> bool {
                                #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
                                #[allow(
                                    clippy::no_effect_underscore_binding,
                                    clippy::used_underscore_binding
                                )]
                                let _answer: &u8 = __floe_return;
                                { *_answer > 3 }
                            },
                            ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                                .__floe_classify(),
                            __floe_sink,
                        )
                    },
                )
        },
    )
}
