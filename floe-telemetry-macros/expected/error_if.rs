// #[traced(error_if = |result|result.is_none())]
// fn f() -> Option<u8> {
//     None
// }

fn f() -> Option<u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> Option<u8> { None },
        |__floe_return, __floe_sink| {
            use ::floe_telemetry::__private::outcome::IsUnresolved as _;
            ::floe_telemetry::__private::outcome::error_if(
                __floe_return,
                || {
                    #[allow(clippy::shadow_same, clippy::shadow_unrelated)]
                    let result = __floe_return;
                    result.is_none()
                },
                ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                    .__floe_classify(),
                __floe_sink,
            )
        },
    )
}
