public import ArgumentParser
import Foundation
public import RuleLanguage
import WorkerSupport

/// `rostrum rules import`: a press database's query becomes a rule.
struct RulesImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turns a Lexis or Factiva query into a rule file, with a warning wherever something was assumed.",
        discussion: """
            Warnings go to standard error and, as comments, into the file. The rule is experimental until you say otherwise.
            Example: rostrum rules import --from lexis --topic fraud 'fraud! W/5 (bank OR insur!)' > fraud.yaml

            \(ExitCode.explained([.done, .usage, .problemsFound]))
            """)

    @Option(name: .customLong("from"), help: "The database that the query was written for: lexis or factiva.")
    var dialect: ImportedQuery.Dialect

    @Option(help: "Id of the topic.")
    var topic: String = "imported"

    @Argument(help: "The query; read from standard input if absent.")
    var query: String?

    func validate() throws {
        let allowed = topic.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
        guard allowed, topic.first?.isLetter == true, topic.count <= 100 else {
            throw ValidationError(
                "--topic takes lower-case letters, digits and hyphens, a letter first, not '\(topic)'")
        }
    }

    func run() async throws {
        let imported = ImportedQuery(try text(), from: dialect)
        for warning in imported.warnings { Program.say("warning: column \(warning.column): \(warning.message)") }
        guard !imported.queries.isEmpty else { return try Program.end(with: .problemsFound) }
        StandardOutput.write(imported.file(topic: topic))
    }

    private func text() throws -> String {
        if let query { return query }
        let bytes = try FileHandle.standardInput.read(upToCount: ImportedQuery.maximumSize + 1) ?? Data()
        guard let text = String(data: bytes, encoding: .utf8) else {
            throw ProgramFailure(.failed, code: "import.encoding", "the query is not UTF-8 text")
        }
        return text
    }
}

extension ImportedQuery.Dialect: ExpressibleByArgument {}
