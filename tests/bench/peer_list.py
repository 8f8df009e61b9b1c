"""Other mocks, pinned, and how each is made to serve one stored product order and the creation of another.

Those that read OpenAPI get our document, most with the order as its example and with media types that have no
parameters, which some cannot read; the others get the order as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

BASE = "/tmf-api/productOrderingManagement/v4"


@dataclass(frozen=True, slots=True)
class Material:
    """What a peer is set up with: a folder for it, where it is to listen, and what it is to answer."""

    folder: Path
    port: int
    spare: Sequence[int]
    """Ports for what is not measured."""
    document: dict[str, Any]
    """Our OpenAPI document, with examples."""
    stored: dict[str, Any]
    created: dict[str, Any]

    def write(self, name: str, content: Any) -> str:
        """Put a file into the folder; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return str(path)


@dataclass(frozen=True, slots=True)
class Peer:
    """A mock: the packages to install, and the command that runs it, of files that were installed."""

    name: str
    registry: str
    """npm or pip."""
    packages: Sequence[str]
    command: Callable[[Material], Sequence[str]]
    """Words; the first is a program that the packages install, or `node` or `python`."""
    base: str = ""
    """What stands before `/productOrder`."""
    created: int = 201
    """The status with which it answers a POST."""
    makes_up: bool = False
    """Whether it gets our document as it is, and makes up answers of its own."""


def _prism(material: Material) -> Sequence[str]:
    file = material.write("openapi.json", material.document)
    return (
        "prism",
        "mock",
        file,
        "--port",
        str(material.port),
        "--verboseLevel",
        "error",
        "--multiprocess=false",
    )


def _json_server(material: Material) -> Sequence[str]:
    # a POST is answered with 409 where the id is taken: the body that is sent has none
    file = material.write("db.json", {"productOrder": [material.stored]})
    return ("json-server", file, "--port", str(material.port), "--quiet")


def _mockoon(material: Material) -> Sequence[str]:
    def route(method: str, path: str, status: int, body: object) -> dict[str, Any]:
        answer = {
            "body": json.dumps(body),
            "bodyType": "INLINE",
            "statusCode": status,
            "latency": 0,
            "headers": [{"key": "Content-Type", "value": "application/json"}],
            "default": True,
            "uuid": str(uuid4()),
            "rules": [],
            "disableTemplating": True,
        }
        return {
            "uuid": str(uuid4()),
            "type": "http",
            "method": method,
            "endpoint": path.lstrip("/"),
            "responses": [answer],
        }

    routes = [
        route("get", f"{BASE}/productOrder/:id", 200, material.stored),
        route("post", f"{BASE}/productOrder", 201, material.created),
    ]
    environment = {"uuid": str(uuid4()), "name": "orders", "port": material.port, "routes": routes}
    file = material.write("environment.json", environment)
    return (
        *("mockoon-cli", "start", "--data", file, "--port", str(material.port)),
        *("--repair", "--disable-log-to-file", "--disable-admin-api"),
    )


def _open_api_mocker(material: Material) -> Sequence[str]:
    file = material.write("openapi.json", material.document)
    return ("open-api-mocker", "--schema", file, "--port", str(material.port), "--quiet")


