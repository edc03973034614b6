/// A section `[kind:name]`: something that is started, awaited and stopped in order.
package struct Unit: Sendable, Equatable {
  /// What the unit does once its turn has come.
  package indirect enum Work: Sendable, Equatable {
    case wait(Wait)
    case directory(DirectoryStep)
    case template(TemplateStep)
    case hook(Hook)
    /// `program`, `fcgi-program` and `eventlistener`.
    case program(Program)
    case cron(Cron)
  }

  /// The part after the colon.
  package var name: String
  package var work: Work
  /// Names of units, and of groups, that must be satisfied first; nil where the key was not given,
  /// which means the default order. A unit's name goes before a group's.
  package var dependsOn: [String]? = nil
  /// The same order, but a unit that failed, stopped or does not exist holds nobody up.
  package var after: [String]? = nil
  /// supervisord's `priority`: orders what the graph leaves free, lowest first.
  package var priority = 999
  package var summary = ""
  /// Of the section's header.
  package var location = Location.nowhere
  /// 0 from the start on, and one more with each change of the steps. By default a unit waits for
  /// no step that is younger than itself.
  package var generation = 0
  /// A step that came after the start: were it to fail, that must not end what runs.
  package var isLate = false

  package init(name: String, work: Work) {
    self.name = name
    self.work = work
  }
}
