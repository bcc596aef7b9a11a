internal import Foundation
internal import Speeches

/// An HTML page with one speech: GOV.UK's, and those of others that mark their main text or leave it between menus.
public struct HTMLPageFormat: SpeechFormat {
    /// Makes the format.
    public init() {}

    /// `html`.
    public var name: FormatName { .html }
    /// `html`, `htm` and `xhtml`.
    public var fileExtensions: Set<String> { ["html", "htm", "xhtml"] }

    /// An HTML document type or a tag of HTML at the beginning.
    public func detects(_ sample: FormatSample) -> Bool {
        guard sample.content.first == UInt8(ascii: "<") else { return false }
        var text = String(decoding: sample.content.prefix(4_096), as: UTF8.self).lowercased()
        // An XML declaration and comments may stand before the document type.
        while text.hasPrefix("<?xml") || text.hasPrefix("<!--") {
            let end = text.hasPrefix("<?xml") ? "?>" : "-->"
            guard let close = text.firstRange(of: end) else { return false }
            text = String(text[close.upperBound...].drop(while: \.isWhitespace))
        }
        if text.hasPrefix("<!doctype html") { return true }
        let tag = text.dropFirst().prefix { $0.isLetter || $0.isNumber }
        return Self.tags.contains(String(tag))
    }

    private static let tags: Set<String> = [
        "html", "head", "body", "title", "meta", "main", "article", "section", "div", "p", "h1", "h2", "header",
    ]

    /// Reads the page's speech.
    /// - Throws: `FormatError` with code `encoding`, `binary`, `empty`, `invalid` or `tooLarge`.
    public func read(_ bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader {
        let decoded = try DecodedText(bytes, as: context.encoding ?? Self.declaredEncoding(bytes))
        let collector = HTMLPageCollector()
        try HTMLParser.parse(decoded.text, into: collector)
        let page = HTMLPage(collector)
        guard !page.body.isEmpty else {
            throw FormatError(.empty, "the page has no text beside menus and headings", cure: "leave it out")
        }
        return SpeechReader(speech(page, context))
    }

    /// The encoding that the page declares, where it is one that byte order marks do not tell.
    private static func declaredEncoding(_ bytes: [UInt8]) -> TextEncoding? {
        guard !bytes.starts(with: [0xEF, 0xBB, 0xBF]), !bytes.starts(with: [0xFF, 0xFE]),
            !bytes.starts(with: [0xFE, 0xFF]), String(validating: bytes, as: UTF8.self) == nil
        else { return nil }
        let head = String(decoding: bytes.prefix(2_048), as: UTF8.self).lowercased()
        // Browsers read all of these as Windows-1252 (WHATWG Encoding, section 4.2).
        let labels = ["windows-1252", "cp1252", "iso-8859-1", "latin1", "us-ascii"]
        return labels.contains { head.contains("charset=\($0)") || head.contains("charset=\"\($0)") }
            ? .windows1252 : nil
    }

    private func speech(_ page: HTMLPage, _ context: SourceContext) -> Speech {
        let uri = page.address ?? context.uri
        let isGovUK = uri?.hasPrefix("https://www.gov.uk/") == true
        let detected = page.language == nil ? DetectedLanguage(page.body) : nil
        var attributes: [String: String] = [:]
        attributes["byline"] = page.bylineText
        attributes["published_at"] = page.published
        attributes["language_confidence"] = detected?.confidenceText
        var speech = Speech(
            id: SpeechID(uri ?? ""), title: page.title, summary: page.summary, body: page.body,
            speaker: page.speaker == Speaker() ? nil : page.speaker, deliveredOn: page.delivered, event: page.event,
            location: page.location, language: page.language ?? detected?.tag,
            source: Source(
                uri: uri, publisher: context.publisher ?? (isGovUK ? "GOV.UK" : page.publisher), format: name.rawValue,
                retrievedAt: context.retrievedAt, licence: context.licence ?? (isGovUK ? "OGL-UK-3.0" : nil)),
            attributes: attributes)
        if uri == nil { speech.id = PlainTextFormat.id(ofText: speech.canonicalText) }
        return speech
    }
}

/// What a page says, chosen from what was collected.
struct HTMLPage {
    private(set) var title: String?
    private(set) var summary: String?
    private(set) var body: [String] = []
    private(set) var speaker = Speaker()
    private(set) var delivered: DeliveryDate?
    private(set) var event: String?
    private(set) var location: String?
    private(set) var language: String?
    private(set) var address: String?
    private(set) var publisher: String?
    private(set) var published: String?
    private(set) var bylineText: String?

