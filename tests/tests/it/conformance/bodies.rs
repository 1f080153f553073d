//! Unusual bodies: each is one span, and behaves as without the attribute.

use std::collections::HashMap;
use std::ops::ControlFlow;

use floe_telemetry::traced;

use super::modes::{BY_HAND, Modes, OK, check, in_each_mode, ready};

in_each_mode! {
    bodies
    types {}
    shapes {
        [n = rows.len()]
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

        [n = 1]
        fn let_else(text: Option<&str>) -> Result<usize, String> {
            let Some(text) = text else {
                return Err("none".to_owned());
            };
            let [first, ..] = text.as_bytes() else {
                return Ok(0);
            };
            Ok(usize::from(*first))
        }

        [n = map.len()]
        fn question_marks(map: &HashMap<u8, Vec<u8>>) -> Option<u8> {
            Some(map.get(&1)?.first()? + 1)
        }

        [n = map.len()]
        async fn question_marks_later(map: &HashMap<u8, Vec<u8>>) -> Option<u8> {
            Some(map.get(&1)?.first()? + 1)
        }

        [n = list.len()]
        fn flow(list: &[u8]) -> ControlFlow<u8> {
            list.iter().try_for_each(|n| match n {
                3 => ControlFlow::Break(3),
                _ => ControlFlow::Continue(()),
            })?;
            ControlFlow::Continue(())
        }

        [n]
        fn recursion(n: u64) -> u64 {
            if n < 2 {
                n
            } else {
                recursion(n - 1) + recursion(n - 2)
            }
        }

        [n]
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

        [n = list.len()]
        fn captures(list: Vec<u8>) -> usize {
            let owned = move || list.len();
            let thread = std::thread::scope(|scope| scope.spawn(owned).join());
            thread.unwrap()
        }

        [n]
        #[expect(unsafe_code, reason = "the words are tested")]
        async unsafe fn dangerous_later(n: &u8) -> u8 {
            *n
        }

        [n]
        #[expect(unsafe_code, reason = "the words are tested")]
        unsafe extern "C" fn dangerous_foreign(n: u8) -> u8 {
            n
        }

        [n]
        fn only_here(
            #[cfg(test)] n: u8,
            #[cfg(not(test))] n: NoSuchType,
            #[allow(unused, reason = "unused on purpose")] rest: u8,
        ) -> u8 {
            n
        }
    }
    run {
        assert_eq!(labels(&[&[0, 9], &[1, 9]]), Some(9));
        assert_eq!(labels(&[&[1, -1]]), Some(2));
        assert_eq!(let_else(Some("a")), Ok(97));
        assert!(let_else(None).is_err());
        let map = HashMap::from([(1, vec![2])]);
        assert_eq!(question_marks(&map), Some(3));
        assert_eq!(ready(question_marks_later(&HashMap::new())), None);
        assert_eq!(flow(&[1, 3]), ControlFlow::Break(3));
        assert_eq!(recursion(2), 1);
        assert_eq!(nested(2), 3);
        assert_eq!(captures(vec![1]), 1);
        let _: unsafe extern "C" fn(u8) -> u8 = dangerous_foreign;
        let _ = dangerous_later;
        assert_eq!(only_here(1, 2), 1);
    }
}

#[test]
fn bodies_of_all_kinds() {
    let expected = [
        ("labels", OK),
        ("labels", OK),
        ("let_else", OK),
        ("let_else", "none"),
        ("question_marks", OK),
        ("question_marks_later", OK),
        ("flow", OK),
        ("recursion", OK),
        ("recursion", OK),
        ("recursion", OK),
        ("nested", OK),
        ("inner", BY_HAND),
        ("captures", OK),
        ("only_here", OK),
    ];
    check(bodies::MODES, &expected);
}
