internal import Foundation
internal import Speeches

/// Plain text: optionally a title line and a byline, then the body.
///
/// The byline's facts become speaker, role, date and place; the sentence itself is in no text that rules look at.
public struct PlainTextFormat: SpeechFormat {
    /// Makes the format.
    public init() {}

    /// `text`.
    public var name: FormatName { .text }
    /// `txt` and `text`.
    public var fileExtensions: Set<String> { ["txt", "text"] }

    /// Anything that is not evidently JSON, markup or rich text; whether it is text at all is for `read` to say.
    public func detects(_ sample: FormatSample) -> Bool {
        !Self.isOtherLanguage(String(decoding: sample.content.prefix(256), as: UTF8.self))
    }

    /// Reads one speech.
    /// - Throws: `FormatError` with code `empty`, `binary`, `encoding` or `unrecognised`.
    public func read(_ bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader {
        guard !bytes.starts(with: "%PDF-".utf8) else {
            throw FormatError(.binary, "this is a PDF", cure: "extract its text (pdftotext) first")
        }
        guard bytes.count <= Self.bytesMax, bytes.count(where: { $0 == UInt8(ascii: "\n") }) <= Self.linesMax else {
            throw FormatError(
                .tooLarge, "the text has \(bytes.count) bytes; \(Self.bytesMax) in \(Self.linesMax) lines are allowed",
                cure: "split it by speech, or make JSON lines or CSV of it")
        }
        let decoded = try DecodedText(bytes, as: context.encoding)
        guard context.format != nil || !Self.isOtherLanguage(decoded.text) else {
            throw FormatError(
                .unrecognised, "the text is JSON, markup or rich text in \(decoded.encoding.rawValue)",
                cure: "convert it to UTF-8 or to plain text")
        }
        let parts = TextParts(decoded.text)
        guard !parts.body.isEmpty else {
            let hasHeader = parts.title != nil || parts.byline != nil
            throw FormatError(
                .empty, hasHeader ? "there is a header and no body" : "there is no text",
                cure: "leave it out, or fetch it again")
        }
        return SpeechReader(speech(parts, decoded.encoding, context))
    }

    /// A document of 900 kB hardly comes from more.
    static let bytesMax = 8_388_608
    static let linesMax = 200_000

    private func speech(_ parts: TextParts, _ encoding: TextEncoding, _ context: SourceContext) -> Speech {
        let byline = parts.byline
        let language = DetectedLanguage(parts.body)
        var attributes: [String: String] = [:]
        attributes["byline"] = parts.bylineText
        attributes["encoding"] = encoding == .utf8 ? nil : encoding.rawValue
        attributes["language_confidence"] = language.confidenceText
        let speaker = byline.map { Speaker(name: $0.name, role: $0.role, organisation: $0.organisation) }
        var speech = Speech(
            id: SpeechID(""), title: parts.title, body: parts.body, speaker: speaker, deliveredOn: byline?.date,
            event: byline?.event, location: byline?.location, language: language.tag,
            source: Source(
                uri: context.uri, publisher: context.publisher, format: name.rawValue,
                retrievedAt: context.retrievedAt, licence: context.licence),
            attributes: attributes)
        speech.id = context.uri.map { SpeechID($0) } ?? Self.id(ofText: speech.canonicalText)
        return speech
    }

    /// `text:` and 32 hexadecimal digits of the canonical text's digest: the name of a speech whose source gives none.
    static func id(ofText text: String) -> SpeechID {
        var digest = Digest(domain: "rostrum.text.1")
        digest.add(text)
        return SpeechID("text:" + digest.hexadecimal(length: 32))
    }

    /// A JSON object, a tag, a declaration, or rich text. A speech may well open with `[Applause]` or `<`.
    private static func isOtherLanguage(_ text: String) -> Bool {
        let head = text.unicodeScalars.lazy.filter { !$0.properties.isWhitespace && $0 != "\u{FEFF}" }.prefix(2)
        guard let first = head.first, let second = head.dropFirst().first else { return false }
        switch first {
        case "{": return ["\"", "}", "\\"].contains(second)
        // An array of objects, of which detection sees the beginning only.
        case "[": return second == "{" || isJSON(text)
        case "<": return ["!", "?", "/"].contains(second) || (second.isASCII && second.properties.isAlphabetic)
        default: return false
        }
    }

    private static func isJSON(_ text: String) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil
    }
}

/// Plain text taken apart: title, byline, body.
struct TextParts: Equatable {
    private(set) var title: String?
    private(set) var byline: Byline?
    private(set) var bylineText: String?
    private(set) var body: [String]

    /// Looks for a byline in the first lines; what stands above it is the title. Without one the first line is the
    /// title if it reads like one.
    init(_ text: String) {
        let raw = TextNormalisation.rawLines(text)
        let lines = raw.map { TextNormalisation.line(String($0)) }
        let block = lines.drop { $0.isEmpty }
        if let found = Self.header(in: block) {
            title = found.title
            byline = found.byline
            bylineText = found.text
            body = SourceParagraphs(Array(raw[found.rest.indices])).paragraphs
            return
        }
        let paragraphs = SourceParagraphs(Array(raw[block.indices])).paragraphs
        let hasTitle = paragraphs.count > 1 && paragraphs.first == block.first && Self.isTitle(paragraphs[0])
        title = hasTitle ? paragraphs[0] : nil
        body = hasTitle ? Array(paragraphs.dropFirst()) : paragraphs
    }

    private struct Header {
        let title: String?
        let byline: Byline
        let text: String
        let rest: ArraySlice<String>
    }

    /// How many lines may stand above the byline: a title, wrapped once.
    private static let titleLinesMax = 2
    /// Over how many lines a byline may be wrapped.
    private static let bylineLinesMax = 3

    private static func header(in lines: ArraySlice<String>) -> Header? {
        let starts = lines.indices.filter { !lines[$0].isEmpty }.prefix(titleLinesMax + 1)
        for (count, start) in starts.enumerated() {
            let above = lines[..<start].filter { !$0.isEmpty }
            // Two lines above are one title only if nothing separates them.
            if count == titleLinesMax, lines[..<starts[1]].contains("") { return nil }
            for length in 1...bylineLinesMax {
                let end = start + length
                guard end <= lines.endIndex, !lines[start..<end].contains("") else { break }
                let text = lines[start..<end].joined(separator: " ")
                guard let byline = Byline(text) else { continue }
                let title = above.isEmpty ? nil : above.joined(separator: " ")
                return Header(title: title, byline: byline, text: text, rest: lines[end...])
            }
        }
        return nil
    }

    private static let titleCharactersMax = 200

    /// A short line without the end of a sentence or of a salutation.
    private static func isTitle(_ line: String) -> Bool {
        guard line.count <= titleCharactersMax, let last = line.last else { return false }
        return !".!?:;,…\"”’".contains(last)
    }
}
