// #[traced]
// fn f(n: u8) -> Later<u8> {
//     start(n)
// }

fn f(n: u8) -> Later<u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> Later<u8> { start(n) },
        ::floe_telemetry::__private::outcome::probe::<Later<u8>>().__floe_classify(),
    )
}
