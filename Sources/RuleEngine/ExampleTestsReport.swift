internal import RuleLanguage

/// Results of the examples inside rule files, for people and for continuous integration.
public struct ExampleReport: Sendable {
    /// What was tried, in file order.
    public let results: [ExampleResult]

    /// Wraps results.
    public init(_ results: [ExampleResult]) {
        self.results = results
    }

    /// Those that failed.
    public var failures: [ExampleResult] { results.filter { !$0.isPassed } }

    /// Every failure with its difference, then one line of counts.
    public var text: String {
        let counts = "\(results.count) example\(results.count == 1 ? "" : "s"), \(failures.count) failed"
        return (failures.map { $0.failureReport + "\n" } + [counts]).joined(separator: "\n")
    }

    /// JUnit XML, one suite per rule or topic, as test reporters of build servers read it.
    public var junit: String {
        var suites: [(subject: String, results: [ExampleResult])] = []
        for result in results {
            if suites.last?.subject == result.subject {
                suites[suites.count - 1].results.append(result)
            } else {
                suites.append((result.subject, [result]))
            }
        }
        var xml = XMLText()
        xml.open("testsuites", [("name", "rules"), ("tests", "\(results.count)"), ("failures", "\(failures.count)")])
        for suite in suites {
            let failed = suite.results.count { !$0.isPassed }
            xml.open(
                "testsuite", [("name", suite.subject), ("tests", "\(suite.results.count)"), ("failures", "\(failed)")])
            for result in suite.results { add(result, to: &xml) }
            xml.close("testsuite")
        }
        xml.close("testsuites")
        return xml.text
    }

    private func add(_ result: ExampleResult, to xml: inout XMLText) {
        let place = "\(result.path):\(result.range.start.line)"
        xml.open(
            "testcase",
            [
                ("classname", result.subject), ("name", "\(place) \(result.text.shortened(to: 80))"),
                ("file", result.path), ("line", "\(result.range.start.line)"),
            ])
        if !result.isPassed {
            xml.element(
                "failure", [("message", "expected \(result.expected), found \(result.found)")], result.failureReport)
        }
        xml.close("testcase")
    }
}

/// XML written element by element: always well formed, whatever the texts hold.
struct XMLText {
    private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    private var depth = 0

    mutating func open(_ name: StaticString, _ attributes: [(name: StaticString, value: String)] = []) {
        indent()
        text += "<\(name)\(Self.written(attributes))>\n"
        depth += 1
    }

    mutating func close(_ name: StaticString) {
        depth -= 1
        indent()
        text += "</\(name)>\n"
    }

    mutating func element(
        _ name: StaticString, _ attributes: [(name: StaticString, value: String)], _ content: String
    ) {
        indent()
        text += "<\(name)\(Self.written(attributes))>\(Self.escaped(content, isAttribute: false))</\(name)>\n"
    }

    private mutating func indent() { text += String(repeating: "  ", count: depth) }

    private static func written(_ attributes: [(name: StaticString, value: String)]) -> String {
        attributes.map { " \($0.name)=\"\(escaped($0.value, isAttribute: true))\"" }.joined()
    }

    /// XML 1.0 has no way to write most control characters and U+FFFE, U+FFFF: they become U+FFFD. In attributes,
    /// white space other than the space is written by number, or readers would make spaces of it.
    private static func escaped(_ text: String, isAttribute: Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "\t", "\n", "\r":
                if isAttribute || scalar == "\r" {
                    escaped.append(contentsOf: "&#\(scalar.value);".unicodeScalars)
                } else {
                    escaped.append(scalar)
                }
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": escaped.append("\u{FFFD}")
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}

extension ExampleReport: Encodable {
    private struct Item: Encodable {
        let subject: String
        let path: String
        let line: Int
        let text: String
        let expected: [String]
        let found: [String]
        let passed: Bool
    }

    private enum CodingKeys: CodingKey {
        case examples, failed, results
    }

    /// Counts, and each example with what it asks for and what was found.
    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(results.count, forKey: .examples)
        try members.encode(failures.count, forKey: .failed)
        let items = results.map {
            Item(
                subject: $0.subject, path: $0.path, line: $0.range.start.line, text: $0.text, expected: $0.expected,
                found: $0.found, passed: $0.isPassed)
        }
        try members.encode(items, forKey: .results)
    }
}
