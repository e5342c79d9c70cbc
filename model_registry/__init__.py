"""Models that can be deployed: their networks, files, versions and aliases, and the engines that score with them."""
