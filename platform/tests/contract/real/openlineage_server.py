"""A backend for lineage, that reads each event with the classes of openlineage-python.

Prints its port, then for each event a line of JSON: the event as the classes write it, and the schemas of
its facets. An event that the classes refuse is answered with 422.
"""

import http.server
import json
import sys
import traceback

import attr
from openlineage.client import event_v2, facet_v2
from openlineage.client.serde import Serde

FACETS = {
    "parent": facet_v2.parent_run.ParentRunFacet,
    "errorMessage": facet_v2.error_message_run.ErrorMessageRunFacet,
    "sql": facet_v2.sql_job.SQLJobFacet,
    "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
    "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet,
    "tags": facet_v2.tags_run.TagsRunFacet,
    "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    "outputStatistics": facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
}
NESTED = {
    ("parent", "run"): facet_v2.parent_run.Run,
    ("parent", "job"): facet_v2.parent_run.Job,
    ("parent", "root"): lambda run, job: facet_v2.parent_run.Root(
        run=facet_v2.parent_run.RootRun(**run), job=facet_v2.parent_run.RootJob(**job)
    ),
    ("tags", "tags"): facet_v2.tags_run.TagsRunFacetFields,
    ("schema", "fields"): facet_v2.schema_dataset.SchemaDatasetFacetFields,
}
schemas = {}


def nested(kind, value):
    return [kind(**item) for item in value] if isinstance(value, list) else kind(**value)


def facets(values, base):
    read = {}
    for name, value in values.items():
        value = dict(value)
        producer, schemas[name] = value.pop("_producer"), value.pop("_schemaURL")
        if name not in FACETS:
            # A facet of the producer's own.
            read[name] = base(producer=producer).with_additional_properties(**value)
            continue
        assert issubclass(FACETS[name], base), f"{name} is no {base.__name__}"
        value = {key: nested(NESTED[name, key], it) if (name, key) in NESTED else it for key, it in value.items()}
        read[name] = FACETS[name](producer=producer, **value)
        known, found = read[name]._get_schema().split("/"), schemas[name].split("/")
        assert known[-1] == found[-1] and known[:5] == found[:5], f"{schemas[name]} is not {known}"
    return read


def event(body):
    assert body.pop("schemaURL") == event_v2.RunEvent._get_schema()
    body["eventType"] = event_v2.RunState(body["eventType"])
    run, job = body["run"], body["job"]
    body["run"] = event_v2.Run(run.pop("runId"), facets(run.pop("facets"), facet_v2.RunFacet))
    body["job"] = event_v2.Job(facets=facets(job.pop("facets"), facet_v2.JobFacet), **job)
    assert not run
    for name, kind, more in [
        ("inputs", event_v2.InputDataset, facet_v2.InputDatasetFacet),
        ("outputs", event_v2.OutputDataset, facet_v2.OutputDatasetFacet),
    ]:
        own = f"{name[:-1]}Facets"
        body[name] = [
            kind(
                facets=facets(data.pop("facets", {}), facet_v2.DatasetFacet),
                **{own: facets(data.pop(own, {}), more)},
                **data,
            )
            for data in body[name]
        ]
    return event_v2.RunEvent(**body)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status = 201
        try:
            assert self.path == "/api/v1/lineage" and self.headers["content-type"] == "application/json"
            schemas.clear()
            read = event(json.loads(body))
            print(json.dumps({"event": Serde.to_dict(read), "schemas": schemas}), flush=True)
        except Exception:
            traceback.print_exc()
            status = 422
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
