"""The fault harness: real workers on Apache Kafka, Valkey and S3, disturbed according to a plan, and checked afterwards.

A run feeds a known stream (:mod:`~tests.chaos.stream`) to a few workers and executes a plan (:mod:`~tests.chaos.plan`, made
from a seed by :mod:`~tests.chaos.random_plan`). Faults of workers are in :mod:`~tests.chaos.chaos_workers`, faults of their
dependencies in :mod:`~tests.chaos.dependencies`, on servers behind proxies (:mod:`~tests.chaos.servers`,
:mod:`~tests.chaos.network`), and :mod:`~tests.chaos.compactions` merges files meanwhile. Workers are the product with
instrumented ports (:mod:`~tests.chaos.instrumented`), so that they can be killed or frozen at every named step of the
protocol (:mod:`~tests.chaos.points`). :mod:`~tests.chaos.run` executes a plan, and :mod:`~tests.chaos.evidence` checks the
result.
``python -m tests.chaos`` executes many, side by side (:mod:`~tests.chaos.parallel`).

:mod:`~tests.chaos.mutants` proves that the harness can fail: each mutant lacks a safeguard, and has a plan that shows it.
"""
