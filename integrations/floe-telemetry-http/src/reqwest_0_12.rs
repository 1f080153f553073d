//! [`HttpClientMiddleware`] for clients of reqwest 0.12, whose middlewares are those of `reqwest-middleware` 0.4.

use reqwest_middleware_0_4 as reqwest_middleware;

#[path = "reqwest.rs"]
mod reqwest;

pub use self::reqwest::HttpClientMiddleware;
