import Foundation
import RuleEngine
import Speeches
import TextMatching

/// Full classification (words, rules, scoring, evidence, JSON out) beside the scan alone: the same ruleset, the same
/// documents, one thread, in turn. Prints the medians of several rounds in MB/s of canonical text.
@main
struct ClassifyBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let rounds = Int(arguments[3]), rounds > 0 else {
            FileHandle.standardError.write(Data("usage: ClassifyBenchmark RULES_FOLDER CORPUS_JSONL ROUNDS\n".utf8))
            exit(2)
        }
        let ruleset = try Ruleset.load(folder: arguments[1])
        let speeches = try corpus(arguments[2])
        let texts = speeches.map { Array($0.canonicalText.utf8) }
        let titles = speeches.map { $0.title?.utf8.count ?? 0 }
        let bytes = texts.reduce(0) { $0 + $1.count }

        var scanner = TextScanner(ruleset.automaton)
        let classifier = Classifier(ruleset)
        var scan: [Double] = []
        var classify: [Double] = []
        var events = 0
        let clock = ContinuousClock()
        for _ in 0..<rounds {
            scan.append(
                clock.measure {
                    for (text, title) in zip(texts, titles) {
                        text.withUnsafeBufferPointer { scanner.scan($0, titleLength: title) }
                    }
                } / .seconds(1))
            events = 0
            classify.append(
                clock.measure {
                    for speech in speeches { events += classifier.classify(speech).json.count }
                } / .seconds(1))
        }
        let (scanned, classified) = (Double(bytes) / 1e6 / median(scan), Double(bytes) / 1e6 / median(classify))
        print(
            String(
                format:
                    "%d documents, %d bytes, scan %.0f MB/s, classify %.0f MB/s, %.0f documents/s, %d bytes of events",
                speeches.count, bytes, scanned, classified, Double(speeches.count) / median(classify), events))
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// A line of the corpus.
    private struct Line: Decodable {
        let id: String
        let title: String
        let speaker: String?
        let post: String?
        let text: String
    }

    private static func corpus(_ path: String) throws -> [Speech] {
        let lines = try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n"))
        return try lines.map { data in
            let line = try JSONDecoder().decode(Line.self, from: Data(data))
            return Speech(
                id: SpeechID(line.id), title: TextNormalisation.optionalLine(line.title),
                body: TextNormalisation.paragraphs(line.text),
                speaker: Speaker(
                    name: TextNormalisation.optionalLine(line.speaker), role: TextNormalisation.optionalLine(line.post)),
                language: "en")
        }
    }
}
