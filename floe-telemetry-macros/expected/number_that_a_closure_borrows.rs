// #[traced]
// fn f(n: u8, list: &[u8]) -> Vec<u8> {
//     list.iter().map(|m| m + n).collect()
// }

fn f(n: u8, list: &[u8]) -> Vec<u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> Vec<u8> {
            #[allow(clippy::shadow_same)]
            let n = n;
            if false { loop {} } else { list.iter().map(|m| m + n).collect() }
        },
        ::floe_telemetry::__private::outcome::probe::<Vec<u8>>().__floe_classify(),
    )
}
