/// The report as a Static Analysis Results Interchange Format log (OASIS, version 2.1.0).
extension DiagnosticReport {
    private struct Log: Encodable {
        let schema = "https://json.schemastore.org/sarif-2.1.0.json"
        let version = "2.1.0"
        let runs: [Run]

        enum CodingKeys: String, CodingKey {
            case schema = "$schema"
            case version, runs
        }
    }

    private struct Run: Encodable {
        let tool: Tool
        let columnKind = "unicodeCodePoints"
        let results: [Result]
    }

    private struct Tool: Encodable {
        let driver: Driver
    }

    private struct Driver: Encodable {
        let name = "rostrum rules check"
        let rules: [Rule]
    }

    private struct Rule: Encodable {
        let id: String
        let name: String
        let shortDescription: Message
        let defaultConfiguration: Configuration
    }

    private struct Configuration: Encodable {
        let level: String
    }

    private struct Message: Encodable {
        let text: String
    }

    private struct Result: Encodable {
        let ruleId: String
        let ruleIndex: Int
        let level: String
        let message: Message
        let locations: [Location]
    }

    private struct Location: Encodable {
        let physicalLocation: PhysicalLocation
    }

    private struct PhysicalLocation: Encodable {
        let artifactLocation: ArtifactLocation
        let region: Region
    }

    private struct ArtifactLocation: Encodable {
        let uri: String
    }

    private struct Region: Encodable {
        let startLine: Int
        let startColumn: Int
        let endLine: Int
        let endColumn: Int
    }

    var sarif: String {
        let codes = Set(diagnostics.map(\.code)).sorted { $0.rawValue < $1.rawValue }
        let indexes = Dictionary(uniqueKeysWithValues: codes.enumerated().map { ($1, $0) })
        let rules = codes.map { code in
            Rule(
                id: code.rawValue, name: String(describing: code), shortDescription: Message(text: code.summary),
                defaultConfiguration: Configuration(level: code.severity.rawValue))
        }
        let results = diagnostics.map { Self.result($0, ruleIndex: indexes[$0.code]!) }
        return Self.encoded(Log(runs: [Run(tool: Tool(driver: Driver(rules: rules)), results: results)]))
    }

    private static func result(_ diagnostic: Diagnostic, ruleIndex: Int) -> Result {
        let region = Region(
            startLine: diagnostic.range.start.line, startColumn: diagnostic.range.start.column,
            endLine: diagnostic.range.end.line, endColumn: diagnostic.range.end.column)
        let place = PhysicalLocation(artifactLocation: ArtifactLocation(uri: uri(diagnostic.path)), region: region)
        let text = diagnostic.cure.map { "\(diagnostic.message)\nhelp: \($0)" } ?? diagnostic.message
        return Result(
            ruleId: diagnostic.code.rawValue, ruleIndex: ruleIndex, level: diagnostic.severity.rawValue,
            message: Message(text: text), locations: [Location(physicalLocation: place)])
    }

    /// A path as a URI reference (RFC 3986): everything but unreserved characters and slashes in percent signs.
    private static func uri(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF")
        let escaped = path.utf8.map { byte -> String in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                String(Unicode.Scalar(byte))
            default: "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }.joined()
        return path.hasPrefix("/") ? "file://" + escaped : escaped
    }
}
