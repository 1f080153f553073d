//! Arguments and imports whose names collide with names in the macro's expansion, raw names, and built-in attributes.

use super::traced;
use crate::log::Log;

#[derive(Debug)]
enum Outcome {
    Result(u8),
}

#[traced(attributes(cx))]
fn of_arguments(span: i64, cx: i64, result: i64, err: i64, e: i64, guard: i64, tracer: i64, __x: i64) -> i64 {
    span + cx + result + err + e + guard + tracer + __x
}

#[traced]
async fn of_arguments_later(span: i64, cx: i64, result: i64, err: i64, e: i64, guard: i64, tracer: i64, __x: i64) -> i64 {
    span + cx + result + err + e + guard + tracer + __x
}

#[traced]
fn imports() -> Outcome {
    use Outcome::*;
    Result(3)
}

#[traced]
async fn imports_later() -> Outcome {
    use Outcome::*;
    Result(3)
}

struct Raw(usize);

#[traced]
impl Raw {
    fn r#type(&self, r#match: usize) -> usize {
        r#match + self.0
    }

    #[traced(attributes(r#in))]
    async fn r#move(&self, r#in: usize) -> usize {
        r#in + self.0
    }
}

#[traced]
/// A doc comment.
#[must_use]
#[inline]
pub(crate) fn decorated(n: u8) -> u8 {
    #![expect(unused_variables, reason = "the attribute has to work from in here")]
    let unused = 3;
    n
}

pub(crate) fn observe(log: &mut Log) {
    log.value("of_arguments", of_arguments(1, 2, 3, 4, 5, 6, 7, 8));
    log.future("of_arguments_later", |_| of_arguments_later(1, 2, 3, 4, 5, 6, 7, 8));
    let Outcome::Result(imported) = imports();
    log.value("imports", imported);
    log.future("imports_later", |_| imports_later());
    log.value("type", Raw(1).r#type(1));
    log.future("move", |_| async { Raw(1).r#move(2).await });
    log.value("decorated", decorated(3));
}
