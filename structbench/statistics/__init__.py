"""Statistics of misclassification: arrays in, labelled numbers out.

Every result names its sample, and every interval its confidence. scipy.stats is not
imported: it takes 0.9 s, scipy.special 0.1 s.
"""

from structbench.statistics.counts import SignFlip, probability_better, sign_flip
from structbench.statistics.crossed import MINIMUM_SEEDS, crossed_bootstrap
from structbench.statistics.crossing import Crossing, crossings
from structbench.statistics.estimates import Interval, Sample
from structbench.statistics.examples import McNemar, mcnemar, newcombe, wilson
from structbench.statistics.seeds import (
    Equivalence,
    PairedT,
    Spread,
    equivalence,
    mean_t,
    paired_t,
    smallest_detectable,
    spread,
)
from structbench.statistics.worth import Bound, Curve, Worth, area, worth

__all__ = [
    "MINIMUM_SEEDS",
    "Bound",
    "Crossing",
    "Curve",
    "Equivalence",
    "Interval",
    "McNemar",
    "PairedT",
    "Sample",
    "SignFlip",
    "Spread",
    "Worth",
    "area",
    "crossed_bootstrap",
    "crossings",
    "equivalence",
    "mcnemar",
    "mean_t",
    "newcombe",
    "paired_t",
    "probability_better",
    "sign_flip",
    "smallest_detectable",
    "spread",
    "wilson",
    "worth",
]
