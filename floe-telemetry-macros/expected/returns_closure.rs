// #[traced]
// fn f(names: Vec<String>) -> impl Fn(&str) -> bool + Send {
//     move |name| has(&names, name)
// }

fn f(names: Vec<String>) -> impl Fn(&str) -> bool + Send {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    let __floe_declared = ::floe_telemetry::__private::declared();
    if false {
        #[allow(clippy::diverging_sub_expression)] return __floe_declared.value();
    }
    ::floe_telemetry::__private::call_by_type(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        __floe_declared
            .body(move || {
                #[allow(clippy::shadow_same)]
                let names = names;
                let mut __floe_closure = ::floe_telemetry::__private::ReturnedClosure::pending();
                let _: &mut (dyn Fn(&str) -> bool) = ::floe_telemetry::__private::returned_closure(
                    if false {
                        ::floe_telemetry::__private::never_made()
                    } else {
                        move |name| has(&names, name)
                    },
                    &mut __floe_closure,
                );
                __floe_closure.made()
            }),
        |__floe_span, __floe_value| {
            use ::floe_telemetry::__private::returned_future::prelude::*;
            (&&&&&::floe_telemetry::__private::returned_future::Returned(&__floe_value))
                .__floe_returned()
                .finish(
                    __floe_span,
                    __floe_value,
                    |__floe_return, __floe_sink| {
                        use ::floe_telemetry::__private::outcome::IsUnresolved as _;
                        ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                            .__floe_classify()(__floe_return, __floe_sink)
                    },
                )
        },
    )
}
