"""The chain of Parquet files: what is stored of each partition, exactly once, on any object store."""
