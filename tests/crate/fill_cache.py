"""Fills the validator's cache with the contexts that a crate names, so that it validates without a network.

Usage, with the validator's Python: fill_cache.py CACHE
"""

import io
import sys
from pathlib import Path
from typing import Any

import requests
import urllib3
from requests_cache import CachedSession

CONTEXTS = {
    "https://w3id.org/ro/crate/1.1/context": "ro-crate-1.1.jsonld",
    "https://w3id.org/ro/terms/workflow-run/context": "workflow-run.jsonld",
}


class FromFiles(requests.adapters.BaseAdapter):
    """Answers a request for a context with the file beside this script."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        content = (Path(__file__).parent / CONTEXTS[str(request.url)]).read_bytes()
        response = requests.Response()
        response.request, response.url, response.status_code = request, str(request.url), 200
        response.headers["Content-Type"] = "application/ld+json"
        response.raw = urllib3.HTTPResponse(io.BytesIO(content), dict(response.headers), 200, preload_content=False)
        return response

    def close(self) -> None:
        pass


if __name__ == "__main__":
    session = CachedSession(sys.argv[1], backend="sqlite", expire_after=-1)
    session.mount("https://", FromFiles())
    for address in CONTEXTS:
        session.get(address).raise_for_status()
