internal import Speeches

/// Gathers a page's paragraphs with the part of the page that each stands in, and the facts that stand beside the text.
final class HTMLPageCollector: HTMLEventTarget {
    /// Parts of a page that mark a text as the main one.
    struct Region: OptionSet {
        let rawValue: UInt8
        /// An element marked as the text itself.
        static let content = Region(rawValue: 1)
        /// An article.
        static let article = Region(rawValue: 2)
        /// The main part.
        static let main = Region(rawValue: 4)
    }

    struct Paragraph {
        let text: String
        let regions: Region
        /// Navigation, a page's head or foot, a form, a fact or a byline.
        let isFurniture: Bool
        /// The first main heading.
        let isHeading: Bool
        /// An item of a list that is a link and nothing else.
        let isLinkItem: Bool
    }

    private(set) var paragraphs: [Paragraph] = []
    private(set) var meta: [String: String] = [:]
    private(set) var title: String?
    private(set) var heading: String?
    private(set) var canonical: String?
    private(set) var language: String?
    private(set) var byline: String?
    /// The first date that the page marks as one, beside its navigation.
    private(set) var time: String?
    /// Terms and what they say, by the term in small letters, where they are terms that speeches have.
    private(set) var facts: [String: String] = [:]
    private(set) var people: [String] = []
    private(set) var organisations: [String] = []

    private struct Element {
        var regions: Region = []
        var isFurniture = false
        var isSkipped = false
        var isByline = false
        var isInItem = false
        var linkKind: LinkKind?
        var isLink = false
    }

    private enum LinkKind { case person, organisation }

    private var open: [Element] = []
    private var pending: [UInt8] = []
    private var linkBytes = 0
    private var textBytes = 0
    private var endsWithBreak = false
    private var isHeadingOpen = false
    private var linkText: [UInt8] = []
    private var titleText: [UInt8]?
    private var term: String?

    private var current: Element { open.last ?? Element() }

    func start(_ name: String, _ attributes: HTMLAttributes) {
        if HTMLElements.blocks.contains(name) { endParagraph() }
        var element = current
        element.isLink = element.isLink || name == "a"
        readHead(name, attributes)
        if HTMLElements.skipped.contains(name) || HTMLElements.isBacklink(name, attributes) { element.isSkipped = true }
        if attributes.has("hidden") || attributes["aria-hidden"] == "true" { element.isSkipped = true }
        mark(&element, name, attributes)
        if name == "li" { element.isInItem = true }
        if name == "a", !element.isSkipped, let target = attributes["href"] {
            linkText = []
            if target.contains("/government/people/") { element.linkKind = .person }
            if target.contains("/government/organisations/") { element.linkKind = .organisation }
        }
        let isBesideText = !current.isFurniture || !current.regions.isEmpty
        if name == "time", time == nil, isBesideText, term == nil { time = attributes["datetime"] }
        if name == "br" { lineBreak() }
        // A heading in the page's own head is the site's name.
        if name == "h1", heading == nil, !element.isFurniture || !element.regions.isEmpty { isHeadingOpen = true }
        open.append(element)
    }

    func end(_ name: String) {
        if name == "title", let bytes = titleText {
            title = title ?? TextNormalisation.optionalLine(String(decoding: bytes, as: UTF8.self))
            titleText = nil
        }
        if HTMLElements.blocks.contains(name) { endParagraph(name) }
        if name == "h1" { isHeadingOpen = false }
        if name == "dl" { term = nil }
        if name == "a", let kind = current.linkKind { takeLink(kind) }
        if !open.isEmpty { open.removeLast() }
    }

    func add(_ characters: UnsafeBufferPointer<UInt8>) {
        titleText?.append(contentsOf: characters)
        guard !current.isSkipped else { return }
        pending.append(contentsOf: characters)
        if current.linkKind != nil { linkText.append(contentsOf: characters) }
        let written = characters.count { $0 > 0x20 }
        if written > 0 { endsWithBreak = false }
        textBytes += written
        if current.isLink { linkBytes += written }
    }

    // MARK: What elements mean

    private func readHead(_ name: String, _ attributes: HTMLAttributes) {
        switch name {
        case "title" where title == nil: titleText = []
        case "meta":
            guard let key = (attributes["name"] ?? attributes["property"])?.lowercased(), meta.count < 200,
                let value = TextNormalisation.optionalLine(attributes["content"])
            else { return }
            meta[key] = meta[key] ?? value
            if key == "author" { byline = byline ?? value }
        case "link" where attributes["rel"]?.lowercased() == "canonical":
            canonical = canonical ?? TextNormalisation.optionalLine(attributes["href"])
        case "html", "main", "article":
            // A translation's main part says its own language.
            if let tag = TextNormalisation.optionalLine(attributes["lang"]) { language = tag }
        default: break
        }
    }

