/// A document's bytes, pulled in pieces, so that a file larger than memory can be read and an archive unpacked as it is
/// read. One owner, one thread.
///
/// The beginning can be looked at before anything is taken (`head`); then the pieces are pulled once, in order.
public final class ByteInput {
    /// How many bytes detection sees of an input that is larger.
    static let headBytesMax = 1_048_576

    private let pull: () throws(FormatError) -> [UInt8]?
    private var ahead: [UInt8] = []
    private var isAtEnd = false
    /// How many bytes there are, where it is known before they are read.
    let knownSize: Int?

    /// Wraps a source that returns pieces of any length above 0, and nil at its end.
    /// - Parameter knownSize: the bytes of all pieces, where they are known.
    public init(knownSize: Int? = nil, _ pull: @escaping () throws(FormatError) -> [UInt8]?) {
        self.knownSize = knownSize
        self.pull = pull
    }

    /// An input of bytes in memory.
    public convenience init(_ bytes: [UInt8]) {
        var rest: [UInt8]? = bytes.isEmpty ? nil : bytes
        self.init(knownSize: bytes.count) { () throws(FormatError) in rest.take() }
    }

    /// The first bytes, without taking them.
    /// - Returns: at least `headBytesMax` bytes, or all there are.
    /// - Throws: the source's error.
    func head() throws(FormatError) -> (bytes: [UInt8], isWhole: Bool) {
        while ahead.count < Self.headBytesMax, !isAtEnd { try fill() }
        return (ahead, isAtEnd)
    }

    /// The head, and where it does not hold the end of a first line, what follows up to that and some bytes more.
    /// - Parameter bytesMax: the most bytes that are looked at for it.
    /// - Throws: the source's error.
    func headWithLine(upTo bytesMax: Int) throws(FormatError) -> (bytes: [UInt8], isWhole: Bool) {
        _ = try head()
        var searched = ahead.firstIndex { $0 != 0x20 && !(0x09...0x0D).contains($0) } ?? ahead.count
        while !isAtEnd, ahead.count < bytesMax {
            let hasLine = ahead.withUnsafeBytes { $0.first(UInt8(ascii: "\n"), from: searched) } != nil
            searched = ahead.count
            // After the line's end too: what the next line begins with tells.
            try fill()
            if hasLine { break }
        }
        return (ahead, isAtEnd)
    }

    /// The next piece; nil at the end.
    /// - Throws: the source's error; nothing may be pulled after it.
    func next() throws(FormatError) -> [UInt8]? {
        if !ahead.isEmpty {
            defer { ahead = [] }
            return ahead
        }
        return isAtEnd ? nil : try pulled()
    }

    /// All bytes that are left.
    /// - Throws: `FormatError` with code `tooLarge`, before more than the limit is in memory.
    func all(upTo bytesMax: Int) throws(FormatError) -> [UInt8] {
        func check(_ count: Int) throws(FormatError) {
            guard count > bytesMax else { return }
            throw FormatError(
                .tooLarge,
                "there are \(knownSize.map { "\($0)" } ?? "more than \(bytesMax)") bytes; "
                    + "\(bytesMax) are allowed in this format",
                cure: "split it, or make JSON lines or CSV of it, which may be of any size")
        }
        try check(knownSize ?? 0)
        while !isAtEnd {
            try fill()
            try check(ahead.count)
        }
        defer { ahead = [] }
        return ahead
    }

    private func fill() throws(FormatError) {
        if let piece = try pulled() { ahead.append(contentsOf: piece) }
    }

    private func pulled() throws(FormatError) -> [UInt8]? {
        let piece = try pull()
        isAtEnd = piece == nil
        return piece
    }
}

/// Lines of an input, one at a time.
struct LineReader {
    /// One line, without its end.
    enum Line {
        /// A line and its number, from 1.
        case line(ArraySlice<UInt8>, number: Int)
        /// A line that was longer than allowed, skipped.
        case tooLong(number: Int)

        /// Whether it is a line of white space.
        var isEmpty: Bool {
            guard case .line(let bytes, _) = self else { return false }
            return bytes.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
        }
    }

    private let input: ByteInput
    private let bytesMax: Int
    private var piece: ArraySlice<UInt8> = []
    private var number = 0

    /// - Parameter bytesMax: the most bytes of a line that are kept in memory.
    init(_ input: ByteInput, bytesMax: Int) {
        self.input = input
        self.bytesMax = bytesMax
    }

    /// The next line, nil at the end.
    /// - Throws: the input's error.
    mutating func next() throws(FormatError) -> Line? {
        var pending: [UInt8] = []
        var isTooLong = false
        var hasAny = false
        while true {
            if piece.isEmpty {
                guard let next = try input.next() else {
                    guard hasAny else { return nil }
                    number += 1
                    return isTooLong ? .tooLong(number: number) : .line(pending[...], number: number)
                }
                piece = next[...]
            }
            hasAny = true
            let end = piece.withUnsafeBytes { $0.first(UInt8(ascii: "\n"), from: 0) }.map { piece.startIndex + $0 }
            let part = piece[..<(end ?? piece.endIndex)]
            piece = end.map { piece[($0 + 1)...] } ?? []
            isTooLong = isTooLong || pending.count + part.count > bytesMax
            if isTooLong { pending = [] }
            guard end != nil else {
                if !isTooLong { pending.append(contentsOf: part) }
                continue
            }
            number += 1
            if isTooLong { return .tooLong(number: number) }
            if pending.isEmpty { return .line(part, number: number) }
            pending.append(contentsOf: part)
            return .line(pending[...], number: number)
        }
    }
}
