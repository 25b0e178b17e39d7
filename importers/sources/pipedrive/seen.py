"""Which ids came already."""

from __future__ import annotations

_BITS = 1 << 28


class SeenIds:
    """
    Remembers ids: numbers at a bit each (a million deals take 125 kB), others
    as they are. A record without an id, or with what can be none, is always new.
    """

    def __init__(self) -> None:
        self._bits = bytearray()
        self._others: set[object] = set()

    def is_new(self, record_id: object) -> bool:
        if record_id is None or isinstance(record_id, dict | list):
            return True
        if record_id.__class__ is int and 0 <= record_id < _BITS:
            return self._is_new_number(record_id)
        if record_id in self._others:
            return False
        self._others.add(record_id)
        return True

    def _is_new_number(self, number: int) -> bool:
        byte, bit = number >> 3, 1 << (number & 7)
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 4096 - len(self._bits)))
        if self._bits[byte] & bit:
            return False
        self._bits[byte] |= bit
        return True
