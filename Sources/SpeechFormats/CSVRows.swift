internal import CLibCSV

/// Rows of a table as libcsv takes them apart. Owns one parser.
final class CSVRows {
    struct Row: Sendable {
        var fields: [[UInt8]]
        /// The row's number, from 1; a row may have several lines.
        let number: Int

        func texts(_ encoding: TextEncoding?) throws(FormatError) -> [String] {
            var texts: [String] = []
            texts.reserveCapacity(fields.count)
            for field in fields {
                if let text = String(validating: field, as: UTF8.self), encoding == nil || encoding == .utf8 {
                    texts.append(text)
                } else if encoding == .windows1252, let text = Windows1252.decode(field[...]) {
                    texts.append(text)
                } else {
                    var error = FormatError(
                        .encoding, "a field is not in the table's encoding", cure: DecodedText.conversion)
                    error.line = number
                    throw error
                }
            }
            return texts
        }
    }

    private var parser = UnsafeMutablePointer<csv_parser>.allocate(capacity: 1)
    private let input: ByteInput
    private var isFinished = false
    private var isFirst = true
    /// What the parser's calls gather.
    private var fields: [[UInt8]] = []
    private var rowBytes = 0
    private var number = 0
    private var ready: [Result<Row, FormatError>] = []
    private var nextReady = 0

    init(_ input: ByteInput, delimiter: UInt8) throws(FormatError) {
        self.input = input
        // Not strict: a quote within a field is taken as it stands.
        guard csv_init(parser, 0) == 0 else {
            parser.deallocate()
            throw FormatError(.invalid, "there is no memory for a table", cure: "free memory and try again")
        }
        csv_set_delim(parser, delimiter)
    }

    deinit {
        csv_free(parser)
        parser.deallocate()
    }

    func next() -> Result<Row, FormatError>? {
        while nextReady == ready.count {
            ready.removeAll(keepingCapacity: true)
            nextReady = 0
            guard !isFinished else { return nil }
            do {
                try parseMore()
            } catch {
                isFinished = true
                return .failure(error)
            }
        }
        defer { nextReady += 1 }
        return ready[nextReady]
    }

    private static let pieceBytes = 65_536
    /// libcsv's `FIELD_BEGUN`, which its header does not name.
    private static let fieldBegun: Int32 = 2

    private var piece: ArraySlice<UInt8> = []

    private func parseMore() throws(FormatError) {
        if piece.isEmpty {
            guard var next = try input.next() else { return try finish() }
            if isFirst, next.starts(with: [0xEF, 0xBB, 0xBF]) { next.removeFirst(3) }
            isFirst = false
            piece = next[...]
        }
        let part = piece.prefix(Self.pieceBytes)
        piece = piece.dropFirst(part.count)
        // Unretained: the calls come only during csv_parse, and self outlives it.
        let parsed = part.withUnsafeBytes {
            csv_parse(
                parser, $0.baseAddress, $0.count, Self.onField, Self.onRow, Unmanaged.passUnretained(self).toOpaque())
        }
        rowBytes += part.count
        guard parsed == part.count, rowBytes - Self.pieceBytes <= CSVFormat.rowBytesMax,
            fields.count <= CSVFormat.columnsMax
        else { throw broken() }
    }

    private func finish() throws(FormatError) {
        isFinished = true
        // In a field that began with a quote: its end is missing, and what was read as one field may be many rows.
        if parser.pointee.pstate == Self.fieldBegun, parser.pointee.quoted != 0 { throw broken() }
        let code = csv_fini(parser, Self.onField, Self.onRow, Unmanaged.passUnretained(self).toOpaque())
        guard code == 0 else { throw broken() }
    }

    private func broken() -> FormatError {
        var error = FormatError(
            .invalid,
            "a row has more than \(CSVFormat.rowBytesMax) bytes or \(CSVFormat.columnsMax) fields, or a quotation never "
                + "ends; nothing after it was read",
            cure: "close the quotation")
        error.line = number + 1
        return error
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> CSVRows? {
        pointer.map { Unmanaged<CSVRows>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let onField: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Void = {
        bytes, count, rows in
        CSVRows.of(rows)?.fields.append(bytes.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: count)) } ?? [])
    }

    private static let onRow: @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void = { _, rows in
        guard let rows = CSVRows.of(rows) else { return }
        rows.number += 1
        rows.ready.append(.success(Row(fields: rows.fields, number: rows.number)))
        rows.fields = []
        rows.rowBytes = 0
    }
}
