package enum PlaceholderKernel {}
