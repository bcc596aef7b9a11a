import Testing
@testable import TextMatching
@Suite struct WordFormsTests {
    @Test func pluralAndSpelling() {
        #expect(WordForms.forms(of: "offence").contains("offenses"))
        #expect(!WordForms.forms(of: "news").contains("new"))
    }
}
