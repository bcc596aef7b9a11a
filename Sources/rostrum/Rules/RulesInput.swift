import ArgumentParser
import Foundation
import RuleEngine
import RuleLanguage
import SpeechFormats
import Speeches
import WorkerCommands
import WorkerSupport
import Workers

/// The ruleset that an analyst's command applies.
struct RulesetOptions: ParsableArguments {
    @OptionGroup var rules: RulesOptions
    @OptionGroup var settings: SettingsOptions

    /// The compiled ruleset: of `--rules`, the settings, or the shipped one.
    /// - Throws: `ProgramFailure` with exit code 78 and every diagnostic.
    func load() throws -> Ruleset { try Rules.load(settings.settings(rules.flags)) }

    /// The compiled ruleset of a folder.
    /// - Throws: `ProgramFailure` with exit code 78 and every diagnostic.
    static func load(_ folder: String) throws -> Ruleset { Ruleset.compile(try RulesFolder.checked(folder)) }
}

/// The documents that a command tries rules on.
struct CorpusOptions: ParsableArguments {
    @Option(
        name: .long, parsing: .upToNextOption,
        help: ArgumentHelp(
            "Files and folders of speeches in any format that 'rostrum classify' reads.",
            valueName: "file"))
    var corpus: [String]

    @OptionGroup var reading: FormatOptions

    /// Hands over every document; refused ones are said on standard error.
    /// - Returns: how a command ends that found nothing else wrong.
    func forEach(_ body: (Speech) throws -> Void) throws -> WorkerSupport.ExitCode {
        try Corpus.forEach(corpus, reading, body)
    }
}

/// Documents of files and folders, read as `rostrum classify` reads them.
enum Corpus {
    /// What commands say of their exit code 3 in their help.
    static let refusedMeans = "Here 3 means that a document could not be read; the others are in the answer."

    /// Hands over every document; refused ones are said on standard error.
    /// - Returns: how a command ends that found nothing else wrong: `problemsFound` where a document was refused.
    /// - Throws: `ProgramFailure` where nothing could be read.
    static func forEach(
        _ paths: [String], _ reading: FormatOptions, _ body: (Speech) throws -> Void
    ) throws -> WorkerSupport.ExitCode {
        var (read, refused) = (0, 0)
        for outcome in SpeechFiles(paths, context: try reading.context()) {
            switch outcome {
            case .speech(let speech, _):
                read += 1
                try body(speech)
            case .rejected(let error):
                refused += 1
                Program.say("refused: \(error)")
            case .warning, .ignored: break
            }
        }
        guard read > 0 else {
            throw ProgramFailure(
                .failed, code: "corpus.empty",
                "no document could be read from \(paths.joined(separator: ", ")); name files of speeches")
        }
        return refused == 0 ? .done : .problemsFound
    }

    /// A whole file, or the failure that says why not.
    static func contents(_ path: String) throws -> Data {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ProgramFailure(
                .failed, code: "file.unreadable", "the file '\(path)' cannot be read; check its name and permissions")
        }
        return data
    }
}

/// Text for people or JSON for programs.
enum TextOrJSON: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// Reports as JSON: members in order of their names, snake case as in events.
enum ReportJSON {
    static func write(_ report: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        StandardOutput.write(Array(try encoder.encode(report)) + [UInt8(ascii: "\n")])
    }
}

/// A file that a command was told to write.
enum OutputFile {
    /// - Throws: `ProgramFailure` with 1 where it cannot be written.
    static func write(_ text: String, to path: String) throws(ProgramFailure) {
        do {
            try Data(text.utf8).write(to: URL(filePath: path))
        } catch {
            throw ProgramFailure(
                .failed, code: "file.unwritable",
                "the file '\(path)' cannot be written; its folder must exist and be writable for this user")
        }
    }
}
