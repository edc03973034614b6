internal import CLinux
internal import SafeText

/// Why a command cannot be run, as supervisord tells it apart.
package enum ExecutableProblem: Error, Sendable, Equatable {
  case notFound
  case isDirectory
  case notExecutable
  case notPermitted
}

/// The file a command's first word means: with a slash itself, else the first *existing* file of
/// that name in `path`, which is then checked (supervisord's get_execv_args).
package func findExecutable(
  _ name: String, searchPath: String
) -> Result<String, ExecutableProblem> {
  guard !name.utf8.contains(UInt8(ascii: "/")) else { return check(name) }
  for directory in searchPath.fields(separatedBy: ":", omittingEmpty: false) {
    let candidate = directory.isEmpty ? name : "\(directory)/\(name)"
    if (try? fileStatus(candidate)) != nil { return check(candidate) }
  }
  return .failure(.notFound)
}

/// The first executable file of that name in `searchPath` that no unprivileged user can replace:
/// for a helper that root starts on its own. A process of an ordinary user accepts each.
package func findTrustedExecutable(_ name: String, searchPath: String) -> String? {
  for directory in searchPath.fields(separatedBy: ":") {
    let candidate = "\(directory)/\(name)"
    if case .success = check(candidate), SafePath.onlyRootMayChange(candidate) { return candidate }
  }
  return nil
}

extension ThisProcess {
  /// The path we were started by. A shell that finds us in its search path gives only our name;
  /// Python's scripts know the whole path, show it, and look for their configuration beside it.
  package static var calledAs: String {
    let name = arguments.first ?? ""
    let found = findExecutable(name, searchPath: variable("PATH") ?? "")
    return (try? found.get()) ?? name
  }
}

private func check(_ path: String) -> Result<String, ExecutableProblem> {
  guard let status = try? fileStatus(path) else { return .failure(.notFound) }
  if status.kind == .directory { return .failure(.isDirectory) }
  if status.mode & 0o111 == 0 { return .failure(.notExecutable) }
  guard unsafe clinux_may_execute(path) != 0 else { return .failure(.notPermitted) }
  return .success(path)
}
