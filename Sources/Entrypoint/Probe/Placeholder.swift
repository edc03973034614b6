package enum PlaceholderProbe {}
