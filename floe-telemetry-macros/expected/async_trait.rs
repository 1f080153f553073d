#[allow(clippy::type_complexity)]
fn load<'life0, 'async_trait>(
    &'life0 self,
    key: u8,
) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = u8> + 'async_trait>>
where
    'life0: 'async_trait,
{
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "load",
        "load key",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    Box::pin(
        ::floe_telemetry::__private::call_async_within(
            #[allow(clippy::async_yields_async)]
            async move {
                {
                    let mut __floe_fill = |
                        __floe: &mut ::floe_telemetry::__private::Opening|
                    {
                        __floe.attribute("key", &(key));
                    };
                    ::floe_telemetry::__private::enter_within(
                        &__FLOE_CALLSITE,
                        &mut __floe_fill,
                    )
                };
                let __self = self;
                let key = key;
                let __ret: u8 = { __self.get(key).await };
                __ret
            },
            |__floe_return| {
                use ::floe_telemetry::__private::outcome::prelude::*;
                (&&&&&&::floe_telemetry::__private::outcome::Inspect(__floe_return))
                    .__floe_outcome()
            },
        ),
    )
}
