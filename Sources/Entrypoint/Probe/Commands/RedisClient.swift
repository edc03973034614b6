internal import Linux
package import ProgramSpec
internal import SuperviseCore

/// Asks a Redis one thing, over a connection of its own: a server that has restarted, or moved to
/// another address, is simply asked again.
package struct RedisClient: Sendable {
  package enum Answer: Sendable, Equatable {
    case status(String)
    case number(Int64)
    case nothing
    /// Its own words, fit for a log: `WRONGPASS …`.
    case refused(String)
    /// Nobody has answered, or nobody who is a Redis; it may have heard us all the same.
    case unreachable(String)
  }

  private let endpoint: Endpoint
  private let login: RedisLogin?

  package init(_ endpoint: Endpoint, _ login: RedisLogin?) {
    self.endpoint = endpoint
    self.login = login
  }

  package func ask(_ words: [String], within limit: Duration) -> Answer {
    let deadline = Deadline(after: limit)
    let connection: Descriptor
    do throws(Dialer.Failure) {
      let dialer = Dialer(resolver: .system(), deadline: deadline)
      connection = Descriptor(adopting: try dialer.dial(.network(endpoint)))
    } catch {
      return .unreachable(error.words)
    }
    let command = RedisCommand(words, login)
    var exchange = Exchange(command, over: connection.raw, by: deadline)
    switch exchange.verdict() {
    case .passed(let text), .failed(let text):
      return exchange.conversation.answer ?? .unreachable(text)
    }
  }
}
