"""Coding by a model's calibrated opinions in plain Python, on numbers of any length."""

from __future__ import annotations

import math
from collections.abc import Sequence

FINE, COUNTED, SURE = (1 << 22) - 1, 1000, 32


def _clip(value: int, least: int, most: int) -> int:
    return max(least, min(most, value))


def _share(logit: int) -> int:
    return _clip(round(65536 / (1 + math.exp(-logit / 170))), 16, 65520)


def _logit(share: int) -> int:
    middle = ((share >> 4) + 0.5) / 4096
    return _clip(round(170 * math.log(middle / (1 - middle))), -2047, 2047)


class _Judge:
    def __init__(self) -> None:
        self.weights = [16384] * 4 + [0]

    def view(self, inputs: Sequence[int]) -> int:
        total = sum(w * x for w, x in zip(self.weights, inputs, strict=True))
        return _clip((total + 32768) >> 16, -2047, 2047)

    def learn(self, inputs: Sequence[int], error: int) -> None:
        self.weights = [
            w + ((x * error + (1 << 17)) >> 18) for w, x in zip(self.weights, inputs, strict=True)
        ]


def decisions(
    symbols: Sequence[int], rows: Sequence[Sequence[int]], nodes: Sequence[Sequence[int]]
) -> list[tuple[int, int]]:
    """Each bit that is coded, and how likely a 1 was held to be, of 2^16.

    Parameters
    ----------
    rows : each position's frequencies
    nodes : (low, middle, high, after a 0, after a 1), -1 for no further node
    """
    often = [FINE // 2] * len(nodes)
    times = [0] * len(nodes)
    curves = [[_share(min(128 * k, 4095) - 2048) for k in range(33)] for _ in nodes]
    by_node = [_Judge() for _ in nodes]
    by_favourite = {(k, side): _Judge() for k in range(SURE) for side in (-1, 0, 1)}
    certain = [FINE * (2 * k + 1) // (2 * SURE) for k in range(SURE)]
    found = []
    for n, (symbol, row) in enumerate(zip(symbols, rows, strict=True)):
        rate = 2 + 16384 // (1024 + n)
        best = max(range(len(row)), key=lambda k: (row[k], -k))
        sure = row[best] * (SURE - 1) // sum(row)
        node = 0
        while node >= 0:
            low, middle, high, *after = nodes[node]
            opinion = _logit(sum(row[middle:high]) * 65535 // sum(row[low:high]))
            curve, at = curves[node], (opinion + 2048) * 32
            k, part = divmod(at, 4096)
            curved = (curve[k] * (4096 - part) + curve[k + 1] * part) >> 12
            side = -1 if not low <= best < high else int(best >= middle)
            hope = _logit(certain[sure] >> 6)
            inputs = [
                opinion, _logit(curved), _logit(often[node] >> 6), (0, -hope, hope)[side + 1], 256,
            ]  # fmt: skip
            judges = by_node[node], by_favourite[sure, side]
            views = [judge.view(inputs) for judge in judges]
            bit = int(symbol >= middle)
            found.append((bit, _clip(_share(sum(views) >> 1), 32, 65504)))
            k = (at + 2048) // 4096
            curve[k] += (65535 * bit - curve[k]) >> 5
            for judge, view in zip(judges, views, strict=True):
                judge.learn(inputs, (65536 * bit - _share(view)) * rate)
            times[node] = min(times[node] + 1, COUNTED)
            often[node] += (bit * FINE - often[node]) * 2 // (2 * times[node] + 1)
            if side >= 0:
                certain[sure] += (int(side == bit) * FINE - certain[sure]) >> 7
            node = after[bit]
    return found
