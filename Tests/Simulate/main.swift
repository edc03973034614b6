import Glibc
import Simulation

// simulate [SEEDS [FIRST_SEED]]: runs so many histories, from a random first seed if none is given.
let numbers = CommandLine.arguments.dropFirst().map { UInt64($0) }
let isUsable = numbers.count <= 2 && numbers.allSatisfy { $0 != nil }
guard isUsable else {
  print("usage: simulate [SEEDS [FIRST_SEED]]")
  exit(64)
}
let count = (numbers.first ?? nil) ?? 10_000
let first = numbers.count > 1 ? numbers[1] : nil
// Short enough to be typed again.
var campaign = Campaign(
  count: count, firstSeed: first ?? UInt64.random(in: 1..<1_000_000_000))
exit(campaign.run() ? 0 : 1)
