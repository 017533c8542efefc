"""OpenTelemetry with all that it is told kept in memory.

A process has one provider of each kind and takes no other later.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from opentelemetry.sdk.trace import ReadableSpan


class Told(NamedTuple):
    """What OpenTelemetry was told."""

    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def forget(self) -> None:
        """Forgets what was told before."""
        self.exporter.clear()
        self.reader.get_metrics_data()

    def spans(self) -> tuple[ReadableSpan, ...]:
        """The spans that have ended, in that order."""
        return self.exporter.get_finished_spans()

    def points(self) -> dict[str, list[tuple[Mapping[str, Any], Any]]]:
        """By the metric's name the attributes and the data of each point since the last call."""
        data = self.reader.get_metrics_data()
        found: dict[str, list[tuple[Mapping[str, Any], Any]]] = {}
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    points = [(point.attributes or {}, point) for point in metric.data.data_points]
                    found.setdefault(metric.name, []).extend(points)
        return found


@cache
def told() -> Told:
    """Sets the providers, once."""
    exporter = InMemorySpanExporter()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(tracers)
    reader = InMemoryMetricReader({Histogram: AggregationTemporality.DELTA})
    metrics.set_meter_provider(MeterProvider([reader]))
    return Told(exporter, reader)