def _mountebank(material: Material) -> Sequence[str]:
    def stub(method: str, path: str, status: int, body: object) -> dict[str, Any]:
        answer = {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": body}
        return {
            "predicates": [{"equals": {"method": method, "path": path}}],
            "responses": [{"is": answer}],
        }

    stubs = [
        stub("GET", f"{BASE}/productOrder/{material.stored['id']}", 200, material.stored),
        stub("POST", f"{BASE}/productOrder", 201, material.created),
    ]
    imposters = {"imposters": [{"port": material.port, "protocol": "http", "stubs": stubs}]}
    file = material.write("imposters.json", imposters)
    return (
        "mb",
        "start",
        "--configfile",
        file,
        "--port",
        str(material.spare[0]),
        "--nologfile",
        "--loglevel",
        "error",
    )


def _stubby(material: Material) -> Sequence[str]:
    def stub(method: str, path: str, status: int, body: object) -> dict[str, Any]:
        answer = {"status": status, "headers": {"content-type": "application/json"}, "body": body}
        return {"request": {"method": method, "url": f"^{path}$"}, "response": answer}

    stubs = [
        stub("GET", f"{BASE}/productOrder/{material.stored['id']}", 200, material.stored),
        stub("POST", f"{BASE}/productOrder", 201, material.created),
    ]
    file = material.write("stubs.json", stubs)
    return (
        *("stubby", "--data", file, "--stubs", str(material.port), "--quiet"),
        *("--admin", str(material.spare[0]), "--tls", str(material.spare[1])),
    )


def _mocks_server(material: Material) -> Sequence[str]:
    def route(name: str, method: str, path: str, status: int, body: object) -> dict[str, Any]:
        variant = {"id": "usual", "type": "json", "options": {"status": status, "body": body}}
        return {"id": name, "url": path, "method": method, "variants": [variant]}

    routes = [
        route("get", "GET", f"{BASE}/productOrder/:id", 200, material.stored),
        route("post", "POST", f"{BASE}/productOrder", 201, material.created),
    ]
    material.write("mocks/routes/orders.js", f"module.exports = {json.dumps(routes)};\n")
    material.write("mocks/collections.json", [{"id": "base", "routes": ["get:usual", "post:usual"]}])
    return (
        *("mocks-server", "--server.port", str(material.port), "--log", "error"),
        *("--no-files.watch", "--mock.collections.selected", "base"),
    )


def _scalar(material: Material) -> Sequence[str]:
    file = material.write("openapi.json", material.document)
    script = material.write(
        "scalar.mjs",
        "import { serve } from '@hono/node-server';\n"
        "import { createMockServer } from '@scalar/mock-server';\n"
        "import { readFileSync } from 'node:fs';\n"
        f"const document = JSON.parse(readFileSync({json.dumps(file)}, 'utf-8'));\n"
        "const app = await createMockServer({ document });\n"
        f"serve({{ fetch: app.fetch, hostname: '127.0.0.1', port: {material.port} }});\n",
    )
    return ("node", script)


def _steady(material: Material) -> Sequence[str]:
    file = material.write("openapi.json", material.document)
    return ("steady", "--port", str(material.port), "--host", "127.0.0.1", "--quiet", file)


def _mockaton(material: Material) -> Sequence[str]:
    folder = f"mocks{BASE}"
    material.write(f"{folder}/productOrder/{material.stored['id']}.GET.200.json", material.stored)
    material.write(f"{folder}/productOrder.POST.201.json", material.created)
    settings = "export default { onReady() {}, watcherEnabled: false, logLevel: 'quiet' };\n"
    config = material.write("mockaton.config.mjs", settings)
    mocks = str(material.folder / "mocks")
    return ("mockaton", "--config", config, "--mocks-dir", mocks, "--port", str(material.port))


def _apimock(material: Material) -> Sequence[str]:
    folder = f"mocks{BASE}"
    material.write(f"{folder}/productOrder/{material.stored['id']}.json", material.stored)
    material.write(f"{folder}/productOrder.json", material.created)
    return ("apimock", "--port", str(material.port), "--dir", str(material.folder / "mocks"))


def _connexion(material: Material) -> Sequence[str]:
    # as `connexion run --mock=all` does it, without watching the file for changes
    file = material.write("openapi.json", material.document)
    script = material.write(
        "connexion_mock.py",
        "import uvicorn\n"
        "from connexion import AsyncApp\n"
        "from connexion.mock import MockResolver\n"
        "app = AsyncApp('mock')\n"
        f"app.add_api({file!r}, resolver=MockResolver(mock_all=True))\n"
        f"uvicorn.run(app, port={material.port}, log_level='error', access_log=False)\n",
    )
    return ("python", script)


PEERS = (
    Peer("Prism", "npm", ["@stoplight/prism-cli@5.16.0"], _prism, makes_up=True),
    Peer("Prism, given the answers", "npm", ["@stoplight/prism-cli@5.16.0"], _prism),
    Peer("Connexion's mock", "pip", ["connexion[flask,uvicorn]==3.3.0"], _connexion, BASE),
    Peer("Mockoon", "npm", ["@mockoon/cli@9.9.0"], _mockoon, BASE),
    Peer("Scalar's mock server", "npm", ["@scalar/mock-server@0.14.4"], _scalar),
    Peer("open-api-mocker", "npm", ["open-api-mocker@2.0.0"], _open_api_mocker, BASE),
    Peer("Steady", "npm", ["@stdy/cli@0.22.2"], _steady),
    Peer("json-server", "npm", ["json-server@0.17.4"], _json_server),
    Peer("mountebank", "npm", ["mountebank@2.9.1"], _mountebank, BASE),
    Peer("stubby", "npm", ["stubby@5.1.1"], _stubby, BASE),
    Peer("Mocks Server", "npm", ["@mocks-server/main@4.1.0"], _mocks_server, BASE),
    Peer("mockaton", "npm", ["mockaton@8.23.4"], _mockaton, BASE),
    Peer("apimock-rs", "npm", ["apimock-rs@6.2.0"], _apimock, BASE, created=200),
)
