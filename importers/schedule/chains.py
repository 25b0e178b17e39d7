"""Which importers may follow which."""

from __future__ import annotations

from collections.abc import Mapping

from importers.errors import InvalidSettings


def check_chain(names: Mapping[int, str], leaders: Mapping[int, int], importer_id: int | None, after_id: int) -> None:
    """
    Whether an importer may follow the one with *after_id*. *names* are those of
    all importers of its workspace, *leaders* whom they follow; a new importer
    has no id yet.

    Raises InvalidSettings where there is no such importer, or would be a loop.
    """
    if after_id not in names:
        raise InvalidSettings(
            "The importer after which to run does not exist (any more).", hint="Choose another one.", field="after_id"
        )
    loop = _loop(leaders, importer_id, after_id)
    if not loop:
        return
    first, *others = [f"“{names[one]}”" for one in loop]
    told = ", which runs after ".join(others)
    raise InvalidSettings(
        f"{first} would run after {told}: none of them would ever begin.",
        hint="Choose an importer that does not wait for this one.",
        field="after_id",
    )


def makes_loop(leaders: Mapping[int, int], importer_id: int | None, after_id: int) -> bool:
    """Whether it would wait for itself; as `check_chain`."""
    return bool(_loop(leaders, importer_id, after_id))


def _loop(leaders: Mapping[int, int], importer_id: int | None, after_id: int) -> list[int]:
    """From the importer back to itself, each with the one it follows behind it; empty where the way ends elsewhere."""
    if importer_id is None:
        return []
    way = [importer_id]
    ahead: int | None = after_id
    while ahead is not None and ahead not in way:
        way.append(ahead)
        ahead = leaders.get(ahead)
    return [*way, importer_id] if ahead == importer_id else []
