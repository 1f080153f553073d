"""Loads a source into files with JSON lines, or exports a CSV file, with dlt."""

import csv
import json
import os


class Failure(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.floe_kind = kind


def run(request):
    import dlt

    if dlt.__version__.split(".")[0] != "1":
        raise Failure("unsupported", f"expected dlt 1, found {dlt.__version__}")
    try:
        return load(dlt, request) if request["operation"] == "load" else export(dlt, request)
    except Exception as error:
        raise explained(error) from error


def load(dlt, request):
    table = request["table"]
    resource = from_api(request).add_map(kept(request))
    resource.apply_hints(
        table_name=table,
        write_disposition="replace",
        columns={name: {"data_type": kind} for name, kind in request["columns"].items()},
        schema_contract={"data_type": "freeze"},
    )
    resource.max_table_nesting = 0
    destination = dlt.destinations.filesystem(bucket_url=os.path.abspath("loaded"))
    pipeline = pipeline_of(dlt, destination, "data")
    pipeline.run(resource, loader_file_format="jsonl").raise_on_failed_jobs()
    folder = os.path.join("loaded", "data", table)
    files = sorted(os.path.join(folder, name) for name in os.listdir(folder)) if os.path.isdir(folder) else []
    return {"files": files, "rows": rows_of(pipeline, table)}


def kept(request):
    """Returns a function that removes from a row the columns that the product does not have, or refuses them if the
    contract is `freeze`. dlt's own contract would accept all columns, because the table is always new."""
    from dlt.common.normalizers.naming.snake_case import NamingConvention

    naming = NamingConvention()
    columns = request["columns"]

    def keep(row):
        row = {naming.normalize_identifier(name): value for name, value in row.items()}
        unknown = [name for name in row if name not in columns]
        if unknown and request["schema_contract"] == "freeze":
            raise Failure("invalid_input", f"the product has no column `{unknown[0]}`")
        return {name: value for name, value in row.items() if name in columns}

    return keep


def from_api(request):
    from dlt.sources.rest_api import rest_api_resources

    source = request["source"]
    client = {"base_url": source["base_url"]}
    if source["has_token"]:
        client["auth"] = {"type": "bearer", "token": os.environ["FLOE_TOKEN"]}
    endpoint = {"path": request["location"]}
    if source["data_selector"]:
        endpoint["data_selector"] = source["data_selector"]
    resource = {"name": request["table"], "endpoint": endpoint}
    return rest_api_resources({"client": client, "resources": [resource]})[0]


def export(dlt, request):
    sink = request["sink"]
    os.makedirs(os.path.dirname(sink["path"]), exist_ok=True)
    # The table is replaced in one transaction.
    os.environ["DESTINATION__REPLACE_STRATEGY"] = "insert-from-staging"
    destination = dlt.destinations.duckdb(sink["path"])
    types = column_types(request["file"])
    refuse_narrower(sink, request["table"], types)

    @dlt.resource(
        name=request["table"],
        write_disposition="replace",
        columns={name: {"data_type": kind} for name, kind in types.items()},
    )
    def rows():
        with open(request["file"], encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield {name: None if value == "" else value for name, value in row.items()}

    pipeline = pipeline_of(dlt, destination, sink["dataset"])
    pipeline.run(rows()).raise_on_failed_jobs()
    return {"rows": rows_of(pipeline, request["table"])}


def refuse_narrower(sink, table, types):
    """Refuses columns whose type is too narrow, because DuckDB would change values: 007 would become 7 in a number."""
    import duckdb

    if not os.path.exists(sink["path"]):
        return
    query = "select column_name, data_type from information_schema.columns where table_schema = ? and table_name = ?"
    with duckdb.connect(sink["path"], read_only=True) as database:
        found = dict(database.execute(query, [sink["dataset"], table]).fetchall())
    accepted = {"bigint": ["BIGINT", "DOUBLE", "VARCHAR"], "double": ["DOUBLE", "VARCHAR"], "text": ["VARCHAR"]}
    for name, kind in types.items():
        if name in found and found[name] not in accepted[kind]:
            raise Failure(
                "invalid_input", f"`{table}.{name}` is {found[name]} in the sink, expected {' or '.join(accepted[kind])}"
            )


def column_types(path):
    """Returns for each column the narrowest type that keeps every value as it is written."""

    def fits(value, kind):
        try:
            return str(int(value)) == value if kind == "bigint" else repr(float(value)) == value
        except ValueError:
            return False

    with open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        kinds = {name: {"bigint", "double"} for name in reader.fieldnames or []}
        for row in reader:
            for name, left in kinds.items():
                value = row[name]
                if value:
                    kinds[name] = {
                        kind for kind in left if fits(value, kind) or (kind == "double" and fits(value, "bigint"))
                    }
    order = ["bigint", "double"]
    return {name: next((kind for kind in order if kind in left), "text") for name, left in kinds.items()}


def pipeline_of(dlt, destination, dataset):
    return dlt.pipeline(
        "floe", pipelines_dir=os.path.abspath("pipelines"), destination=destination, dataset_name=dataset
    )


def rows_of(pipeline, table):
    normalized = pipeline.last_trace.last_normalize_info
    return normalized.row_counts.get(table, 0) if normalized else 0


def explained(error):
    """Returns the cause of dlt's error, with its kind."""
    chain = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or getattr(error, "exception", None) or error.__context__
    for each in chain:
        if hasattr(each, "floe_kind"):
            return each
    from requests.exceptions import ConnectionError, HTTPError, JSONDecodeError, Timeout

    for each in chain:
        if isinstance(each, HTTPError) and each.response is not None:
            status = each.response.status_code
            kinds = {401: "unauthorized", 403: "unauthorized", 404: "not_found", 429: "rate_limited"}
            kind = kinds.get(status, "unavailable" if status in (502, 503, 504) else "rejected")
            return Failure(kind, f"the REST API answered with the status {status}")
        if isinstance(each, Timeout):
            return Failure("timed_out", "the REST API did not answer in time")
        if isinstance(each, JSONDecodeError):
            return Failure("rejected", "the REST API answered with something that is not JSON")
        if isinstance(each, ConnectionError):
            return Failure("unavailable", "the REST API cannot be connected to")
    root = chain[-1]
    name = type(root).__name__
    contract = next((each for each in chain if type(each).__name__ == "DataValidationError"), None)
    if contract is not None:
        column = getattr(contract, "column_name", None)
        mode = getattr(contract, "schema_entity", "columns")
        return Failure("invalid_input", f"the column `{column}` does not fit the product ({mode})")
    lines = [line.strip() for line in str(root).splitlines() if line.strip()]
    return Failure("rejected", f"{name}: {' '.join(lines[:3])}")
