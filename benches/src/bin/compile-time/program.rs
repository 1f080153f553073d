//! The program that is compiled: the same functions with one attribute or another.

use std::fmt::Write as _;

pub(super) const FUNCTIONS: usize = 300;

/// The source of the program. `attribute` precedes each function. otel-instrument requires the
/// constant.
pub(super) fn source(attribute: &str) -> String {
    let mut source = String::from(HEAD);
    let mut calls = String::new();
    for n in 0..FUNCTIONS {
        let _ = write!(source, "{}", FUNCTION.replace('@', attribute).replace('$', &n.to_string()));
        let _ = writeln!(
            calls,
            "    total += call_{n}(3, \"a\").unwrap() + ready(later_{n}(4, \"b\")).unwrap();"
        );
    }
    let levels = LEVELS.replace('@', attribute);
    let _ = write!(
        source,
        "{levels}\nfn main() {{\n    let mut total = 0;\n{calls}    std::hint::black_box(total);\n{SIZES}}}\n"
    );
    source
}

const HEAD: &str = r#"
use std::{future::Future, io, pin::pin, task::{Context, Poll, Waker}};

pub const _OTEL_TRACER_NAME: &str = "compile-time";

fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!(),
    }
}
"#;

const FUNCTION: &str = r"
@
pub fn call_$(id: u64, name: &str) -> Result<u64, io::Error> {
    if name.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(id + name.len() as u64)
}

@
pub async fn later_$(id: u64, name: &str) -> Result<u64, io::Error> {
    std::future::ready(()).await;
    let first = call_$(id, name)?;
    Ok(first + 1)
}
";

const LEVELS: &str = r"
@
async fn one(id: u64, name: [u8; 1024]) -> Result<u64, io::Error> {
    std::future::ready(()).await;
    Ok(id + u64::from(name[0]))
}

@
async fn two(id: u64, name: [u8; 1024]) -> Result<u64, io::Error> {
    Ok(one(id, name).await? + 1)
}

@
async fn three(id: u64, name: [u8; 1024]) -> Result<u64, io::Error> {
    Ok(two(id, name).await? + 1)
}
";

const SIZES: &str = r#"    let small = size_of_val(&later_0(1, ""));
    println!("{small} {} {}", size_of_val(&one(1, [0; 1024])), size_of_val(&three(1, [0; 1024])));
"#;
