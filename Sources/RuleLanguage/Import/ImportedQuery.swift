internal import TextMatching

/// A query of a press database in our language, with a warning wherever the two differ.
public struct ImportedQuery: Sendable {
    /// Databases whose queries can be read.
    public enum Dialect: String, Sendable, CaseIterable {
        /// Lexis, Nexis: terms and connectors.
        case lexis
        /// Factiva: free text.
        case factiva
    }

    /// Something that the author should look at.
    public struct Warning: Hashable, Sendable {
        /// Column in the query, from 1, in code points.
        public let column: Int
        /// What was assumed, changed or left out.
        public let message: String
    }

    /// Where the query was read from.
    public let dialect: Dialect
    /// Alternatives in canonical form; empty when nothing could be made of the query.
    public let queries: [String]
    /// In order of their columns.
    public let warnings: [Warning]

    /// Longest query that is read, in bytes.
    public static let maximumSize = 32_768

    /// Reads a query.
    public init(_ text: String, from dialect: Dialect) {
        self.dialect = dialect
        guard text.utf8.count <= Self.maximumSize else {
            queries = []
            warnings = [
                Warning(column: 1, message: "the query has more than \(Self.maximumSize) bytes; import it in parts")
            ]
            return
        }
        var parser = ImportParser(Array(text.unicodeScalars), dialect)
        let query = parser.parse()
        var warnings = parser.warnings
        let lines = query.map { $0.alternatives.map(\.description) } ?? []
        let text = lines.joined(separator: "\n")
        for problem in QueryParser(EmbeddedText(block: text, firstLine: 1, column: 1)).problems {
            warnings.append(Warning(column: 1, message: "what came of it cannot be used as it is: \(problem.message)"))
        }
        queries = lines
        // They quote a stranger's query, and go to terminals and into comments.
        self.warnings = warnings.map { Warning(column: $0.column, message: $0.message.printable) }
            .sorted { ($0.column, $0.message) < ($1.column, $1.message) }
    }

    /// A topic file with the query as an experimental rule, the warnings in comments.
    /// - Parameter topic: the topic's id.
    public func file(topic: String) -> String {
        let name = dialect == .lexis ? "Lexis" : "Factiva"
        let comments = warnings.map { "# column \($0.column): \($0.message)\n" }.joined()
        let find = queries.map { "      \($0)\n" }.joined()
        return """
            # Imported from a \(name) query. Look at each of these, then take the comment out:
            \(comments.isEmpty ? "# nothing was assumed, changed or left out\n" : comments)topic: \(topic)
            label: \(topic)
            description: Imported from a \(name) query.
            rules:
              - id: \(topic).imported
                weight: 2
                status: experimental
                find: |
            \(find)
            """
    }
}
