// #[traced]
// async fn f(mut self: Pin<&mut Self>, list: Vec<u8>) {
//     self.get()
// }

fn f(
    mut self: Pin<&mut Self>,
    #[deny(elided_lifetimes_in_paths)]
    list: Vec<u8>,
) -> impl ::core::future::Future<Output = ()> {
    enum __FloeHere {}
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal,
        with_path(::core::any::type_name:: < __FloeHere >)
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
        async move {
            let _ = &self;
            #[allow(clippy::shadow_same)]
            let list = list;
            if false {
                return;
            }
            if false { loop {} } else { self.get() }
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
