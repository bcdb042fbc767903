"""How shares are written for people."""

from __future__ import annotations


def percent(share: float) -> str:
    r"""Write a share for people: no digits that mean nothing, and never "0 %" for something that is there.

    The space before the sign does not break.

    >>> [percent(share).replace("\u00a0", "_") for share in (0, 0.004, 0.037, 0.5, 0.998, 1)]
    ['0_%', '<_1_%', '4_%', '50_%', '>_99_%', '100_%']
    """
    rounded = round(100 * share)
    if share > 0 and rounded == 0:
        return "<\u00a01\u00a0%"
    if share < 1 and rounded == 100:
        return ">\u00a099\u00a0%"
    return f"{rounded}\u00a0%"
