"""OpenTelemetry of a Python process: OTLP to the endpoint of the environment, floe.* from baggage."""

from opentelemetry import baggage, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.processor.baggage import BaggageSpanProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BaggageSpanProcessor(lambda key: key.startswith("floe.")))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("python")


def tenant():
    """Returns the tenant in the baggage of the caller."""
    return {"tenant": str(baggage.get_baggage("tenant"))}
