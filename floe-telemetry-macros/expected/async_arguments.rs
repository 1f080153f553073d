// #[traced]
// async fn f(self: Arc<Self>, list: Vec<u8>, mut rest: &[u8], (a, mut b): (u8, T), _: T) {}

#[allow(clippy::not_unsafe_ptr_arg_deref, clippy::should_implement_trait)]
fn f(
    self: Arc<Self>,
    #[deny(elided_lifetimes_in_paths)]
    list: Vec<u8>,
    rest: &[u8],
    #[deny(elided_lifetimes_in_paths)]
    __floe_argument_3: (u8, T),
    #[deny(elided_lifetimes_in_paths)]
    __floe_argument_4: T,
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
            #[allow(clippy::shadow_same)]
            let mut rest = rest;
            let __floe_argument_3 = __floe_argument_3;
            let (a, mut b) = __floe_argument_3;
            let __floe_argument_4 = __floe_argument_4;
            if false {
                return;
            }
            if false { loop {} } else {}
        },
        ::floe_telemetry::__private::outcome::success,
    )
}
