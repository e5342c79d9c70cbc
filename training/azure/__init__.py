"""The comparison's row of Azure Text Analytics: what a bought service makes of the tweets that the models are measured on.

Needs the extra ``azure`` and, to ask anything, a resource of one's own (:mod:`~training.azure.settings`). Whoever has
none gets rows that say "not run".
"""
