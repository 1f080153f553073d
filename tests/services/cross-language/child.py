"""A process that was started with context in its environment."""

import os

from opentelemetry import context, propagate
from opentelemetry.propagators._envcarrier import EnvironmentGetter

from telemetry import provider, tenant, tracer

context.attach(propagate.extract(os.environ, getter=EnvironmentGetter()))
with tracer.start_as_current_span("python.child", attributes=tenant()):
    with tracer.start_as_current_span("python.work"):
        pass
provider.shutdown()
