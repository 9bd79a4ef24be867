"""Prometheus metrics of requests; the event path declares its own beside its code."""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from starlette.responses import Response

REQUESTS = Counter("plam_requests_total", "Requests answered.", ("service", "operation", "status"))
SECONDS = Histogram("plam_request_seconds", "Time to answer.", ("service",), buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5))


def exposition() -> Response:
    """Every metric of this process, in Prometheus' text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
