//! Tests the first cause that is found in traces in the form of other SDKs. Each program is slow for one reason.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "tests")]

mod text;

use std::fmt::Write as _;

use floe_trace::{CauseKind, Forest, Kind, Span, Status, Value, causes};

use self::text::{Random, every, spans};

#[track_caller]
fn assert_first(text: &str, kind: CauseKind, name: &str, part: &str) {
    let recording = spans(text);
    let forest = Forest::new(&recording);
    let found = causes(&forest);
    let is_it = found.first().is_some_and(|it| {
        it.kind == kind && *forest.span(it.span).name == *name && it.message.contains(part)
    });
    assert!(is_it, "expected {kind:?} of `{name}` with `{part}`, found {found:#?}");
}

#[track_caller]
fn assert_quiet(text: &str) {
    assert_eq!(causes(&Forest::new(&spans(text))), []);
}

/// Writes requests one after the other; `#` in the name becomes the number of the request. `request` writes the calls
/// of a request, which starts at the last argument, and returns the duration of the request.
fn requests(
    many: u32,
    name: &str,
    mut request: impl FnMut(&mut String, u32, f64) -> f64,
) -> String {
    let mut text = String::new();
    let mut now = 1.0;
    for number in 0..many {
        let mut below = String::new();
        let end = now + request(&mut below, number, now);
        let name = name.replace('#', &(number + 100).to_string());
        let _ = write!(text, "{name} {now}..{end} server\n{below}");
        now = end + 5.0;
    }
    text
}

fn call(below: &mut String, name: &str, (from, time): (f64, f64), attributes: &str) {
    let _ = writeln!(below, "  {name} {from}..{} {attributes}", from + time);
}

#[test]
fn a_cold_start() {
    let mut random = Random(0);
    let one = requests(
        200,
        "handler",
        |_, number, _| {
            if number == 0 { 2_400.0 } else { random.about(30.0) }
        },
    );
    let part = "one of 200 spans `handler`, the first one, took 2.4 s, the others about 29.7 ms";
    assert_first(&one, CauseKind::SlowWith, "handler", part);
    // A span that takes three times as long is no straggler.
    assert_quiet(&requests(
        80,
        "handler",
        |_, number, _| {
            if number == 9 { 105.0 } else { random.about(30.0) }
        },
    ));
}

#[test]
fn a_child_that_only_the_slowest_one_has() {
    let mut random = Random(0);
    let hitch = requests(300, "frame", |below, number, now| {
        let time = random.about(10.0);
        call(below, "render", (now, time), "");
        if number != 211 {
            return time;
        }
        call(below, "load texture", (now + time, 400.0), "");
        time + 400.0
    });
    let part = "only it has `load texture` below it";
    assert_first(&hitch, CauseKind::SlowWith, "frame", part);
}

/// A statement, a host, a caller or a callee states which call a span is, not why it is slow.
#[test]
fn different_calls_of_one_name_are_not_compared() {
    let mut random = Random(0);
    for (quick, slow) in [
        ("client db.query.text=SELECT·a", "client db.query.text=SELECT·b"),
        ("client server.address=users", "client server.address=search"),
        ("client url.path=/users/7", "client url.path=/search"),
        ("client gen_ai.request.model=small", "client gen_ai.request.model=large"),
    ] {
        assert_quiet(&requests(300, "GET /", |below, number, now| {
            let is_slow = number % 8 == 0;
            let time = random.about(if is_slow { 120.0 } else { 15.0 });
            call(below, "call", (now, time), if is_slow { slow } else { quick });
            time
        }));
    }
    let mut text = String::new();
    for (number, now) in (0..200).map(|it| (it, f64::from(it) * 400.0)) {
        let (name, time) = if number % 8 == 0 { ("export", 300.0) } else { ("item", 15.0) };
        let time = random.about(time);
        let end = now + 399.0;
        let _ = writeln!(text, "proxy {now}..{}\n  {name} {now}..{0}", now + time);
        let _ = writeln!(text, "{name} job {now}..{end}\n  SELECT {now}..{}", now + time);
    }
    assert_quiet(&text);
}

