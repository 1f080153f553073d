// #[traced]
// fn plain(a: i64) -> i64 {
//     a + 1
// }

fn plain(a: i64) -> i64 {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "plain", "plain", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::core::option::Option::None,
        ),
        move || -> i64 { a + 1 },
        ::floe_telemetry::__private::outcome::probe::<i64>().__floe_classify(),
    )
}
