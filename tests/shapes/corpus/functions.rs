//! Functions: their types, the results `()` and `!`, generics, borrows and exits.

use super::traced;
use crate::log::Log;

#[traced]
fn increment(n: i64) -> i64 {
    n + 1
}

#[traced]
#[expect(unsafe_code, reason = "the word is tested")]
unsafe fn dangerous(n: i64) -> i64 {
    n + 1
}

#[traced]
extern "C" fn foreign(n: i64) -> i64 {
    n + 1
}

#[traced]
#[expect(unsafe_code, reason = "the words are tested")]
async unsafe fn dangerous_later(n: &u8) -> u8 {
    *n
}

#[traced]
#[expect(unsafe_code, reason = "the words are tested")]
unsafe extern "C" fn dangerous_foreign(n: u8) -> u8 {
    n
}

#[traced]
fn unit() {}

#[traced]
async fn unit_later() {}

#[traced]
fn never() -> ! {
    panic!("never")
}

#[traced]
async fn never_later() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

/// A type that implements no traits.
struct Bare;

#[traced]
fn generic<T, const N: usize>(items: [T; N]) -> Option<T>
where
    T: Sized,
{
    items.into_iter().next()
}

#[traced]
async fn generic_later<T, const N: usize>(items: [T; N]) -> Result<Option<T>, Bare> {
    Ok(items.into_iter().next())
}

struct Parsed<'a>(&'a str);

#[traced]
fn explicit<'a>(left: &'a str, _right: &str) -> &'a str {
    left
}

#[traced(attributes(first = list[0]))]
fn reborrowed(list: &mut Vec<u8>) -> &mut u8 {
    &mut list[0]
}

#[traced]
fn reborrowed_result(list: &mut Vec<u8>) -> Result<&[u8], String> {
    list.push(1);
    Ok(list)
}

#[traced]
async fn reborrowed_later(list: &mut Vec<u8>) -> Result<&mut u8, String> {
    list.first_mut().ok_or_else(String::new)
}

#[traced]
fn early(text: &str) -> Result<Option<Parsed<'_>>, Bare> {
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(Parsed(text.strip_prefix('a').ok_or(Bare)?)))
}

#[traced]
async fn early_later(text: &str) -> Result<Option<Parsed<'_>>, Bare> {
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(Parsed(text.strip_prefix('a').ok_or(Bare)?)))
}

#[traced]
#[allow(clippy::toplevel_ref_arg, reason = "the pattern is tested")]
fn borrows((ref mut text, n): (String, u8), ref mut more: Vec<u8>) -> String {
    more.push(n);
    text.push('!');
    format!("{text}{}", more.len())
}

#[traced(attributes(n))]
async fn borrows_later((ref mut text, n): (String, u8), ref mut more: Vec<u8>) -> String {
    more.push(n);
    text.push('!');
    format!("{text}{}", more.len())
}

pub(crate) fn observe(log: &mut Log) {
    let plain: fn(i64) -> i64 = increment;
    let _: unsafe fn(i64) -> i64 = dangerous;
    let _: unsafe extern "C" fn(u8) -> u8 = dangerous_foreign;
    let _ = dangerous_later;
    let foreign: extern "C" fn(i64) -> i64 = foreign;
    log.value("types", [plain(1), foreign(1)]);
    log.call("unit", |_| unit());
    log.future("unit_later", |_| unit_later());
    log.call("never", |_| never());
    log.future("never_later", |_| never_later());
    log.value("generic", generic([Bare]).is_some());
    log.future("generic_later", |_| async { generic_later([Bare]).await.is_ok() });
    let _: for<'a> fn(&'a str, &str) -> &'a str = explicit;
    log.value("explicit", explicit("a", "b"));
    let mut list = vec![1];
    *reborrowed(&mut list) += 1;
    log.value("reborrowed_result", reborrowed_result(&mut list));
    log.future("reborrowed_later", |_| async { reborrowed_later(&mut vec![1]).await.copied() });
    for text in ["", "ab", "b"] {
        let found = early(text).map(|found| found.map(|found| found.0)).map_err(|_| ());
        log.value("early", found);
        log.future("early_later", |_| async { early_later(text).await.map(|it| it.is_some()).map_err(|_| ()) });
    }
    log.call("borrows", |_| borrows(("a".to_owned(), 3), vec![1]));
    log.future("borrows_later", |_| borrows_later(("a".to_owned(), 3), vec![1]));
}
