// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors, memory safety is strict, and the restrictions of Embedded Swift are
// respected, so that a build of under one megabyte stays possible.
let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .treatWarning("EmbeddedRestrictions", as: .error),
  // Regular expressions and tasks would be linked in whole for one stray call: 1.4 MB.
  .unsafeFlags([
    "-Xfrontend", "-disable-implicit-string-processing-module-import",
    "-Xfrontend", "-disable-implicit-concurrency-module-import",
  ]),
  // Names of types and cases in the binary are only for printing values while debugging.
  .unsafeFlags(["-Xfrontend", "-disable-reflection-metadata"], .when(configuration: .release)),
]

// For what runs seldom, or waits for somebody else anyway.
let small = house + [.unsafeFlags(["-Osize"], .when(configuration: .release))]

let tests: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

// One static binary that needs nothing from the image it is copied into, stripped.
let staticBuild: [SwiftSetting] = [
  .unsafeFlags(["-static-executable"], .when(configuration: .release))
]
let sections = Context.packageDirectory + "/Sources/Entrypoint/Main/sections.ld"
let staticLink: [LinkerSetting] = [
  .unsafeFlags(
    [
      "-static-executable", "-use-ld=lld", "-Xlinker", "--gc-sections", "-Xlinker", "--icf=all",
      "-Xlinker", "--no-eh-frame-hdr", "-Xlinker", "-s",
      "-Xlinker", "-T", "-Xlinker", sections,
      // Every allocation goes through the reserve of CLinux/memory.c.
      "-Xlinker", "--wrap=malloc", "-Xlinker", "--wrap=calloc",
      "-Xlinker", "--wrap=realloc", "-Xlinker", "--wrap=posix_memalign",
      "-Xlinker", "--build-id",
    ], .when(configuration: .release))
]

