"""Evaluates the sensor of the product in this folder twice, and runs the job that it requests. Prints JSON."""

import json
import os
import sys

import dagster as dg

sys.path.insert(0, ".")
from definitions import PRODUCT, defs, sensor

# What the processes of assets print is not part of the result.
output = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

with dg.DagsterInstance.get() as instance:
    evaluations, cursor, request = [], None, None
    for _ in range(2):
        with dg.build_sensor_context(instance=instance, cursor=cursor) as context:
            tick = sensor.evaluate_tick(context)
            cursor = tick.cursor or cursor
            evaluations.append("requested" if tick.run_requests else "skipped")
            request = request or tick.run_requests[0]
    job = defs.resolve_job_def(PRODUCT["job"])
    # As the daemon does: the run has the tags of the request.
    result = job.execute_in_process(instance=instance, tags=request.tags, raise_on_error=False)
    print(json.dumps({"evaluations": evaluations, "success": result.success, "run_id": result.run_id}), file=output)
