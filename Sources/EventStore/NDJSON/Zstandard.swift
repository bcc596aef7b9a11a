internal import CLibZstd

/// Zstandard frames (RFC 8878) by libzstd, whole files at a time: a file is no longer than a journal may grow.
enum Zstandard {
    /// libzstd's own default; higher levels win little on JSON.
    private static let level: Int32 = 3

    /// One frame that knows its content's length.
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { output, count in
            let size = ZSTD_compress(output.baseAddress, output.count, bytes, bytes.count, level)
            precondition(ZSTD_isError(size) == 0, "libzstd compresses into a buffer of the bound that it names")
            count = size
        }
    }

    /// The content of a frame that `compressed` made; nil for anything else.
    static func decompressed(_ bytes: [UInt8]) -> [UInt8]? {
        let length = ZSTD_getFrameContentSize(bytes, bytes.count)
        // ZSTD_CONTENTSIZE_UNKNOWN and _ERROR are the two highest numbers.
        guard length < UInt64(Int32.max) else { return nil }
        var isWhole = false
        let content = [UInt8](unsafeUninitializedCapacity: Int(length)) { output, count in
            let size = ZSTD_decompress(output.baseAddress, output.count, bytes, bytes.count)
            isWhole = ZSTD_isError(size) == 0 && size == Int(length)
            count = isWhole ? size : 0
        }
        return isWhole ? content : nil
    }
}
