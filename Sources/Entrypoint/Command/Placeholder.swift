package enum PlaceholderCommand {}
