"""The chains of Parquet files: each offset of a partition is stored exactly once, on any object store."""
