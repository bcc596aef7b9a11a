public import Speeches

/// What a part of a source became.
public struct SpeechReading: Sendable {
    /// A speech, or why it is none.
    public var result: Result<Speech, FormatError>
    /// What of a speech could not be read, such as a date that is none; the speech is taken all the same.
    public var warnings: [FormatError]

    init(_ result: Result<Speech, FormatError>, warnings: [FormatError] = []) {
        self.result = result
        self.warnings = warnings
    }
}

/// A part of a source, cut out and still to be read: by any thread, since it needs nothing that stands before it.
struct SpeechPart: Sendable {
    /// The bytes it holds, about.
    let bytes: Int
    /// Where it stands, from 1, in a source that is cut by lines or rows.
    let line: Int?
    private let reading: @Sendable () -> SpeechReading?

    init(bytes: Int, line: Int? = nil, _ read: @escaping @Sendable () -> SpeechReading?) {
        self.bytes = bytes
        self.line = line
        reading = read
    }

    /// Reads it; nil where it holds nothing, as an empty line. What is said of it names its line.
    @Sendable func read() -> SpeechReading? {
        guard var reading = reading() else { return nil }
        reading.result = reading.result.mapError { error in
            var error = error
            // A reader of one line counts from its beginning.
            error.line = line ?? error.line
            return error
        }
        for index in reading.warnings.indices { reading.warnings[index] = reading.warnings[index].at(line: line) }
        return reading
    }

    /// The same part with its reading passed through a check.
    func mapping(_ check: @escaping @Sendable (SpeechReading) -> SpeechReading) -> SpeechPart {
        SpeechPart(bytes: bytes, line: line) { [reading] in reading().map(check) }
    }

    /// A part that had to be read to be found.
    init(_ result: Result<Speech, FormatError>) {
        let body = (try? result.get())?.body ?? []
        self.init(bytes: body.reduce(0) { $0 + $1.utf8.count }) { SpeechReading(result) }
    }
}

/// Speeches one by one, pulled by whoever publishes them, so that a long sitting never stands in memory as documents.
/// A refused part is a failure among the elements; the parts after it still come. To be used from one task.
public struct SpeechReader: Sequence, IteratorProtocol {
    private let step: () -> SpeechPart?

    /// Wraps a source of speeches that returns nil at its end.
    public init(_ step: @escaping () -> Result<Speech, FormatError>?) {
        self.init(parts: { step().map { SpeechPart($0) } })
    }

    /// Wraps a source of parts that returns nil at its end.
    init(parts step: @escaping () -> SpeechPart?) { self.step = step }

    /// A reader of exactly one speech.
    public init(_ speech: Speech) {
        var rest: Speech? = speech
        self.init { rest.take().map { .success($0) } }
    }

    /// The next speech or refusal, nil at the end. Warnings about it are not told.
    public mutating func next() -> Result<Speech, FormatError>? { nextReading()?.result }

    /// The same with its warnings.
    public mutating func nextReading() -> SpeechReading? {
        while let part = step() {
            if let reading = part.read() { return reading }
        }
        return nil
    }

    /// The next part, not yet read; nil at the end.
    func nextPart() -> SpeechPart? { step() }

    /// The same reader with each reading passed through a check, by whoever reads the part.
    func mapping(_ check: @escaping @Sendable (SpeechReading) -> SpeechReading) -> SpeechReader {
        SpeechReader(parts: { [step] in
            step().map { $0.mapping(check) }
        })
    }

    /// The same reader with errors that name a file.
    func naming(file: String?) -> SpeechReader {
        mapping { reading in
            let warnings = reading.warnings.map { $0.naming(file: file) }
            return SpeechReading(reading.result.mapError { $0.naming(file: file) }, warnings: warnings)
        }
    }
}
