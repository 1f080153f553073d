"""Reads the contexts of a process from outside, by OpenTelemetry's process context (OTEP 4719) and thread context (OTEP
4947), without a library for them. Finds the published data like `spans.py`, and reads the registers of a stopped
thread. Works on Linux on x86-64."""

import ctypes
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../deploy/profile"))
from spans import Memory, process_context, thread_local_offset  # noqa: E402, F401

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_GETREGS, PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 12, 17, 0x4206, 0x4207
WALL = 0x40000000


def ptrace(request, thread, data=None):
    if libc.ptrace(request, thread, None, data) == -1:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {thread}")


def thread_context(process, thread, offset, keys):
    """Returns the trace id, the span id, the flags and the attributes of a thread, or None without a span."""
    ptrace(PTRACE_SEIZE, thread)
    try:
        ptrace(PTRACE_INTERRUPT, thread)
        os.waitpid(thread, WALL)
        registers = (ctypes.c_ulonglong * 27)()
        ptrace(PTRACE_GETREGS, thread, ctypes.byref(registers))
        memory = Memory(process)
        record = memory.unpack("<Q", registers[21] + offset)[0]  # fs_base
        if record == 0:
            return None
        assert record % 2 == 0
        trace_id, span_id, valid, flags, size = memory.unpack("<16s8sBBH", record)
        if valid != 1:
            return None
        data = memory.read(record + 28, size)
    finally:
        ptrace(PTRACE_DETACH, thread)
        os.close(memory.file)
    found = {}
    while len(data) >= 2:
        key, length = data[0], data[1]
        assert len(data) >= 2 + length, "an entry that ends behind the record"
        if key < len(keys):
            found[keys[key]] = data[2 : 2 + length].decode()
        data = data[2 + length :]
    assert not data, "bytes behind the last entry"
    assert any(trace_id) == any(span_id), "one id of two"
    if not any(trace_id):
        assert flags == 0, "flags of no trace"
        return None
    return trace_id.hex(), span_id.hex(), flags, found
