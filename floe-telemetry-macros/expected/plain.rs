// #[traced]
// fn plain(a: i64) -> i64 {
//     a + 1
// }

fn plain(a: i64) -> i64 {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "plain", "plain", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_plain(
        &__FLOE_CALLSITE,
        move || -> i64 { a + 1 },
        ::floe_telemetry::__private::outcome::probe::<i64>().__floe_classify(),
    )
}
