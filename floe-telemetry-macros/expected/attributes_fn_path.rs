// #[traced(attributes_fn = Self::pairs)]
// fn f(&mut self, name: &str) {}

fn f(&mut self, name: &str) {
    enum __FloeHere {}
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f *", ::core::line!(), Internal,
        with_path(::core::any::type_name:: < __FloeHere >)
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe.attributes_fn(|| Self::pairs(&self, &name));
            };
            ::floe_telemetry::__private::enter(
                &__FLOE_CALLSITE,
                ::floe_telemetry::__private::Current,
                ::floe_telemetry::__private::Some(&__floe_fill),
            )
        },
        move || -> () {},
        ::floe_telemetry::__private::outcome::success,
    )
}
