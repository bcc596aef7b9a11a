internal import Foundation
internal import Speeches

/// The rules of the document's schema (`Config/schemas`), kept by every format alike: whatever a reader made, what is
/// published is a document that every program takes. A fact that breaks a rule becomes an attribute, with a warning.
struct DocumentRules: Sendable {
    /// The most bytes of a document as JSON.
    let bytesMax: Int

    /// The reading as it may be published.
    func applied(to reading: SpeechReading) -> SpeechReading {
        guard case .success(var speech) = reading.result else { return reading }
        var warnings = reading.warnings
        do throws(FormatError) {
            try Self.checkID(&speech)
            Self.checkLanguage(&speech, &warnings)
            Self.checkAddress(&speech, &warnings)
            Self.checkRetrieval(&speech, &warnings)
            try checkSize(speech)
        } catch {
            return SpeechReading(.failure(error), warnings: warnings)
        }
        return SpeechReading(.success(speech), warnings: warnings)
    }

    private static func checkID(_ speech: inout Speech) throws(FormatError) {
        let id = TextNormalisation.line(speech.id.rawValue)
        guard !id.isEmpty else {
            throw FormatError(.invalid, "the id has no characters", cure: "give it one, or leave it out", path: "id")
        }
        guard id.utf8.count <= SpeechID.bytesMax else {
            throw FormatError(
                .invalid, "the id has \(id.utf8.count) bytes; \(SpeechID.bytesMax) are allowed",
                cure: "give it a shorter one (for rows --map id=COLUMN)", path: "id")
        }
        if id != speech.id.rawValue { speech.id = SpeechID(id) }
    }

    /// `en_GB` is taken as `en-GB`; of what is no tag at all the text tells the language.
    private static func checkLanguage(_ speech: inout Speech, _ warnings: inout [FormatError]) {
        guard let language = speech.language, !isTag(language) else { return }
        let joined = language.replacing("_", with: "-")
        guard !isTag(joined) else {
            speech.language = joined
            return
        }
        let detected = DetectedLanguage(speech.body)
        speech.language = detected.tag
        speech.attributes["language_confidence"] = speech.attributes["language_confidence"] ?? detected.confidenceText
        keep(language, as: "language", &speech)
        warnings.append(
            FormatError(
                .badLanguage,
                "\(FormatError.quoted(language)) is no language tag; the document has the language of its text",
                cure: "write a BCP 47 tag, such as en or en-GB; it is kept as the attribute 'language'",
                path: "language"))
    }

    /// Addresses as browsers show them, with letters of all scripts and spaces, get their percent signs.
    private static func checkAddress(_ speech: inout Speech, _ warnings: inout [FormatError]) {
        guard let address = speech.source?.uri, !isReference(address) else { return }
        let encoded = address.addingPercentEncoding(withAllowedCharacters: Self.allowedCharacters)
        let isWeb = ["https://", "http://"].contains { address.lowercased().hasPrefix($0) }
        guard !isWeb || encoded.map(isReference) != true else {
            speech.source?.uri = encoded
            return
        }
        speech.source?.uri = nil
        keep(address, as: "uri", &speech)
        warnings.append(
            FormatError(
                .badAddress, "\(FormatError.quoted(address)) is no address, and the document has none",
                cure: "write a URI, such as https://example.org/speeches/1; it is kept as the attribute 'uri'",
                path: "source.uri"))
    }

    private static func checkRetrieval(_ speech: inout Speech, _ warnings: inout [FormatError]) {
        guard let time = speech.source?.retrievedAt, DeliveryDate(time)?.timestamp == nil else { return }
        speech.source?.retrievedAt = nil
        keep(time, as: "retrieved_at", &speech)
        warnings.append(
            FormatError(
                .badDate, "\(FormatError.quoted(time)) is no time, and the document has none",
                cure: "write an RFC 3339 timestamp; it is kept as the attribute 'retrieved_at'",
                path: "source.retrieved_at"))
    }

    private static func keep(_ text: String, as name: String, _ speech: inout Speech) {
        guard speech.attributes[name] == nil else { return }
        speech.attributes[name] = TextNormalisation.optionalLine(text)
    }

    private func checkSize(_ speech: Speech) throws(FormatError) {
        // Nearly every document is far smaller than the limit; writing it only to see that would double the work.
        guard speech.jsonBytesAtMost > bytesMax else { return }
        let size = speech.json.count
        guard size > bytesMax else { return }
        throw FormatError(
            .tooLarge, "the document has \(size) bytes as JSON; \(bytesMax) are allowed",
            cure: "split it by contribution, or raise the document limit together with the broker's")
    }
}

extension DocumentRules {
    /// The schema's pattern of a language: `^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`.
    static func isTag(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard let first = parts.first, 2...8 ~= first.count, first.allSatisfy(isLetter) else { return false }
        return parts.dropFirst().allSatisfy { 1...8 ~= $0.count && $0.allSatisfy { isLetter($0) || isDigit($0) } }
    }

    /// Whether a text has the characters of a URI reference (RFC 3986, section 4.1), and a colon only after a scheme or
    /// within later parts.
    static func isReference(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        var place = 0
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "%") {
                guard place + 2 < bytes.count, isHexadecimal(bytes[place + 1]), isHexadecimal(bytes[place + 2]) else {
                    return false
                }
                place += 3
            } else {
                guard isAllowed(bytes[place]) else { return false }
                place += 1
            }
        }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return true }
        let before = bytes[..<colon]
        if before.contains(where: { "/?#".utf8.contains($0) }) { return true }
        guard let first = before.first, isLetter(first) else { return false }
        return before.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x46).contains(byte & 0xDF)
    }

    /// What stays as it is when an address gets its percent signs.
    private static let allowedCharacters = CharacterSet(
        charactersIn: String(decoding: (0...0x7F).filter { isAllowed($0) || $0 == UInt8(ascii: "%") }, as: UTF8.self))

    /// Unreserved and reserved characters.
    private static func isAllowed(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || "-._~:/?#[]@!$&'()*+,;=".utf8.contains(byte)
    }
}
