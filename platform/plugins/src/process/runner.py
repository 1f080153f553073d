"""Runs a task of floe: `run(request)` of task.py, with the request in request.json. The result is one JSON
document in result.json, which exists only if it is complete."""

import json
import os
import sys


def outcome(request):
    try:
        import task

        return {"ok": task.run(request)}
    except ModuleNotFoundError as error:
        name = (error.name or str(error)).split(".")[0]
        message = f"the Python module `{name}` is not installed for {sys.executable}"
        return {"error": {"kind": "not_found", "message": message}}
    except Exception as error:
        kind = getattr(error, "floe_kind", "other")
        text = str(error) if kind != "other" else f"{type(error).__name__}: {error}"
        return {"error": {"kind": kind, "message": text[:2000]}}


if __name__ == "__main__":
    with open("request.json", encoding="utf-8") as file:
        request = json.load(file)
    result = outcome(request)
    with open("result.json.part", "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.replace("result.json.part", "result.json")
