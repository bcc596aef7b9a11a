internal import SpeechFormats
internal import Speeches

/// A document with all that publishing it takes, made by whoever reads it, so that the thread that publishes has little
/// to do.
struct PreparedDocument: Sendable {
    let speech: Speech
    /// The file it came from, as its reader names it.
    let file: String
    let revision: Revision
    /// The record's value.
    let json: [UInt8]
    /// For near duplicates; nil for a text that is too short to tell.
    let fingerprint: UInt64?

    init(_ speech: Speech, file: String) {
        self.speech = speech
        self.file = file
        revision = speech.revision
        json = speech.json(as: revision)
        fingerprint = NearDuplicates.fingerprint(of: speech.body)
    }
}

/// What became of one file or one speech in it, ready to be published.
enum PreparedOutcome: Sendable {
    case document(PreparedDocument)
    case rejected(FormatError)
    case warning(FormatError)
    case ignored

    init(_ outcome: SpeechFiles.Outcome) {
        switch outcome {
        case .speech(let speech, let file): self = .document(PreparedDocument(speech, file: file))
        case .rejected(let error): self = .rejected(error)
        case .warning(let error): self = .warning(error)
        case .ignored: self = .ignored
        }
    }
}
