import ArgumentParser
import Foundation
import RuleLanguage
import WorkerSupport

/// `rostrum rules fmt`: rule files in one look.
struct RulesFormat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Formats rule files: spaces in queries, indentation of query blocks, spaces at line ends.",
        discussion: """
            Comments and the order of keys stay. A file whose meaning would change, or that does not parse, is left alone.
            Example: rostrum rules fmt --check Config/rules

            \(ExitCode.explained([.done, .failed, .usage, .problemsFound]))
            """)

    @Flag(help: "Writes nothing; names the files that are not formatted and ends with 3 if there are any.")
    var check = false

    @Argument(help: "Files, or folders of rule files; the shipped ones if none is given.", completion: .file())
    var paths: [String] = []

    func run() async throws {
        var unformatted = 0
        var problems = 0
        for path in try files() {
            do throws(ProgramFailure) {
                if try format(path) { unformatted += 1 }
            } catch {
                Program.say("error: \(error.reason)")
                problems += 1
            }
        }
        if problems > 0 || check && unformatted > 0 { try Program.end(with: .problemsFound) }
    }

    private func files() throws -> [String] {
        let places = paths.isEmpty ? [try RulesFolder.path(nil)] : paths
        return try places.flatMap { place -> [String] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) else {
                throw ProgramFailure(.failed, code: "rules.fileMissing", "there is no file or folder '\(place)'")
            }
            return isFolder.boolValue ? try RuleFolder.paths(in: place) : [place]
        }
    }

    /// Whether the file was not formatted.
    private func format(_ path: String) throws(ProgramFailure) -> Bool {
        let source: RuleText
        switch RuleFolder.text(at: path) {
        case .success(let text): source = text
        case .failure(let problem):
            throw ProgramFailure(.problemsFound, code: "rules.unreadable", "\(path): \(problem.diagnostic.message)")
        }
        let formatted: String
        do throws(RuleFormatter.Problem) {
            formatted = try RuleFormatter.formatted(source)
        } catch {
            throw ProgramFailure(.problemsFound, code: "rules.unformatted", "\(path): \(error.reason)")
        }
        let url = URL(filePath: path).resolvingSymlinksInPath()
        let present = try? Data(contentsOf: url)
        guard present != Data(formatted.utf8) else { return false }
        StandardOutput.write("\(check ? "not formatted" : "formatted"): \(path)\n")
        if !check {
            do {
                try Self.replace(url, with: formatted)
            } catch {
                throw ProgramFailure(.failed, code: "rules.unwritable", "\(path): the file cannot be written: \(error)")
            }
        }
        return true
    }

    /// Puts the text in the file's place at once, with the file's permissions.
    private static func replace(_ url: URL, with text: String) throws {
        let permissions = try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions]
        try Data(text.utf8).write(to: url, options: .atomic)
        if let permissions {
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: url.path)
        }
    }
}
