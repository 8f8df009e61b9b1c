"""The yardstick: a Starlette application that answers with bytes it was given and does nothing else.

Started as `python bare.py PORT GET_FILE POST_FILE`, under uvicorn as it comes; with `--quick-protocol` under
our class for HTTP instead, to tell what is won there from what is won elsewhere.
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tmfrig.mockservers.protocol import QuickProtocol

MEDIA_TYPE = "application/json;charset=utf-8"


def application(stored: bytes, created: bytes) -> Starlette:
    """GET by id answers `stored`, and so does PATCH when it has read its body; POST answers 201 `created`."""

    async def get(request: Request) -> Response:
        return Response(stored, media_type=MEDIA_TYPE)

    async def post(request: Request) -> Response:
        await request.body()
        return Response(created, status_code=201, media_type=MEDIA_TYPE)

    async def patch(request: Request) -> Response:
        await request.body()
        return Response(stored, media_type=MEDIA_TYPE)

    base = "/tmf-api/productOrderingManagement/v4/productOrder"
    return Starlette(
        routes=[
            Route(base + "/{id}", get),
            Route(base, post, methods=["POST"]),
            Route(base + "/{id}", patch, methods=["PATCH"]),
        ]
    )


def main() -> None:
    """Serve on loopback until told to stop."""
    port, stored, created = int(sys.argv[1]), Path(sys.argv[2]).read_bytes(), Path(sys.argv[3]).read_bytes()
    protocol = QuickProtocol if "--quick-protocol" in sys.argv else "auto"
    uvicorn.run(
        application(stored, created),
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="off",
        http=protocol,
    )


if __name__ == "__main__":
    main()
