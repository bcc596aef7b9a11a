internal import Foundation
internal import Speeches

/// Rostrum's own document JSON (`Config/schemas`), as `speeches.documents` carries it.
public struct CanonicalFormat: SpeechFormat {
    /// Makes the format.
    public init() {}

    /// `rostrum-document`.
    public var name: FormatName { .canonical }
    /// `json`.
    public var fileExtensions: Set<String> { ["json"] }

    /// A JSON object with a `schema_version` and a `body`.
    public func detects(_ sample: FormatSample) -> Bool {
        sample.opensJSONObject && sample.containsJSONString("schema_version") && sample.containsJSONString("body")
    }

    /// Reads one document. Texts that are not normalised are normalised, which gives them another revision.
    /// - Throws: `FormatError` with code `encoding` or `invalid`.
    public func read(_ bytes: [UInt8], from context: SourceContext) throws(FormatError) -> SpeechReader {
        let data = try JSONInput.utf8(bytes)
        try JSONInput.checkSyntax(data)
        do {
            return SpeechReader(Self.normalised(try Speech(json: data)))
        } catch {
            throw FormatError(.invalid, error.reason, cure: "correct the document")
        }
    }

    private static func normalised(_ speech: Speech) -> Speech {
        var speech = speech
        speech.title = TextNormalisation.optionalLine(speech.title)
        speech.summary = TextNormalisation.optionalLine(speech.summary)
        speech.body = speech.body.compactMap { TextNormalisation.optionalLine($0) }
        return speech
    }
}
