"""The fault harness: real workers on Apache Kafka, Valkey and S3, disturbed on a seeded plan, and then held to account.

A run feeds a known stream (:mod:`~tests.chaos.stream`) to a few workers and plays a plan (:mod:`~tests.chaos.plan`, seeded by
:mod:`~tests.chaos.random_plan`): what befalls workers is in :mod:`~tests.chaos.chaos_workers`, what befalls their dependencies in
:mod:`~tests.chaos.dependencies`, on servers behind proxies (:mod:`~tests.chaos.servers`, :mod:`~tests.chaos.network`), and
:mod:`~tests.chaos.compactions` merges files under their hands. Workers are the product with eyes on its ports
(:mod:`~tests.chaos.stepped`), so that they can be killed or frozen at every named step of the protocol
(:mod:`~tests.chaos.points`). :mod:`~tests.chaos.run` plays a plan to its end, and :mod:`~tests.chaos.evidence` looks at what is
left. ``python -m tests.chaos`` plays many, in :mod:`~tests.chaos.parallel` side by side.

That the harness can fail is proven by :mod:`~tests.chaos.mutants`: safeguards broken on purpose, each with a plan that shows it.
"""
