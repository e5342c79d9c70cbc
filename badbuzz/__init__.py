"""Bad Buzz: know within seconds that people have turned against a brand.

This package holds what every part agrees on (the tweet, text cleaning, the scored row, the counters, settings,
errors) and, in :mod:`badbuzz.cli`, the command line that puts the parts together.
"""

__version__ = "0.1.0"
