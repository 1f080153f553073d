// #[traced(attributes(key))]
// #[allow(clippy::type_complexity)]
// fn load<'life0, 'async_trait>(
//     &'life0 self,
//     key: u8,
// ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = u8> + 'async_trait>>
// where
//     'life0: 'async_trait,
// {
//     Box::pin(async move {
//         let __self = self;
//         let key = key;
//         let __ret: u8 = { __self.get(key).await };
//         __ret
//     })
// }

#[allow(clippy::type_complexity)]
fn load<'life0, 'async_trait>(
    &'life0 self,
    key: u8,
) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = u8> + 'async_trait>>
where
    'life0: 'async_trait,
{
    enum __FloeHere {}
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "load", "load key", ::core::line!(), Internal,
        with_path(::core::any::type_name:: < __FloeHere >)
    );
    Box::pin(
        ::floe_telemetry::__private::call_async(
            ::floe_telemetry::__private::OpenedBy::Future(false),
            #[allow(clippy::async_yields_async)]
            async move {
                {
                    let __floe_fill = |
                        __floe: &mut ::floe_telemetry::__private::Opening|
                    {
                        __floe.attribute("key", &(key));
                    };
                    ::floe_telemetry::__private::enter_in_future(
                        &__FLOE_CALLSITE,
                        ::floe_telemetry::__private::Current,
                        ::floe_telemetry::__private::Some(&__floe_fill),
                    )
                };
                let __self = self;
                let key = key;
                let __ret: u8 = { __self.get(key).await };
                __ret
            },
            |__floe_return, __floe_sink| {
                use ::floe_telemetry::__private::outcome::IsUnresolved as _;
                ::floe_telemetry::__private::outcome::probe_of(__floe_return)
                    .__floe_classify()(__floe_return, __floe_sink)
            },
        ),
    )
}
