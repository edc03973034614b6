/// Keys of rotation that are asked for where nothing is rotated, or nothing can be compressed: who
/// has written them believes that old logs are taken care of.
extension SectionReader {
  mutating func checkRotation(_ name: String, _ stream: StreamOutput) {
    let (rotate, compress) = ("\(name)_logfile_rotate", "\(name)_logfile_compress")
    if stream.rotatesDaily, !stream.hasFile {
      sayWithoutEffect(rotate, StreamOutput.wantsFile(name))
    }
    guard stream.compress else { return }
    if let reason = stream.reasonNotToCompress(name) {
      sayWithoutEffect(compress, reason)
    } else if !context.surroundings.hasCommand("gzip") {
      sayWithoutEffect(
        compress, "there is no gzip in PATH, so rotated files stay as they are; install gzip")
    }
  }

  private mutating func sayWithoutEffect(_ key: String, _ reason: String) {
    context.report(
      .warning, location(key), .withoutEffect(key: key, section: section.name, reason: reason))
  }
}

extension StreamOutput {
  fileprivate var hasFile: Bool {
    targets.contains { target in
      switch target {
      case .file, .automatic: true
      case .descriptor, .syslog: false
      }
    }
  }

  fileprivate static func wantsFile(_ name: String) -> String {
    "no file is written, and nothing else is rotated; write \(name)_logfile=/path"
  }

  fileprivate func reasonNotToCompress(_ name: String) -> String? {
    if !hasFile { return StreamOutput.wantsFile(name) }
    if backups == 0 { return "no rotated file is kept; write \(name)_logfile_backups=10" }
    guard maximumBytes == 0, !rotatesDaily else { return nil }
    return "\(name)_logfile_maxbytes=0 means no rotation; write \(name)_logfile_rotate=daily"
  }
}
