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
        case .speaker: ["speaker", "speaker_name", "speaker.name"]
        case .speakerID: ["speaker_id", "speaker.id"]
        case .role: ["role", "post", "office", "position", "speaker.role"]
        case .organisation: ["organisation", "organization", "speaker.organisation"]
        case .date: ["delivered_on", "date", "delivery_date"]
        case .event: ["event", "occasion"]
        case .location: ["location", "place", "venue"]
        case .language: ["language", "lang"]
        case .uri: ["uri", "url", "link", "source.uri"]
        case .publisher: ["publisher", "source.publisher"]
        case .licence: ["licence", "license", "source.licence"]
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
    /// - Throws: `FormatError` with code `invalid`, naming the fields there are, or the one that is named twice.
    public init(_ text: String) throws(FormatError) {
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { TextNormalisation.line(String($0)) }
            guard parts.count == 2, let field = DocumentField(rawValue: parts[0]), !parts[1].isEmpty else {
                throw FormatError(
                    .invalid, "'\(pair)' is no mapping FIELD=COLUMN",
                    cure: "the fields are \(DocumentField.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            if let other = named[field], other != parts[1] {
                throw FormatError(
                    .invalid, "'\(field.rawValue)' is mapped twice, to '\(other)' and to '\(parts[1])'",
                    cure: "name one column for each field")
            }
            named[field] = parts[1]
        }
    }

    /// The columns that the caller names, in byte order.
    var names: [String] { Set(named.values).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    /// The column that the caller names as the body.
    var bodyName: String? { named[.body] }

    /// Whether a column fills the body.
    func hasBody(in columns: [String]) -> Bool { column(of: .body, among: ColumnNames(columns)) != nil }

    /// A warning for each column that the caller names and that is not there.
    func absent(from columns: [String]) -> [FormatError] {
        names.filter { !columns.contains($0) }.map { Self.absent($0, of: columns, "columns") }
    }

    /// The warning about one of them.
    static func absent(_ name: String, of columns: some Collection<String>, _ what: String) -> FormatError {
        FormatError(
            .noColumn,
            "\(FormatError.quoted(name)) is mapped and not there; the \(what) are \(FormatError.listed(columns))",
            cure: "correct --map")
    }

    /// The refusal of what has no body.
    static func noBody(among columns: some Collection<String>, _ what: String) -> FormatError {
        FormatError(
            .invalid, "none of the \(what) is the body of the speech; they are \(FormatError.listed(columns))",
            cure: "name it: --map body=COLUMN; by itself it is found as "
                + DocumentField.body.commonNames.joined(separator: ", "))
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
    /// - Parameter members: texts by column, as they stand.
    /// - Throws: `FormatError` with code `invalid` when no column is the body, or `empty`.
    func reading(
        _ members: MemberTexts, format: FormatName, _ context: SourceContext
    ) throws(FormatError) -> SpeechReading {
        let values = members.texts
        var used: Set<String> = []
        let columns = ColumnNames(values.keys)
        func value(_ field: DocumentField) -> String? {
            guard let column = column(of: field, among: columns) else { return nil }
            used.insert(column)
            return values[column]
        }
        guard let bodyColumn = column(of: .body, among: columns) else {
            throw Self.noBody(
                among: values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
                format == .csv ? "columns" : "members")
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
        for (name, text) in members.attributes {
            let name = attributes[name] == nil ? name : "attributes." + name
            attributes[name] = TextNormalisation.optionalLine(text)
        }
        speech.attributes = attributes
        if let leftOut = members.warning { warnings.append(leftOut) }
        if speech.id.rawValue.isEmpty { speech.id = PlainTextFormat.id(ofText: speech.canonicalText) }
        return SpeechReading(.success(speech), warnings: warnings)
    }

    private static func warning(of date: String, in column: String?) -> FormatError {
        FormatError(
            .badDate, "\(FormatError.quoted(date)) is no date, and the document has none",
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

/// What a row's columns or an object's members say.
struct MemberTexts: Equatable {
    /// Texts by column, or by member; of a member within another its path, such as `source.uri`.
    var texts: [String: String]
    /// The members of `attributes`, by their own names; they fill nothing else.
    var attributes: [String: String] = [:]
    /// Paths of members that have parts of their own too deep to be an attribute, in byte order.
    var leftOut: [String] = []

    init(_ texts: [String: String]) { self.texts = texts }

    /// What is said of those that are left out.
    var warning: FormatError? {
        guard !leftOut.isEmpty else { return nil }
        return FormatError(
            .leftOut,
            "the document is without \(FormatError.listed(leftOut)): a member may be an object or a list of plain values, "
                + "and no more",
            cure: "write their parts as members of their own")
    }
}
