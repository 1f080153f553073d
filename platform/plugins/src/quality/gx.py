"""Checks the rows in rows.jsonl with Great Expectations, on pandas."""

import json


class Failure(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.floe_kind = kind


def run(request):
    import great_expectations as gx
    import pandas as pd
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    if gx.__version__.split(".")[0] != "1":
        raise Failure("unsupported", f"expected Great Expectations 1, found {gx.__version__}")
    with open("rows.jsonl", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    frame = pd.DataFrame(rows, columns=request["columns"]).convert_dtypes()

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("floe").add_dataframe_asset(request["table"])
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    configurations = []
    for index, expectation in enumerate(request["expectations"]):
        # GX does not keep the order, so `meta` has the index.
        configurations.append(
            ExpectationConfiguration(type=expectation["type"], kwargs=expectation["arguments"], meta={"floe": index})
        )
    # All are passed at once, because a configuration that is added later replaces one of its type and column.
    suite = gx.ExpectationSuite(name=request["suite"], expectations=configurations)
    results = [None] * len(request["expectations"])
    for result in batch.validate(suite).results:
        raise_exceptions(result)
        unexpected = result.result.get("unexpected_count")
        index = result.expectation_config.meta["floe"]
        results[index] = {"passed": bool(result.success), "failed_rows": unexpected}
    if None in results:
        raise Failure("other", "an expectation has no result")
    return results


def raise_exceptions(result):
    info = result.exception_info or {}
    for each in [info] if "raised_exception" in info else info.values():
        if each["raised_exception"]:
            raise Failure("invalid_input", f"{result.expectation_config.type}: {each['exception_message']}")