    init(_ page: HTMLPageCollector) {
        let facts = page.facts
        title = page.heading ?? page.meta["og:title"] ?? page.title.map(Self.withoutSite)
        summary = page.meta["description"] ?? page.meta["og:description"]
        publisher = page.meta["og:site_name"] ?? page.meta["dc.publisher"]
        language = page.language
        address = [page.canonical, page.meta["og:url"]].compactMap { $0 }
            .first { $0.hasPrefix("https://") || $0.hasPrefix("http://") }
        published = page.meta["article:published_time"] ?? page.meta["govuk:first-published-at"] ?? facts["published"]
        body = Self.body(of: page, title: title)
        location = facts["location"]
        event = facts["event"]
        delivered = facts["delivered on"].flatMap(Self.date) ?? facts["date"].flatMap(Self.date)
        speaker.name = page.people.first ?? facts["speaker"]
        speaker.organisation = page.organisations.count == 1 ? page.organisations.first : nil
        takeByline(page.byline)
        if delivered == nil { delivered = page.time.flatMap(Self.date) }
    }

    /// A byline among the first lines of the text, else what the page marks as its author.
    private mutating func takeByline(_ marked: String?) {
        let candidates = Array(body.prefix(2).enumerated())
        if let (index, line, byline) = candidates.lazy.compactMap({ index, line in
            Byline(line).map { (index, line, $0) }
        }).first {
            take(byline, written: line)
            body.remove(at: index)
        } else if let marked {
            if let byline = Byline(marked) {
                take(byline, written: marked)
            } else {
                let name = marked.lowercased().hasPrefix("by ") ? String(marked.dropFirst(3)) : marked
                bylineText = marked
                if speaker.name == nil, name.split(separator: " ").count <= 6 { speaker.name = name }
            }
        }
    }

    private mutating func take(_ byline: Byline, written: String) {
        bylineText = written
        speaker.name = speaker.name ?? byline.name
        speaker.role = byline.role
        speaker.organisation = speaker.organisation ?? byline.organisation
        delivered = delivered ?? byline.date
        location = location ?? byline.location
        event = event ?? byline.event
    }

    private static let regionBytesMin = 140

    /// The paragraphs of the most exact region that has text: the marked body, else articles, else the main part, else
    /// the page without what is navigation.
    private static func body(of page: HTMLPageCollector, title: String?) -> [String] {
        let written = page.paragraphs.filter { !$0.isFurniture }
        for region in [HTMLPageCollector.Region.content, .article, .main] {
            let chosen = written.filter { $0.regions.contains(region) }
            guard chosen.reduce(0, { $0 + $1.text.utf8.count }) >= regionBytesMin else { continue }
            return texts(chosen, keepingLinks: region == .content, title: title)
        }
        return texts(written, keepingLinks: false, title: title)
    }

    private static func texts(
        _ paragraphs: [HTMLPageCollector.Paragraph], keepingLinks: Bool, title: String?
    ) -> [String] {
        var texts = paragraphs.filter { keepingLinks || !$0.isLinkItem }
        // The heading is the title, and what stands above it is a label.
        if let heading = texts.firstIndex(where: \.isHeading), texts[..<heading].allSatisfy({ $0.text.utf8.count < 80 })
        {
            texts.removeSubrange(...heading)
        } else if let title, texts.first?.text == title {
            texts.removeFirst()
        }
        return texts.map(\.text)
    }

    /// `A speech | Site`, `A speech - Site`.
    private static func withoutSite(_ title: String) -> String {
        for separator in [" | ", " - ", " – "] {
            if let range = title.ranges(of: separator).last, range.lowerBound > title.startIndex {
                return String(title[..<range.lowerBound])
            }
        }
        return title
    }

    /// A date at the beginning of a text such as `17 May 2016 (Transcript of the speech)`.
    private static func date(_ text: String) -> DeliveryDate? {
        DeliveryDate(text) ?? WrittenDate(prefixOf: text.split(separator: " ")[...])?.date
    }
}
