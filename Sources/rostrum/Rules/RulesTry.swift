import ArgumentParser
import Foundation
import RuleEngine
import RuleLanguage
import SpeechFormats
import Speeches
import WorkerCommands
import WorkerSupport
import Workers

/// `rostrum rules try`: a query against a text.
struct RulesTry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "try",
        abstract: "Tries a query on a text and marks what it finds; says how near it came where it finds nothing.",
        discussion: """
            The query may name lists, rules and topics of the rules folder; lists of a topic's own with --topic. Found words are bold on a terminal and in \
            angle quotes elsewhere. With --watch the query runs again whenever the file changes.
            Example: rostrum rules try '(people | women) NEAR/4 traffick*' --text 'They traffic women.'
                     rostrum rules try 'modern [day] slavery' --file speech.txt --watch

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound]))
            Here 3 means that nothing was found.
            """)

    @Argument(help: "The query; several lines are alternatives.")
    var query: String

    @Option(help: "The text to search.")
    var text: String?

    @Option(
        help: ArgumentHelp(
            "A file to search, in any format that 'rostrum classify' reads; without it and --text standard input.",
            valueName: "file"), completion: .file())
    var file: String?

    @Option(
        help: ArgumentHelp("Try it as though it stood in this topic's file: its own lists are known.", valueName: "id"))
    var topic: String?

    @Flag(help: "Run again whenever the file changes, until interrupted.")
    var watch = false

    @Option(help: "text for people, json for programs.")
    var output: TextOrJSON = .text

    @OptionGroup var reading: FormatOptions
    @OptionGroup var rules: RulesOptions

    func validate() throws {
        if text != nil, file != nil { throw ValidationError("give --text or --file, not both") }
        if let file, Self.isFolder(file) { throw ValidationError("--file takes a file, and '\(file)' is a folder") }
        if watch, file == nil { throw ValidationError("--watch needs --file: it waits for the file to change") }
    }

    func run() async throws {
        let trial: QueryTrial
        let sources = try sources()
        do {
            trial = try QueryTrial(query, beside: sources, with: ownLists(in: sources))
        } catch let error as QueryTrialError {
            throw ProgramFailure(.usage, code: error.code, error.description)
        }
        if watch, let file { try await watch(file, trial) }
        let results = try documents().map { trial.run(on: $0) }
        try show(results)
        try Program.end(with: results.contains { !$0.matches.isEmpty } ? .done : .problemsFound)
    }

    /// The lists of the topic that is named; none where its ruleset is faulty, which trying the query then says.
    private func ownLists(in sources: [RuleText]) throws(ProgramFailure) -> [CheckedList] {
        guard let topic, let ruleset = RulesetReader(sources).ruleset else { return [] }
        guard ruleset.topics.contains(where: { $0.id.rawValue == topic }) else {
            throw ProgramFailure(
                .usage, code: "rules.unknownTopic",
                "the ruleset has no topic '\(topic)'; 'rostrum rules list' names them")
        }
        return ruleset.lists.filter { $0.topic?.rawValue == topic }
    }

    /// The files of the rules folder; none where no rules come with this program.
    /// - Throws: `ProgramFailure` where the folder that was named is not there.
    private func sources() throws(ProgramFailure) -> [RuleText] {
        if let folder = rules.rules, !Self.isFolder(folder) {
            throw ProgramFailure(
                .badConfiguration, code: "rules.folderMissing", "the rules folder '\(folder)' (--rules) does not exist")
        }
        guard let folder = rules.rules ?? ShippedFiles.rules else { return [] }
        return RulesetReader(folder: folder).sources
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private func documents() throws -> [Speech] {
        if let text { return [ExampleTests.speech(title: nil, text: text)] }
        guard let file else {
            let bytes = try FileHandle.standardInput.readToEnd() ?? Data()
            return [ExampleTests.speech(title: nil, text: String(decoding: bytes, as: UTF8.self))]
        }
        var speeches: [Speech] = []
        _ = try Corpus.forEach([file], reading) { speeches.append($0) }
        return speeches
    }

    // MARK: Showing

    private func show(_ results: [QueryTrialResult]) throws {
        guard output == .text else { return try ReportJSON.write(results) }
        let isTerminal = isatty(STDOUT_FILENO) == 1
        let (start, end) = isTerminal ? ("\u{1B}[1;7m", "\u{1B}[0m") : ("«", "»")
        for result in results {
            let count = result.matches.count
            var lines = [result.marked(start, end) { EventText.printableLines($0) }, ""]
            lines.append(count == 0 ? "nothing found" : "\(count) match\(count == 1 ? "" : "es")")
            lines += result.matches.filter { $0.words.count > 1 }.map { "  " + $0.words.joined(separator: " … ") }
            lines += result.lost.map { "  - \($0.quote.words.joined(separator: " … ")): \($0.reason)" }
            lines += result.reasons.map { "  - \($0)" }
            StandardOutput.write(
                lines.map { isTerminal ? $0 : EventText.printableLines($0) }.joined(separator: "\n") + "\n")
        }
    }

    /// Runs the query at once and after each change of the file's time or size; looks twice a second, which works on
    /// every file system. Returns never: an interrupt ends the program.
    private func watch(_ file: String, _ trial: QueryTrial) async throws {
        var seen: [FileAttributeKey: String]?
        while true {
            let attributes = try? FileManager.default.attributesOfItem(atPath: file)
            let state = [FileAttributeKey.modificationDate, .size].reduce(into: [:]) { state, key in
                state[key] = attributes?[key].map { "\($0)" }
            }
            if state != seen {
                seen = state
                if isatty(STDOUT_FILENO) == 1 { StandardOutput.write("\u{1B}[2J\u{1B}[H") }
                do {
                    try show(try documents().map { trial.run(on: $0) })
                } catch let failure as ProgramFailure {
                    // An editor replaces a file by deleting it first: say so and wait for it to come back.
                    Program.say(failure.reason)
                }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
