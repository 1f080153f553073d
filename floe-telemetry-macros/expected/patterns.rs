// #[traced]
// fn f((left, _): (Lock, Lock), other: Lock) {
//     work()
// }

fn f(__floe_argument_0: (Lock, Lock), other: Lock) {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> () {
            let __floe_argument_0 = __floe_argument_0;
            let (left, _) = __floe_argument_0;
            #[allow(clippy::shadow_same)]
            let other = other;
            if false { loop {} } else { work() }
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
