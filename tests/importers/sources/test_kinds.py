import pytest

from importers.errors import InvalidSettings
from importers.sources import KINDS, load
from importers.sources.pipedrive.source import PipedriveSource


def test_a_kind_is_loaded_by_its_name() -> None:
    assert load("pipedrive") is PipedriveSource


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_in_the_table_can_be_loaded(kind: str) -> None:
    assert isinstance(load(kind), type)


def test_an_unknown_kind_is_refused_with_a_list_of_what_there_is() -> None:
    with pytest.raises(InvalidSettings, match="pipedrive"):
        load("hubspot")
