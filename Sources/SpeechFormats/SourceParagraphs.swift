internal import Speeches

/// Paragraphs of plain text from its lines, whichever way the lines were cut.
///
/// Text comes with a line for each paragraph, or with lines cut at a width: by an editor, by a mail program, or by a
/// tool that took it out of a printed record and left page numbers and a hyphen at a line's end. What tells them apart
/// is that lines cut at a width go on in lower case; paragraphs, list items and verses rarely do.
struct SourceParagraphs {
    /// The paragraphs, none empty.
    let paragraphs: [String]

    /// - Parameter rawLines: the lines as they stand, with the spaces at their beginnings.
    init(_ rawLines: [Substring]) {
        paragraphs = NormalisedLines(rawLines).withLines { lines in
            let form = LineForm(of: lines)
            guard form.isWrapped else {
                return Self.joiningBrokenLines(TextNormalisation.paragraphs(ofLines: lines.map(\.text)[...]))
            }
            var wrapped = WrappedLines(lines, form)
            wrapped.gather()
            return wrapped.paragraphs
        }
    }

    // MARK: A line for each paragraph

    /// A long paragraph that stops in the middle of a sentence goes on in the next line, if that begins in lower case.
    private static func joiningBrokenLines(_ lines: [String]) -> [String] {
        var paragraphs: [String] = []
        for text in lines {
            if var last = paragraphs.last, last.utf8.count > longBytes, !last.withUTF8({ LineText($0).endsSentence }),
                text.first?.isLowercase == true
            {
                paragraphs[paragraphs.count - 1] = last + " " + text
            } else {
                paragraphs.append(text)
            }
        }
        return paragraphs
    }

    /// Longer lines are prose; shorter ones may be items of a list.
    private static let longBytes = 160
}

/// How the lines of a text were cut.
private struct LineForm {
    let isWrapped: Bool
    /// Whether a paragraph's first line is moved in.
    let isIndented: Bool
    /// The width in bytes that three lines in four do not exceed; more than the most that counts as wrapped is one more.
    let width: Int

    init(of lines: [LineText]) {
        var counts = [Int](repeating: 0, count: Self.widthMax + 2)
        var (written, continued, indented) = (0, 0, 0)
        var isAfterText = false
        for line in lines {
            if isAfterText, line.startsInLowerCase { continued += 1 }
            isAfterText = !line.isEmpty
            guard !line.isEmpty else { continue }
            written += 1
            counts[min(line.width, Self.widthMax + 1)] += 1
            if line.isIndented { indented += 1 }
        }
        var rest = written * 3 / 4
        let middle = counts.firstIndex { count in
            rest -= count
            return rest < 0
        }
        width = middle ?? 0
        isWrapped =
            written >= Self.linesMin && width <= Self.widthMax
            && continued * 100 >= written * Self.continuedPercentMin
        isIndented = indented >= 2 && indented * 100 <= written * Self.indentedPercentMax
    }

    private static let linesMin = 4
    private static let widthMax = 100
    /// English prose cut at a width has 60 in 100 and more; a line for each paragraph under 30.
    private static let continuedPercentMin = 40
    private static let indentedPercentMax = 45
}

/// Lines that were cut at a width, joined again.
private struct WrappedLines {
    private(set) var paragraphs: [String] = []

    private let lines: [LineText]
    private let form: LineForm
    private var current: [UInt8] = []
    /// The words of all lines; only a hyphen at a line's end asks for them.
    private var words: WrittenWords?

    init(_ lines: [LineText], _ form: LineForm) {
        self.lines = lines
        self.form = form
    }

    mutating func gather() {
        var previous: LineText?
        var gap = 0
        for (index, line) in lines.enumerated() {
            if line.isEmpty || isFurniture(at: index) {
                gap += 1
                continue
            }
            if let last = previous, !isBreak(after: last, before: line, gap: gap) {
                join(line)
            } else {
                endParagraph()
                current.append(contentsOf: line.bytes)
            }
            previous = line
            gap = 0
        }
        endParagraph()
    }

    private mutating func endParagraph() {
        if !current.isEmpty { paragraphs.append(String(decoding: current, as: UTF8.self)) }
        current.removeAll(keepingCapacity: true)
    }

    private func isBreak(after last: LineText, before line: LineText, gap: Int) -> Bool {
        if last.isRemark || line.isRemark { return true }
        // The page ended within a sentence.
        if !last.endsSentence, line.startsInLowerCase { return false }
        if gap > 0 { return true }
        if form.isIndented { return line.isIndented }
        guard last.endsSentence, !line.startsInLowerCase else { return false }
        return last.width * 100 < form.width * Self.shortPercent
    }

    /// A last line is short; most lines fill more than this of the width.
    private static let shortPercent = 85

    private mutating func join(_ line: LineText) {
        guard current.withUnsafeBufferPointer(LineText.endsInHyphen), let first = line.text.first, first.isLetter else {
            current.append(UInt8(ascii: " "))
            current.append(contentsOf: line.bytes)
            return
        }
        // 'world-' and 'changing' are one word with its hyphen, 'exter-' and 'nal' one without: the text itself says
        // which it writes elsewhere.
        let head = String(decoding: current, as: UTF8.self).dropLast().reversed().prefix { $0.isLetter }.reversed()
        let tail = line.text.prefix { $0.isLetter }
        if !head.isEmpty, first.isLowercase, isWritten(String(head) + tail) { current.removeLast() }
        current.append(contentsOf: line.bytes)
    }

    private mutating func isWritten(_ word: String) -> Bool {
        let words = words ?? WrittenWords(lines)
        self.words = words
        return words.contains(word)
    }

    // MARK: What is no text

    /// The number of a page or of a printed document, alone between blank lines or at an end: `06-53952 12`.
    private func isFurniture(at index: Int) -> Bool {
        guard lines[index].isNumber else { return false }
        let isBlankBefore = index == 0 || lines[index - 1].isEmpty
        let isBlankAfter = index + 1 == lines.count || lines[index + 1].isEmpty
        return isBlankBefore && isBlankAfter
    }
}
