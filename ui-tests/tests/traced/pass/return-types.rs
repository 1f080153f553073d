use std::{fmt::Display, future::Future, pin::Pin};

use floe_telemetry::traced;

#[traced]
fn never() -> ! {
    panic!("never")
}

#[traced]
fn diverging() {
    panic!("a unit function that never returns")
}

#[traced]
async fn diverging_later() {
    std::future::ready(()).await;
    panic!("an async one")
}

#[traced]
async fn never_later() -> ! {
    std::future::pending::<()>().await;
    loop {}
}

#[traced]
fn opaque() -> Result<impl Iterator<Item = u8>, ()> {
    Ok([1].into_iter())
}

#[traced]
async fn closure() -> impl Fn() -> u8 {
    std::future::ready(()).await;
    || 3
}

#[traced]
async fn opaque_later() -> Result<impl Iterator<Item = u8>, ()> {
    Ok([1].into_iter())
}

#[traced]
fn coerced(long: bool) -> Box<dyn Display> {
    if long {
        return Box::new("text");
    }
    Box::new(3)
}

#[traced]
async fn coerced_later(long: bool) -> Result<Pin<Box<dyn Future<Output = u8>>>, ()> {
    if long {
        return Ok(Box::pin(std::future::ready(3)));
    }
    Ok(Box::pin(async { 3 }))
}

#[traced]
fn inferred(text: &str) -> Vec<char> {
    text.chars().collect()
}

#[traced]
async fn inferred_later(text: &str) -> String {
    text.into()
}

#[traced]
fn reborrowed(list: &mut Vec<u8>) -> Result<&mut u8, &'static str> {
    list.first_mut().ok_or("empty")
}

struct Parsed<'a>(&'a str);

#[traced]
fn early(text: &str) -> Result<Option<Parsed<'_>>, NoTraits> {
    if text.is_empty() {
        return Ok(None);
    }
    let text = text.strip_prefix('a').ok_or(NoTraits)?;
    Ok(Some(Parsed(text)))
}

struct NoTraits;

enum Outcome {
    #[allow(dead_code)]
    Result(u8),
}

#[traced]
async fn shadowed() -> Outcome {
    use Outcome::*;
    Result(3)
}

fn send<T: Send>(value: T) -> T {
    value
}

fn main() {
    let _: fn() -> ! = never;
    let _: fn() = diverging;
    drop(diverging_later());
    drop(never_later());
    drop(opaque());
    drop(opaque_later());
    drop(closure());
    drop(coerced(true));
    drop(coerced_later(true));
    inferred("a");
    drop(send(inferred_later("a")));
    reborrowed(&mut vec![1]).unwrap();
    drop(early("a").map(|parsed| parsed.map(|parsed| parsed.0)));
    drop(shadowed());
}
