from __future__ import annotations

import zlib

from hypothesis import given
from hypothesis import strategies as st

from importers.destinations.excel.checksum import combined


@given(st.binary(), st.binary())
def test_it_is_the_checksum_of_both_together(first, second):
    assert combined(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)
