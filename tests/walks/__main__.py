"""Tell stories at random, as many as one likes:  python -m tests.walks --cases 100000 --seed 1"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.walks.stories import at_random, told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    did: Counter[str] = Counter()
    for seed in range(asked.seed, asked.seed + asked.cases):
        story = at_random(seed)
        try:
            x, memory = told(story)
        except Exception:
            print(f"the story of seed {seed}: {story}", file=sys.stderr)
            raise
        cuts, lost = sum(bool(odd.cut) for odd in story.odd), bool(memory.record("tw", "7").lost)
        did += Counter({"requests": x.asked, "cuts": cuts, "with a lost stretch": lost})
    figures = ", ".join(f"{count:,} {what}" for what, count in did.items())
    print(f"{asked.cases:,} stories ({figures}): no hole")


if __name__ == "__main__":
    main()
