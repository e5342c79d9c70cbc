"""Bad Buzz: know within seconds that people have turned against a brand.

This package has what all parts share (the tweet, text cleaning, the scored row, the counters, settings, errors) and, in
:mod:`badbuzz.cli`, the command line.
"""

__version__ = "0.1.0"
