"""Prints what is in the event log of a Dagster instance, as JSON."""

import json

import dagster as dg

instance = dg.DagsterInstance.get()
found = {"runs": [], "materializations": {}, "checks": {}, "log": [], "failures": [], "retries": []}
for run in instance.get_runs():
    found["runs"].append({"id": run.run_id, "status": run.status.value})
    for entry in instance.all_logs(run.run_id):
        event = entry.dagster_event
        if event is None:
            found["log"].append(entry.user_message)
        elif event.event_type_value == "ASSET_MATERIALIZATION":
            materialization = event.step_materialization_data.materialization
            metadata = {
                key: {"type": type(value).__name__, "value": value.value}
                for key, value in materialization.metadata.items()
                if not hasattr(value, "schema")
            }
            found["materializations"][materialization.asset_key.to_user_string()] = metadata
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            found["checks"][check.check_name] = {
                "passed": check.passed,
                "severity": check.severity.value,
                "metadata": {key: value.value for key, value in check.metadata.items()},
            }
        elif event.event_type_value == "STEP_FAILURE":
            found["failures"].append(event.step_key)
        elif event.event_type_value == "STEP_UP_FOR_RETRY":
            found["retries"].append(event.step_key)
print(json.dumps(found))
