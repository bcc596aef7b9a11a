internal import Foundation
internal import Speeches

/// Parliamentary proceedings in TEI as ParlaMint writes them: a document for each contribution (`u`), speaker and date
/// from the header, each part linked to its sitting and to the parts before and after it.
public struct TEIFormat: SpeechFormat {
    /// Makes the format.
    public init() {}

    /// `tei`.
    public var name: FormatName { .tei }
    /// `xml`.
    public var fileExtensions: Set<String> { ["xml"] }

    /// XML in TEI's namespace.
    public func detects(_ sample: FormatSample) -> Bool {
        guard sample.content.first == UInt8(ascii: "<") else { return false }
        let head = String(decoding: sample.content.prefix(8_192), as: UTF8.self)
        return head.contains("http://www.tei-c.org/ns/1.0") && (head.contains("<TEI") || head.contains("<teiCorpus"))
    }

    /// Starts reading; contributions come one by one.
    /// - Throws: `FormatError` with code `invalid` where the XML declares a document type or entities.
    public func read(_ bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader {
        try Self.refuseDeclarations(in: bytes)
        let reader = try XMLEvents(bytes)
        var contributions = TEIContributions(reader, context)
        var hasAny = false
        var isBroken = false
        var failure: FormatError?
        return SpeechReader {
            if let error = failure.take() { return .failure(error) }
            guard !isBroken else { return nil }
            do throws(FormatError) {
                if let speech = try contributions.next() {
                    hasAny = true
                    return .success(speech)
                }
                guard !hasAny else { return nil }
                hasAny = true
                throw FormatError(.empty, "there is no contribution (u) with words", cure: "leave it out")
            } catch {
                isBroken = true
                // What was whole before the break is a document.
                guard let last = contributions.takeLast() else { return .failure(error) }
                failure = error
                return .success(last)
            }
        }
    }

    /// Proceedings declare neither a document type nor entities; who does wants files read or memory filled.
    private static func refuseDeclarations(in bytes: [UInt8]) throws(FormatError) {
        let wanted = ["<!DOCTYPE", "<!ENTITY"].map { Array($0.utf8) }
        let found = bytes.withUnsafeBytes { bytes -> Int? in
            var rest = bytes[...]
            while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
                rest = bytes[start...]
                if wanted.contains(where: rest.starts) { return start }
                rest = rest.dropFirst()
            }
            return nil
        }
        guard let found else { return }
        throw XMLEvents.declared.at(byte: found, of: bytes)
    }
}

/// Contributions of one file, read as the XML is.
private struct TEIContributions {
    private let xml: XMLEvents
    private let context: SourceContext
    private var header = TEIHeader()
    private var head: String?
    private var announced: String?
    private var part = 0
    /// Read and not handed out: its successor is not known yet.
    private var waiting: Speech?
    private var previousID: String?

    init(_ xml: XMLEvents, _ context: SourceContext) {
        self.xml = xml
        self.context = context
    }

    mutating func next() throws(FormatError) -> Speech? {
        while let event = try xml.next() {
            guard case .start(let name) = event else { continue }
            switch name {
            case "TEI":
                header.begin(xml.attribute("xml:id"), language: xml.attribute("xml:lang"))
                (part, previousID, head, announced) = (0, nil, nil, nil)
                if let last = waiting.take() { return last }
            case "teiHeader": try header.read(xml)
            case "text": header.language = xml.attribute("xml:lang") ?? header.language
            case "head": head = try xml.text()
            case "note":
                let isSpeaker = xml.attribute("type") == "speaker"
                let text = try xml.text()
                if isSpeaker { announced = text }
            case "u":
                guard let speech = try contribution() else { continue }
                guard var last = waiting else {
                    waiting = speech
                    continue
                }
                last.attributes["next"] = speech.id.rawValue
                waiting = speech
                return last
            default: break
            }
        }
        return waiting.take()
    }

    /// ParlaMint's identifiers hold the file's; others are unique in their file alone.
    private func identifier(_ own: String?) -> String? {
        guard let own = TextNormalisation.optionalLine(own) else { return nil }
        guard let file = header.id, !own.hasPrefix(file) else { return own }
        return "\(file)#\(own)"
    }

    /// The contribution that was read and not handed out.
    mutating func takeLast() -> Speech? { waiting.take() }

    /// One contribution; nil if nobody says a word in it.
    private mutating func contribution() throws(FormatError) -> Speech? {
        let own = (id: xml.attribute("xml:id"), who: xml.attribute("who"), ana: xml.attribute("ana"))
        let language = xml.attribute("xml:lang") ?? header.language
        let body = try TEIWords.paragraphs(of: xml)
        guard !body.isEmpty else { return nil }
        part += 1
        let who = own.who.map { $0.hasPrefix("#") ? String($0.dropFirst()) : $0 }
        let name = who.flatMap { header.people[$0] } ?? announced.map { $0.hasSuffix(":") ? String($0.dropLast()) : $0 }
        announced = nil
        let detected = language == nil ? DetectedLanguage(body) : nil
        var attributes: [String: String] = ["part": String(part)]
        attributes["part_of"] = header.id
        attributes["previous"] = previousID
        attributes["speaker_kind"] = TextNormalisation.optionalLine(own.ana?.replacing("#", with: ""))
        attributes["language_confidence"] = detected?.confidenceText
        let speaker = Speaker(id: TextNormalisation.optionalLine(who), name: TextNormalisation.optionalLine(name))
        var speech = Speech(
            id: SpeechID(identifier(own.id) ?? ""), title: head, body: body,
            speaker: speaker == Speaker() ? nil : speaker, deliveredOn: header.date, event: header.title,
            location: header.place, language: language ?? detected?.tag,
            source: Source(
                uri: header.address ?? context.uri, publisher: context.publisher ?? header.publisher,
                format: FormatName.tei.rawValue, retrievedAt: context.retrievedAt,
                licence: context.licence ?? header.licence),
            attributes: attributes)
        if speech.id.rawValue.isEmpty {
            speech.id = header.id.map { SpeechID("\($0).u\(part)") } ?? PlainTextFormat.id(ofText: speech.canonicalText)
        }
        previousID = speech.id.rawValue
        return speech
    }
}