let package = Package(
  name: "entrypoint",
  products: [.executable(name: "entrypoint", targets: ["entrypoint"])],
  targets: [
    // Arrows run upwards only: a target names what stands above it.
    .target(name: "CLinux", cSettings: [.treatAllWarnings(as: .error)]),
    .target(name: "SafeText", swiftSettings: small),
    .target(name: "Linux", dependencies: ["CLinux", "SafeText"], swiftSettings: house),
    .target(name: "ProgramSpec", dependencies: ["SafeText"], swiftSettings: small),
    .target(
      name: "SuperviseCore", dependencies: ["ProgramSpec"],
      path: "Sources/Supervise/Core", swiftSettings: house),
    .target(
      name: "LoggerProtocol", path: "Sources/Entrypoint/Logger/Protocol", swiftSettings: house),
    .target(
      name: "EventsProtocol", dependencies: ["LoggerProtocol"],
      path: "Sources/Entrypoint/Events/Protocol", swiftSettings: house),
    .target(
      name: "MeterProtocol", dependencies: ["LoggerProtocol"],
      path: "Sources/Entrypoint/Meter/Protocol", swiftSettings: house),
    .target(
      name: "NotifyProtocol", dependencies: ["LoggerProtocol"],
      path: "Sources/Entrypoint/Notify/Protocol", swiftSettings: house),
    .target(
      name: "Supervise",
      dependencies: [
        "SuperviseCore", "ProgramSpec", "LoggerProtocol", "GatewayProtocol", "EventsProtocol",
        "MeterProtocol", "NotifyProtocol", "Linux", "SafeText",
      ],
      path: "Sources/Supervise/Kernel", swiftSettings: house),
    .target(
      name: "ControlProtocol", dependencies: ["ProgramSpec"],
      path: "Sources/Entrypoint/ControlClient", swiftSettings: small),
    .target(name: "HTTP", path: "Sources/Entrypoint/HTTP", swiftSettings: small),
    .target(
      name: "XMLRPC", dependencies: ["HTTP"], path: "Sources/Entrypoint/XMLRPC",
      swiftSettings: small),
    .target(
      name: "Logger", dependencies: ["EventsProtocol", "LoggerProtocol", "Linux", "SafeText"],
      path: "Sources/Entrypoint/Logger", exclude: ["Protocol"], swiftSettings: house),
    .target(
      name: "Events", dependencies: ["EventsProtocol", "Linux", "SafeText"],
      path: "Sources/Entrypoint/Events", exclude: ["Protocol"], swiftSettings: house),
    .target(
      name: "GatewayProtocol", path: "Sources/Entrypoint/Gateway/Protocol", swiftSettings: house),
    .target(
      name: "Gateway",
      dependencies: ["GatewayProtocol", "ControlProtocol", "HTTP", "XMLRPC", "Linux"],
      path: "Sources/Entrypoint/Gateway", exclude: ["Protocol"], swiftSettings: small),
    .target(
      name: "Meter", dependencies: ["MeterProtocol", "Linux"],
      path: "Sources/Entrypoint/Meter", exclude: ["Protocol"], swiftSettings: small),
    .target(
      name: "Notify", dependencies: ["NotifyProtocol", "Linux"],
      path: "Sources/Entrypoint/Notify", exclude: ["Protocol"], swiftSettings: small),
    .target(
      name: "Step", dependencies: ["SafeText", "Linux"],
      path: "Sources/Entrypoint/Step", swiftSettings: small),
    .target(
      name: "Probe", dependencies: ["SuperviseCore", "ProgramSpec", "Linux"],
      path: "Sources/Entrypoint/Probe", swiftSettings: small),
    .target(
      name: "Lease", dependencies: ["Probe", "SuperviseCore", "ProgramSpec", "Linux"],
      path: "Sources/Entrypoint/Lease", swiftSettings: small),
    .target(name: "Flags", path: "Sources/Entrypoint/Flags", swiftSettings: small),
    .target(
      name: "Supervisord", dependencies: ["Flags", "ProgramSpec", "Linux"],
      path: "Sources/Entrypoint/Supervisord", swiftSettings: small),
    .target(
      name: "Import", dependencies: ["ControlProtocol", "ProgramSpec", "SafeText"],
      path: "Sources/Entrypoint/Import", swiftSettings: small),
    .target(
      name: "Command",
      dependencies: [
        "ControlProtocol", "Import", "Probe", "ProgramSpec", "SuperviseCore", "Linux", "SafeText",
      ],
      path: "Sources/Entrypoint/Command", swiftSettings: small),
    .target(
      name: "Supervisorctl",
      dependencies: ["Flags", "HTTP", "XMLRPC", "Probe", "ProgramSpec", "Linux"],
      path: "Sources/Entrypoint/Supervisorctl", swiftSettings: small),
    .executableTarget(
      name: "entrypoint",
      dependencies: [
        "Command", "Events", "Gateway", "Lease", "Logger", "Meter", "Notify", "Probe", "Step",
        "Supervise", "SuperviseCore",
        "Supervisorctl", "Supervisord", "ProgramSpec", "Linux",
      ],
      path: "Sources/Entrypoint/Main", exclude: ["sections.ld"],
      swiftSettings: house + staticBuild,
      linkerSettings: staticLink),

    .target(name: "Support", path: "Tests/Support", swiftSettings: tests),
    .testTarget(
      name: "SafeTextTests", dependencies: ["SafeText"], swiftSettings: tests),
    .testTarget(name: "LinuxTests", dependencies: ["Linux", "Support"], swiftSettings: tests),
    .testTarget(
      name: "ProgramSpecTests", dependencies: ["ProgramSpec", "Support"], swiftSettings: tests),
    .testTarget(
      name: "SuperviseCoreTests", dependencies: ["SuperviseCore", "ProgramSpec", "Support"],
      swiftSettings: tests),
    .target(
      name: "Simulation", dependencies: ["Supervise", "SuperviseCore", "ProgramSpec", "Linux"],
      path: "Tests/Simulation", swiftSettings: tests),
    .executableTarget(
      name: "simulate", dependencies: ["Simulation"], path: "Tests/Simulate", swiftSettings: tests),
    .testTarget(
      name: "SimulationTests", dependencies: ["Simulation", "SuperviseCore", "ProgramSpec"],
      swiftSettings: tests),
    .testTarget(
      name: "SuperviseTests",
      dependencies: ["Supervise", "SuperviseCore", "ProgramSpec", "NotifyProtocol", "Linux"],
      swiftSettings: tests),
    .testTarget(
      name: "LoggerTests",
      dependencies: ["Logger", "EventsProtocol", "LoggerProtocol", "Linux", "Support"],
      swiftSettings: tests),
    .testTarget(
      name: "MeterTests", dependencies: ["Meter", "MeterProtocol", "Linux", "Support"],
      swiftSettings: tests),
    .testTarget(
      name: "NotifyTests", dependencies: ["Notify", "NotifyProtocol", "Linux", "Support"],
      swiftSettings: tests),
    .testTarget(
      name: "EventsTests", dependencies: ["Events", "EventsProtocol", "Support"],
      swiftSettings: tests),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Support"], swiftSettings: tests),
    .testTarget(
      name: "GatewayTests",
      dependencies: [
        "Gateway", "GatewayProtocol", "ControlProtocol", "HTTP", "XMLRPC", "Linux", "Support",
      ],
      swiftSettings: tests),
    .testTarget(
      name: "XMLRPCTests", dependencies: ["XMLRPC", "Support"], swiftSettings: tests),
    .testTarget(
      name: "ProbeTests",
      dependencies: ["Probe", "SuperviseCore", "ProgramSpec", "Linux", "Support"],
      swiftSettings: tests),
    .testTarget(
      name: "ImportTests", dependencies: ["Import", "ControlProtocol", "ProgramSpec", "Support"],
      swiftSettings: tests),
    .testTarget(
      name: "SupervisorctlTests",
      dependencies: ["ProgramSpec", "Supervisorctl", "XMLRPC", "Support"],
      swiftSettings: tests),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "Command", "ControlProtocol", "ProgramSpec", "SuperviseCore", "Linux", "Support",
      ],
      swiftSettings: tests),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "ControlProtocol", "Events", "EventsProtocol", "Gateway", "GatewayProtocol", "HTTP",
        "Linux",
        "Logger", "LoggerProtocol", "MeterProtocol", "Notify", "NotifyProtocol", "Probe",
        "ProgramSpec", "Step", "Supervise", "SuperviseCore", "XMLRPC",
      ],
      path: "Tests/Fuzz/Targets", swiftSettings: tests),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets", "Support"], path: "Tests/Fuzz/Tests",
      swiftSettings: tests),
  ]
)

// The fuzzers need instrumented modules and libFuzzer, so that only Tests/Fuzz/run.py builds them.
if Context.environment["ENTRYPOINT_FUZZ"] != nil {
  package.targets += [
    .systemLibrary(name: "LibFuzzer", path: "Tests/Fuzz/LibFuzzer"),
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets", "LibFuzzer"], path: "Tests/Fuzz/Driver",
      swiftSettings: tests),
  ]
}

// Tests/Sanitizers/run.py: the limits of the roles are left out, which the sanitizers' runtimes
// exceed.
if Context.environment["ENTRYPOINT_SANITIZE"] != nil {
  for target in package.targets {
    target.swiftSettings = (target.swiftSettings ?? []) + [.define("SANITIZE")]
    if target.name == "entrypoint" { target.dependencies.append("SanitizerOptions") }
    if target.name == "CLinux" {
      target.cSettings =
        (target.cSettings ?? []) + [
          .unsafeFlags(["-fsanitize=undefined", "-fno-sanitize-recover=undefined"])
        ]
    }
  }
  package.targets.append(
    .target(name: "SanitizerOptions", path: "Tests/Sanitizers/Options"))
}
