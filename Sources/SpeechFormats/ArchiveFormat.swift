internal import CLibArchive
internal import Speeches

/// A gzip file, a tar, or a tar in gzip, of documents of any other format. It is unpacked as it is read and never to disk,
/// so names in it cannot lead anywhere; links and devices in it are refused, archives in it too.
enum ArchiveFormat {
    /// The most entries that are read.
    static let entriesMax = 1_000_000
    /// The most bytes that come out of one byte that went in, beyond the first 16 MiB: text packs 3 to 20 times.
    static let ratioMax = 200
    static let freeBytes = 16_777_216

    static let fileExtensions: Set<String> = ["gz", "tgz", "tar"]

    /// The signatures of gzip (RFC 1952) and of tar (POSIX ustar).
    static func detects(_ head: [UInt8]) -> Bool {
        head.starts(with: [0x1F, 0x8B]) || (head.count >= 512 && head[257..<262].elementsEqual("ustar".utf8))
    }

    /// Reads all entries one after another.
    static func read(
        _ input: ByteInput, from context: SourceContext,
        _ open: @escaping (ByteInput, SourceContext) throws(FormatError) -> SpeechReader
    ) throws(FormatError) -> SpeechReader {
        let archive = try Archive(input)
        var current: SpeechReader?
        var isBroken = false
        return SpeechReader(parts: {
            while !isBroken {
                if let part = current?.nextPart() { return part }
                current = nil
                var inner = context
                do throws(FormatError) {
                    guard let entry = try archive.nextEntry() else { return nil }
                    inner.uri = nil
                    if let name = entry.name {
                        inner.file = [context.file, name].compactMap { $0 }.joined(separator: ":")
                    }
                    switch entry.kind {
                    case .folder: continue
                    case .other:
                        return SpeechPart(
                            .failure(
                                FormatError(
                                    .unreadable, "the entry is a link or no file",
                                    cure: "put the file itself into the archive", file: inner.file)))
                    case .file: current = try open(archive.content(), inner)
                    }
                } catch {
                    // An entry that is refused leaves the rest readable; a broken archive does not.
                    isBroken = archive.isBroken
                    return SpeechPart(.failure(error.naming(file: inner.file)))
                }
            }
            return nil
        })
    }
}

/// Owns one libarchive reader. One thread.
private final class Archive {
    enum Kind { case file, folder, other }

    private let archive: OpaquePointer
    private let input: ByteInput
    private var piece: UnsafeMutableRawBufferPointer?
    private var inputError: FormatError?
    private var bytesIn = 0
    private var bytesOut = 0
    private var entries = 0
    private(set) var isBroken = false
    /// Which entry is open; content of an earlier one reads as ended.
    private var generation = 0

    init(_ input: ByteInput) throws(FormatError) {
        self.input = input
        guard let archive = archive_read_new() else {
            throw FormatError(.unreadable, "there is no memory for an archive", cure: "free memory and try again")
        }
        self.archive = archive
        archive_read_support_filter_gzip(archive)
        archive_read_support_format_tar(archive)
        archive_read_support_format_raw(archive)
        // Unretained: the calls come only during calls on the archive, which self owns.
        let code = archive_read_open(
            archive, Unmanaged.passUnretained(self).toOpaque(), nil,
            { _, client, buffer in
                guard let client else { return -1 }
                return Unmanaged<Archive>.fromOpaque(client).takeUnretainedValue().fill(buffer)
            }, nil)
        guard code == ARCHIVE_OK else { throw failure() }
    }

    deinit {
        archive_read_free(archive)
        piece?.deallocate()
    }

    private func fill(_ buffer: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
        do {
            piece?.deallocate()
            piece = nil
            guard let next = try input.next() else { return 0 }
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: next.count, alignment: 1)
            copy.copyBytes(from: next)
            piece = copy
            bytesIn += next.count
            buffer?.pointee = UnsafeRawPointer(copy.baseAddress)
            return next.count
        } catch {
            inputError = error
            return -1
        }
    }

    func nextEntry() throws(FormatError) -> (name: String?, kind: Kind)? {
        guard !isBroken else { return nil }
        generation += 1
        try passOver()
        var entry: OpaquePointer?
        let code = archive_read_next_header(archive, &entry)
        guard code != ARCHIVE_EOF else { return nil }
        guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry else { throw failure() }
        entries += 1
        guard entries <= ArchiveFormat.entriesMax else {
            isBroken = true
            throw FormatError(
                .tooLarge, "the archive has more than \(ArchiveFormat.entriesMax) entries", cure: "split it")
        }
        // A bare gzip file is one entry without a name of its own.
        let isRaw = archive_format(archive) == ARCHIVE_FORMAT_RAW
        let name = isRaw ? nil : archive_entry_pathname_utf8(entry).map { String(cString: $0) } ?? "entry \(entries)"
        let isLink = archive_entry_hardlink(entry) != nil
        let kind: Kind =
            switch UInt32(archive_entry_filetype(entry)) {
            case 0o100000 where !isLink: .file
            case 0o040000: .folder
            default: .other
            }
        return (name, kind)
    }

    /// The bytes of the entry that is open.
    func content() -> ByteInput {
        let mine = generation
        return ByteInput { [self] () throws(FormatError) in
            guard mine == generation, !isBroken else { return nil }
            return try read()
        }
    }

    private func read() throws(FormatError) -> [UInt8]? {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, initialised in
            count = archive_read_data(archive, buffer.baseAddress, buffer.count)
            initialised = max(count, 0)
        }
        guard count >= 0 else { throw failure() }
        try weigh(count)
        return count == 0 ? nil : bytes
    }

    /// Passes over what is left of the entry that was open. It is unpacked for that, so it counts too.
    private func passOver() throws(FormatError) {
        guard entries > 0 else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
        defer { buffer.deallocate() }
        while true {
            let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
            // What cannot be unpacked is passed over by its length; damage shows at the next entry.
            guard count > 0 else { return }
            try weigh(count)
        }
    }

    private func weigh(_ count: Int) throws(FormatError) {
        bytesOut += count
        guard bytesOut <= ArchiveFormat.freeBytes || bytesOut / max(bytesIn, 1) <= ArchiveFormat.ratioMax else {
            isBroken = true
            throw FormatError(
                .tooLarge,
                "the archive unpacks to more than \(ArchiveFormat.ratioMax) times its size; nothing after it was read",
                cure: "unpack it yourself if you trust it")
        }
    }

    private func failure() -> FormatError {
        isBroken = true
        if let inputError { return inputError }
        return FormatError(
            .invalid, "the archive is damaged or breaks off; nothing after the damage was read", cure: "fetch it again")
    }
}
