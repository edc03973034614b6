/// A node of the graph: a unit of the configuration, or a barrier of the default order.
package struct NodeID: Sendable, Hashable {
  package var index: Int
  package init(_ index: Int) { self.index = index }
}

/// Something that has a state of its own: a process of a program, or the one run of a step.
package struct InstanceID: Sendable, Hashable {
  package var index: Int
  package init(_ index: Int) { self.index = index }
}

/// Somebody at the control socket who waits for an answer.
package struct AskID: Sendable, Hashable {
  package var number: UInt64
  package init(_ number: UInt64) { self.number = number }
}
