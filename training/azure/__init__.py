"""Azure Text Analytics in the comparison: a paid service, measured on the tweets that the models are measured on.

Needs the extra ``azure`` and an Azure resource (:mod:`~training.azure.settings`). Without a resource, the report says "not run".
"""
