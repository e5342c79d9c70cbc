"""Benchmarks of the product, beside other programs, on Apache Kafka. They are not part of the tests.

``harness``, ``servers`` and ``load`` prepare a run. ``scorer``, ``stages``, ``end_to_end``, ``comparison`` (with the programs in
``peers``) and ``growth`` measure. ``report`` turns figures into tables.
"""
