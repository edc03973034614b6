internal import ProgramSpec

/// What `tail` and `maintail` are asked for.
struct TailRequest: Equatable {
  enum Amount: Equatable {
    /// The last bytes.
    case bytes(Int)
    /// `-f`.
    case following
  }

  /// nil: supervisord's own log.
  var name: String?
  var channel = "stdout"
  var amount = Amount.bytes(1600)

  struct Mistake: Error, Equatable {
    var message: String
    var wantsHelp = false
  }

  /// `[-f|-N] name [stdout|stderr]`.
  static func process(_ rest: String) -> Result<TailRequest, Mistake> {
    var words = rest.words[...]
    if words.isEmpty {
      return .failure(Mistake(message: "Error: too few arguments", wantsHelp: true))
    }
    if words.count > 3 {
      return .failure(Mistake(message: "Error: too many arguments", wantsHelp: true))
    }
    let modifier = words.first?.hasPrefix("-") == true ? words.popFirst() : nil
    guard let name = words.first else {
      return .failure(Mistake(message: "Error: tail requires process name"))
    }
    var request = TailRequest(name: name)
    if words.count > 1, let channel = words.last {
      request.channel = channel.lowercased()
      guard ["stdout", "stderr"].contains(request.channel) else {
        let quoted = request.channel.pythonRepresentation
        return .failure(Mistake(message: "Error: bad channel \(quoted)"))
      }
    }
    return request.with(modifier)
  }

  /// `[-f|-N]`.
  static func main(_ rest: String) -> Result<TailRequest, Mistake> {
    let words = rest.words
    if words.count > 1 {
      return .failure(Mistake(message: "Error: too many arguments", wantsHelp: true))
    }
    if let word = words.first, !word.hasPrefix("-") {
      return .failure(Mistake(message: "Error: bad argument \(word)"))
    }
    return TailRequest(name: nil).with(words.first)
  }

  private func with(_ modifier: String?) -> Result<TailRequest, Mistake> {
    guard let modifier else { return .success(self) }
    var request = self
    if modifier == "-f" {
      request.amount = .following
    } else if let bytes = Int(modifier.dropFirst()), bytes > -(1 << 31), bytes < 1 << 31 {
      request.amount = .bytes(bytes)
    } else {
      return .failure(Mistake(message: "Error: bad argument \(modifier)"))
    }
    return .success(request)
  }
}
