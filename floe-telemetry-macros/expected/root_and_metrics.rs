// #[traced(root, metrics)]
// async fn f() {}

fn f() -> impl ::core::future::Future<Output = ()> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal, with_metrics()
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Future(false),
        async move {
            ::floe_telemetry::__private::enter_in_future(
                &__FLOE_CALLSITE,
                ::floe_telemetry::__private::root,
                ::floe_telemetry::__private::None,
            );
            if false {
                return;
            }
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