#[test]
fn retries_whose_status_is_not_set() {
    for (key, failed, worked) in [
        ("rpc.grpc.status_code", "14", "0"),
        ("rpc.response.status_code", "UNAVAILABLE", "0"),
        ("http.response.status_code", "503", "200"),
        ("http.status_code", "429", "200"),
    ] {
        let text = requests(10, "GET /flags", |below, _, now| {
            let mut at = 1.0;
            for attempt in 0..5 {
                let code = if attempt == 4 { worked } else { failed };
                let code = format!("client {key}={code}");
                call(below, "flags.v1.Flags/Eval", (now + at, 30.0), &code);
                at += 30.0 + f64::from(1 << attempt) * 10.0;
            }
            at
        });
        let part = format!(
            "calls `flags.v1.Flags/Eval` 5 times, because it failed 4 times with `{failed}`, in 270 ms"
        );
        assert_first(&text, CauseKind::Retries, "GET /flags", &part);
    }
}

#[test]
fn a_status_of_a_server_or_an_ok_is_no_failure() {
    let span = |kind, status, key: &str, code| Span {
        kind,
        status,
        attributes: Box::new([(key.into(), Value::Int(code))]),
        ..Span::default()
    };
    assert!(span(Kind::Client, Status::Unset, "http.response.status_code", 404).is_failure());
    assert!(!span(Kind::Server, Status::Unset, "http.response.status_code", 404).is_failure());
    assert!(span(Kind::Server, Status::Unset, "http.response.status_code", 500).is_failure());
    assert!(!span(Kind::Client, Status::Ok, "http.response.status_code", 404).is_failure());
    assert!(!span(Kind::Client, Status::Unset, "rpc.grpc.status_code", 0).is_failure());
    assert!(span(Kind::Client, Status::Error("x".into()), "other", 0).is_failure());
}

/// Quick calls run all the time, and those that begin during one long span wait for its end.
#[test]
fn one_span_that_all_others_wait_for() {
    // In the last case, one call more is slow than quick, so the median call is a slow one.
    for (holder, name, quick) in
        [("KEYS", "GET", 600), ("nightly report", "UPDATE stock", 600), ("KEYS", "GET", 354)]
    {
        let mut random = Random(0);
        let mut text = String::new();
        let mut now = 1.0;
        for at in 0..600 {
            now += random.about(10.0);
            // The holder runs from 2,000 ms to 2,700 ms.
            let held = if (2_000.0..2_700.0).contains(&now) { 2_700.0 - now } else { 0.0 };
            let time = held + random.about(if at < quick { 3.0 } else { 1_000.0 });
            let _ = writeln!(text, "GET /cart {now}..{} server", now + time + 1.0);
            call(&mut text, name, (now + 0.3, time), "client");
            // Other calls are always longer than the holder.
            let length = if at % 6 == 0 { 800.0 } else { 0.1 };
            let _ = writeln!(text, "export {now}..{} server", now + length);
        }
        let _ = writeln!(text, "{holder} 2000..2700 client");
        let part = format!("spans `{name}` waited until `{holder}` ended, up to ");
        assert_first(&text, CauseKind::ContendedLock, holder, &part);
    }
}

/// Calls that begin at the same time, as with a clock of milliseconds or at the start of a program, are no queue.
#[test]
fn calls_that_begin_at_one_time_are_no_queue() {
    let mut random = Random(0);
    assert_quiet(&requests(20, "GET /", |below, _, now| {
        let mut longest = 0.0_f64;
        for _ in 0..12 {
            let more = random.about(10.0) * f64::from(u32::try_from(random.below(4)).unwrap());
            longest = longest.max(10.0 + more);
            call(below, "fetch", (now, 10.0 + more), "client");
        }
        longest
    }));
}

