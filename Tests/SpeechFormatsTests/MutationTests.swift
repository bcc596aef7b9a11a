import Foundation
import SpeechFormats
import Speeches
import TestSupport
import Testing

/// Seeded damage to every sample: bytes flipped, cut out, doubled, cut off. Whatever comes out keeps a document's
/// promises, and what does not come out is a `FormatError`; nothing crashes or hangs.
struct MutationTests {
    @Test(arguments: Fixtures.files(in: Fixtures.samples) + Fixtures.files(in: Fixtures.texts))
    func damagedFilesAreReadOrRefused(_ file: URL) throws {
        let original = try Fixtures.bytes(file)
        var random = SeededGenerator(seed: UInt64(original.count))
        for round in 0..<15 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.damage(&bytes, &random) }
            do {
                for speech in try FormatRegistry().speeches(in: bytes, from: SourceContext()) {
                    #expect(!speech.body.isEmpty)
                    #expect(
                        speech.body.allSatisfy { !$0.isEmpty && $0 == TextNormalisation.line($0) }, "round \(round)")
                    #expect(try Speech(json: Data(speech.json)) == speech, "round \(round)")
                }
            } catch let error as FormatError {
                #expect(!error.cure.isEmpty)
            }
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard bytes.count > 8 else { return }
        let start = Int.random(in: 0..<(bytes.count - 4), using: &random)
        let end = min(bytes.count, start + Int.random(in: 1...40, using: &random))
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[start] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 1: bytes.removeSubrange(start..<end)
        case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
        case 3: bytes.removeSubrange(start...)
        case 4: bytes.insert(contentsOf: Array("<div><p>&<!x \\\"".utf8), at: start)
        default: bytes[start] = UInt8.random(in: 0...255, using: &random)
        }
    }
}
