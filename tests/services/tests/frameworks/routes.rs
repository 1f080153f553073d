//! The route of a request, which only a router knows.

use std::convert::Infallible;

use axum::Router;
use axum::http::{Request, Response};
use axum::routing::get;
use floe_telemetry_http::HttpServerLayer;
use tower::{Layer as _, ServiceBuilder, service_fn};

use crate::layers::{LAYERS, layers, serve};

const UNREAD: &str = "`HttpServerLayer` does not read the routes of this version of axum, so its spans have no \
                      `http.route`: expected the feature `axum` of floe-telemetry-http for axum 0.8, `axum-0_7` for 0.7, \
                      or `with_route`";
const ROUTER: &str = "`HttpServerLayer` wraps a `Router`, so its spans have no `http.route`: expected `Router::layer` \
                      or `with_route`";

#[test]
fn every_layer_in_a_router_sees_the_route() {
    let program = floe_tests::program!({
        in_runtime(async {
            for layer in LAYERS {
                let spans = serve(layers!(axum, BoxCloneSyncService, "/orders/{id}", layer)).await;
                assert_eq!(spans.named("GET /orders/{id}").count(), 1, "{layer}: {spans:?}");
            }
        });
    });
    let (_, stderr) = program.run(&[]);
    assert_eq!(stderr, "");
}

#[test]
fn a_layer_in_a_router_of_another_version_is_reported_once() {
    let program = floe_tests::program!({
        let app =
            layers!(axum_before, BoxCloneService, "/orders/:id", &*std::env::var("LAYER").unwrap());
        in_runtime(async {
            for _ in 0..2 {
                let spans = serve(app.clone()).await;
                assert!(spans.named("GET").count() > 0, "{spans:?}");
            }
        });
    });
    for layer in LAYERS {
        let (_, stderr) = program.run(&[("LAYER", layer)]);
        assert_eq!(stderr.matches(UNREAD).count(), 1, "{layer}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{layer}: {stderr}");
    }
}

#[test]
fn a_layer_around_a_router_is_reported_once() {
    let program = floe_tests::program!({
        let router = || Router::<()>::new().route("/orders/{id}", get(|| async {}));
        in_runtime(async {
            for _ in 0..2 {
                serve(HttpServerLayer::new().layer(router())).await;
                let app = ServiceBuilder::new().layer(HttpServerLayer::new());
                serve(app.map_response(|response: Response<_>| response).service(router())).await;
            }
        });
    });
    let (_, stderr) = program.run(&[]);
    assert_eq!(stderr.matches(ROUTER).count(), 1, "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn no_route_is_reported_where_none_is_expected() {
    let program = floe_tests::program!({
        let server = HttpServerLayer::new;
        let named = || HttpServerLayer::new().with_route(|_| Some("/{any}".into()));
        let answer = async |_: Request<String>| Ok::<_, Infallible>(Response::new(String::new()));
        let before = axum_before::Router::<()>::new();
        let before = before.route("/orders/:id", axum_before::routing::get(|| async {}));
        let pass = ServiceBuilder::new().layer(server()).map_request(|request| request);
        in_runtime(async {
            serve(server().layer(service_fn(answer))).await;
            serve(get(|| async {}).layer::<_, Infallible>(pass)).await;
            serve(Router::new().fallback(|| async {}).layer(server())).await;
            serve(Router::new().nest_service("/orders", server().layer(get(|| async {})))).await;
            serve(named().layer(Router::new())).await;
            serve(before.layer(named())).await;
        });
    });
    let (_, stderr) = program.run(&[]);
    assert_eq!(stderr, "");
}

fn in_runtime(code: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(code);
}