#[test]
fn healthy_calls_with_attributes_are_not_named() {
    let mut random = Random(0);
    let mut text = String::new();
    let mut now = 0.0;
    for _ in 0..600 {
        let host = random.below(4);
        now += random.about(8.0);
        let time = random.about(20.0) * if random.below(12) == 0 { 6.0 } else { 1.0 };
        let tenant = random.below(20);
        let user = random.below(1_000_000);
        // Each span has its own address.
        let address = format!("client shard={} server.address=h{user:x}", random.below(16));
        let end = now + time + 2.0;
        let _ = writeln!(
            text,
            "GET / {now}..{end} server tenant={tenant} user.id={user} #host.name=pod-{host}"
        );
        call(&mut text, "SELECT", (now + 1.0, time), &address);
    }
    assert_quiet(&text);
}

/// The calls of a batch end with one event, and none of them waits for another one.
#[test]
fn calls_that_end_with_their_batch_are_no_queue() {
    // The second batches have about two calls, as many as a small pool has places.
    for window in [100_000, 20_000] {
        let mut random = Random(0);
        let mut text = String::new();
        let mut at = 0_u64;
        for _ in 0..900 {
            at += 500 + random.below(19_500);
            let end = (at / window + 1) * window + 8_000 + random.below(100);
            let _ = writeln!(text, "score {at}..{end}us server");
        }
        assert_quiet(&text);
    }
}

/// The replicas of a service take the same operations, so their addresses are places.
#[test]
fn a_bad_replica_is_named_by_its_address() {
    for (name, key, other) in [
        ("SELECT", "server.address", "db.query.text=SELECT·a"),
        ("index.Search/Query", "net.peer.name", "rpc.system=grpc"),
        ("query leaf", "server.address", ""),
    ] {
        let mut random = Random(0);
        let text = requests(400, "GET /", |below, number, now| {
            let replica = number % 7;
            let time = random.about(if replica == 5 { 120.0 } else { 15.0 });
            let attributes = format!("client {key}=node-{replica} {other}");
            call(below, name, (now, time), &attributes);
            time
        });
        let part = format!("slow spans have `{key}=node-5`, compared with 0 of ");
        assert_first(&text, CauseKind::SlowWith, name, &part);
    }
}

#[test]
fn what_a_person_changes_comes_first_among_equal_properties() {
    let text = every(400.0, 200, |text, random, now| {
        let (pod, version, time) = if random.below(10) == 0 {
            (3, "2.0.0", 90.0)
        } else {
            (random.below(3), "1.9.0", 9.0)
        };
        let end = now + random.about(time);
        let _ = writeln!(
            text,
            "GET / {now}..{end} server #service.version={version} #k8s.node.name=n{pod} #k8s.pod.name=p{pod} #service.instance.id=i{pod}"
        );
    });
    let part = "have `service.version=2.0.0` or `k8s.node.name=n3` or `k8s.pod.name=p3` or `service.instance.id=i3`, ";
    assert_first(&text, CauseKind::SlowWith, "GET /", part);
}

#[test]
fn one_straggler_of_each_job_is_named() {
    let text = every(9_000.0, 10, |text, random, now| {
        let _ = writeln!(text, "stage {now}..{}", now + 8_000.0);
        let late = random.below(16);
        for task in 0..16 {
            let end = now + random.about(if task == late { 1_200.0 } else { 100.0 });
            let _ = writeln!(text, "  task {now}..{end}");
        }
    });
    let part =
        "one span `task` below each of 10 of 10 parents took far longer than the others, up to 1.";
    assert_first(&text, CauseKind::SlowWith, "task", part);
}

