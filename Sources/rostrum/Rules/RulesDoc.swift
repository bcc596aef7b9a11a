import ArgumentParser
import Foundation
import RuleEngine
import RuleLanguage
import WorkerSupport

/// `rostrum rules doc`: the codebook.
struct RulesDoc: AsyncParsableCommand {
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case markdown, html
    }

    static let configuration = CommandConfiguration(
        commandName: "doc",
        abstract: "The codebook: what each topic means, its rules in plain words, examples and quality.",
        discussion: """
            Example: rostrum rules evaluate --gold labelled.jsonl --half check --output json > quality.json
                     rostrum rules doc Config/rules --quality quality.json --output html > codebook.html

            \(ExitCode.explained([.done, .failed, .usage, .badConfiguration]))
            """)

    @OptionGroup var rules: RulesFolder

    @Option(help: "markdown, or html as one page that prints well.")
    var output: Output = .markdown

    @Option(help: ArgumentHelp("Figures of 'rules evaluate --output json'.", valueName: "file"), completion: .file())
    var quality: String?

    func run() async throws {
        let codebook = Codebook(try rules.checked(), quality: try quality.map(Self.figures))
        switch output {
        case .markdown: StandardOutput.write(codebook.markdown)
        case .html: StandardOutput.write(codebook.html)
        }
    }

    private static func figures(_ path: String) throws -> CodebookQuality {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(CodebookQuality.self, from: Corpus.contents(path))
        } catch is DecodingError {
            throw ProgramFailure(
                .failed, code: "codebook.quality",
                "the file '\(path)' holds no figures; make it by 'rostrum rules evaluate --output json'")
        }
    }
}
