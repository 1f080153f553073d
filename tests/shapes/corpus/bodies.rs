//! Unusual bodies.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::traced;
use crate::log::Log;

#[traced]
fn labels(rows: &[&[i32]]) -> Option<i32> {
    'rows: for row in rows {
        for cell in *row {
            match cell {
                0 => continue 'rows,
                ..0 => break 'rows,
                9 => return Some(9),
                _ => {}
            }
        }
    }
    let first = 'found: {
        if let Some(row) = rows.first() {
            break 'found row.len();
        }
        0
    };
    i32::try_from(first).ok()
}

#[traced]
fn let_else(text: Option<&str>) -> Result<usize, String> {
    let Some(text) = text else {
        return Err("none".to_owned());
    };
    let [first, ..] = text.as_bytes() else {
        return Ok(0);
    };
    Ok(usize::from(*first))
}

#[traced]
fn question_marks(map: &HashMap<u8, Vec<u8>>) -> Option<u8> {
    Some(map.get(&1)?.first()? + 1)
}

#[traced]
async fn question_marks_later(map: &HashMap<u8, Vec<u8>>) -> Option<u8> {
    Some(map.get(&1)?.first()? + 1)
}

#[traced]
fn flow(list: &[u8]) -> ControlFlow<u8> {
    list.iter().try_for_each(|n| match n {
        3 => ControlFlow::Break(3),
        _ => ControlFlow::Continue(()),
    })?;
    ControlFlow::Continue(())
}

#[traced]
fn recursion(n: u64) -> u64 {
    if n < 2 {
        n
    } else {
        recursion(n - 1) + recursion(n - 2)
    }
}

#[traced]
fn nested(n: u8) -> u8 {
    #[traced]
    fn inner<T: From<u8>>(n: u8) -> T {
        T::from(n)
    }

    struct Local(u8);

    impl Local {
        fn method(&self) -> u8 {
            self.0
        }
    }

    inner::<u8>(n) + Local(1).method()
}

#[traced]
fn captures(list: Vec<u8>) -> usize {
    let owned = move || list.len();
    let thread = std::thread::scope(|scope| scope.spawn(owned).join());
    thread.unwrap()
}

#[traced]
fn only_here(
    #[cfg(test)] n: u8,
    #[cfg(not(test))] n: NoSuchType,
    #[allow(unused, reason = "unused on purpose")] rest: u8,
) -> u8 {
    n
}

pub(crate) fn observe(log: &mut Log) {
    log.value("labels", [labels(&[&[0, 9], &[1, 9]]), labels(&[&[1, -1]])]);
    log.value("let_else", [let_else(Some("a")), let_else(None)]);
    let map = HashMap::from([(1, vec![2])]);
    log.value("question_marks", question_marks(&map));
    log.future("question_marks_later", |_| async { question_marks_later(&HashMap::new()).await });
    log.value("flow", flow(&[1, 3]));
    log.value("recursion", recursion(2));
    log.value("nested", nested(2));
    log.value("captures", captures(vec![1]));
    log.value("only_here", only_here(1, 2));
}
