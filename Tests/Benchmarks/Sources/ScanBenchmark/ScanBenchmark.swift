import Foundation
import TextMatching

/// The scan kernel: whole-word, case-folded phrases with start and end, one thread, one document a line. Prints compile
/// time, the best of several runs in MB/s and the number of hits, in the comparator's format.
@main
struct ScanBenchmark {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            FileHandle.standardError.write(Data("usage: ScanBenchmark PHRASES_FILE TEXT_FILE\n".utf8))
            exit(2)
        }
        let phrases = try String(contentsOfFile: arguments[1], encoding: .utf8).split(separator: "\n")
        let text = [UInt8](try Data(contentsOf: URL(filePath: arguments[2])))
        let clock = ContinuousClock()

        var automaton: PhraseAutomaton?
        let compiled = clock.measure {
            var builder = PhraseAutomaton.Builder()
            for phrase in phrases { _ = builder.add(phrase.split(separator: " ").map { .literal(String($0)) }) }
            automaton = builder.build()
        }
        var scanner = TextScanner(automaton!)
        let documents = text.split(separator: UInt8(ascii: "\n")).map { $0.startIndex..<$0.endIndex }
        var best = Duration.seconds(1_000)
        var hits = 0
        for _ in 0..<5 {
            hits = 0
            let elapsed = clock.measure {
                text.withUnsafeBufferPointer { bytes in
                    for document in documents {
                        scanner.scan(UnsafeBufferPointer(rebasing: bytes[document]))
                        hits += scanner.occurrences.count
                    }
                }
            }
            best = min(best, elapsed)
        }
        let rate = Double(text.count) / 1e6 / (best / .seconds(1))
        print(
            String(
                format: "%d phrases, compile %.3f s, scan %.0f MB/s, %d hits", phrases.count, compiled / .seconds(1),
                rate,
                hits))
    }
}
