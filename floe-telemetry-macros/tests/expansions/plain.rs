#[traced]
fn area(width: u32, height: u32) -> u32 {
    width * height
}

// becomes

fn area(width: u32, height: u32) -> u32 {
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            ::floe_telemetry::__private::callsite!(
                __FLOE_CALLSITE, "area", "area", ::core::line!(), Internal
            ),
            ::floe_telemetry::__private::Current,
            ::core::option::Option::None,
        ),
        move || -> u32 { width * height },
        ::floe_telemetry::__private::outcome::probe::<u32>()
            .__floe_may_fail()
            .__floe_classify(),
    )
}
