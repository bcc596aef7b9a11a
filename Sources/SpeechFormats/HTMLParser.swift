internal import CLibXML2

/// Who hears of a page's elements and text, in reading order.
protocol HTMLEventTarget: AnyObject {
    func start(_ name: String, _ attributes: HTMLAttributes)
    func end(_ name: String)
    func add(_ characters: UnsafeBufferPointer<UInt8>)
}

/// An element's attributes, valid during the event alone.
struct HTMLAttributes {
    fileprivate let pointers: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?

    /// The value of an attribute; nil where it is absent or has none.
    subscript(name: String) -> String? {
        guard let pointers else { return nil }
        var index = 0
        while let attribute = pointers[index] {
            if text(attribute) == name { return pointers[index + 1].map { String(cString: $0) } }
            index += 2
        }
        return nil
    }

    /// Whether an attribute is there, with or without a value.
    func has(_ name: String) -> Bool {
        guard let pointers else { return false }
        var index = 0
        while let attribute = pointers[index] {
            if text(attribute) == name { return true }
            index += 2
        }
        return false
    }
}

/// What elements mean for text.
enum HTMLElements {
    static let blocks: Set<String> = [
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir",
        "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    ]

    /// Elements whose content a reader does not see as text.
    static let skipped: Set<String> = [
        "applet", "audio", "button", "canvas", "datalist", "embed", "head", "iframe", "math", "noembed", "noframes",
        "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title", "video",
    ]

    /// The arrow from a footnote back to its mark is navigation.
    static func isBacklink(_ name: String, _ attributes: HTMLAttributes) -> Bool {
        guard name == "a" else { return false }
        return attributes["class"]?.contains("reversefootnote") == true || attributes["role"] == "doc-backlink"
    }
}

/// Owns one libxml2 parser context.
final class HTMLParser {
    /// A document of 900 kB of text hardly has more markup than this.
    static let bytesMax = 8_388_608
    /// As deep as browsers nest elements. libxml2's cost for closing tags grows with depth.
    static let depthMax = 512

    private let context: htmlParserCtxtPtr

    /// Parses a page or a fragment.
    /// - Throws: `FormatError` with code `tooLarge` or `invalid`.
    static func parse(_ html: String, into target: any HTMLEventTarget) throws(FormatError) {
        // libxml2 takes NUL for the end of the text.
        let bytes = html.utf8.filter { $0 != 0 }
        guard bytes.count <= bytesMax else {
            throw FormatError(
                .tooLarge, "the HTML has \(bytes.count) bytes; \(bytesMax) are allowed", cure: "split the document")
        }
        let markup = try HTMLDeclarations.removed(from: bytes)
        guard !markup.isEmpty else { return }
        let listener = HTMLListener(target)
        try HTMLParser().parse(markup, into: listener)
        guard !listener.isTooDeep else {
            throw FormatError(
                .invalid, "the HTML nests elements deeper than \(depthMax)", cure: "repair its unclosed tags")
        }
    }

    /// Makes the library's global tables once, before the first parser of any thread.
    private static let library: Void = xmlInitParser()

    private init() throws(FormatError) {
        _ = Self.library
        guard let context = htmlNewParserCtxt() else {
            throw FormatError(.invalid, "there is no memory for an HTML parser", cure: "free memory and try again")
        }
        self.context = context
    }

    deinit {
        htmlFreeParserCtxt(context)
    }

    private func parse(_ bytes: [UInt8], into listener: HTMLListener) {
        // Some errors are reported past the options; the handler belongs to this thread.
        xmlSetStructuredErrorFunc(nil) { _, _ in }
        guard let handlers = context.pointee.sax else { return }
        handlers.pointee = Self.events
        listener.stop = { [context] in xmlStopParser(context) }
        let options =
            HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
            | HTML_PARSE_NONET.rawValue
        withExtendedLifetime(listener) {
            // Unretained: the events come only during the next call, and the listener outlives it.
            context.pointee.userData = Unmanaged.passUnretained(listener).toOpaque()
            bytes.withUnsafeBytes { buffer in
                let document = htmlCtxtReadMemory(
                    context, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count), nil, "UTF-8",
                    Int32(options))
                xmlFreeDoc(document)
            }
            context.pointee.userData = nil
        }
        listener.stop = nil
    }

    private static var events: htmlSAXHandler {
        var events = htmlSAXHandler()
        events.startElement = { listener, name, attributes in
            HTMLListener.of(listener)?.start(text(name), HTMLAttributes(pointers: attributes))
        }
        events.endElement = { listener, name in HTMLListener.of(listener)?.end(text(name)) }
        events.characters = { listener, characters, count in
            HTMLListener.of(listener)?.target.add(UnsafeBufferPointer(start: characters, count: Int(count)))
        }
        events.ignorableWhitespace = events.characters
        return events
    }
}

private func text(_ pointer: UnsafePointer<xmlChar>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
}

/// Stands between libxml2 and a target: counts the depth, and stops the parser where it is too great.
private final class HTMLListener {
    let target: any HTMLEventTarget
    private(set) var isTooDeep = false
    /// Ends the parser that feeds this listener; set while it runs.
    var stop: (() -> Void)?
    private var depth = 0

    init(_ target: any HTMLEventTarget) { self.target = target }

    static func of(_ pointer: UnsafeMutableRawPointer?) -> HTMLListener? {
        pointer.map { Unmanaged<HTMLListener>.fromOpaque($0).takeUnretainedValue() }
    }

    func start(_ name: String, _ attributes: HTMLAttributes) {
        depth += 1
        guard depth <= HTMLParser.depthMax else {
            isTooDeep = true
            stop?()
            return
        }
        target.start(name, attributes)
    }

    func end(_ name: String) {
        depth -= 1
        if !isTooDeep { target.end(name) }
    }
}
