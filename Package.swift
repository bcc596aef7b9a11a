// swift-tools-version: 6.2
import PackageDescription

/// Settings shared by every Swift target: warnings are errors, imports are internal unless said otherwise, and a
/// member is visible only where its module is imported, so that the arrows in Sources/README.md hold at compile time.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// Command lines of the four programs, with help and completion.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
/// The field's logging interface; the JSON handler behind it is ours (WorkerSupport).
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
/// Settings by layers: flags over environment over file.
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
/// Graceful shutdown on signals, one group per process.
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
/// A queue whose front is taken out at once, for what waits for a thread.
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
/// YAML 1.2 for rule files and settings; rule files need source marks, which it gives.
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
/// SQLite with safe concurrency, prepared statements and migrations.
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
/// SQLite's own C functions as GRDB links them, for the statements that run for every row.
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")

/// The field's interfaces for counting and for tracing; what stands behind them is chosen where a process starts.
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let instrumentation = Target.Dependency.product(name: "Instrumentation", package: "swift-distributed-tracing")
/// An HTTP server on SwiftNIO, for the workers' health, metrics and status, and for documents that come over HTTP.
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
/// What lies under it, for its errors and bytes.
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
/// Requests and answers in its channels, for bounds on requests that take long to come.
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")

let package = Package(
    name: "rostrum",
    products: [
        .executable(name: "rostrum", targets: ["rostrum"]),
        .executable(name: "rostrum-producer", targets: ["rostrum-producer"]),
        .executable(name: "rostrum-classifier", targets: ["rostrum-classifier"]),
        .executable(name: "rostrum-sink", targets: ["rostrum-sink"]),
        // For the nested packages under Tests (benchmarks, fuzzing).
        .library(name: "TextMatching", targets: ["TextMatching"]),
        .library(name: "RuleLanguage", targets: ["RuleLanguage"]),
        .library(name: "RuleEngine", targets: ["RuleEngine"]),
        .library(name: "Speeches", targets: ["Speeches"]),
        .library(name: "SpeechFormats", targets: ["SpeechFormats"]),
        .library(name: "EventStore", targets: ["EventStore"]),
        .library(name: "Delivery", targets: ["Delivery"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON", "YAML"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C libraries, by pkg-config: a module map and a shim header each, nothing vendored.
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLibZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        // Unpacks gzip and tar as they are read: speeches come in archives.
        .systemLibrary(name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        // Takes tables apart piece by piece; it has no pkg-config file. SwiftCSV wants the whole text and cannot stop.
        .systemLibrary(name: "CLibCSV", providers: [.apt(["libcsv-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        // One header of ours: what Swift's vectors cannot say.
        .systemLibrary(name: "CByteClasses"),

        // RapidJSON's reader, headers alone, behind three C functions: every record of a Kafka topic is JSON, and
        // Foundation's reader takes longer over an event than everything else that happens to it.
        .target(name: "CJSONTape"),

        // Values and pure logic: nothing of ours below them.
        .target(name: "Speeches", dependencies: ["CLibCrypto", "CJSONTape"]),
        .target(name: "TextMatching", dependencies: ["CByteClasses"], exclude: ["README.md"]),
        .target(name: "Delivery", dependencies: [deque], exclude: ["README.md"]),

        // The rule language and its engine.
        .target(name: "RuleLanguage", dependencies: ["Speeches", "TextMatching", yams]),
        .target(name: "RuleEngine", dependencies: ["RuleLanguage", "TextMatching", "Speeches"]),

        // The world outside: formats, the broker, stores.
        .target(
            name: "SpeechFormats", dependencies: ["Speeches", "CLibXML2", "CLibArchive", "CLibCSV"],
            exclude: ["README.md"]),
        .target(
            name: "KafkaClient", dependencies: ["Delivery", "CRdKafka", logging], exclude: ["README.md"]),
        .target(
            name: "EventStore", dependencies: ["Speeches", "Delivery", grdb, sqlite, "CLibPQ", "CLibZstd"],
            exclude: ["README.md"]),
        .target(name: "StoreReports", dependencies: ["EventStore"]),

        // Processes: settings, logs, signals; then composition; then command lines.
        .target(
            name: "WorkerSupport",
            dependencies: ["Delivery", logging, metrics, configuration, lifecycle, yams, argumentParser]),
        // The only importer of Hummingbird; knows no worker.
        .target(name: "Endpoints", dependencies: [hummingbird, nio, nioHTTPTypes, httpTypes, lifecycle, logging]),
        .target(
            name: "Workers",
            dependencies: [
                "RuleEngine", "RuleLanguage", "SpeechFormats", "KafkaClient", "Delivery", "EventStore",
                "WorkerSupport", "Endpoints", "Speeches", logging, metrics, tracing,
                instrumentation, lifecycle,
            ]),
        // The command lines of the workers: each is a program, and `rostrum` is all of them, by the name it is called by.
        .target(
            name: "WorkerCommands",
            dependencies: [
                "Workers", "WorkerSupport", "SpeechFormats", "Speeches", "KafkaClient", "Delivery", argumentParser,
                logging,
            ]),
        .executableTarget(name: "rostrum-producer", dependencies: ["WorkerCommands"]),
        .executableTarget(name: "rostrum-classifier", dependencies: ["WorkerCommands"]),
        .executableTarget(name: "rostrum-sink", dependencies: ["WorkerCommands"]),
        .executableTarget(
            name: "rostrum",
            dependencies: [
                "WorkerCommands", "Workers", "WorkerSupport", "RuleEngine", "RuleLanguage", "SpeechFormats",
                "KafkaClient", "Delivery", "EventStore", "StoreReports", "Speeches", argumentParser, lifecycle, logging,
            ]),

        // The shipped classifier with a step that dies on one record; in no product.
        .executableTarget(
            name: "PoisonWorker",
            dependencies: ["Workers", "WorkerSupport", "KafkaClient", "Delivery", "RuleEngine", "Speeches"],
            path: "Tests/PoisonWorker"),
        // Goldens, seeded generators and foreign programs, for the suites; in no product.
        .target(name: "TestSupport", path: "Tests/TestSupport", exclude: ["validate_json.py"]),
        .testTarget(name: "SpeechesTests", dependencies: ["Speeches", "TestSupport", yams]),
        .testTarget(name: "TextMatchingTests", dependencies: ["TextMatching", "TestSupport"]),
        .testTarget(
            name: "RuleLanguageTests",
            dependencies: ["RuleLanguage", "RuleEngine", "TextMatching", "Speeches", "TestSupport", yams]),
        .testTarget(
            name: "RuleEngineTests",
            dependencies: ["RuleEngine", "RuleLanguage", "TextMatching", "Speeches", "TestSupport"]),
        .testTarget(
            name: "ShippedRulesTests",
            dependencies: ["RuleEngine", "RuleLanguage", "SpeechFormats", "Speeches", "TestSupport"]),
        .testTarget(name: "SpeechFormatsTests", dependencies: ["SpeechFormats", "Speeches", "TestSupport"]),
        .testTarget(name: "DeliveryTests", dependencies: ["Delivery", "TestSupport"]),
        .testTarget(name: "KafkaClientTests", dependencies: ["KafkaClient", "Delivery", logging]),
        .testTarget(
            name: "IntegrationTests", dependencies: ["KafkaClient", "Delivery", logging], path: "Tests/Integration",
            exclude: ["broker", "secure_front.py"]),
        .testTarget(
            name: "EventStoreTests",
            dependencies: ["EventStore", "StoreReports", "Speeches", "Delivery", "TestSupport", grdb],
            exclude: ["postgres"]),
        .testTarget(
            name: "StoreReportsTests",
            dependencies: ["StoreReports", "EventStore", "Speeches", "Delivery", "TestSupport"]),
        .testTarget(
            name: "WorkerSupportTests",
            dependencies: ["WorkerSupport", "Delivery", "TestSupport", logging, lifecycle, metrics]),
        .testTarget(
            name: "WorkersTests",
            dependencies: [
                "Workers", "WorkerSupport", "EventStore", "SpeechFormats", "KafkaClient", "Delivery", "Speeches",
                "TestSupport", logging, tracing,
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
            ]),
        .testTarget(
            name: "CommandsTests", dependencies: ["TestSupport"], path: "Tests/Commands",
            exclude: ["check_records.py", "full_disk.c", "terminal.py"]),
        // The classifier put together wrongly: a program, since the tests kill it. In no product.
        .executableTarget(
            name: "faulty-classifier",
            dependencies: [
                "Workers", "WorkerSupport", "RuleEngine", "KafkaClient", "Delivery", argumentParser,
            ], path: "Tests/FaultyClassifier"),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + strict
}
