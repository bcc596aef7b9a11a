internal import Speeches

/// A part of a document that a column or a JSON member can fill.
public enum DocumentField: String, Sendable, CaseIterable {
    /// The stable name.
    case id
    /// The title.
    case title
    /// The source's own summary.
    case summary
    /// The text of the speech; the only one that must be there.
    case body
    /// The speaker's name.
    case speaker
    /// The speaker's identifier.
    case speakerID = "speaker_id"
    /// The office held.
    case role
    /// The body spoken for.
    case organisation
    /// The day of delivery.
    case date
    /// The occasion.
    case event
    /// The place.
    case location
    /// The language, BCP 47.
    case language
    /// The original's address.
    case uri
    /// Who published it.
    case publisher
    /// The licence.
    case licence

    /// Names that people give such a column, in the order they are asked; compared without case.
    var commonNames: [String] {
        switch self {
        case .id: ["id", "document_id", "doc_id", "identifier"]
        case .title: ["title", "headline"]
        case .summary: ["summary", "abstract"]
        case .body: ["body", "text", "speech", "content", "transcript"]
        case .speaker: ["speaker", "speaker_name"]
        case .speakerID: ["speaker_id"]
        case .role: ["role", "post", "office", "position"]
        case .organisation: ["organisation", "organization"]
        case .date: ["delivered_on", "date", "delivery_date"]
        case .event: ["event", "occasion"]
        case .location: ["location", "place", "venue"]
        case .language: ["language", "lang"]
        case .uri: ["uri", "url", "link"]
        case .publisher: ["publisher"]
        case .licence: ["licence", "license"]
        }
    }
}

/// Which column or JSON member fills which part of a document. What nobody names is found by the names that people use,
/// and what fills nothing becomes an attribute, so that no fact is lost.
public struct FieldMapping: Equatable, Sendable {
    private var named: [DocumentField: String] = [:]

    /// The mapping by common names alone.
    public init() {}

    /// Reads `field=column`, several separated by commas, such as `role=post,publisher=source`.
    /// - Throws: `FormatError` with code `invalid`, naming the fields there are.
    public init(_ text: String) throws(FormatError) {
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { TextNormalisation.line(String($0)) }
            guard parts.count == 2, let field = DocumentField(rawValue: parts[0]), !parts[1].isEmpty else {
                throw FormatError(
                    .invalid, "'\(pair)' is no mapping FIELD=COLUMN",
                    cure: "the fields are \(DocumentField.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            named[field] = parts[1]
        }
    }

    /// The column that fills a field, of those there are.
    func column(of field: DocumentField, among columns: ColumnNames) -> String? {
        if let name = named[field] { return columns.contains(name) ? name : nil }
        for name in field.commonNames {
            if let column = columns.first(like: name, but: named.values) { return column }
        }
        return nil
    }

    /// Whether columns look like a table of speeches: one fills the body and another something else.
    func fits(_ columns: [String]) -> Bool {
        let names = ColumnNames(columns)
        let filled = DocumentField.allCases.filter { column(of: $0, among: names) != nil }
        return filled.contains(.body) && filled.count >= 2
    }

    /// The document that a row of values makes. A date that is none becomes the attribute `date`, with a warning.
    /// - Parameter values: texts by column, as they stand.
    /// - Throws: `FormatError` with code `invalid` when no column is the body, or `empty`.
    func reading(
        _ values: [String: String], format: FormatName, _ context: SourceContext
    ) throws(FormatError) -> SpeechReading {
        var used: Set<String> = []
        let columns = ColumnNames(values.keys)
        func value(_ field: DocumentField) -> String? {
            guard let column = column(of: field, among: columns) else { return nil }
            used.insert(column)
            return values[column]
        }
        guard let bodyColumn = column(of: .body, among: columns) else {
            throw FormatError(
                .invalid, "no member or column is the body of the speech",
                cure: "name it: --map body=COLUMN; by itself it is found as "
                    + DocumentField.body.commonNames.joined(separator: ", "))
        }
        used.insert(bodyColumn)
        let body = SourceParagraphs(TextNormalisation.rawLines(values[bodyColumn] ?? "")).paragraphs
        guard !body.isEmpty else {
            throw FormatError(.empty, "the body has no text", cure: "leave it out", path: bodyColumn)
        }
        func line(_ field: DocumentField) -> String? { TextNormalisation.optionalLine(value(field)) }
        let speaker = Speaker(
            id: line(.speakerID), name: line(.speaker), role: line(.role), organisation: line(.organisation))
        let uri = line(.uri) ?? context.uri
        var attributes: [String: String] = [:]
        let date = line(.date)
        let delivered = date.flatMap(Self.date)
        if delivered == nil { attributes["date"] = date }
        var warnings: [FormatError] = []
        if delivered == nil, let date { warnings.append(Self.warning(of: date, in: column(of: .date, among: columns))) }
        let language = line(.language)
        let detected = language == nil ? DetectedLanguage(body) : nil
        attributes["language_confidence"] = detected?.confidenceText
        var speech = Speech(
            id: SpeechID(line(.id) ?? uri ?? ""), title: line(.title), summary: line(.summary), body: body,
            speaker: speaker == Speaker() ? nil : speaker, deliveredOn: delivered, event: line(.event),
            location: line(.location), language: language ?? detected?.tag,
            source: Source(
                uri: uri, publisher: line(.publisher) ?? context.publisher, format: format.rawValue,
                retrievedAt: context.retrievedAt, licence: line(.licence) ?? context.licence))
        for (column, text) in values where !used.contains(column) {
            attributes[column] = attributes[column] ?? TextNormalisation.optionalLine(text)
        }
        speech.attributes = attributes
        if speech.id.rawValue.isEmpty { speech.id = PlainTextFormat.id(ofText: speech.canonicalText) }
        return SpeechReading(.success(speech), warnings: warnings)
    }

    /// A date is quoted up to this many characters: what is longer is some other text in its place.
    private static let quotedCharactersMax = 40

    private static func warning(of date: String, in column: String?) -> FormatError {
        let quoted = date.count > quotedCharactersMax ? date.prefix(quotedCharactersMax) + "…" : date[...]
        return FormatError(
            .badDate, "'\(quoted)' is no date, and the document has none",
            cure: "write a day there is, such as 2022-05-17 or 17 May 2022, a month or a year; it is kept as the "
                + "attribute 'date'", path: column)
    }

    /// ISO 8601 or as people write it; whole text or nothing.
    private static func date(_ text: String) -> DeliveryDate? {
        if let date = DeliveryDate(text) { return date }
        let words = text.split(separator: " ")
        guard let written = WrittenDate(prefixOf: words[...]), written.wordCount == words.count else { return nil }
        return written.date
    }
}

/// The names of a row's columns or members, to be looked up without case.
struct ColumnNames {
    /// In byte order, so that of two names that differ in case the same one is found on every machine.
    private let names: [(name: String, lower: String)]

    init(_ names: some Sequence<String>) {
        self.names = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { ($0, $0.lowercased()) }
    }

    func contains(_ name: String) -> Bool { names.contains { $0.name == name } }

    /// The first name that is the wanted one in any case, and none of those that are taken.
    func first(like wanted: String, but taken: some Collection<String>) -> String? {
        names.first { $0.lower == wanted && !taken.contains($0.name) }?.name
    }
}