/// What a file's header says of all its contributions.
private struct TEIHeader {
    private(set) var id: String?
    var language: String?
    private(set) var title: String?
    private(set) var date: DeliveryDate?
    private(set) var place: String?
    private(set) var publisher: String?
    private(set) var licence: String?
    private(set) var address: String?
    /// Names by identifier; of a corpus's header they hold for all its parts.
    private(set) var people: [String: String] = [:]

    private static let peopleMax = 100_000

    mutating func begin(_ id: String?, language: String?) {
        let known = people
        let corpusLanguage = self.language
        self = TEIHeader()
        self.id = TextNormalisation.optionalLine(id)
        self.language = language ?? corpusLanguage
        people = known
    }

    mutating func read(_ xml: XMLEvents) throws(FormatError) {
        var path: [String] = []
        let depth = xml.depth
        while let event = try xml.next() {
            switch event {
            case .start(let name):
                path.append(name)
                let isDone = try take(name, path, xml)
                if isDone { path.removeLast() }
            case .end where xml.depth <= depth: return
            case .end: if !path.isEmpty { path.removeLast() }
            case .text: break
            }
        }
    }

    /// Takes what an element says.
    /// - Returns: whether the element was read to its end.
    private mutating func take(_ name: String, _ path: [String], _ xml: XMLEvents) throws(FormatError) -> Bool {
        let parent = path.dropLast().last
        switch (parent, name) {
        case ("titleStmt", "title") where title == nil || xml.attribute("type") == "main" && !hasMainTitle:
            hasMainTitle = xml.attribute("type") == "main"
            title = try xml.text()
        case ("setting", "name") where place == nil && ["city", "place"].contains(xml.attribute("type")):
            place = try xml.text()
        case (let parent?, "date") where date == nil && ["setting", "bibl"].contains(parent):
            if let written = (xml.attribute("when") ?? xml.attribute("from")).flatMap({ DeliveryDate($0) }) {
                date = written
            }
            return false
        case ("publicationStmt", "publisher") where publisher == nil: publisher = try xml.text()
        case ("availability", "licence") where licence == nil:
            licence = TextNormalisation.optionalLine(xml.attribute("target"))
            let text = try xml.text()
            licence = licence ?? text
        case ("bibl", "idno") where xml.attribute("type") == "URI" && address == nil: address = try xml.text()
        case (_, "person"):
            guard let id = xml.attribute("xml:id"), people.count < Self.peopleMax else { return false }
            people[id] = try TEIPerson.name(xml)
        default: return false
        }
        return true
    }

    private var hasMainTitle = false
}

/// A person of the header.
private enum TEIPerson {
    /// Forenames and surnames of the first name given.
    static func name(_ xml: XMLEvents) throws(FormatError) -> String? {
        var forenames: [String] = []
        var surnames: [String] = []
        var names = 0
        let depth = xml.depth
        guard !xml.isEmptyElement else { return nil }
        while let event = try xml.next() {
            switch event {
            case .start("persName"): names += 1
            case .start("forename") where names == 1: if let text = try xml.text() { forenames.append(text) }
            case .start("surname") where names == 1: if let text = try xml.text() { surnames.append(text) }
            case .end where xml.depth <= depth:
                return TextNormalisation.optionalLine((forenames + surnames).joined(separator: " "))
            default: break
            }
        }
        return nil
    }
}

/// The words of a contribution, without the record's remarks.
private enum TEIWords {
    private static let remarks: Set<String> = [
        "note", "vocal", "kinesic", "incident", "gap", "desc", "head", "linkGrp", "pb",
    ]
    private static let paragraphs: Set<String> = ["seg", "p", "ab", "l", "list", "item"]

    static func paragraphs(of xml: XMLEvents) throws(FormatError) -> [String] {
        guard !xml.isEmptyElement else { return [] }
        var texts: [String] = []
        var text = ""
        var tokenDepth: Int?
        var isJoined = false
        var isInSentence = 0
        let depth = xml.depth
        func end() {
            if let line = TextNormalisation.optionalLine(text) { texts.append(line) }
            text = ""
        }
        while let event = try xml.next() {
            switch event {
            case .start(let name) where remarks.contains(name): _ = try xml.text()
            case .start(let name) where name == "w" || name == "pc":
                guard tokenDepth == nil, !xml.isEmptyElement else { continue }
                tokenDepth = xml.depth
                isJoined = ["right", "both"].contains(xml.attribute("join"))
            case .start("lb"): text += " "
            case .start("s") where !xml.isEmptyElement: isInSentence += 1
            case .start(let name) where paragraphs.contains(name): end()
            case .text(let more): if isInSentence == 0 || tokenDepth != nil { text += more }
            case .end(let name):
                if xml.depth <= depth {
                    end()
                    return texts
                }
                if tokenDepth == xml.depth {
                    tokenDepth = nil
                    if !isJoined { text += " " }
                } else if name == "s" {
                    isInSentence = max(0, isInSentence - 1)
                } else if paragraphs.contains(name) {
                    end()
                }
            default: break
            }
        }
        return texts
    }
}
