// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that building and testing Rostrum never builds benchmarks.
let package = Package(
    name: "rostrum-benchmarks",
    dependencies: [.package(name: "rostrum", path: "../..")],
    targets: [
        .executableTarget(
            name: "ScanBenchmark", dependencies: [.product(name: "TextMatching", package: "rostrum")]),
        // The comparison with the naive oracle, whose files are those of the test suite, by symbolic links.
        .target(name: "TestSupport"),
        .executableTarget(
            name: "OracleRun",
            dependencies: [
                .product(name: "RuleEngine", package: "rostrum"), .product(name: "RuleLanguage", package: "rostrum"),
                .product(name: "Speeches", package: "rostrum"), .product(name: "TextMatching", package: "rostrum"),
                "TestSupport",
            ], exclude: ["Oracle/OracleTests.swift"]),
        .executableTarget(
            name: "WorkCount",
            dependencies: [
                .product(name: "RuleEngine", package: "rostrum"), .product(name: "RuleLanguage", package: "rostrum"),
                .product(name: "Speeches", package: "rostrum"), .product(name: "TextMatching", package: "rostrum"),
            ]),
        .executableTarget(
            name: "ClassifyBenchmark",
            dependencies: [
                .product(name: "RuleEngine", package: "rostrum"), .product(name: "Speeches", package: "rostrum"),
                .product(name: "TextMatching", package: "rostrum"),
            ]),
        .executableTarget(
            name: "StoreBenchmark",
            dependencies: [
                .product(name: "EventStore", package: "rostrum"), .product(name: "Speeches", package: "rostrum"),
                .product(name: "Delivery", package: "rostrum"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
