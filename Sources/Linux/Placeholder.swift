package enum PlaceholderLinux {}
