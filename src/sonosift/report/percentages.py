"""How shares are written for people."""

from __future__ import annotations


def percent(share: float) -> str:
    """Write a share for people: no digits that mean nothing, and never "0 %" for something that is there.

    >>> [percent(share) for share in (0, 0.004, 0.037, 0.5, 0.998, 1)]
    ['0 %', '< 1 %', '4 %', '50 %', '> 99 %', '100 %']
    """
    rounded = round(100 * share)
    if share > 0 and rounded == 0:
        return "< 1 %"
    if share < 1 and rounded == 100:
        return "> 99 %"
    return f"{rounded} %"
