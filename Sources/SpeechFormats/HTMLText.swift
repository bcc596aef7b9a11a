internal import CLibXML2
internal import Speeches

/// The paragraphs of an HTML fragment or page, in reading order.
///
/// Text is gathered between the borders of block elements, so nested blocks (a paragraph in a quotation, a list in a
/// list) give each text once, and text that stands in no paragraph is not lost. Abbreviations, links and footnotes stay
/// where they are written. The HTML is read by libxml2 as a stream of events, never as a tree: what bounds it is the
/// depth that is allowed, and nothing in the input can make it fetch a file or an address.
enum HTMLText {
    /// A fragment of 900 kB of text hardly has more markup than this.
    static let bytesMax = 8_388_608
    /// As deep as browsers nest elements. libxml2's cost for closing tags grows with depth.
    static let depthMax = 512

    /// - Throws: `FormatError` with code `tooLarge` or `invalid`.
    static func paragraphs(of html: String) throws(FormatError) -> [String] {
        // libxml2 takes NUL for the end of the text.
        let bytes = html.utf8.filter { $0 != 0 }
        guard bytes.count <= bytesMax else {
            throw FormatError(
                .tooLarge, "the HTML has \(bytes.count) bytes; \(bytesMax) are allowed", cure: "split the document")
        }
        let markup = try HTMLDeclarations.removed(from: bytes)
        guard !markup.isEmpty else { return [] }
        let collector = ParagraphCollector()
        let parser = try HTMLParser()
        parser.parse(markup, into: collector)
        guard !collector.isTooDeep else {
            throw FormatError(
                .invalid, "the HTML nests elements deeper than \(depthMax)", cure: "repair its unclosed tags")
        }
        collector.endParagraph()
        return collector.paragraphs
    }
}

/// Owns one libxml2 parser context.
private final class HTMLParser {
    private let context: htmlParserCtxtPtr

    /// Makes the library's global tables once, before the first parser of any thread.
    private static let library: Void = xmlInitParser()

    init() throws(FormatError) {
        _ = Self.library
        guard let context = htmlNewParserCtxt() else {
            throw FormatError(.invalid, "there is no memory for an HTML parser", cure: "free memory and try again")
        }
        self.context = context
    }

    deinit {
        htmlFreeParserCtxt(context)
    }

    func parse(_ bytes: [UInt8], into collector: ParagraphCollector) {
        // Some errors are reported past the options; the handler belongs to this thread.
        xmlSetStructuredErrorFunc(nil) { _, _ in }
        guard let handlers = context.pointee.sax else { return }
        handlers.pointee = Self.events
        collector.stop = { [context] in xmlStopParser(context) }
        let options =
            HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_NONET.rawValue
        withExtendedLifetime(collector) {
            // Unretained: the events come only during the next call, and the collector outlives it.
            context.pointee.userData = Unmanaged.passUnretained(collector).toOpaque()
            bytes.withUnsafeBytes { buffer in
                let document = htmlCtxtReadMemory(
                    context, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), nil, "UTF-8",
                    Int32(options))
                xmlFreeDoc(document)
            }
            context.pointee.userData = nil
        }
        collector.stop = nil
    }

    private static var events: htmlSAXHandler {
        var events = htmlSAXHandler()
        events.startElement = { collector, name, attributes in
            ParagraphCollector.of(collector)?.start(text(name), attributes)
        }
        events.endElement = { collector, name in ParagraphCollector.of(collector)?.end(text(name)) }
        events.characters = { collector, characters, count in
            ParagraphCollector.of(collector)?.add(UnsafeBufferPointer(start: characters, count: Int(count)))
        }
        events.ignorableWhitespace = events.characters
        return events
    }
}

private func text(_ pointer: UnsafePointer<xmlChar>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
}

/// Gathers text between the borders of blocks.
private final class ParagraphCollector {
    private(set) var paragraphs: [String] = []
    private(set) var isTooDeep = false
    /// Ends the parser that feeds this collector; set while it runs.
    var stop: (() -> Void)?
    private var pending: [UInt8] = []
    private var depth = 0
    /// How deep the outermost element is whose text is left out; nil outside of such elements.
    private var skippedDepth: Int?
    private var endsWithBreak = false

    static func of(_ pointer: UnsafeMutableRawPointer?) -> ParagraphCollector? {
        pointer.map { Unmanaged<ParagraphCollector>.fromOpaque($0).takeUnretainedValue() }
    }

    func start(_ name: String, _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?) {
        depth += 1
        guard depth <= HTMLText.depthMax else {
            isTooDeep = true
            stop?()
            return
        }
        guard skippedDepth == nil else { return }
        if Self.skipped.contains(name) || Self.isBacklink(name, attributes) {
            skippedDepth = depth
        } else if name == "br" {
            lineBreak()
        } else if Self.blocks.contains(name) {
            endParagraph()
        }
    }

    func end(_ name: String) {
        defer { depth -= 1 }
        if let skipped = skippedDepth {
            if depth == skipped { skippedDepth = nil }
        } else if Self.blocks.contains(name) {
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

    /// The arrow from a footnote back to its mark is navigation.
    private static func isBacklink(
        _ name: String, _ attributes: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?
    ) -> Bool {
        guard name == "a", let attributes else { return false }
        var index = 0
        while let attribute = attributes[index] {
            let value = text(attributes[index + 1])
            switch text(attribute) {
            case "class" where value.contains("reversefootnote"), "role" where value == "doc-backlink": return true
            default: index += 2
            }
        }
        return false
    }

    private static let blocks: Set<String> = [
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
        "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    ]

    /// Elements whose content a reader does not see as text.
    private static let skipped: Set<String> = [
        "applet", "audio", "button", "canvas", "datalist", "embed", "head", "iframe", "math", "noembed", "noframes",
        "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title", "video",
    ]
}
