internal import Speeches

/// The paragraphs of an HTML fragment or page, in reading order.
///
/// Text is gathered between the borders of block elements, so nested blocks (a paragraph in a quotation, a list in a
/// list) give each text once, and text that stands in no paragraph is not lost. Abbreviations, links and footnotes stay
/// where they are written. The HTML is read by libxml2 as a stream of events, never as a tree: what bounds it is the
/// depth that is allowed, and nothing in the input can make it fetch a file or an address.
enum HTMLText {
    /// - Throws: `FormatError` with code `tooLarge` or `invalid`.
    static func paragraphs(of html: String) throws(FormatError) -> [String] {
        let collector = ParagraphCollector()
        try HTMLParser.parse(html, into: collector)
        collector.endParagraph()
        return collector.paragraphs
    }
}

/// Gathers text between the borders of blocks.
private final class ParagraphCollector: HTMLEventTarget {
    private(set) var paragraphs: [String] = []
    private var pending: [UInt8] = []
    private var depth = 0
    /// How deep the outermost element is whose text is left out; nil outside of such elements.
    private var skippedDepth: Int?
    private var endsWithBreak = false

    func start(_ name: String, _ attributes: HTMLAttributes) {
        depth += 1
        guard skippedDepth == nil else { return }
        if HTMLElements.skipped.contains(name) || HTMLElements.isBacklink(name, attributes) {
            skippedDepth = depth
        } else if name == "br" {
            lineBreak()
        } else if HTMLElements.blocks.contains(name) {
            endParagraph()
        }
    }

    func end(_ name: String) {
        defer { depth -= 1 }
        if let skipped = skippedDepth {
            if depth == skipped { skippedDepth = nil }
        } else if HTMLElements.blocks.contains(name) {
            endParagraph()
        }
    }

    func add(_ characters: UnsafeBufferPointer<UInt8>) {
        guard skippedDepth == nil else { return }
        pending.append(contentsOf: characters)
        if characters.contains(where: { $0 > 0x20 }) { endsWithBreak = false }
    }

    func endParagraph() {
        endsWithBreak = false
        guard !pending.isEmpty else { return }
        if let line = TextNormalisation.optionalLine(String(decoding: pending, as: UTF8.self)) {
            paragraphs.append(line)
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// One break ends a line, two end a paragraph.
    private func lineBreak() {
        if endsWithBreak {
            endParagraph()
        } else {
            pending.append(UInt8(ascii: "\n"))
            endsWithBreak = true
        }
    }
}
