from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")

SCRIPT = """
import tensorflow as tf
from model_registry.scoring.tensorflow_threads import limit_threads
limit_threads(3)
tf.constant(1) + 1
limit_threads(2)
print(tf.config.threading.get_intra_op_parallelism_threads(), tf.config.threading.get_inter_op_parallelism_threads())
"""


def test_the_first_limit_holds_and_a_later_one_is_ignored() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["3", "1"]
