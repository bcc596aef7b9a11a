import Foundation
import RuleEngine
import RuleLanguage
import Speeches
import TextMatching

/// The work of one document without a clock: run under valgrind, which counts instructions and allocations. Reads the
/// documents of a folder, makes rules out of their own words, so that no edit of the shipped rules changes the counts, and
/// goes through all documents so many times. See `Tests/Benchmarks/counts`.
@main
struct WorkCount {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let rounds = Int(arguments[3]), rounds > 0 else {
            FileHandle.standardError.write(Data("usage: WorkCount DOCUMENTS_FOLDER scan|classify|record ROUNDS\n".utf8))
            exit(2)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: arguments[1]).sorted()
        let documents = try names.filter { $0.hasPrefix("speech") && $0.hasSuffix(".document.json") }
            .map { try Data(contentsOf: URL(filePath: "\(arguments[1])/\($0)")) }
        let speeches = try documents.map { try Speech(json: $0) }
        let ruleset = try rules(of: speeches)
        var found = 0
        switch arguments[2] {
        case "scan":
            var scanner = TextScanner(ruleset.automaton)
            let texts = speeches.map(\.canonicalText)
            for _ in 0..<rounds {
                for text in texts {
                    scanner.scan(text)
                    found += scanner.occurrences.count
                }
            }
        case "classify":
            let classifier = Classifier(ruleset)
            for _ in 0..<rounds { for speech in speeches { found += classifier.classify(speech).json.count } }
        default:
            // From the bytes of a document's record to those of its event.
            let classifier = Classifier(ruleset)
            for _ in 0..<rounds {
                for document in documents { found += classifier.classify(try Speech(json: document)).json.count }
            }
        }
        print("\(documents.count) documents, \(found)")
    }

    /// Phrases of two neighbouring words, and conditions over them, so many that some occur in every document.
    private static func rules(of speeches: [Speech]) throws -> Ruleset {
        var phrases: [String] = []
        for speech in speeches {
            let words = speech.canonicalText.split { !$0.isLetter || !$0.isASCII }.map { $0.lowercased() }
            for start in stride(from: 0, to: words.count - 1, by: 40) {
                let phrase = "\(words[start]) \(words[start + 1])"
                if words[start].count > 3, words[start + 1].count > 3, !phrases.contains(phrase) {
                    phrases.append(phrase)
                }
            }
        }
        let topics = stride(from: 0, to: phrases.count - 3, by: 3).map { start in
            let (first, second, third) = (phrases[start], phrases[start + 1], phrases[start + 2])
            return RuleText(
                path: "topic\(start).yaml",
                text: """
                    topic: topic-\(start)
                    label: Topic \(start)
                    description: Words of the documents.
                    rules:
                      - {id: topic-\(start).one, weight: 3, find: "\(first) | \(second)"}
                      - {id: topic-\(start).two, weight: 2, find: "document: (\(third) AND \(first))"}
                      - id: topic-\(start).three
                        weight: 2
                        find: "\(second) NEAR/30 \(third)"
                        not_inside: "the \(first)"

                    """)
        }
        let reader = RulesetReader([RuleText(path: "ruleset.yaml", text: "ruleset: counts\nversion: 1.0.0\n")] + topics)
        guard let checked = reader.ruleset else {
            FileHandle.standardError.write(Data(reader.report.utf8))
            exit(1)
        }
        return Ruleset.compile(checked)
    }
}
