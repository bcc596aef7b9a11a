import RuleLanguage
import Testing
@Suite struct DiagnosticTests {
    @Test func missingFolderIsADiagnostic() {
        #expect(RulesetReader(folder: "/nonexistent").diagnostics.map(\.code) == [.folderMissing])
    }
}
