@testable import SpeechFormats
import Speeches

/// What `SourceParagraphs` does by bytes, done character by character and a string for each line: slower by far, and easy
/// to hold against the README.
struct PatientParagraphs {
    /// The paragraphs, none empty.
    private(set) var paragraphs: [String] = []

    private let lines: [Line]
    private let form: Form
    private var words: Set<String> = []

    /// - Parameter rawLines: the lines as they stand, with the spaces at their beginnings.
    init(_ rawLines: [Substring]) {
        let lines = rawLines.map(Line.init)
        self.lines = lines
        form = Form(of: lines)
        guard form.isWrapped else {
            paragraphs = Self.joiningBrokenLines(TextNormalisation.paragraphs(ofLines: lines.map(\.text)[...]))
            return
        }
        // Only a hyphen at a line's end asks for the words.
        if lines.contains(where: \.endsInHyphen) { words = Self.words(of: lines.map(\.text)) }
        gather()
    }

    private static func words(of lines: [String]) -> Set<String> {
        var words: Set<String> = []
        for line in lines {
            for word in line.lowercased().split(whereSeparator: { !$0.isLetter }) where word.utf8.count >= 4 {
                words.insert(String(word))
            }
        }
        return words
    }

    private mutating func gather() {
        var current = ""
        var previous: Line?
        var gap = 0
        for (index, line) in lines.enumerated() {
            if line.text.isEmpty || isFurniture(at: index) {
                gap += 1
                continue
            }
            if let last = previous, !isBreak(after: last, before: line, gap: gap) {
                join(line.text, to: &current)
            } else {
                if !current.isEmpty { paragraphs.append(current) }
                current = line.text
            }
            previous = line
            gap = 0
        }
        if !current.isEmpty { paragraphs.append(current) }
    }

    private func isBreak(after last: Line, before line: Line, gap: Int) -> Bool {
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

    private mutating func join(_ text: String, to current: inout String) {
        guard current.hasSuffix("-"), let first = text.first, first.isLetter else {
            current += " " + text
            return
        }
        // 'world-' and 'changing' are one word with its hyphen, 'exter-' and 'nal' one without: the text itself says
        // which it writes elsewhere.
        let head = current.dropLast().reversed().prefix { $0.isLetter }.reversed()
        let tail = text.prefix { $0.isLetter }
        if !head.isEmpty, first.isLowercase, words.contains((String(head) + tail).lowercased()) { current.removeLast() }
        current += text
    }

    // MARK: What is no text

    /// The number of a page or of a printed document, alone between blank lines or at an end: `06-53952 12`.
    private func isFurniture(at index: Int) -> Bool {
        let text = lines[index].text
        guard text.utf8.count <= 24, text.contains(where: \.isNumber),
            text.allSatisfy({ $0.isNumber || "-/ .".contains($0) })
        else { return false }
        let isBlankBefore = index == 0 || lines[index - 1].text.isEmpty
        let isBlankAfter = index + 1 == lines.count || lines[index + 1].text.isEmpty
        return isBlankBefore && isBlankAfter
    }

    // MARK: A line for each paragraph

    /// A long paragraph that stops in the middle of a sentence goes on in the next line, if that begins in lower case.
    private static func joiningBrokenLines(_ lines: [String]) -> [String] {
        var paragraphs: [String] = []
        for text in lines {
            if let last = paragraphs.last, last.utf8.count > longBytes, !Line.endsSentence(last),
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

extension PatientParagraphs {
    /// A line with what its place and its ends say.
    private struct Line {
        let text: String
        let width: Int
        let isIndented: Bool

        init(_ raw: Substring) {
            text = TextNormalisation.line(String(raw))
            width = text.utf8.count
            isIndented = raw.utf8.first == UInt8(ascii: " ") || raw.utf8.first == UInt8(ascii: "\t")
        }

        var startsInLowerCase: Bool { text.first?.isLowercase == true }
        var endsInHyphen: Bool { text.utf8.last == UInt8(ascii: "-") }
        var endsSentence: Bool { Self.endsSentence(text) }

        /// A remark of the record's, such as `(spoke in French)`.
        var isRemark: Bool { text.first == "(" && text.last == ")" }

        static func endsSentence(_ text: String) -> Bool {
            guard let last = text.last(where: { !"”’\"')]»".contains($0) }) else { return false }
            return ".!?:;…".contains(last)
        }
    }

    /// How the lines of a text were cut.
    private struct Form {
        let isWrapped: Bool
        /// Whether a paragraph's first line is moved in.
        let isIndented: Bool
        /// The width in bytes that three lines in four do not exceed.
        let width: Int

        init(of lines: [Line]) {
            let written = lines.filter { !$0.text.isEmpty }
            let widths = written.map(\.width).sorted()
            width = widths.isEmpty ? 0 : widths[widths.count * 3 / 4]
            var continued = 0
            for (last, line) in zip(lines, lines.dropFirst()) where !last.text.isEmpty && line.startsInLowerCase {
                continued += 1
            }
            isWrapped =
                written.count >= Self.linesMin && width <= Self.widthMax
                && continued * 100 >= written.count * Self.continuedPercentMin
            let indented = written.count(where: \.isIndented)
            isIndented = indented >= 2 && indented * 100 <= written.count * Self.indentedPercentMax
        }

        private static let linesMin = 4
        private static let widthMax = 100
        /// English prose cut at a width has 60 in 100 and more; a line for each paragraph under 30.
        private static let continuedPercentMin = 40
        private static let indentedPercentMax = 45
    }
}
