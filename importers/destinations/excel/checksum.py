"""The CRC-32 of two pieces put together, from theirs alone. Pure."""

from __future__ import annotations

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31


def combined(first: int, second: int, second_length: int) -> int:
    """
    The checksum of A + B, given those of A and B and the length of B in bytes.

    Appending *second_length* zero bytes to A multiplies its checksum by x to the
    power of 8 * second_length, modulo the polynomial; bits are stored reversed.
    """
    return _times(_power_of_x(8 * second_length), first) ^ second


def _times(a: int, b: int) -> int:
    product, bit = 0, _ONE
    while bit:
        if a & bit:
            product ^= b
        b = (b >> 1) ^ (_POLYNOMIAL if b & 1 else 0)
        bit >>= 1
    return product


def _power_of_x(exponent: int) -> int:
    result, square = _ONE, _ONE >> 1
    while exponent:
        if exponent & 1:
            result = _times(result, square)
        square = _times(square, square)
        exponent >>= 1
    return result
