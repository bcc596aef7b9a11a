internal import Foundation
internal import Speeches

/// A table with a line of column names (RFC 4180): comma, semicolon or tab between fields. Files of any size are read, a
/// row in memory at a time.
public struct CSVFormat: StreamedSpeechFormat {
    /// Makes the format.
    public init() {}

    /// `csv`.
    public var name: FormatName { .csv }
    /// `csv` and `tsv`.
    public var fileExtensions: Set<String> { ["csv", "tsv"] }

    /// The most bytes of a row.
    static let rowBytesMax = 8_388_608
    /// The most columns of a table.
    static let columnsMax = 1_000

    /// A first line whose fields are names of columns, one of which is the body.
    public func detects(_ sample: FormatSample) -> Bool { detects(sample, mapping: FieldMapping()) }

    /// The same, with names that the caller maps.
    public func detects(_ sample: FormatSample, mapping: FieldMapping) -> Bool {
        let line = sample.content.prefix(4_096).prefix { $0 != 0x0A && $0 != 0x0D }
        guard line.count < 4_096, let text = String(validating: line, as: UTF8.self) else { return false }
        guard let delimiter = Self.delimiter(of: line) else { return false }
        let names = text.unicodeScalars.split(
            separator: Unicode.Scalar(delimiter), omittingEmptySubsequences: false
        ).map { TextNormalisation.line(String($0)).trimmingCharacters(in: ["\""]) }
        guard names.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 64 }) else { return false }
        return mapping.fits(names)
    }

    /// Whether text that no other format takes is a table all the same: its file is named as one, or its first line reads
    /// like names of columns and the rows have as many fields. In prose a space follows a comma, so that is allowed only
    /// where the caller maps one of the columns.
    func isTable(_ sample: FormatSample, file: String?, mapping: FieldMapping) -> Bool {
        if let file, isNamedTable(file) {
            // With NULs it is binary, of which plain text knows more, unless a mark says that it is UTF-16.
            let isUTF16 = [[0xFF, 0xFE], [0xFE, 0xFF]].contains { sample.content.starts(with: $0) }
            return isUTF16 || !sample.content.prefix(4_096).contains(0)
        }
        let line = sample.content.prefix(4_096).prefix { $0 != 0x0A && $0 != 0x0D }
        guard let delimiter = Self.delimiter(of: line), line.count < 4_096 else { return false }
        guard let rows = try? CSVRows(ByteInput(Array(sample.content)), delimiter: delimiter),
            let names = try? rows.next()?.get().texts(nil), Set(names).count == names.count, names.count > 1,
            names.allSatisfy(Self.isName)
        else { return false }
        let isMapped = names.contains { mapping.names.contains(TextNormalisation.line($0)) }
        guard isMapped || !Self.readsLikeProse(sample.content, delimiter, line.count) else { return false }
        var (agreeing, all) = (0, 0)
        while all < Self.rowsCompared, let row = try? rows.next()?.get() {
            all += 1
            if row.fields.count == names.count { agreeing += 1 }
        }
        return agreeing > 0 && (agreeing == all || (names.count > 2 && agreeing * 2 >= all))
    }

    private static let rowsCompared = 20

    /// Whether a space follows a delimiter in the first line, or in what comes then more often than not; within quotation
    /// marks anything may.
    private static func readsLikeProse(_ content: ArraySlice<UInt8>, _ delimiter: UInt8, _ lineBytes: Int) -> Bool {
        var (isQuoted, spaced, all) = (false, 0, 0)
        let content = content.prefix(65_536)
        for (place, (byte, next)) in zip(content, content.dropFirst()).enumerated() {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard byte == delimiter, !isQuoted else { continue }
            if place >= lineBytes { all += 1 }
            guard next == UInt8(ascii: " ") else { continue }
            if place < lineBytes { return true }
            spaced += 1
        }
        return spaced * 2 > all
    }

    /// `speeches.csv`, `speeches.csv.gz`, `all.tar:speeches.csv`.
    private func isNamedTable(_ file: String) -> Bool {
        let name = file.lowercased()
        let plain = name.hasSuffix(".gz") ? name.dropLast(3) : name[...]
        return fileExtensions.contains { plain.hasSuffix("." + $0) }
    }

    /// Letters, digits and what joins them, in a few words.
    private static func isName(_ text: String) -> Bool {
        let name = TextNormalisation.line(text)
        guard 1...64 ~= name.utf8.count, name.split(separator: " ").count <= 4 else { return false }
        return name.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || ("0"..."9").contains($0) || " _-./()#&".unicodeScalars.contains($0)
        }
    }

    /// Reads row by row. The encoding is UTF-8, or the one that the context names. A table without a body is refused as a
    /// whole, as its first outcome; a column that is mapped and absent is a warning about the first row.
    /// - Throws: `FormatError` of the input.
    public func read(_ input: ByteInput, from context: SourceContext) throws(FormatError) -> SpeechReader {
        let head = FormatSample(try input.head().bytes)
        let line = head.content.prefix { $0 != 0x0A && $0 != 0x0D }
        let rows = try CSVRows(input, delimiter: Self.delimiter(of: line) ?? UInt8(ascii: ","))
        var columns: [String]?
        var warnings: [FormatError] = []
        var isRefused = false
        return SpeechReader(parts: {
            while !isRefused, let row = rows.next() {
                do throws(FormatError) {
                    let row = try row.get()
                    guard let names = columns else {
                        isRefused = true
                        let names = try Self.columns(try row.texts(context.encoding), context)
                        warnings = context.mapping.absent(from: names).map { $0.at(line: row.number) }
                        columns = names
                        isRefused = false
                        continue
                    }
                    guard row.fields.contains(where: { !$0.isEmpty }) else { continue }
                    let bytes = row.fields.reduce(0) { $0 + $1.count }
                    defer { warnings = [] }
                    return SpeechPart(bytes: bytes, line: row.number) { [warnings] in
                        var reading = self.reading(of: row, names, context)
                        reading.warnings = warnings + reading.warnings
                        return reading
                    }
                } catch {
                    return SpeechPart(.failure(error))
                }
            }
            return nil
        })
    }

    private static func columns(_ fields: [String], _ context: SourceContext) throws(FormatError) -> [String] {
        let names = fields.map(TextNormalisation.line)
        guard Set(names).count == names.count, names.count <= columnsMax else {
            throw FormatError(
                .invalid, "the table has two columns of one name, or more than \(columnsMax)", cure: "rename them")
        }
        guard context.mapping.hasBody(in: names) else {
            var error = FieldMapping.noBody(among: names, "columns")
            if context.format == nil { error.cure += "; if this is no table, --format text" }
            throw error
        }
        return names
    }

    private func reading(of row: CSVRows.Row, _ names: [String], _ context: SourceContext) -> SpeechReading {
        do throws(FormatError) {
            let fields = try row.texts(context.encoding)
            guard fields.count == names.count else {
                throw FormatError(
                    .invalid, "the row has \(fields.count) fields and the table \(names.count) columns",
                    cure: "put fields with delimiters or line ends in double quotes")
            }
            let values = Dictionary(zip(names, fields)) { first, _ in first }
            return try context.mapping.reading(MemberTexts(values), format: name, context)
        } catch {
            return SpeechReading(.failure(error))
        }
    }

    /// The delimiter that occurs most in the line of names.
    private static func delimiter(of line: ArraySlice<UInt8>) -> UInt8? {
        let counts = [",", ";", "\t"].map { character in
            let byte = Array(character.utf8)[0]
            return (byte: byte, count: line.count { $0 == byte })
        }
        guard let best = counts.max(by: { $0.count < $1.count }), best.count > 0 else { return nil }
        return best.byte
    }
}
