#[traced(attributes(count = items.len()))]
fn largest<T: Ord>(items: Vec<T>) -> Option<T> {
    items.into_iter().max()
}

// becomes

fn largest<T: Ord>(items: Vec<T>) -> Option<T> {
    if false {
        ::floe_telemetry::__private::EndsWithTheCall::__floe_is_value(
            ::floe_telemetry::__private::Kind::<T>::OF_TYPE.__floe_kind(),
        );
    }
    ::floe_telemetry::__private::call(
        {
            let __floe_fill = |__floe: &mut ::floe_telemetry::__private::Opening| {
                __floe.attribute_from("count", items.len());
            };
            ::floe_telemetry::__private::enter(
                ::floe_telemetry::__private::callsite!(
                    __FLOE_CALLSITE, "largest", "largest count", ::core::line!(),
                    Internal
                ),
                ::floe_telemetry::__private::Current,
                ::core::option::Option::Some(&__floe_fill),
            )
        },
        move || -> Option<T> {
            #[allow(clippy::shadow_same)]
            let items = items;
            let _ = &items;
            if false { loop {} } else { items.into_iter().max() }
        },
        ::floe_telemetry::__private::outcome::probe::<Option<T>>()
            .__floe_may_fail()
            .__floe_classify(),
    )
}
