internal import Foundation

/// The report for programs.
extension DiagnosticReport {
    private struct Document: Encodable {
        let diagnostics: [Item]
        let files: Int
        let errors: Int
        let warnings: Int
        let notes: Int
        let omitted: Int
    }

    private struct Item: Encodable {
        let code: String
        let name: String
        let severity: String
        let path: String
        let line: Int
        let column: Int
        let endLine: Int
        let endColumn: Int
        let message: String
        let cure: String?

        enum CodingKeys: String, CodingKey {
            case code, name, severity, path, line, column, message, cure
            case endLine = "end_line"
            case endColumn = "end_column"
        }
    }

    var json: String {
        let items = diagnostics.map { diagnostic in
            Item(
                code: diagnostic.code.rawValue, name: String(describing: diagnostic.code),
                severity: diagnostic.severity.rawValue, path: diagnostic.path, line: diagnostic.range.start.line,
                column: diagnostic.range.start.column, endLine: diagnostic.range.end.line,
                endColumn: diagnostic.range.end.column, message: diagnostic.message, cure: diagnostic.cure)
        }
        return Self.encoded(
            Document(
                diagnostics: items, files: sources.count, errors: count(.error), warnings: count(.warning),
                notes: count(.note), omitted: omitted))
    }

    /// Members sorted by name, so that the same report is the same bytes.
    static func encoded(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Strings and numbers of our own making can always be encoded.
        return String(decoding: try! encoder.encode(value), as: UTF8.self)
    }
}
