import TextMatching

/// Regular expressions: what stands before the first zero byte is the expression, the rest the text. Matches are in
/// order, do not overlap, are not empty, and begin and end at characters.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let expression = try? RegularExpression(String(decoding: parts[0], as: UTF8.self)) else { return 0 }
    let text = Array((parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "police police").utf8)
    var end = 0
    _ = text.withUnsafeBufferPointer { text in
        expression.forEachMatch(in: text) { range in
            precondition(
                range.lowerBound >= end && !range.isEmpty && range.upperBound <= text.count, "a match out of place")
            precondition(text[range.lowerBound] & 0xC0 != 0x80, "a match begins inside a character")
            precondition(
                range.upperBound == text.count || text[range.upperBound] & 0xC0 != 0x80, "a match ends inside one")
            end = range.upperBound
        }
    }
    return 0
}
