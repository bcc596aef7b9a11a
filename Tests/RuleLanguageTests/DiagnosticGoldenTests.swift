import Foundation
import RuleLanguage
import TestSupport
import Testing

/// Every diagnostic as its author meets it: `Tests/Fixtures/Rules/diagnostics/CODE.yaml`, or a folder CODE of files, and
/// what `rostrum rules check` says of it in CODE.txt. `ROSTRUM_RECORD_GOLDENS=1` records.
@Suite struct DiagnosticGoldenTests {
    private static let folder = Repository.root + "/Tests/Fixtures/Rules/diagnostics"

    private static let names: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return Set(names.compactMap { $0.split(separator: ".").first.map(String.init) }).sorted()
    }()

    @Test(arguments: names)
    func golden(_ name: String) throws {
        let (diagnostics, sources) = try Self.check(name)
        let code = try #require(DiagnosticCode(rawValue: String(name.prefix(4))))
        #expect(!diagnostics.isEmpty)
        #expect(diagnostics.allSatisfy { $0.code == code }, "\(name) shows something else than its code")
        try goldenMatches(
            DiagnosticReport(diagnostics, sources: sources).rendered(.text) + "\n", "Rules/diagnostics/\(name).txt")
    }

    @Test func everyCodeHasAGolden() {
        let shown = Set(Self.names.map { $0.prefix(4) })
        #expect(DiagnosticCode.allCases.map(\.rawValue).filter { !shown.contains($0[...]) } == [])
    }

    /// Diagnostics and files with paths from the fixture's folder.
    private static func check(_ name: String) throws -> ([Diagnostic], [RuleText]) {
        let base = folder + "/" + name
        switch name {
        case "Y001": return (RulesetReader(folder: "no-such-folder", linting: true).diagnostics, [])
        case "Y003":
            let text = RuleText(path: "t.yaml", text: String(repeating: "# many\n", count: 200_000))
            return (RulesetReader([Checking.manifest, text]).diagnostics, [text])
        default: break
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: base, isDirectory: &isFolder), isFolder.boolValue else {
            let text = RuleText(path: "t.yaml", text: try String(contentsOfFile: base + ".yaml", encoding: .utf8))
            return (RulesetReader([Checking.manifest, text], linting: true).diagnostics, [text])
        }
        let copy = try TemporaryFolder()
        for file in try FileManager.default.contentsOfDirectory(atPath: base) {
            try FileManager.default.copyItem(atPath: base + "/" + file, toPath: copy.path(file))
        }
        let files = Set(try FileManager.default.contentsOfDirectory(atPath: base))
        if !files.contains("ruleset.yaml"), !files.contains("ruleset.none") {
            try Data(Checking.manifest.text.utf8).write(to: URL(filePath: copy.path("ruleset.yaml")))
        }
        let reader = RulesetReader(folder: copy.path, linting: true)
        func short(_ path: String) -> String { String(path.dropFirst(copy.path.count + 1)) }
        let diagnostics = reader.diagnostics.map { diagnostic in
            Diagnostic(
                diagnostic.code, path: short(diagnostic.path), range: diagnostic.range,
                diagnostic.message.replacing(copy.path + "/", with: ""),
                cure: diagnostic.cure?.replacing(copy.path + "/", with: ""))
        }
        return (diagnostics, reader.sources.map { RuleText(path: short($0.path), text: $0.text) })
    }
}
