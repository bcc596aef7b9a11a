// swift-tools-version: 6.2
import PackageDescription

// A package of its own, because its programs get their `main` from libFuzzer: building and testing Rostrum never builds
// them. `./run` does.
func fuzzer(_ name: String, _ products: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: products.map { .product(name: $0, package: "rostrum") },
        swiftSettings: [.unsafeFlags(["-parse-as-library"])])
}

let package = Package(
    name: "rostrum-fuzz",
    dependencies: [.package(name: "rostrum", path: "../..")],
    targets: [
        fuzzer("FuzzRuleFile", ["RuleLanguage", "RuleEngine", "Speeches"]),
        fuzzer("FuzzQuery", ["RuleLanguage", "RuleEngine", "Speeches"]),
        fuzzer("FuzzScanner", ["TextMatching"]),
        fuzzer("FuzzExpression", ["TextMatching"]),
        fuzzer("FuzzImport", ["RuleLanguage"]),
        fuzzer("FuzzDocument", ["Speeches"]),
        fuzzer("FuzzFormats", ["SpeechFormats", "Speeches"]),
    ],
    swiftLanguageModes: [.v6]
)
