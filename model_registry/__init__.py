"""What a deployable model is: versions, aliases, engines that score with it."""
