// #[traced]
// fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
//     Some(self.cmp(other))
// }

fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
    enum __FloeHere {}
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "partial_cmp", "partial_cmp", ::core::line!(), Internal,
        with_path(::core::any::type_name:: < __FloeHere >)
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> Option<Ordering> { Some(self.cmp(other)) },
        ::floe_telemetry::__private::outcome::probe::<Option<Ordering>>()
            .__floe_classify(),
    )
}
