// #[traced(attributes(left))]
// fn f((left, _): (Lock, Lock), other: Lock) -> u8 {
//     work()
// }

fn f(__floe_argument_0: (Lock, Lock), other: Lock) -> u8 {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f left", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_opening(
        move |__floe_span: &mut ::floe_telemetry::__private::Opened| -> u8 {
            let __floe_argument_0 = __floe_argument_0;
            let (left, _) = __floe_argument_0;
            #[allow(clippy::shadow_same)]
            let other = other;
            *__floe_span = {
                let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                    __floe.attribute("left", &(left));
                };
                ::floe_telemetry::__private::enter(
                    &__FLOE_CALLSITE,
                    ::floe_telemetry::__private::Current,
                    ::floe_telemetry::__private::Some(&__floe_fill),
                )
            };
            if false { loop {} } else { work() }
        },
        |__floe_span, __floe_value| ::floe_telemetry::__private::end(
            __floe_span,
            __floe_value,
            ::floe_telemetry::__private::outcome::probe::<u8>().__floe_classify(),
        ),
    )
}
