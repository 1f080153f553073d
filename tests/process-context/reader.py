"""Reads the contexts of a process from outside, by OpenTelemetry's process context (OTEP 4719) and thread context (OTEP
4947), without a library of either: mappings and memory from /proc, the fields of protobuf, the symbols of ELF, and the
registers of a stopped thread. For Linux on x86-64."""

import ctypes
import os
import struct

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_GETREGS, PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 12, 17, 0x4206, 0x4207
WALL = 0x40000000


def ptrace(request, thread, data=None):
    if libc.ptrace(request, thread, None, data) == -1:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {thread}")


class Memory:
    """The memory of a process."""

    def __init__(self, process):
        self.file = os.open(f"/proc/{process}/mem", os.O_RDONLY)

    def read(self, address, size):
        found = os.pread(self.file, size, address)
        assert len(found) == size, f"{size} bytes at {address:#x}"
        return found

    def unpack(self, layout, address):
        return struct.unpack(layout, self.read(address, struct.calcsize(layout)))


def mappings(process):
    for line in open(f"/proc/{process}/maps"):
        fields = line.split(maxsplit=5)
        start, _ = fields[0].split("-")
        yield int(start, 16), fields[1], int(fields[2], 16), fields[5].strip() if len(fields) > 5 else ""


def fields(message):
    """The fields of a protobuf message: number, wire type, value."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = varint()
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value = varint()
        elif kind == 1:
            value, at = message[at : at + 8], at + 8
        elif kind == 2:
            size = varint()
            value, at = message[at : at + size], at + size
            assert len(value) == size, "a field that ends behind its message"
        else:
            raise ValueError(f"wire type {kind}")
        yield number, value


def any_value(message):
    for number, value in fields(message):
        if number == 1:
            return value.decode()
        if number == 2:
            return bool(value)
        if number == 3:
            return value
        if number == 4:
            return struct.unpack("<d", value)[0]
        if number == 5:
            return [any_value(item) for of, item in fields(value) if of == 1]
    return None


def attributes(messages):
    found = {}
    for message in messages:
        both = dict(fields(message))
        key = both[1].decode()
        assert key not in found, f"{key} twice"
        found[key] = any_value(both[2])
    return found


def process_context(process):
    """The header, the attributes of the resource and the others; None if there is no mapping."""
    memory = Memory(process)
    names = ("[anon_shmem:OTEL_CTX]", "[anon:OTEL_CTX]", "/memfd:OTEL_CTX")
    found = [start for start, _, _, name in mappings(process) if name.startswith(names)]
    assert len(found) < 2, "more than one process context"
    if not found:
        return None
    signature, version, size, published, payload = memory.unpack("<8sIIQQ", found[0])
    assert signature == b"OTEL_CTX" and version == 2 and published
    message = memory.read(payload, size)
    assert memory.unpack("<Q", found[0] + 16) == (published,), "it has changed meanwhile"
    context = list(fields(message))
    resource = [of for number, value in context if number == 1 for inner, of in fields(value) if inner == 1]
    return published, attributes(resource), attributes([value for number, value in context if number == 2])


def thread_local_offset(path, symbol):
    """Where the variable is, relative to the thread pointer, in the program at a path: the size of its thread-local
    storage, rounded up, before the pointer."""
    image = open(path, "rb").read()
    program_headers, section_headers = struct.unpack_from("<QQ", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    storage = None
    for at in range(program_headers, program_headers + size * count, size):
        kind, _, _, _, _, _, in_memory, align = struct.unpack_from("<IIQQQQQQ", image, at)
        if kind == 7:  # PT_TLS
            storage = -(-in_memory // align) * align
    size, count = struct.unpack_from("<HH", image, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", image, section_headers + size * index) for index in range(count)]
    for _, kind, _, _, offset, length, link, _, _, entry in sections:
        if kind != 11:  # SHT_DYNSYM
            continue
        names = sections[link][4]
        for at in range(offset, offset + length, entry):
            name, info, _, section, value, _ = struct.unpack_from("<IBBHQQ", image, at)
            end = image.index(b"\0", names + name)
            if image[names + name : end] == symbol and section != 0:
                assert info & 0xF == 6, "not a thread-local variable"
                return value - storage
    return None


def thread_context(process, thread, offset, keys):
    """The trace id, the span id, the flags and the attributes of a thread; None without a span."""
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
