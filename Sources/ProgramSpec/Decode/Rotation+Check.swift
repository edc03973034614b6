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

  /// Several may write to one file, but it is rotated in one way: that of whoever opens it first.
  mutating func checkSharing(_ name: String, _ stream: StreamOutput) {
    let key = "\(name)_logfile"
    for case .file(let path) in stream.targets {
      guard let first = context.logFiles[path] else {
        context.logFiles[path] = NamedStream(
          stream: stream, key: key, section: section.name, location: location(key))
        continue
      }
      guard !first.stream.isRotated(as: stream) else { continue }
      let place = "\(first.location.file):\(first.location.line)"
      warn(
        key,
        "\(first.key) of [\(first.section)], at \(place), writes to \(path) too and has it rotated "
          + "in another way; whichever starts first has its way; write the same for both")
    }
  }

  private mutating func sayWithoutEffect(_ key: String, _ reason: String) {
    context.report(
      .warning, location(key), .withoutEffect(key: key, section: section.name, reason: reason))
  }
}

/// A stream with the key that says where it goes.
struct NamedStream {
  let stream: StreamOutput
  let key: String
  let section: String
  let location: Location
}

extension StreamOutput {
  fileprivate func isRotated(as other: StreamOutput) -> Bool {
    guard maximumBytes == other.maximumBytes, rotatesDaily == other.rotatesDaily else {
      return false
    }
    let isNever = maximumBytes == 0 && !rotatesDaily
    return isNever || backups == other.backups && compress == other.compress
  }

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
