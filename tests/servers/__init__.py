"""The S3 service that tests run against."""
