"""The yardstick: a Starlette application that answers with bytes it was given and does nothing else.

Started as `python bare.py PORT GET_FILE POST_FILE`; prints `ready` when it accepts requests.
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MEDIA_TYPE = "application/json;charset=utf-8"


def application(stored: bytes, created: bytes) -> Starlette:
    """GET by id answers `stored`; POST reads its body and answers 201 with `created`."""

    async def get(request: Request) -> Response:
        return Response(stored, media_type=MEDIA_TYPE)

    async def post(request: Request) -> Response:
        await request.body()
        return Response(created, status_code=201, media_type=MEDIA_TYPE)

    base = "/tmf-api/productOrderingManagement/v4/productOrder"
    return Starlette(routes=[Route(base + "/{id}", get), Route(base, post, methods=["POST"])])


def main() -> None:
    """Serve on loopback until told to stop."""
    port, stored, created = int(sys.argv[1]), Path(sys.argv[2]).read_bytes(), Path(sys.argv[3]).read_bytes()
    server = uvicorn.Server(
        uvicorn.Config(
            application(stored, created), port=port, log_level="warning", access_log=False, lifespan="off"
        )
    )
    server.run()


if __name__ == "__main__":
    main()
