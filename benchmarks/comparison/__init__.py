"""The product beside the programs in ``peers``: same topic, same model, same outputs."""
