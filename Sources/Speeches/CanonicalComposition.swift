internal import Foundation

/// Unicode Normalization Form C: Foundation's, but for Hangul.
///
/// Foundation of Swift 6.3 composes old Hangul letters that have no composition (U+1176 and U+1113 are taken for modern
/// ones) and leaves a syllable and its final apart. Conjoining letters compose with nothing else, so the text between
/// them is Foundation's, and they are put together as The Unicode Standard, section 3.12, says.
enum CanonicalComposition {
    private static let letters: ClosedRange<UInt32> = 0x1100...0x11FF
    private static let (syllables, initials): (UInt32, UInt32) = (0xAC00, 0x1100)
    /// The first medial; one before the first final, which is none.
    private static let (medials, finals): (UInt32, UInt32) = (0x1161, 0x11A7)
    private static let (initialCount, medialCount, finalCount): (UInt32, UInt32, UInt32) = (19, 21, 28)

    /// The composed text.
    static func composed(_ scalars: String.UnicodeScalarView) -> String {
        guard scalars.contains(where: { letters.contains($0.value) }) else {
            return String(scalars).precomposedStringWithCanonicalMapping
        }
        var composed = String.UnicodeScalarView()
        var piece = String.UnicodeScalarView()
        func take() {
            composed.append(contentsOf: String(piece).precomposedStringWithCanonicalMapping.unicodeScalars)
            piece = String.UnicodeScalarView()
        }
        for scalar in scalars {
            guard letters.contains(scalar.value) else {
                piece.append(scalar)
                continue
            }
            take()
            if let last = composed.last, let syllable = syllable(last.value, scalar.value) {
                composed.removeLast()
                composed.append(syllable)
            } else {
                composed.append(scalar)
            }
        }
        take()
        return String(composed)
    }

    /// What two letters, or a syllable without a final and a final, make together; nil if nothing.
    private static func syllable(_ first: UInt32, _ second: UInt32) -> Unicode.Scalar? {
        let (initial, medial) = (first &- initials, second &- medials)
        if initial < initialCount, medial < medialCount {
            return Unicode.Scalar(syllables + (initial * medialCount + medial) * finalCount)
        }
        let (open, final) = (first &- syllables, second &- finals)
        guard open < initialCount * medialCount * finalCount, open % finalCount == 0, (1..<finalCount).contains(final)
        else { return nil }
        return Unicode.Scalar(first + final)
    }
}
