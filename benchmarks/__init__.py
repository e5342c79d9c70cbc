"""How fast it is: everything side by side in one run, on Apache Kafka, ratios first. Never part of a test.

In the order in which the data flow: ``ground`` (servers, processes, the model), ``load`` (tweets, and topics full of
them), then what is measured: ``scorer``, ``stages``, ``end_to_end``, ``versus`` (the programs in ``peers``), ``growth``;
and ``report``, which turns figures into tables.
"""
