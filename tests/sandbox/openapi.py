"""The vendor's OpenAPI documents, where they lie beside the project."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

_FOLDER = Path(__file__).parents[2].parent / "shared" / "reference" / "pipedrive"


@cache
def _load(version: str) -> Any:
    with (_FOLDER / f"openapi-{version}.yaml").open("rb") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def document(version: str) -> Any:
    """One document; skips the test, saying so, when it is not there."""
    if not (_FOLDER / f"openapi-{version}.yaml").exists():
        pytest.skip(
            f"the vendor's openapi-{version}.yaml does not lie beside the project, in {_FOLDER.relative_to(_FOLDER.parents[2])}"
        )
    return _load(version)


def operation(version: str, path: str, method: str = "get") -> Any:
    return document(version)["paths"][path][method]
