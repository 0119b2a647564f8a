"""Statistics of misclassification: arrays in, labelled numbers out.

Every result names its sample, and every interval its confidence. scipy.stats is not
imported: it takes 0.9 s, scipy.special 0.1 s.
"""

from structbench.statistics.estimates import Interval, Sample
from structbench.statistics.images import McNemar, mcnemar, newcombe, wilson

__all__ = ["Interval", "McNemar", "Sample", "mcnemar", "newcombe", "wilson"]
