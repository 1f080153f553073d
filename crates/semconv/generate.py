#!/usr/bin/env python3
"""Writes `src/table.rs` from OpenTelemetry's registry of semantic conventions.

    git clone --branch v1.44.0 https://github.com/open-telemetry/semantic-conventions
    python3 crates/semconv/generate.py semantic-conventions          # writes the table
    python3 crates/semconv/generate.py --check semantic-conventions  # fails if it differs

Requires PyYAML.
"""

import pathlib
import re
import sys

import yaml

HERE = pathlib.Path(__file__).parent
TABLE = HERE / "src" / "table.rs"

KINDS = {
    "string": "Text",
    "int": "Int",
    "double": "Double",
    "boolean": "Bool",
    "any": "Any",
    "string[]": "Texts",
    "int[]": "Ints",
    "double[]": "Doubles",
    "boolean[]": "Bools",
}


def text(value):
    """A Rust literal of one line."""
    line = " ".join(str(value).split())
    return '"' + line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def kind(declared):
    """The kind of the values, and whether the key is a prefix of others."""
    if isinstance(declared, dict):
        members = [member["value"] for member in declared["members"]]
        if all(isinstance(member, int) for member in members):
            return f"IntOf({', '.join(map(str, members))})", False
        return f"TextOf({', '.join(map(text, members))})", False
    template = re.fullmatch(r"template\[(.+)\]", declared)
    return KINDS[template[1] if template else declared], bool(template)


# The beginning of the note of a key that is not really deprecated: only its definition is in another repository now.
MOVED = "Moved to the [OpenTelemetry GenAI semantic conventions repository]"


def is_moved(item):
    return item.get("deprecated", {}).get("note", "").startswith(MOVED)


def deprecation(item):
    match item.get("deprecated"):
        case None:
            return ""
        case _ if is_moved(item):
            return ""
        case {"reason": "renamed", "renamed_to": successor}:
            return f" renamed_to({text(successor)})"
        case {"note": note}:
            return f" deprecated({text(note.replace('Deprecated, no', 'No'))})"
        case {"reason": "obsoleted"}:
            return ' deprecated("It has no replacement.")'
        case other:
            raise SystemExit(f"expected a renamed key or a note, found {other}")


def files(registry):
    for path in sorted((registry / "model").rglob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and path.name != "manifest.yaml":
            yield content


def attributes(registry):
    """Each definition of an attribute: in groups, or at the top in the newer format."""
    for content in files(registry):
        for group in content.get("groups") or []:
            for item in group.get("attributes") or []:
                if "id" in item:
                    yield item["id"], item
        for item in content.get("attributes") or []:
            yield item["key"], item


def rows(registry):
    found = {}
    for key, item in attributes(registry):
        values, is_template = kind(item["type"])
        row = f"{text(key)} {values}"
        row += " template" if is_template else ""
        row += deprecation(item)
        if found.setdefault(key, row) != row and " deprecated(" not in row:
            raise SystemExit(f"{key} is defined twice")
    return [found[key] for key in sorted(found)]


def table(registry):
    manifest = yaml.safe_load((registry / "model" / "manifest.yaml").read_text(encoding="utf-8"))
    schema = manifest["schema_url"]
    keys = rows(registry)
    lines = [
        "// Made by `crates/semconv/generate.py` from OpenTelemetry's semantic conventions, which are under the",
        "// Apache License 2.0.",
        "",
        "use crate::row::{Kind, Row, rows};",
        "",
        "pub(crate) const SCHEMA_URL: &str = " + text(schema) + ";",
        "",
        "rows! {",
        *(f"    {row}" for row in keys),
        "}",
        "",
    ]
    return "\n".join(lines)


def main(arguments):
    check = arguments[:1] == ["--check"]
    registry = arguments[check:]
    if len(registry) != 1 or not (pathlib.Path(registry[0]) / "model" / "manifest.yaml").is_file():
        raise SystemExit("expected the folder of a checkout of open-telemetry/semantic-conventions")
    made = table(pathlib.Path(registry[0]))
    if not check:
        TABLE.write_text(made, encoding="utf-8")
    elif TABLE.read_text(encoding="utf-8") != made:
        raise SystemExit(f"{TABLE} differs from what {registry[0]} makes")


if __name__ == "__main__":
    main(sys.argv[1:])
