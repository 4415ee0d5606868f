"""07.interval: by how much one arm is above another, and how sure that is."""

import math
import statistics

from attention_scratch.exercises.authoring import exercise

T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 10: 2.262}  # by the number of seeds


def runs(rng, seeds, *, shared=0.02, own=0.01, gain=0.0):
    """Accuracies of two arms; what a seed does to both alike varies by ``shared``."""
    both = 0.9 + shared * rng.normal(size=seeds)
    arm, baseline = (both + own * rng.normal(size=seeds) for _ in range(2))
    return arm + gain, baseline, T_95[seeds]


def difference_interval(arm, baseline, t):
    d = arm - baseline
    error = d.std(ddof=1) / math.sqrt(len(d))
    return d.mean() - t * error, d.mean() + t * error


def two_separate_groups(arm, baseline, t):
    middle = statistics.mean(arm.tolist()) - statistics.mean(baseline.tolist())
    errors = [statistics.stdev(x.tolist()) / len(x) ** 0.5 for x in (arm, baseline)]
    return middle - t * math.hypot(*errors), middle + t * math.hypot(*errors)


EXERCISE = exercise(
    "07.interval",
    "Better, or lucky?",
    teaches="how sure a difference between two arms is after a few seeds, pair by pair",
    right=difference_interval,
    rtol=1e-9,  # sums of at most 10 numbers below 1 in float64
    atol=1e-12,
    cases="""
        five seeds: *runs(rng, 5)
        three seeds: *runs(rng, 3, gain=-0.05)
        seeds differ more than arms: *runs(rng, 5, shared=0.2, own=0.002, gain=0.01)
        two seeds: *runs(rng, 2)
        ten seeds: *runs(rng, 10, gain=0.3)
        every seed gains the same: *runs(rng, 4, own=0.0, gain=0.02)
    """,
    mistakes="""
        deviation-over-n: ddof=1 → ddof=0
            the deviation was divided by n, not n - 1: np.std does so unless told ddof=1, and with
            three seeds it makes the interval a fifth too narrow
        root-missing: / math.sqrt(len(d)) →
            this is how far single seeds spread. The mean of n seeds is surer than one of them by
            √n
        divided-by-n: math.sqrt(len(d)) → len(d)
            the deviation was divided by n; the error of a mean falls as √n
        normal-factor: t * → 1.96 *
            1.96 is for a deviation that is known. Here it is estimated from a few seeds, and t
            makes up for that: it is 4.303 for three of them
        no-factor: t * →
            mean ± one standard error holds the truth only about two times in three, and less often
            with few seeds: multiply by t
        not-paired: d.std(ddof=1) → math.sqrt(arm.var(ddof=1) + baseline.var(ddof=1))
            the spreads of both arms were added up as if they had nothing in common. The same seed
            gave both the same data: take the difference seed by seed first, and what the seed does
            to both cancels
        not-paired: answer two_separate_groups
        two-intervals-added: d.std(ddof=1) → (arm.std(ddof=1) + baseline.std(ddof=1))
            the two arms' intervals were added. Take the difference seed by seed first; then there
            is one spread
        baseline-minus-arm: arm - baseline → baseline - arm
            the sign is turned: above 0 should mean that the arm is better
        arm-alone: arm - baseline → arm
            this is the interval of the arm's own accuracy; the question is its difference from the
            baseline
        lowest-and-highest: d.mean() - t * error, d.mean() + t * error → d.min(), d.max()
            these are the smallest and the largest difference seen. More seeds would spread them
            further, not make you surer
    """,
    hints="""
        The same seed gave both arms the same data. Which single column of numbers says by how much
        the arm was better?

        Differences d, one a seed. Their mean is the middle; their standard deviation with n - 1 in
        the denominator, divided by √n and multiplied by t, is how far the interval reaches to both
        sides.

        differences = arm - baseline
        error = differences.std(ddof=...) / ...
        return differences.mean() - t * error, ...
    """,
)
