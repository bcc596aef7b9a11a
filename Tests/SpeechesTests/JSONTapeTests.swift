import Foundation
import TestSupport
import Testing

@testable import Speeches

/// Two readers of JSON stand one behind the other. What the first takes the second must read alike; what it leaves the
/// second answers for (`RefusalTests`).
@Suite struct JSONTapeTests {
    private func compare(_ json: [UInt8], _ note: @autoclosure () -> String = "") -> Bool {
        let data = Data(json)
        guard let taken = JSONTape.read(ClassifiedSpeech.self, from: data) else { return false }
        let patient = try? WireForm.readPatiently(ClassifiedSpeech.self, from: data)
        #expect(patient == taken, "\(note())")
        return true
    }

    private let sound = Samples.event(Samples.full).json

    @Test func whatWeWriteIsTaken() {
        #expect(compare(sound))
        #expect(compare(Samples.event(Samples.minimal, quotes: false).json))
        for assessment in Assessment.allCases { #expect(compare(Samples.unread(Samples.full, assessment).json)) }
    }

    /// Odd and yet JSON, or nearly; whether the first reader takes it.
    static let odd: [(String, String, Bool)] = [
        ("\"title\":\"", "\"title\":\"\\ud83d\\ude00\\u0000\\/", true), ("\"title\":\"", "\"title\":\"\\ud800", false),
        ("\"title\":\"", "\"title\":\"\\udc00", false), ("\"title\":\"", "\"title\":\"\\ude00\\ud83d", false),
        ("\"title\":\"", "\"title\":\"\u{D7FF}\u{E000}\u{FFFF}", true),
        ("\"title\":\"", "\"x\\udc00\":1,\"title\":\"", false),
        ("\"words\":17", "\"words\":17.0", false), ("\"words\":17", "\"words\":1.7e1", false),
        ("\"words\":17", "\"words\":17,\"words\":18", true), ("\"words\":17", "\"words\":-0", true),
        ("\"words\":17", "\"words\":017", false), ("\"words\":17", "\"words\":+17", false),
        ("\"words\":17", "\"words\":9223372036854775807", true),
        ("\"words\":17", "\"words\":9223372036854775808", false),
        ("\"words\":17", "\"x\":1e400,\"words\":17", false), ("\"words\":17", "\"x\":NaN,\"words\":17", false),
        ("\"words\":17", "\"x\":[{}, [[]], null, -1.5e-7],\"words\" : 17 ", true),
        ("\"words\":17", "\"words\":17,", false), ("\"words\":17", "/* */\"words\":17", false),
        ("\"words\":17", "\"x\":[1,],\"words\":17", false), ("\"words\":17", "\"x\":'a',\"words\":17", false),
        ("\"score\":0.75", "\"score\":7.5e-1", true), ("\"score\":0.75", "\"score\":1", true),
        ("\"score\":0.75", "\"score\":0e5", false), ("\"score\":0.75", "\"score\":1e-999", false),
        ("\"score\":0.75", "\"score\":0.7494999999999999999999999999", true),
        ("\"codes\":{", "\"codes\":{\"iccs\":[\"first\"],\"\u{E9}\":[],\"e\u{301}\":[\"b\"],", true),
        ("\"codes\":{", "\"codes\":{},\"codes\":{", true), ("\"topics\":[", "\"topics\":[],\"topics\":[", true),
        ("\"ruleset\":{", "\"truncated\":null,\"ruleset\":{", false),
        ("{\"schema_version\"", "\u{FEFF}{\"schema_version\"", false),
    ]

    @Test(arguments: odd.indices) func oddTextsAreReadAlike(row: Int) {
        let (part, replacement, isTaken) = Self.odd[row]
        let text = String(decoding: sound, as: UTF8.self).replacing(part, with: replacement, maxReplacements: 1)
        #expect(compare(Array(text.utf8)) == isTaken)
    }

    @Test func endsAndDepthsAreLeftToFoundation() {
        for end in ["\u{0}", "\u{0}{}", "{}", "]", "x"] { #expect(!compare(sound + Array(end.utf8)), "\(end)") }
        #expect(compare(sound + Array(" \n\t\r".utf8)))
        for length in 0..<sound.count { #expect(!compare(Array(sound.prefix(length)))) }
        for (levels, isTaken) in [(400, true), (600, false), (200_000, false)] {
            let nested = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            let text = String(decoding: sound, as: UTF8.self).replacing("{\"sch", with: "{\"x\":\(nested),\"sch")
            #expect(compare(Array(text.utf8)) == isTaken)
        }
    }

    /// Bytes changed, left out and doubled: whatever is still taken is read alike.
    @Test func brokenTextsAreReadAlike() {
        let seed = SeededGenerator.seed()
        print("seed of brokenTextsAreReadAlike: \(seed)")
        var random = SeededGenerator(seed: seed)
        let palette = Array("\"\\{}[],:0129.-+eEu/ntf\u{0}\u{1}é".utf8) + [0x80, 0xC0, 0xED, 0xA0, 0xFF]
        var taken = 0
        for round in 0..<20_000 {
            var json = sound
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<json.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: json[place] = palette.randomElement(using: &random)!
                case 1: json.insert(palette.randomElement(using: &random)!, at: place)
                case 2: json.remove(at: place)
                default:
                    let end = min(json.count, place + Int.random(in: 1...40, using: &random))
                    json.insert(contentsOf: json[place..<end], at: Int.random(in: 0...json.count, using: &random))
                }
            }
            if compare(json, "seed \(seed), round \(round)") { taken += 1 }
        }
        #expect(taken > 100)
    }
}
