extension Preset {
  /// The preset for a command, where there is one.
  package static func fitting(_ words: [String]) -> String? {
    let command = CommandWords(words)
    guard command.script == nil else { return nil }
    if command.isNginx { return "nginx" }
    if command.isPHPFPM { return "php-fpm" }
    let task = command.words.dropFirst().first { !$0.hasPrefix("-") && !$0.hasSuffix("artisan") }
    if command.words.contains(where: { $0 == "artisan" || $0.hasSuffix("/artisan") }) {
      return artisan.first { $0.task == task }?.preset
    }
    if command.words.contains("messenger:consume") { return "messenger" }
    return ["node", "npm", "npx", "yarn", "pnpm"].contains(command.name) ? "node" : nil
  }

  private static let artisan: [(task: String, preset: String)] = [
    ("queue:work", "laravel-worker"), ("queue:listen", "laravel-worker"),
    ("schedule:work", "laravel-schedule"), ("horizon", "horizon"), ("reverb:start", "reverb"),
    ("octane:start", "octane"),
  ]
}
