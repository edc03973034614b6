package enum PlaceholderLogger {}
