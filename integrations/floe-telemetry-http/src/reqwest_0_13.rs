//! Client spans for the requests of reqwest 0.13.

use ::reqwest_middleware;

#[path = "reqwest.rs"]
mod reqwest;

pub use self::reqwest::HttpClientMiddleware;
