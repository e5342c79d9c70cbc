"""What benchmarks stand on: the machine, servers, processes that are watched, the model that ships."""
