// #[traced(parent = headers, links = [first, second])]
// fn f(headers: &Headers, first: SpanContext, second: &SpanContext) {}

fn f(headers: &Headers, first: SpanContext, second: &SpanContext) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        {
            let __floe_parent = || ::floe_telemetry::__private::below(&(headers));
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe.links(&(first));
                __floe.links(&(second));
            };
            ::floe_telemetry::__private::enter(
                &__FLOE_CALLSITE,
                __floe_parent,
                ::floe_telemetry::__private::Some(&__floe_fill),
            )
        },
        move || -> () {
            #[allow(clippy::shadow_same)]
            let first = first;
            let _ = &first;
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