/// A call is slow because of its request, of the process that it calls, or of what it works on.
#[test]
fn slow_calls_are_explained_by_what_surrounds_them() {
    // Of this many requests, one is slow; the attributes of the request, of the call, and of the process that it calls.
    for (one_of, request, own, callee, part) in [
        (8, "flag=?", "", "", "`flag=1`, compared with 0 of "),
        (3, "app.version=?", "", "", "`app.version=1`, compared with 0 of "),
        (4, "", "", "#cloud.availability_zone=?", "a callee with `cloud.availability_zone=1`"),
        (3, "", "sku=?", "", "`sku=1`, compared with 0 of "),
        (
            6,
            "",
            "server.address=stock-? url.full=http://stock-?/stock",
            "",
            "`server.address=stock-1`",
        ),
    ] {
        let text = every(100.0, 600, |text, random, now| {
            let number = if random.below(one_of) == 0 { 1 } else { 2 + random.below(11) };
            let of = |text: &str| text.replace('?', &number.to_string());
            let time = random.about(if number == 1 { 60.0 } else { 8.0 });
            let _ = writeln!(text, "GET / {now}..{} {}", now + 90.0, of(request));
            // Each call has its own address.
            let attributes = format!("client @shop network.peer.address=10.0.0.{now} {}", of(own));
            let _ = writeln!(text, "  GET {now}..{} {attributes}", now + time);
            let [from, to] = [now + 1.0, now + 5.0];
            let _ = writeln!(text, "    stock {from}..{to} server @stock {}", of(callee));
        });
        assert_first(&text, CauseKind::SlowWith, "GET", part);
    }
}

/// Calls that take twice the usual time by chance do not hide a slow child. Both children are named.
#[test]
fn a_slow_child_is_named_beside_a_long_tail() {
    let mut random = Random(0);
    let text = requests(600, "GET", |below, _, now| {
        let rare = random.below(100);
        if rare < 9 {
            call(below, "dns", (now, 4.0), "");
            call(below, "tls", (now + 4.0, 140.0), "");
        }
        random.about(if rare < 9 {
            152.0
        } else if rare < 16 {
            24.0
        } else {
            9.0
        })
    });
    assert_first(
        &text,
        CauseKind::SlowWith,
        "GET",
        "slow spans have a child `dns` or a child `tls`, compared with 0 of ",
    );
}

/// The first call of each process and the miss of a cache are as slow as they must be.
#[test]
fn starts_of_processes_and_misses_are_no_causes() {
    let mut random = Random(0);
    assert_quiet(&requests(800, "handler", |below, number, now| {
        let is_cold = number % 80 == 3;
        call(below, "step", (now, 1.0), &format!("faas.coldstart={is_cold}"));
        random.about(if is_cold { 70.0 } else { 12.0 })
    }));
    assert_quiet(&requests(600, "GET /items", |below, _, now| {
        call(below, "get", (now, 1.0), "client db.system=redis");
        let is_hit = random.below(12) > 0;
        if !is_hit {
            call(below, "SELECT", (now + 1.0, 60.0), "client db.system=mysql");
            call(below, "set", (now + 61.0, 1.0), "client db.system=redis");
        }
        random.about(8.0) + if is_hit { 0.0 } else { 62.0 }
    }));
}

/// A miss of a cache is as slow as it must be. A tenant that is never cached is a cause.
#[test]
fn a_healthy_cache_is_no_cause() {
    for uncached in [false, true] {
        let text = every(400.0, 600, |text, random, now| {
            let tenant = random.below(20);
            let is_hit = random.below(10) > 0 && !(uncached && tenant == 7);
            let usual = if random.below(25) == 0 { 14.0 } else { 5.0 };
            let time = random.about(usual);
            let miss = if is_hit { 0.0 } else { random.about(12.0) };
            let end = now + time + miss;
            let _ = writeln!(text, "GET /items {now}..{end} server tenant.id={tenant}");
            if !is_hit {
                call(text, "SELECT", (now, miss), "client");
            }
        });
        if uncached {
            assert_first(&text, CauseKind::SlowWith, "GET /items", "have `tenant.id=7`, ");
        } else {
            assert_quiet(&text);
        }
    }
}

/// The platform starts the function before the span of the function begins.
#[test]
fn cold_starts_of_a_callee_are_named() {
    let mut random = Random(0);
    let text = requests(200, "invoke", |below, number, now| {
        let is_cold = number % 20 == 3;
        let wait = if is_cold { random.about(700.0) } else { 1.0 };
        let attributes = format!("server @function faas.coldstart={is_cold}");
        call(below, "handler", (now + wait, 20.0), &attributes);
        wait + 21.0
    });
    let part = "10 of 10 slow spans have `faas.coldstart=true`, compared with 0 of ";
    assert_first(&text, CauseKind::SlowWith, "invoke", part);
}
