internal import Foundation

/// The rule files of a folder, none of them read that is too large or no file.
public enum RuleFolder {
    /// The paths of a folder's rule files in order of their names, hidden files left out.
    /// - Throws: the system's error if the folder cannot be read.
    public static func paths(in folder: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) && !$0.hasPrefix(".") }.sorted()
        return names.map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
    }

    static func texts(in folder: String, _ bag: inout DiagnosticBag) -> [RuleText] {
        guard let paths = try? paths(in: folder) else {
            reportFolder(folder, "the rules folder cannot be read", &bag)
            return []
        }
        guard !paths.isEmpty else {
            reportFolder(folder, "the rules folder holds no .yaml file", &bag)
            return []
        }
        guard paths.count <= RulesetReader.maximumFiles else {
            reportFolder(folder, "the rules folder holds more than \(RulesetReader.maximumFiles) files", &bag)
            return []
        }
        var texts: [RuleText] = []
        var total = 0
        for path in paths {
            switch text(at: path) {
            case .success(let text):
                total += text.text.utf8.count
                texts.append(text)
            case .failure(let problem):
                bag.noteUnreadFile()
                bag.add(problem.diagnostic)
            }
            guard total <= RulesetReader.maximumFolderSize else {
                reportFolder(
                    folder, "the rule files have more than \(RulesetReader.maximumFolderSize) bytes together", &bag)
                return []
            }
        }
        return texts
    }

    /// Why a file was not read.
    public struct Problem: Error, Sendable {
        /// The same for people.
        public let diagnostic: Diagnostic
    }

    /// One file's text. Only regular files are opened, links to them included: a pipe would never end.
    public static func text(at path: String) -> Result<RuleText, Problem> {
        func problem(_ code: DiagnosticCode, _ message: String, _ cure: String) -> Result<RuleText, Problem> {
            .failure(
                Problem(
                    diagnostic: Diagnostic(
                        code, path: path, range: SourceRange(line: 1, column: 1), message, cure: cure)))
        }
        let resolved = URL(filePath: path).resolvingSymlinksInPath().path
        let attributes = try? FileManager.default.attributesOfItem(atPath: resolved)
        guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular else {
            return problem(.fileUnreadable, "this is no file that can be read", "put a file there, or remove it")
        }
        let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
        guard size <= RuleText.maximumSize else { return .failure(Problem(diagnostic: .tooLarge(path, bytes: size))) }
        // Read with a bound all the same: the file may have grown since.
        guard let file = FileHandle(forReadingAtPath: resolved),
            let data = try? file.read(upToCount: RuleText.maximumSize + 1) ?? Data()
        else { return problem(.fileUnreadable, "the file cannot be read", "check its permissions") }
        guard let text = String(data: data, encoding: .utf8) else {
            return problem(.invalidYAML, "the file is not UTF-8 text", "save it as UTF-8")
        }
        return .success(RuleText(path: path, text: text))
    }

    private static func reportFolder(_ folder: String, _ message: String, _ bag: inout DiagnosticBag) {
        bag.noteUnreadFile()
        bag.add(
            Diagnostic(
                .folderMissing, path: folder, range: SourceRange(line: 1, column: 1), message,
                cure: "give the folder that holds ruleset.yaml (setting rules.path)"))
    }
}
