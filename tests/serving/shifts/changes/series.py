"""Series drawn from known levels, so that what is found can be told right from wrong."""

from __future__ import annotations

import numpy as np


def drawn(
    *,
    series: int,
    periods: int,
    articles: float,
    level: float = 0.3,
    shift: float = 0.0,
    at: int | None = None,
    spread: float = 0.0,
    correlation: float = 0.0,
    swing: float = 0.3,
    seed: int = 0,
) -> np.ndarray:
    """Binary counts ``(series, periods, 2)``: beta-binomial-like weeks about levels, in AR(1) order, uneven volumes."""
    rng = np.random.default_rng(seed)
    volume = rng.poisson(articles * np.exp(swing * rng.standard_normal((series, periods)) - swing**2 / 2))
    levels = np.full((series, periods), level)
    if at is not None:
        levels[:, at:] += shift
    noise = rng.standard_normal((series, periods))
    for t in range(1, periods):
        noise[:, t] = correlation * noise[:, t - 1] + np.sqrt(1 - correlation**2) * noise[:, t]
    shares = np.clip(levels + np.sqrt(spread * levels * (1 - levels)) * noise, 0, 1)
    on = rng.binomial(volume, shares)
    return np.stack([volume - on, on], axis=2).astype(float)
