// #[traced]
// async fn opaque() -> Result<impl Copy, ()> {
//     ready().await;
//     Ok(3)
// }

fn opaque() -> impl ::core::future::Future<Output = Result<impl Copy, ()>> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "opaque", "opaque", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
        &__FLOE_CALLSITE,
        async move {
            if false {
                let __floe_never: Result<_, ()> = loop {};
                #[allow(unreachable_code)] return __floe_never;
            }
            if false {
                loop {}
            } else {
                ready().await;
                Ok(3)
            }
        },
        ::floe_telemetry::__private::outcome::probe::<Result<_, ()>>().__floe_look(),
    )
}