    private func mark(_ element: inout Element, _ name: String, _ attributes: HTMLAttributes) {
        let role = attributes["role"]
        let tokens = attributes["class"]?.lowercased().split(whereSeparator: \.isWhitespace).map(String.init) ?? []
        let isMain = name == "main" || role == "main" || Self.mainIDs.contains(attributes["id"] ?? "")
        if isMain { element.regions.insert(.main) }
        if name == "article" || role == "article" { element.regions.insert(.article) }
        if attributes["itemprop"] == "articleBody" || tokens.contains(where: Self.contentClasses.contains) {
            element.regions.insert(.content)
        }
        if isMain { element.isFurniture = false }
        let words = Set(tokens.flatMap { $0.split { !$0.isLetter }.map(String.init) })
        let isAuthor = attributes["rel"] == "author" || attributes["itemprop"] == "author"
        if isAuthor || !words.isDisjoint(with: Self.authorWords) { element.isByline = true }
        if element.isByline || Self.furniture.contains(name) || Self.furnitureRoles.contains(role ?? "") {
            element.isFurniture = true
        }
        guard !["html", "body", "main", "article", "p"].contains(name), !element.regions.contains(.content) else {
            return
        }
        if tokens.contains(where: Self.isFurnitureClass) { element.isFurniture = true }
    }

    private static func isFurnitureClass(_ token: String) -> Bool {
        let words = token.split { !$0.isLetter }.map(String.init)
        guard let first = words.first, !["has", "with", "no"].contains(first) else { return false }
        return furnitureWords.contains(first) || words.last.map(furnitureWords.contains) == true
    }

    private static let mainIDs: Set<String> = ["content", "main", "main-content", "maincontent"]
    private static let contentClasses: Set<String> = [
        "govspeak", "gem-c-govspeak", "entry-content", "post-content", "article-body", "article__body",
        "article-content", "story-body", "speech-body", "speech-text", "field--name-body", "post__content",
    ]
    private static let authorWords: Set<String> = ["byline", "author"]
    private static let furniture: Set<String> = ["nav", "aside", "header", "footer", "form", "dialog", "menu"]
    private static let furnitureRoles: Set<String> = [
        "navigation", "banner", "contentinfo", "search", "complementary", "dialog", "alert", "menu",
    ]
    private static let furnitureWords: Set<String> = [
        "nav", "navigation", "navbar", "menu", "breadcrumb", "breadcrumbs", "cookie", "cookies", "sidebar", "related",
        "share", "sharing", "social", "comments", "footer", "subscribe", "newsletter", "pagination", "pager",
        "advert", "advertisement", "promo", "banner", "skip", "toolbar", "feedback", "metadata",
    ]

    // MARK: Paragraphs and facts

    private func takeLink(_ kind: LinkKind) {
        guard let text = TextNormalisation.optionalLine(String(decoding: linkText, as: UTF8.self)) else { return }
        linkText = []
        switch kind {
        case .person where people.count < 50 && ["from", "speaker"].contains(term): people.append(text)
        case .organisation where organisations.count < 50 && term == "from": organisations.append(text)
        default: break
        }
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

    private func endParagraph(_ name: String? = nil) {
        endsWithBreak = false
        defer { (linkBytes, textBytes) = (0, 0) }
        guard !pending.isEmpty else { return }
        let text = TextNormalisation.optionalLine(String(decoding: pending, as: UTF8.self))
        pending.removeAll(keepingCapacity: true)
        guard let text else { return }
        let isHeading = isHeadingOpen && heading == nil
        if isHeading { heading = text }
        let isFact = takeFact(text, name)
        if current.isByline { byline = byline ?? text }
        paragraphs.append(
            Paragraph(
                text: text, regions: current.regions,
                isFurniture: (current.isFurniture && !isHeading) || isFact, isHeading: isHeading,
                isLinkItem: current.isInItem && linkBytes == textBytes))
    }

    /// `Delivered on:` and `17 May 2016`, as lists of definitions give them.
    private func takeFact(_ text: String, _ name: String?) -> Bool {
        if name == "dt" {
            let label = text.lowercased().trimmingPrefix(" ").prefix { $0 != ":" }
            term = Self.terms.contains(String(label)) ? String(label) : nil
            return term != nil
        }
        guard let term, name == "dd" || current.isFurniture else { return false }
        facts[term] = facts[term] ?? text
        return true
    }

    private static let terms: Set<String> = [
        "from", "speaker", "delivered on", "date", "location", "event", "published", "last updated", "part of", "topic",
    ]
}
